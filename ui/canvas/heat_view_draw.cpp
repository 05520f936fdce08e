// SPDX-License-Identifier: Apache-2.0
//
// How the heat map looks: pixels, labels, colour bar, marks, cursor, tool tip, legend.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <tuple>

#include "ui/canvas/heat_view.h"
#include "ui/canvas/labels.h"

namespace rs::canvas {
namespace {

constexpr float kRowLabels = 62;
constexpr float kColourBar = 84;
constexpr float kBarWidth = 14;
constexpr float kTop = 6;
constexpr int kBarSteps = 256;

ImDrawList& list() {
  return *ImGui::GetBackgroundDrawList();
}

// One device pixel, whatever the scale.
void hairLine(ImVec2 from, ImVec2 to, float scale, ImU32 colour) {
  const float pixel = 1 / scale;
  const auto snap = [scale](float at) { return std::floor(at * scale) / scale; };
  list().AddRectFilled(
      ImVec2(snap(from.x), snap(from.y)),
      ImVec2(std::max(snap(to.x), snap(from.x) + pixel), std::max(snap(to.y), snap(from.y) + pixel)), colour);
}

void frameBox(const ItemBox& box, ImU32 colour, float width) {
  list().AddRect(ImVec2(box.left, box.top), ImVec2(box.right, box.bottom), colour, 0, 0, width);
}

std::string_view nameOf(HeatMode mode) {
  constexpr std::array<std::string_view, 3> names{"tokens, all layers", "tokens, one layer", "one token"};
  return names[static_cast<size_t>(mode)];
}

}  // namespace

void HeatView::layOut(const CanvasFrame& frame) {
  scale_ = frame.scale;
  const auto snap = [this](float at) { return std::floor(at * scale_) / scale_; };
  const float below = 2 * frame.text.height() + 8;
  const float right = std::max(kRowLabels + 1, frame.width - kColourBar);
  plot_ = {snap(kRowLabels), snap(kTop), snap(right), snap(std::max(kTop + 1, frame.height - below))};
  row_labels_ = {0, plot_.top, plot_.left, plot_.bottom};
  colour_bar_ = {plot_.right + 12, plot_.top + frame.text.height() + 6, plot_.right + 12 + kBarWidth,
                 std::max(plot_.top + 40, plot_.bottom - 3 * frame.text.height())};
  x_.setPixels(std::max(1, static_cast<int>(std::lround(plot_.width() * scale_))));
  y_.setPixels(std::max(1, static_cast<int>(std::lround(plot_.height() * scale_))));
  frame.items.note("heat.plot", plot_);
  frame.items.note("heat.rows", row_labels_);
  frame.items.note("heat.colours", colour_bar_);
  // Over the edge: at a fractional scale the last device pixel is only half inside.
  list().AddRectFilled(ImVec2(0, 0), ImVec2(frame.width + 1, frame.height + 1), frame.theme.ground);
}

std::vector<heat::CellBox> HeatView::staleBoxes() const {
  std::vector<heat::CellBox> boxes;
  for (const StaleBox& stale : stale_) {
    if (mode_ == HeatMode::kToken) {
      if (stale.tokens.begin <= tokenOfCursor() && tokenOfCursor() < stale.tokens.end) {
        boxes.push_back({{0, experts()}, stale.layers});
      }
    } else if (mode_ == HeatMode::kAll) {
      boxes.push_back({stale.tokens, {stale.layers.begin * experts(), stale.layers.end * experts()}});
    } else if (stale.layers.begin <= layerOfCursor() && layerOfCursor() < stale.layers.end) {
      boxes.push_back({stale.tokens, {0, experts()}});
    }
  }
  return boxes;
}

void HeatView::updateRaster(const CanvasTheme& theme) {
  const bool is_grid = mode_ == HeatMode::kToken;
  if (is_grid &&
      (grid_ == nullptr || grid_token_ != tokenOfCursor() || grid_version_ != picture_.version())) {
    grid_ = std::make_unique<heat::HeatPyramid>(picture_.gridOf(tokenOfCursor()));
    grid_token_ = tokenOfCursor();
    grid_version_ = picture_.version();
  }
  const RasterKey key{picture_.version(), x_.begin(), x_.end(),
                      y_.begin(),         y_.end(),   x_.pixels(),
                      y_.pixels(),        firstRow(), is_grid ? grid_token_ : -1,
                      x_.cells(),         mode_};
  if (key == drawn_ && !is_raster_old_ && drawn_theme_ == &theme) {
    return;
  }
  drawn_ = key;
  drawn_theme_ = &theme;
  is_raster_old_ = false;
  pixels_.resize(x_.pixels(), y_.pixels());
  const ValueRange colours = range();
  heat::Palette palette(picture_.quantiser(), map_, colours.low, colours.high);
  palette.setNoData(theme.no_data, theme.no_data_line);
  raster_.draw(is_grid ? *grid_ : picture_.pyramid(), x_, y_, firstRow(), palette, pixels_.pixels());
  const std::vector<heat::CellBox> stale = staleBoxes();
  heat::drawStale(stale, x_, y_, theme.stale_line, pixels_.pixels());
  pixels_.touch();
  bar_.resize(1, kBarSteps);
  for (int i = 0; i < kBarSteps; ++i) {
    bar_.pixels()[static_cast<size_t>(i)] =
        heat::pixelOf(heat::colourAt(map_, 1 - static_cast<double>(i) / (kBarSteps - 1)));
  }
  bar_.touch();
}

void HeatView::drawPixels(const CanvasFrame& frame) {
  if (x_.cells() == 0) {
    list().AddRectFilled(ImVec2(plot_.left, plot_.top), ImVec2(plot_.right, plot_.bottom), frame.theme.panel);
    return;
  }
  updateRaster(frame.theme);
  list().AddImage(pixels_.handle(), ImVec2(plot_.left, plot_.top), ImVec2(plot_.right, plot_.bottom));
}

void HeatView::drawRowLabels(const CanvasFrame& frame) {
  if (x_.cells() == 0) {
    return;
  }
  const float line = frame.text.height();
  const double row_height = y_.pixelsPerCell() / static_cast<double>(scale_);
  const bool names_rows = row_height >= static_cast<double>(line);
  const heat::CellSpan rows{static_cast<int>(y_.begin()), static_cast<int>(std::ceil(y_.end()))};
  float last_bottom = -line;
  const auto label = [&](float top, ImU32 colour, float x, const std::string& text) {
    list().PushClipRect(ImVec2(0, plot_.top - line / 2), ImVec2(plot_.left, plot_.bottom + line / 2));
    frame.text.draw(list(), ImVec2(x, top), colour, text);
    list().PopClipRect();
  };
  const int per_layer = mode_ == HeatMode::kAll ? experts() : 1;
  const int n_layers = mode_ == HeatMode::kLayer ? 0 : layers();
  for (int layer = rows.begin / per_layer; layer < std::min(n_layers, (rows.end - 1) / per_layer + 1);
       ++layer) {
    const float top = std::max(plot_.top, yOf(layer * per_layer));
    const float bottom = std::min(plot_.bottom, yOf((layer + 1) * per_layer));
    if (mode_ == HeatMode::kAll && layer > 0 && yOf(layer * per_layer) > plot_.top && bottom - top > 3) {
      hairLine(ImVec2(plot_.left - 6, top), ImVec2(plot_.right, top), scale_, frame.theme.grid);
    }
    const float at =
        std::clamp((top + bottom - line) / 2, plot_.top, std::max(plot_.top, plot_.bottom - line));
    if (at >= last_bottom) {
      label(at, frame.theme.text, 4, "L" + std::to_string(layer));
      last_bottom = at + line;
    }
  }
  if (mode_ == HeatMode::kToken || !names_rows) {
    if (mode_ == HeatMode::kLayer) {
      label(plot_.top, frame.theme.text, 4, "L" + std::to_string(layerOfCursor()));
    }
    return;
  }
  for (int row = rows.begin; row < std::min(rows.end, y_.cells()); ++row) {
    const int layer = mode_ == HeatMode::kAll ? row / experts() : layerOfCursor();
    const std::string name = picture_.source()->expertName(layer, row % experts());
    const float at = yOf(row) + static_cast<float>(row_height) / 2 - line / 2;
    if (at >= plot_.top - line / 2 && at <= plot_.bottom - line / 2) {
      label(at, frame.theme.dim_text, std::max(30.0F, plot_.left - 4 - frame.text.width(name)), name);
    }
  }
}

void HeatView::drawColumnLabels(const CanvasFrame& frame) {
  if (x_.cells() == 0) {
    return;
  }
  const float line = frame.text.height();
  const bool is_grid = mode_ == HeatMode::kToken;
  const double cell_width = x_.pixelsPerCell() / static_cast<double>(scale_);
  const double wanted = is_grid ? 34 : 72;  // logical pixels between labels
  const int step = niceStep(wanted / cell_width);
  const int first = static_cast<int>(std::ceil(x_.begin() / step)) * step;
  for (int cell = first; cell < std::min(x_.cells(), static_cast<int>(std::ceil(x_.end()))); cell += step) {
    const float left = xOf(cell);
    const float middle = left + static_cast<float>(cell_width) / 2;
    hairLine(ImVec2(middle, plot_.bottom), ImVec2(middle, plot_.bottom + 4), scale_, frame.theme.dim_text);
    const std::string index =
        is_grid ? picture_.source()->expertName(layerOfCursor(), cell) : std::to_string(cell);
    const float width = frame.text.width(index);
    if (middle - width / 2 >= plot_.left - 8 && middle + width / 2 <= plot_.right + 30) {
      frame.text.draw(list(), ImVec2(middle - width / 2, plot_.bottom + 4), frame.theme.dim_text, index);
    }
    if (!is_grid) {
      const double room = cell_width * step - 6;
      const std::string text = elided(picture_.source()->tokenText(cell), room, frame.text);
      const float text_left = std::max(plot_.left, middle - frame.text.width(text) / 2);
      frame.text.draw(list(), ImVec2(text_left, plot_.bottom + 4 + line), frame.theme.text, text);
    }
  }
}

void HeatView::drawColourBar(const CanvasFrame& frame) {
  if (x_.cells() == 0) {
    return;
  }
  const ItemBox& bar = colour_bar_;
  const float line = frame.text.height();
  const CanvasTheme& theme = frame.theme;
  frame.text.draw(list(), ImVec2(bar.left, plot_.top), theme.text, infoOf(picture_.value()).name);
  list().AddImage(bar_.handle(), ImVec2(bar.left, bar.top), ImVec2(bar.right, bar.bottom));
  frameBox(bar, theme.dim_text, 1);
  const ValueRange shown = range();
  const float x = bar.right + 4;
  for (int i = 0; i <= 4; ++i) {
    const float part = static_cast<float>(i) / 4;
    const float y = bar.bottom + (bar.top - bar.bottom) * part;
    hairLine(ImVec2(bar.right, y), ImVec2(bar.right + 3, y), scale_, theme.dim_text);
    frame.text.draw(list(), ImVec2(x, std::clamp(y - line / 2, bar.top - line / 2, bar.bottom - line / 2)),
                    theme.dim_text, shortNumber(shown.low + (shown.high - shown.low) * part));
  }
  // Beyond the ends there are values: an arrow says that the colour of the end stands for more than its
  // number.
  const heat::Quantiser& q = picture_.quantiser();
  const float middle = (bar.left + bar.right) / 2;
  if (shown.high < q.high() || picture_.clipped() > 0) {
    list().AddTriangleFilled(ImVec2(bar.left, bar.top - 1), ImVec2(bar.right, bar.top - 1),
                             ImVec2(middle, bar.top - 6), theme.dim_text);
  }
  if (shown.low > q.low()) {
    list().AddTriangleFilled(ImVec2(bar.left, bar.bottom + 1), ImVec2(middle, bar.bottom + 6),
                             ImVec2(bar.right, bar.bottom + 1), theme.dim_text);
  }
  const float y = bar.bottom + line * 0.8F;
  list().AddRectFilled(ImVec2(bar.left, y), ImVec2(bar.right, y + line - 3), theme.no_data);
  for (float d = 3; d < kBarWidth; d += 4) {
    list().AddLine(ImVec2(bar.left + d, y), ImVec2(bar.left, y + d), theme.no_data_line);
  }
  frame.text.draw(list(), ImVec2(x, y - 2), theme.dim_text, "no data");
  if (picture_.clipped() > 0) {
    frame.text.draw(list(), ImVec2(bar.left, y + line), theme.dim_text,
                    std::to_string(picture_.clipped()) + " clipped");
  }
}

void HeatView::drawSelection(const CanvasFrame& frame) {
  const Tokens& shown = selection_;
  if (plot_gestures_.drag() && mode_ != HeatMode::kToken) {
    const float left = std::min(plot_gestures_.drag()->x, plot_gestures_.at().x);
    const float right = std::max(plot_gestures_.drag()->x, plot_gestures_.at().x);
    list().AddRectFilled(ImVec2(std::max(left, plot_.left), plot_.top),
                         ImVec2(std::min(right, plot_.right), plot_.bottom), frame.theme.selection);
  }
  if (shown.empty() || mode_ == HeatMode::kToken) {
    return;
  }
  const float left = std::clamp(xOf(shown.begin), plot_.left, plot_.right);
  const float right = std::clamp(std::max(xOf(shown.end), xOf(shown.begin) + 1), plot_.left, plot_.right);
  if (left < right) {
    list().AddRectFilled(ImVec2(left, plot_.top), ImVec2(right, plot_.bottom), frame.theme.selection);
    list().AddRectFilled(ImVec2(left, plot_.bottom), ImVec2(right, plot_.bottom + 3), frame.theme.hover);
  }
}

// Shapes differ, so that a mark is read without its colour: up is forced, a cross banned, a ring virtual, a
// diamond another edit. Marks of a kind nearer to each other than their size are drawn once, or thousands of
// them would take longer than a frame.
void HeatView::drawMarks(const CanvasFrame& frame) {
  list().PushClipRect(ImVec2(plot_.left, 0), ImVec2(plot_.right, plot_.bottom));
  constexpr float kSpot = 8;
  std::set<std::tuple<int, int, MarkKind>> drawn;
  for (const Mark& mark : marks_) {
    if (mode_ == HeatMode::kToken && mark.cell.token >= 0 && mark.cell.token != tokenOfCursor()) {
      continue;
    }
    const ItemBox box = boxOf(mark.cell);
    const bool is_hidden = rowsOf(mark.cell.layer, mark.cell.expert).empty() || box.right < plot_.left ||
                           box.left > plot_.right || box.bottom < plot_.top || box.top > plot_.bottom;
    if (!is_hidden) {
      const ImVec2 middle((std::max(box.left, plot_.left) + std::min(box.right, plot_.right)) / 2,
                          (std::max(box.top, plot_.top) + std::min(box.bottom, plot_.bottom)) / 2);
      if (!drawn.emplace(static_cast<int>(middle.x / kSpot), static_cast<int>(middle.y / kSpot), mark.kind)
               .second) {
        continue;
      }
      frameBox(box, frame.theme.edit, 1);
      drawMarkShape(list(), mark.kind, middle, 4, frame.theme.edit, frame.theme.ground);
    }
  }
  list().PopClipRect();
}

void HeatView::drawCursor(const CanvasFrame& frame) {
  if (x_.cells() == 0) {
    return;
  }
  list().PushClipRect(ImVec2(plot_.left - 1, plot_.top - 1), ImVec2(plot_.right + 1, plot_.bottom + 1));
  const auto isOnGrid = [this](const Cell& cell) {
    return cell.token >= 0 && (mode_ != HeatMode::kToken || cell.token == tokenOfCursor()) &&
           !rowsOf(cell.layer, cell.expert).empty();
  };
  if (pin_ >= 0 && mode_ != HeatMode::kToken) {
    const ItemBox box = boxOf({pin_, -1, -1});
    for (float y = plot_.top; y < plot_.bottom; y += 8) {
      list().AddRectFilled(ImVec2(box.left, y), ImVec2(box.left + 1, y + 4), frame.theme.cursor);
    }
  }
  if (isOnGrid(hover_)) {
    const ItemBox box = boxOf(hover_);
    frameBox({box.left - 2, box.top - 2, box.right + 2, box.bottom + 2}, frame.theme.hover, 1);
  }
  if (isOnGrid(cursor_)) {
    const ItemBox box = boxOf(cursor_);
    const float y = (box.top + box.bottom) / 2;
    if (mode_ != HeatMode::kToken) {
      const float x = std::floor((box.left + box.right) / 2 * scale_) / scale_;
      list().AddRectFilled(ImVec2(x, plot_.top), ImVec2(x + 1 / scale_, std::max(plot_.top, box.top - 3)),
                           frame.theme.cursor);
      list().AddRectFilled(ImVec2(x, std::min(plot_.bottom, box.bottom + 3)),
                           ImVec2(x + 1 / scale_, plot_.bottom), frame.theme.cursor);
    }
    frameBox({box.left - 3, box.top - 3, box.right + 3, box.bottom + 3}, frame.theme.ground, 3);
    frameBox({box.left - 2, box.top - 2, box.right + 2, box.bottom + 2}, frame.theme.cursor, 1);
    frame.items.note("heat.cursor", box);
    list().AddTriangleFilled(ImVec2(plot_.left - 1, y - 3), ImVec2(plot_.left + 4, y),
                             ImVec2(plot_.left - 1, y + 3), frame.theme.cursor);
  }
  list().PopClipRect();
}

void HeatView::drawTip(const CanvasFrame& frame) {
  if (!was_inside_ || hover_.token < 0) {
    return;
  }
  std::vector<std::string> lines{describe(hover_)};
  const heat::CellSpan columns = x_.cellsAt(
      std::clamp(static_cast<int>((plot_gestures_.at().x - plot_.left) * scale_), 0, x_.pixels() - 1));
  const heat::CellSpan rows = y_.cellsAt(
      std::clamp(static_cast<int>((plot_gestures_.at().y - plot_.top) * scale_), 0, y_.pixels() - 1));
  if (columns.size() * rows.size() > 1) {
    lines.push_back("colour: extreme of " + std::to_string(columns.size()) + " x " +
                    std::to_string(rows.size()) + " cells under this pixel");
  }
  drawPanel(frame, lines, plot_gestures_.at());
}

void HeatView::drawLegend(const CanvasFrame& frame) {
  const HeatValueInfo& info = infoOf(picture_.value());
  drawPanel(frame,
            {std::string(info.name) + ": " + std::string(info.help),
             "view: " + std::string(nameOf(mode_)) + "; a pixel shows the extreme of exactly its cells,",
             "in steps of " + shortNumber(picture_.quantiser().step()),
             "click: cursor; drag: select tokens, Shift adds, Alt removes",
             "wheel: zoom tokens, over the row names: zoom rows; Ctrl finer, Shift faster",
             "right or middle drag, W A S D: move; double click: zoom to the layer",
             "arrows: cursor, Shift a page; Home: all; Esc: back; [ ]: marks",
             "1..6: value; , . layer; M: view; V: colours; Space: pin a token",
             "F: force, X: ban, Del: remove the edit; Enter: details; ?: this"},
            ImVec2(plot_.left + 8, plot_.top + 8));
}

void HeatView::drawHint(const CanvasFrame& frame) {
  std::string text = hint_;
  if (picture_.source() != nullptr && !picture_.isShown()) {
    text = "There is no '" + std::string(infoOf(picture_.value()).name) + "' here. Press 1 for the weights.";
  }
  const float x = std::max(4.0F, (frame.width - frame.text.width(text)) / 2);
  frame.text.draw(list(), ImVec2(x, frame.height / 2 - frame.text.height()), frame.theme.dim_text, text);
}

}  // namespace rs::canvas
