// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/token_strip.h"

#include <QContextMenuEvent>
#include <QFontMetrics>

#include "ui/canvas/strip_table.h"

namespace rs::canvas {

TokenStrip::TokenStrip(QWidget* parent) : TableCanvas(parent) {
  setObjectName(QStringLiteral("token_strip"));
  setAccessibleName(tr("Tokens of the run"));
  setMinimumSize(200, sizeHint().height());
}

TokenStrip::~TokenStrip() = default;

// Map, chips, marks and positions.
QSize TokenStrip::sizeHint() const {
  return {800, 2 * QFontMetrics(font()).height() + 44};
}

void TokenStrip::setSource(const StripSource* source) {
  view_.setSource(source);
  sourceChanged();
}

void TokenStrip::sourceChanged() {
  if (table_ != nullptr) {
    table_->sourceChanged();
  }
  requestFrame();
}

void TokenStrip::setValue(StripValue value) {
  view_.setValue(value);
  requestFrame();
}

void TokenStrip::setColourMap(heat::ColourMap map) {
  view_.setColourMap(map);
  requestFrame();
}

void TokenStrip::setCursorToken(int token) {
  if (token != view_.cursor()) {
    view_.setCursor(token);
    announceCursor(view_.describe(view_.cursor()));
    requestFrame();
  }
}

void TokenStrip::setHoverToken(int token) {
  if (token != view_.hover()) {
    view_.setHover(token);
    requestFrame();
  }
}

void TokenStrip::setSelection(const Tokens& tokens) {
  if (tokens != view_.selection()) {
    view_.setSelection(tokens);
    announceSelection();
    requestFrame();
  }
}

void TokenStrip::setPin(int token) {
  if (token != view_.pin()) {
    view_.setPin(token);
    requestFrame();
  }
}

void TokenStrip::setStale(std::vector<Tokens> tokens) {
  view_.setStale(std::move(tokens));
  requestFrame();
}

void TokenStrip::setHint(const QString& hint) {
  view_.setHint(hint.toStdString());
  requestFrame();
}

void TokenStrip::setLegend(bool is_shown) {
  view_.setLegend(is_shown);
  requestFrame();
}

void TokenStrip::fit() {
  view_.fit();
  requestFrame();
}

QAbstractTableModel* TokenStrip::tableTwin() {
  if (table_ == nullptr) {
    table_ = std::make_unique<StripTable>(view_);
    table_->sourceChanged();
  }
  return table_.get();
}

Place TokenStrip::cursorPlace() const {
  return view_.cursor() < 0 ? Place{} : Place{view_.cursor(), 0};
}

Tokens TokenStrip::selectedRows() const {
  return view_.selection();
}

// A chip is all columns of its token. Where chips are too narrow to be told apart they are not drawn alone.
QRect TokenStrip::boxOf(const Place& place) const {
  const std::optional<ItemBox> box = items().find("strip.chip." + std::to_string(place.row));
  return box ? rectOf(*box) : QRect();
}

Place TokenStrip::placeAt(const QPoint& at) const {
  const std::optional<int> token =
      view_.chipAt(ImVec2(static_cast<float>(at.x()), static_cast<float>(at.y())));
  return token ? Place{*token, 0} : Place{};
}

void TokenStrip::goTo(const Place& place) {
  setCursorToken(place.row);
  Q_EMIT cursorMoved(place.row);
}

void TokenStrip::selectRows(const Tokens& rows) {
  setSelection(rows);
  Q_EMIT selectionChanged(rows);
}

void TokenStrip::drawFrame(const CanvasFrame& frame) {
  view_.draw(frame);
}

bool TokenStrip::finishFrame() {
  const StripEvents events = view_.takeEvents();
  if (events.hover) {
    Q_EMIT hovered(*events.hover);
  }
  if (events.cursor) {
    announceCursor(view_.describe(view_.cursor()));
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
    Q_EMIT viewChanged();
  }
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
  return view_.hasMore();
}

void TokenStrip::contextMenuEvent(QContextMenuEvent* event) {
  if (event->reason() == QContextMenuEvent::Keyboard) {
    const std::optional<ItemBox> box = items().find("strip.chip." + std::to_string(view_.cursor()));
    const QPoint at =
        box ? QPoint(static_cast<int>(box->left), static_cast<int>(box->bottom)) : rect().center();
    Q_EMIT contextRequested(view_.cursor(), mapToGlobal(at));
  }
  event->accept();
}

}  // namespace rs::canvas
