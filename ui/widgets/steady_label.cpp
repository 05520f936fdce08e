// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/steady_label.h"

#include <QEvent>
#include <algorithm>

namespace rs::ui {

SteadyLabel::SteadyLabel(QWidget* parent) : QLabel(parent) {
  setTextFormat(Qt::PlainText);
  setFixedSize(0, fontMetrics().height());
}

void SteadyLabel::say(const QString& text) {
  if (text != this->text()) {
    makeRoomFor(text);
    setText(text);
  }
}

void SteadyLabel::makeRoomFor(const QString& text) {
  // And a gap to the next one.
  const int wanted =
      text.isEmpty() ? 0 : fontMetrics().horizontalAdvance(text) + 2 * fontMetrics().averageCharWidth();
  if (wanted > width()) {
    setFixedWidth(wanted);
  }
}

// In another font the old room is too much or too little.
void SteadyLabel::changeEvent(QEvent* event) {
  QLabel::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    setFixedSize(0, fontMetrics().height());
    makeRoomFor(text());
  }
}

}  // namespace rs::ui
