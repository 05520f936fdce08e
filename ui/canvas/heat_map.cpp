// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_map.h"

#include <QContextMenuEvent>

#include "ui/canvas/heat_table.h"

namespace rs::canvas {

HeatMap::HeatMap(QWidget* parent) : ImGuiCanvas(parent) {
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
  if (table_ != nullptr) {
    table_->setLayer(cell.layer);
  }
  announce(view_.describe(view_.cursor()));
  requestFrame();
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
  sourceChanged();
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
  }
  return table_.get();
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
    if (table_ != nullptr) {
      table_->setLayer(events.cursor->layer);
    }
    announce(view_.describe(view_.cursor()));
    Q_EMIT cursorMoved(*events.cursor);
  }
  if (events.selection) {
    Q_EMIT selectionChanged(*events.selection);
  }
  if (events.pin) {
    Q_EMIT pinned(*events.pin);
  }
  if (events.has_view_changed) {
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
