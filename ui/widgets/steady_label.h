// SPDX-License-Identifier: Apache-2.0
//
// A line of text that changes many times a second. Its place grows with what it says and does not shrink, so
// that a new text is a new picture of this label and not a new layout of the window.
//
// Thread: the window's.
#pragma once

#include <QLabel>

namespace rs::ui {

class SteadyLabel final : public QLabel {
 public:
  explicit SteadyLabel(QWidget* parent);
  void say(const QString& text);
  // Room for such a text from the start.
  void makeRoomFor(const QString& text);

 protected:
  void changeEvent(QEvent* event) override;
};

}  // namespace rs::ui
