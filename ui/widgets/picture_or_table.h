// SPDX-License-Identifier: Apache-2.0
//
// A picture and the table of the same numbers, one of them in sight, with the button that turns to the other.
// Whichever it is has the keyboard.
//
// Thread: the window's.
#pragma once

#include <QStackedWidget>

class QToolButton;

namespace rs::ui {

class PictureOrTable final : public QStackedWidget {
  Q_OBJECT

 public:
  // Both become its own. button_name: the object name of the button.
  PictureOrTable(QWidget* picture, QWidget* table, const QString& button_name, QWidget* parent);

  // Whoever lays out the pane places it.
  [[nodiscard]] QToolButton* button() const { return button_; }
  [[nodiscard]] bool showsTable() const { return currentIndex() == 1; }

 Q_SIGNALS:
  void turned();

 private:
  void turnTo(bool is_table);

  QToolButton* button_;
};

}  // namespace rs::ui
