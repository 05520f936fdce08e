// SPDX-License-Identifier: Apache-2.0
//
// The small buttons of a pane. Thread: the window's own.
#pragma once

#include <QHBoxLayout>
#include <QString>
#include <functional>

namespace rs::ui {

struct ToolButtonInfo {
  const char* name;  // object name
  QString text;
  QString tip;
};

// At the end of a row; what it calls may use whatever `owner` outlives.
void addToolButton(QHBoxLayout& row, QWidget& owner, const ToolButtonInfo& info, std::function<void()> run);

}  // namespace rs::ui
