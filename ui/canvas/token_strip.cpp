// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/token_strip.h"

#include <QContextMenuEvent>
#include <QFontMetrics>

namespace rs::canvas {

TokenStrip::TokenStrip(QWidget* parent) : ViewCanvas(parent) {
  setObjectName(QStringLiteral("token_strip"));
  setAccessibleName(tr("Tokens of the run"));
  setMinimumSize(200, sizeHint().height());
}

// Map, chips, marks and positions.
QSize TokenStrip::sizeHint() const {
  return {800, 2 * QFontMetrics(font()).height() + 44};
}

void TokenStrip::setValue(StripValue value) {
  drawn().setValue(value);
  requestFrame();
}

void TokenStrip::setCursorToken(int token) {
  if (token != view().cursor()) {
    drawn().setCursor(token);
    announceCursor(view().describe(view().cursor()));
    requestFrame();
  }
}

Place TokenStrip::cursorPlace() const {
  return view().cursor() < 0 ? Place{} : Place{view().cursor(), 0};
}

// A chip is all columns of its token. Where chips are too narrow to be told apart they are not drawn alone.
QRect TokenStrip::boxOf(const Place& place) const {
  const std::optional<ItemBox> box = items().find("strip.chip." + std::to_string(place.row));
  return box ? rectOf(*box) : QRect();
}

Place TokenStrip::placeAt(const QPoint& at) const {
  const std::optional<int> token =
      view().chipAt(ImVec2(static_cast<float>(at.x()), static_cast<float>(at.y())));
  return token ? Place{*token, 0} : Place{};
}

void TokenStrip::goTo(const Place& place) {
  setCursorToken(place.row);
  Q_EMIT cursorMoved(place.row);
}

bool TokenStrip::finishFrame() {
  const StripEvents events = drawn().takeEvents();
  if (events.hover) {
    Q_EMIT hovered(*events.hover);
  }
  if (events.cursor) {
    announceCursor(view().describe(view().cursor()));
    Q_EMIT cursorMoved(*events.cursor);
  }
  tellShared(events);
  if (events.open && *events.open >= 0) {
    Q_EMIT openRequested(*events.open);
  }
  if (events.erase && *events.erase >= 0) {
    Q_EMIT deleteRequested(*events.erase);
  }
  if (events.menu) {
    const QPoint at(static_cast<int>(events.menu_at.x), static_cast<int>(events.menu_at.y));
    Q_EMIT contextRequested(*events.menu, mapToGlobal(at));
  }
  return view().hasMore();
}

void TokenStrip::contextMenuEvent(QContextMenuEvent* event) {
  if (event->reason() == QContextMenuEvent::Keyboard) {
    const std::optional<ItemBox> box = items().find("strip.chip." + std::to_string(view().cursor()));
    const QPoint at =
        box ? QPoint(static_cast<int>(box->left), static_cast<int>(box->bottom)) : rect().center();
    Q_EMIT contextRequested(view().cursor(), mapToGlobal(at));
  }
  event->accept();
}

}  // namespace rs::canvas
