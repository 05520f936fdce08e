// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_map.h"

#include <QContextMenuEvent>
#include <algorithm>

#include "ui/canvas/heat_table.h"

namespace rs::canvas {

HeatMap::HeatMap(QWidget* parent) : TableCanvas(parent) {
  setObjectName(QStringLiteral("heat_map"));
  setAccessibleName(tr("Heat map of the routing"));
  setMinimumSize(240, 120);
}

HeatMap::~HeatMap() = default;

void HeatMap::setSource(const HeatSource* source) {
  view_.setSource(source);
  sourceChanged();
}

void HeatMap::sourceChanged() {
  if (table_ != nullptr) {
    table_->sourceChanged();
  }
  requestFrame();
}

void HeatMap::setCursorCell(const Cell& cell) {
  if (cell == view_.cursor()) {
    return;
  }
  view_.setCursor(cell);
  cursorIsElsewhere();
  requestFrame();
}

void HeatMap::cursorIsElsewhere() {
  if (table_ != nullptr) {
    table_->setLayer(view_.cursor().layer);
  }
  announceCursor(view_.describe(view_.cursor()));
}

void HeatMap::setHoverCell(const Cell& cell) {
  if (cell != view_.hover()) {
    view_.setHover(cell);
    requestFrame();
  }
}

void HeatMap::setSelection(const Tokens& tokens) {
  if (tokens != view_.selection()) {
    view_.setSelection(tokens);
    announceSelection();
    requestFrame();
  }
}

void HeatMap::setPin(int token) {
  if (token != view_.pin()) {
    view_.setPin(token);
    requestFrame();
  }
}

void HeatMap::setMarks(std::vector<Mark> marks) {
  view_.setMarks(std::move(marks));
  requestFrame();
}

void HeatMap::setStale(std::vector<StaleBox> boxes) {
  view_.setStale(std::move(boxes));
  requestFrame();
}

void HeatMap::setMode(HeatMode mode) {
  view_.setMode(mode);
  requestFrame();
}

void HeatMap::setValue(HeatValue value) {
  view_.setValue(value);
  followValue();
  requestFrame();
}

void HeatMap::setColourMap(heat::ColourMap map) {
  view_.setColourMap(map);
  requestFrame();
}

void HeatMap::setRange(std::optional<ValueRange> range) {
  view_.setRange(range);
  requestFrame();
}

void HeatMap::setHint(const QString& hint) {
  view_.setHint(hint.toStdString());
  requestFrame();
}

void HeatMap::setLegend(bool is_shown) {
  view_.setLegend(is_shown);
  requestFrame();
}

void HeatMap::showTokens(double begin, double end) {
  view_.showTokens(begin, end);
  requestFrame();
}

void HeatMap::fit() {
  view_.fit();
  requestFrame();
}

QAbstractTableModel* HeatMap::tableTwin() {
  if (table_ == nullptr) {
    table_ = std::make_unique<HeatTable>(view_);
    table_->setLayer(view_.cursor().layer);
    table_->sourceChanged();
  }
  return table_.get();
}

Place HeatMap::cursorPlace() const {
  const Cell& cursor = view_.cursor();
  return cursor.token < 0 ? Place{} : Place{cursor.token, std::max(cursor.expert, -1) + 1};
}

Tokens HeatMap::selectedRows() const {
  return view_.selection();
}

// The first column is the token: its cells in sight, of all layers shown.
QRect HeatMap::boxOf(const Place& place) const {
  const Cell cell = place.column == 0 ? Cell{place.row, -1, -1}
                                      : Cell{place.row, std::max(view_.cursor().layer, 0), place.column - 1};
  const std::optional<ItemBox> box = place.isNone() ? std::nullopt : view_.visibleBoxOf(cell);
  return box ? rectOf(*box) : QRect();
}

Place HeatMap::placeAt(const QPoint& at) const {
  const std::optional<ItemBox> plot = items().find("heat.plot");
  const ImVec2 point(static_cast<float>(at.x()), static_cast<float>(at.y()));
  const Cell cell = plot && plot->contains(point) ? view_.cellAt(point) : Cell{};
  return cell.token < 0 || cell.layer != std::max(view_.cursor().layer, 0)
             ? Place{}
             : Place{cell.token, cell.expert + 1};
}

void HeatMap::goTo(const Place& place) {
  const Cell cell{place.row, std::max(view_.cursor().layer, 0), place.column - 1};
  setCursorCell(cell);
  view_.reveal(cell);
  requestFrame();
  Q_EMIT cursorMoved(cell);
}

void HeatMap::selectRows(const Tokens& rows) {
  setSelection(rows);
  Q_EMIT selectionChanged(rows);
}

void HeatMap::drawFrame(const CanvasFrame& frame) {
  view_.draw(frame);
}

bool HeatMap::finishFrame() {
  const HeatEvents events = view_.takeEvents();
  if (events.hover) {
    Q_EMIT hovered(*events.hover);
  }
  if (events.cursor) {
    cursorIsElsewhere();
    Q_EMIT cursorMoved(*events.cursor);
  }
  if (events.selection) {
    announceSelection();
    Q_EMIT selectionChanged(*events.selection);
  }
  if (events.pin) {
    Q_EMIT pinned(*events.pin);
  }
  if (events.has_view_changed) {
    followValue();
    Q_EMIT viewChanged();
  }
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
  return view_.hasMore();
}

// A key may have chosen another value: the same cell says another number.
void HeatMap::followValue() {
  if (view_.value() != told_value_) {
    told_value_ = view_.value();
    if (table_ != nullptr) {
      table_->sourceChanged();
    }
    announce(view_.describe(view_.cursor()));
  }
}

// The mouse's menu comes when the button is released without a drag; the keyboard's comes here.
void HeatMap::contextMenuEvent(QContextMenuEvent* event) {
  if (event->reason() == QContextMenuEvent::Keyboard) {
    const std::optional<ItemBox> box = items().find("heat.cursor");
    const QPoint at =
        box ? QPoint(static_cast<int>(box->right), static_cast<int>(box->bottom)) : rect().center();
    Q_EMIT contextRequested(view_.cursor(), mapToGlobal(at));
  }
  event->accept();
}

}  // namespace rs::canvas
