// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_map.h"

#include <QContextMenuEvent>
#include <algorithm>

namespace rs::canvas {

HeatMap::HeatMap(QWidget* parent) : ViewCanvas(parent) {
  setObjectName(QStringLiteral("heat_map"));
  setAccessibleName(tr("Heat map of the routing"));
  setMinimumSize(240, 120);
}

void HeatMap::setCursorCell(const Cell& cell) {
  if (cell == view().cursor()) {
    return;
  }
  drawn().setCursor(cell);
  cursorIsElsewhere();
  requestFrame();
}

void HeatMap::cursorIsElsewhere() {
  if (HeatTable* table = tableIfAny(); table != nullptr) {
    table->setLayer(view().cursor().layer);
  }
  announceCursor(view().describe(view().cursor()));
}

void HeatMap::setMarks(std::vector<Mark> marks) {
  drawn().setMarks(std::move(marks));
  requestFrame();
}

void HeatMap::setMode(HeatMode mode) {
  drawn().setMode(mode);
  requestFrame();
}

void HeatMap::setValue(HeatValue value) {
  drawn().setValue(value);
  followValue();
  requestFrame();
}

void HeatMap::setRange(std::optional<ValueRange> range) {
  drawn().setRange(range);
  requestFrame();
}

void HeatMap::showTokens(double begin, double end) {
  drawn().showTokens(begin, end);
  requestFrame();
}

Place HeatMap::cursorPlace() const {
  const Cell& cursor = view().cursor();
  return cursor.token < 0 ? Place{} : Place{cursor.token, std::max(cursor.expert, -1) + 1};
}

// The first column is the token: its cells in sight, of all layers shown.
QRect HeatMap::boxOf(const Place& place) const {
  const Cell cell = place.column == 0 ? Cell{place.row, -1, -1}
                                      : Cell{place.row, std::max(view().cursor().layer, 0), place.column - 1};
  const std::optional<ItemBox> box = place.isNone() ? std::nullopt : view().visibleBoxOf(cell);
  return box ? rectOf(*box) : QRect();
}

Place HeatMap::placeAt(const QPoint& at) const {
  const std::optional<ItemBox> plot = items().find("heat.plot");
  const ImVec2 point(static_cast<float>(at.x()), static_cast<float>(at.y()));
  const Cell cell = plot && plot->contains(point) ? view().cellAt(point) : Cell{};
  return cell.token < 0 || cell.layer != std::max(view().cursor().layer, 0)
             ? Place{}
             : Place{cell.token, cell.expert + 1};
}

void HeatMap::goTo(const Place& place) {
  const Cell cell{place.row, std::max(view().cursor().layer, 0), place.column - 1};
  setCursorCell(cell);
  drawn().reveal(cell);
  requestFrame();
  Q_EMIT cursorMoved(cell);
}

bool HeatMap::finishFrame() {
  const HeatEvents events = drawn().takeEvents();
  if (events.hover) {
    Q_EMIT hovered(*events.hover);
  }
  if (events.cursor) {
    cursorIsElsewhere();
    Q_EMIT cursorMoved(*events.cursor);
  }
  followValue();
  tellShared(events);
  const auto ask = [this](const std::optional<Cell>& cell, void (HeatMap::*signal)(const Cell&)) {
    if (cell && cell->token >= 0) {
      Q_EMIT(this->*signal)(*cell);
    }
  };
  ask(events.open, &HeatMap::openRequested);
  ask(events.force, &HeatMap::forceRequested);
  ask(events.ban, &HeatMap::banRequested);
  ask(events.erase, &HeatMap::deleteRequested);
  if (events.menu) {
    const QPoint at(static_cast<int>(events.menu_at.x), static_cast<int>(events.menu_at.y));
    Q_EMIT contextRequested(*events.menu, mapToGlobal(at));
  }
  return view().hasMore();
}

// A key may have chosen another value: the same cell says another number.
void HeatMap::followValue() {
  if (view().value() != told_value_) {
    told_value_ = view().value();
    if (HeatTable* table = tableIfAny(); table != nullptr) {
      table->sourceChanged();
    }
    announce(view().describe(view().cursor()));
  }
}

// The mouse's menu comes when the button is released without a drag; the keyboard's comes here.
void HeatMap::contextMenuEvent(QContextMenuEvent* event) {
  if (event->reason() == QContextMenuEvent::Keyboard) {
    const std::optional<ItemBox> box = items().find("heat.cursor");
    const QPoint at =
        box ? QPoint(static_cast<int>(box->right), static_cast<int>(box->bottom)) : rect().center();
    Q_EMIT contextRequested(view().cursor(), mapToGlobal(at));
  }
  event->accept();
}

}  // namespace rs::canvas
