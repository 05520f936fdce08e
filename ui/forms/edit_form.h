// SPDX-License-Identifier: Apache-2.0
//
// A form for any operation of the edit language, made from its description; what is typed is read as an edits
// file is, so that form and file refuse the same things with the same words.
//
// Thread: the window's.
#pragma once

#include <QWidget>
#include <functional>
#include <map>
#include <string>

#include "core/routing/edit.h"

class QComboBox;
class QFormLayout;
class QLabel;

namespace rs::ui {

class EditForm final : public QWidget {
 public:
  explicit EditForm(QWidget* parent);

  void setEdit(const Edit& edit);
  // Errors: Error{kUsage} with the field, expected and found.
  [[nodiscard]] Edit edit() const;
  [[nodiscard]] const EditOp* op() const { return op_; }

  // The button Apply was pressed and the form can be read.
  std::function<void(const Edit&)> applied;

 private:
  void build(const EditOp& op);
  void addField(const FieldInfo& field);
  void showFieldsOfMode();
  void apply();
  void tell(const QString& problem);

  const EditOp* op_ = nullptr;
  bool is_on_ = true;
  QFormLayout* layout_;
  QLabel* summary_;
  QLabel* problem_;
  QWidget* buttons_;
  std::map<std::string, QWidget*, std::less<>> inputs_;  // QLineEdit or QComboBox, by field
};

}  // namespace rs::ui
