// SPDX-License-Identifier: Apache-2.0
//
// A form for the options of an extension, made by walking over them.
//
// Thread: the window's.
#pragma once

#include <QFormLayout>
#include <QWidget>
#include <functional>
#include <string>

#include "core/base/extension.h"

namespace rs::ui {

// An option was set by hand: its name, and the value as on the command line.
using OptionSet = std::function<void(const std::string& name, const std::string& text)>;

// Adds a row for every option that it visits.
class ParamFormBuilder final : public ParamVisitor {
 public:
  // prefix: of the object names, "virtual.calculator". Lifetime: rows belong to the layout's widget.
  ParamFormBuilder(QFormLayout& layout, QString prefix, OptionSet set);
  void operator()(int& value, std::string_view name, std::string_view help, IntRange range) override;
  void operator()(double& value, std::string_view name, std::string_view help, RealRange range) override;
  void operator()(bool& value, std::string_view name, std::string_view help) override;
  void operator()(Choice& value, std::string_view name, std::string_view help) override;
  void operator()(LayerSpan& value, std::string_view name, std::string_view help) override;

 private:
  void addRow(QWidget& input, std::string_view name, std::string_view help);

  QFormLayout& layout_;
  QString prefix_;
  OptionSet set_;
};

}  // namespace rs::ui
