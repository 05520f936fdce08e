// SPDX-License-Identifier: Apache-2.0
//
// The state of the heat map, and where its cells lie; heat_view_draw.cpp draws it, heat_view_input.cpp has
// its gestures.
#include "ui/canvas/heat_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

namespace rs::canvas {
namespace {

constexpr double kReadMilliseconds = 20;  // a frame; a long run is then read within a second or two

std::string number(float value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", static_cast<double>(value));
  return text.data();
}

}  // namespace

void HeatView::setSource(const HeatSource* source) {
  picture_.setSource(source);
  history_.clear();
  is_raster_old_ = true;
}

void HeatView::setCursor(const Cell& cell) {
  cursor_ = cell;
}

void HeatView::setStale(std::vector<StaleBox> boxes) {
  stale_ = std::move(boxes);
  is_raster_old_ = true;
}

void HeatView::setMode(HeatMode mode) {
  if (mode != mode_) {
    const bool keeps_x = mode != HeatMode::kToken && mode_ != HeatMode::kToken;
    mode_ = mode;
    updateAxes();
    y_.fit();
    if (!keeps_x) {
      x_.fit();
    }
    is_raster_old_ = true;
  }
}

void HeatView::setValue(HeatValue value) {
  if (value != picture_.value()) {
    picture_.setValue(value);
    wanted_range_.reset();
    map_ = infoOf(value).map;
    is_raster_old_ = true;
  }
}

void HeatView::setColourMap(heat::ColourMap map) {
  map_ = map;
  is_raster_old_ = true;
}

void HeatView::setRange(std::optional<ValueRange> range) {
  wanted_range_ = range;
  is_raster_old_ = true;
}

ValueRange HeatView::range() const {
  return wanted_range_ ? *wanted_range_ : ValueRange{picture_.quantiser().low(), picture_.quantiser().high()};
}

void HeatView::showTokens(double begin, double end) {
  if (mode_ != HeatMode::kToken) {
    x_.show(begin, end);
  }
}

void HeatView::fit() {
  x_.fit();
  y_.fit();
}

int HeatView::experts() const {
  return picture_.isShown() ? picture_.source()->experts() : 0;
}

int HeatView::layers() const {
  return picture_.isShown() ? picture_.source()->layers() : 0;
}

int HeatView::layerOfCursor() const {
  return std::clamp(cursor_.layer, 0, std::max(0, layers() - 1));
}

int HeatView::tokenOfCursor() const {
  return std::clamp(cursor_.token, 0, std::max(0, picture_.pyramid().columns() - 1));
}

int HeatView::firstRow() const {
  return mode_ == HeatMode::kLayer ? layerOfCursor() * experts() : 0;
}

void HeatView::updateAxes() {
  const bool has_cells = picture_.isShown() && picture_.pyramid().columns() > 0;
  if (mode_ == HeatMode::kToken) {
    x_.setCells(has_cells ? experts() : 0);
    y_.setCells(std::max(1, layers()));
  } else {
    x_.setCells(has_cells ? picture_.pyramid().columns() : 0);
    y_.setCells(std::max(1, mode_ == HeatMode::kAll ? layers() * experts() : experts()));
  }
}

float HeatView::valueAt(const Cell& cell) const {
  if (!picture_.isShown() || cell.token < 0 || cell.token >= picture_.source()->tokens() || cell.layer < 0 ||
      cell.layer >= layers() || cell.expert < 0 || cell.expert >= experts()) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  std::vector<float> values(static_cast<size_t>(experts()));
  picture_.source()->values(picture_.value(), cell.token, cell.layer, values);
  return values[static_cast<size_t>(cell.expert)];
}

std::string HeatView::describe(const Cell& cell) const {
  if (!picture_.isShown() || cell.token < 0 || cell.token >= picture_.source()->tokens()) {
    return "no cell";
  }
  const HeatSource& source = *picture_.source();
  std::string text = "token " + std::to_string(cell.token) + " '" + source.tokenText(cell.token) + "'";
  if (cell.layer < 0) {
    return text;
  }
  text += ", layer " + std::to_string(cell.layer);
  if (cell.expert < 0) {
    return text;
  }
  text += ", " + source.expertName(cell.layer, cell.expert);
  const float value = valueAt(cell);
  return text + ", " + std::string(infoOf(picture_.value()).name) +
         (std::isnan(value) ? ": no data" : " " + number(value));
}

Cell HeatView::cellAt(ImVec2 at) const {
  const int column = x_.cellAt(static_cast<double>((at.x - plot_.left) * scale_));
  const int row = y_.cellAt(static_cast<double>((at.y - plot_.top) * scale_));
  if (column < 0 || row < 0 || experts() == 0) {
    return {};
  }
  switch (mode_) {
    case HeatMode::kAll:
      return {column, row / experts(), row % experts()};
    case HeatMode::kLayer:
      return {column, layerOfCursor(), row};
    case HeatMode::kToken:
      return {tokenOfCursor(), row, column};
  }
  return {};
}

heat::CellSpan HeatView::columnsOf(const Cell& cell) const {
  if (mode_ == HeatMode::kToken) {
    return cell.expert < 0 ? heat::CellSpan{0, experts()} : heat::CellSpan{cell.expert, cell.expert + 1};
  }
  return cell.token < 0 ? heat::CellSpan{0, x_.cells()} : heat::CellSpan{cell.token, cell.token + 1};
}

heat::CellSpan HeatView::rowsOf(int layer, int expert) const {
  if (mode_ == HeatMode::kToken) {
    return layer < 0 ? heat::CellSpan{0, layers()} : heat::CellSpan{layer, layer + 1};
  }
  const heat::CellSpan within =
      expert < 0 ? heat::CellSpan{0, experts()} : heat::CellSpan{expert, expert + 1};
  if (mode_ == HeatMode::kLayer) {
    return layer < 0 || layer == layerOfCursor() ? within : heat::CellSpan{};
  }
  if (layer < 0) {
    return {0, y_.cells()};
  }
  return {layer * experts() + within.begin, layer * experts() + within.end};
}

float HeatView::xOf(double cell) const {
  return plot_.left + static_cast<float>(x_.pixelOf(cell)) / scale_;
}

float HeatView::yOf(double cell) const {
  return plot_.top + static_cast<float>(y_.pixelOf(cell)) / scale_;
}

// Never thinner than a pixel, so that a mark is seen at every zoom.
ItemBox HeatView::boxOf(const Cell& cell) const {
  const heat::CellSpan columns = columnsOf(cell);
  const heat::CellSpan rows = rowsOf(cell.layer, cell.expert);
  const auto snap = [this](float at) { return std::floor(at * scale_) / scale_; };
  const float pixel = 1 / scale_;
  const float left = snap(xOf(columns.begin));
  const float top = snap(yOf(rows.begin));
  return {left, top, std::max(left + pixel, snap(xOf(columns.end))),
          std::max(top + pixel, snap(yOf(rows.end)))};
}

std::optional<ItemBox> HeatView::visibleBoxOf(const Cell& cell) const {
  const bool is_of_token = mode_ == HeatMode::kToken && cell.token == tokenOfCursor();
  if (columnsOf(cell).empty() || rowsOf(cell.layer, cell.expert).empty() ||
      (mode_ == HeatMode::kToken && !is_of_token)) {
    return std::nullopt;
  }
  ItemBox box = boxOf(cell);
  box = {std::max(box.left, plot_.left), std::max(box.top, plot_.top), std::min(box.right, plot_.right),
         std::min(box.bottom, plot_.bottom)};
  return box.width() > 0 && box.height() > 0 ? std::optional(box) : std::nullopt;
}

void HeatView::reveal(const Cell& cell) {
  x_.reveal(columnsOf(cell).begin);
  y_.reveal(rowsOf(cell.layer, cell.expert).begin);
}

void HeatView::draw(const CanvasFrame& frame) {
  has_more_ = picture_.update(kReadMilliseconds);
  layOut(frame);
  updateAxes();
  for (const KeyPress& press : frame.keys) {
    handleKey(press);
  }
  handleMouse();
  updateAxes();
  drawPixels(frame);
  drawRowLabels(frame);
  drawColumnLabels(frame);
  drawColourBar(frame);
  drawSelection(frame);
  drawMarks(frame);
  drawCursor(frame);
  if (x_.cells() == 0) {
    drawHint(frame);
  }
  drawTip(frame);
  if (shows_legend_) {
    drawLegend(frame);
  }
}

HeatEvents HeatView::takeEvents() {
  return std::exchange(events_, {});
}

}  // namespace rs::canvas
