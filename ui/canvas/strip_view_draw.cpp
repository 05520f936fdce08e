// SPDX-License-Identifier: Apache-2.0
//
// How the token strip looks: the map of the run, chips, pips, cursor, tool tip, legend.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/canvas/labels.h"
#include "ui/canvas/strip_view.h"

namespace rs::canvas {
namespace {

constexpr float kSide = 6;
constexpr float kMapHeight = 14;
constexpr float kPipLane = 9;
constexpr float kLeastChip = 5;  // thinner ones are drawn as columns of pixels

using Codes = std::array<uint8_t, StripPicture::kRows>;

ImDrawList& list() {
  return *ImGui::GetBackgroundDrawList();
}

double linear(unsigned level) {
  const double s = level / 255.0;
  return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
}

// Black or white, whichever stands out more: at least 4.58:1 on any ground.
ImU32 inkOn(ImU32 ground) {
  const double y = 0.2126 * linear(ground & 255U) + 0.7152 * linear(ground >> 8U & 255U) +
                   0.0722 * linear(ground >> 16U & 255U);
  return y > 0.179 ? IM_COL32(0, 0, 0, 255) : IM_COL32(255, 255, 255, 255);
}

Codes codesOver(const heat::HeatPyramid& pyramid, Tokens tokens) {
  Codes codes{};
  pyramid.maxOver(tokens.begin, tokens.end, 0, codes);
  return codes;
}

}  // namespace

void StripView::layOut(const CanvasFrame& frame) {
  scale_ = frame.scale;
  const float line = frame.text.height();
  const float right = std::max(kSide + 1, frame.width - kSide);
  natural_unit_ = std::max(4.0, static_cast<double>(frame.text.width("0")));
  map_box_ = {kSide, 4, right, 4 + kMapHeight};
  chips_box_ = {kSide, map_box_.bottom + 5, right, map_box_.bottom + 5 + line + 8};
  pips_box_ = {kSide, chips_box_.bottom, right, chips_box_.bottom + kPipLane};
  frame.items.note("strip.map", map_box_);
  frame.items.note("strip.chips", chips_box_);
  // Over the edge: at a fractional scale the last device pixel is only half inside.
  list().AddRectFilled(ImVec2(0, 0), ImVec2(frame.width + 1, frame.height + 1), frame.theme.ground);
}

heat::Palette StripView::palette(const CanvasTheme& theme) const {
  heat::Palette palette(picture_.quantiser(), map_, picture_.quantiser().low(), picture_.quantiser().high());
  palette.setNoData(theme.no_data, theme.no_data_line);
  return palette;
}

// Marks below the chips: a diamond edited, an arrow hijacked, a ring virtual, a bar fragile.
void StripView::drawPips(const CanvasFrame& frame, float left, float right, const Codes& codes) {
  const float y = (pips_box_.top + pips_box_.bottom) / 2;
  const float middle = (left + right) / 2;
  const auto shape = [&](MarkKind kind) {
    drawMarkShape(list(), kind, ImVec2(middle, y), 3, frame.theme.edit, frame.theme.ground);
  };
  if (codes[StripPicture::kVirtualRow] != 0) {
    shape(MarkKind::kVirtual);
  } else if (codes[StripPicture::kHijackedRow] != 0) {
    shape(MarkKind::kForced);
  } else if (codes[StripPicture::kEditedRow] != 0) {
    shape(MarkKind::kEdited);
  } else if (codes[StripPicture::kFragileRow] != 0) {
    list().AddRectFilled(ImVec2(middle - 1, y - 2), ImVec2(middle + 1, y + 2), frame.theme.dim_text);
  }
}

void StripView::drawChip(const CanvasFrame& frame, const heat::Palette& colours, int token) {
  const float left = std::floor(xOf(token) * scale_) / scale_;
  const float right = std::max(left + 1 / scale_, std::floor(xOf(token + 1) * scale_) / scale_ - 1);
  const Codes codes = codesOver(picture_.pyramid(), {token, token + 1});
  const bool has_value = codes[StripPicture::kValueRow] != 0;
  const ImU32 ground = has_value ? colours[codes[StripPicture::kValueRow]] : frame.theme.panel;
  list().AddRectFilled(ImVec2(left, chips_box_.top), ImVec2(right, chips_box_.bottom), ground);
  const unsigned flags = picture_.source()->flags(token);
  const ImU32 ink = has_value ? inkOn(ground) : frame.theme.text;
  if ((flags & kGenerated) != 0) {
    list().AddRectFilled(ImVec2(left, chips_box_.bottom - 2), ImVec2(right, chips_box_.bottom - 1), ink);
  }
  const std::string text =
      elided(picture_.source()->text(token), static_cast<double>(right - left), frame.text);
  frame.text.draw(list(), ImVec2((left + right - frame.text.width(text)) / 2, chips_box_.top + 4), ink, text);
  drawPips(frame, left, right, codes);
  frame.items.note("strip.chip." + std::to_string(token), {left, chips_box_.top, right, chips_box_.bottom});
}

// One device pixel a column, with the extreme of exactly the tokens that begin under it.
void StripView::drawColumns(const CanvasFrame& frame, const heat::Palette& colours) {
  const int width = std::max(1, static_cast<int>(chips_box_.width() * scale_));
  columns_.resize(width, 1);
  float pip_free_from = chips_box_.left;
  const int n = picture_.tokens();
  int begin = picture_.layout().at(begin_);
  for (int pixel = 0; pixel < width; ++pixel) {
    const double right = begin_ + static_cast<double>(pixel + 1) / static_cast<double>(scale_) / unit_;
    const bool is_beyond = begin_ + static_cast<double>(pixel) / static_cast<double>(scale_) / unit_ >=
                           static_cast<double>(picture_.layout().total());
    const int end = is_beyond ? begin : std::min(n, std::max(begin + 1, picture_.layout().at(right)));
    const Codes codes = codesOver(picture_.pyramid(), {std::min(begin, n), std::min(end, n)});
    columns_.pixels()[static_cast<size_t>(pixel)] = is_beyond ? 0 : colours[codes[StripPicture::kValueRow]];
    const float x = chips_box_.left + static_cast<float>(pixel) / scale_;
    if (x >= pip_free_from &&
        std::any_of(codes.begin() + 1, codes.end(), [](uint8_t code) { return code != 0; })) {
      drawPips(frame, x, x + 1, codes);
      pip_free_from = x + 7;
    }
    // A token wider than a pixel goes on under the next one.
    const bool goes_on = begin<n&& static_cast<double>(picture_.layout().offsetOf(begin + 1))> right;
    begin = goes_on ? begin : end;
  }
  columns_.touch();
  list().AddImage(columns_.handle(), ImVec2(chips_box_.left, chips_box_.top),
                  ImVec2(chips_box_.left + static_cast<float>(width) / scale_, chips_box_.bottom));
}

void StripView::drawChips(const CanvasFrame& frame) {
  if (picture_.tokens() == 0) {
    frame.text.draw(list(), ImVec2(chips_box_.left, chips_box_.top + 4), frame.theme.dim_text, hint_);
    return;
  }
  list().PushClipRect(ImVec2(chips_box_.left, 0), ImVec2(chips_box_.right, frame.height));
  const heat::Palette colours = palette(frame.theme);
  const Tokens shown = visible();
  if (chips_box_.width() / static_cast<float>(shown.size()) < kLeastChip) {
    drawColumns(frame, colours);
  } else {
    for (int token = shown.begin; token < shown.end; ++token) {
      drawChip(frame, colours, token);
    }
  }
  // Positions below the pips, as far apart as they need.
  float free_from = chips_box_.left;
  const int step = niceStep(static_cast<double>(shown.size()) * 64 / static_cast<double>(chips_box_.width()));
  for (int token = (shown.begin + step - 1) / step * step; token < shown.end; token += step) {
    const std::string index = std::to_string(token);
    if (xOf(token) >= free_from && pips_box_.bottom + frame.text.height() <= frame.height) {
      frame.text.draw(list(), ImVec2(xOf(token), pips_box_.bottom), frame.theme.dim_text, index);
      free_from = xOf(token) + frame.text.width(index) + 10;
    }
  }
  list().PopClipRect();
}

// All tokens side by side, each the same share, with the visible stretch framed.
void StripView::drawMap(const CanvasFrame& frame) {
  const ItemBox& box = map_box_;
  list().AddRectFilled(ImVec2(box.left, box.top), ImVec2(box.right, box.bottom), frame.theme.panel);
  if (picture_.tokens() == 0) {
    return;
  }
  heat::Axis x;
  x.setCells(picture_.tokens());
  x.setPixels(std::max(1, static_cast<int>(box.width() * scale_)));
  x.fit();
  map_texture_.resize(x.pixels(), 1);
  const heat::Palette colours = palette(frame.theme);
  for (int pixel = 0; pixel < x.pixels(); ++pixel) {
    map_texture_.pixels()[static_cast<size_t>(pixel)] =
        colours[codesOver(picture_.pyramid(), x.cellsAt(pixel))[StripPicture::kValueRow]];
  }
  map_texture_.touch();
  list().AddImage(map_texture_.handle(), ImVec2(box.left, box.top), ImVec2(box.right, box.bottom));
  const auto markAt = [&](int token, ImU32 colour, float width) {
    const float at =
        box.left + box.width() * static_cast<float>(token) / static_cast<float>(picture_.tokens());
    list().AddRectFilled(ImVec2(at, box.top - 2), ImVec2(at + width, box.bottom + 2), colour);
  };
  for (int pixel = 0; pixel < x.pixels(); pixel += 3) {
    const heat::CellSpan tokens{x.cellsAt(pixel).begin, x.cellsAt(std::min(pixel + 2, x.pixels() - 1)).end};
    const Codes codes = codesOver(picture_.pyramid(), tokens);
    if (codes[StripPicture::kEditedRow] + codes[StripPicture::kHijackedRow] +
            codes[StripPicture::kVirtualRow] !=
        0) {
      markAt(tokens.begin, frame.theme.edit, 2);
    }
  }
  const Tokens shown = visible();
  const auto total = static_cast<float>(picture_.tokens());
  const float left = box.left + box.width() * static_cast<float>(shown.begin) / total;
  const float right = box.left + box.width() * static_cast<float>(shown.end) / total;
  list().AddRect(ImVec2(left - 1, box.top - 2), ImVec2(std::max(right, left + 3) + 1, box.bottom + 2),
                 frame.theme.cursor, 0, 0, 1.5F);
  if (cursor_ >= 0 && cursor_ < picture_.tokens()) {
    markAt(cursor_, frame.theme.cursor, 1);
  }
}

void StripView::drawOverlays(const CanvasFrame& frame) {
  if (picture_.tokens() == 0) {
    return;
  }
  list().PushClipRect(ImVec2(chips_box_.left - 2, 0), ImVec2(chips_box_.right + 2, frame.height));
  const auto boxOf = [&](Tokens tokens) {
    const float left = xOf(std::clamp(tokens.begin, 0, picture_.tokens()));
    return ItemBox{left, chips_box_.top,
                   std::max(left + 2, xOf(std::clamp(tokens.end, 0, picture_.tokens()))), chips_box_.bottom};
  };
  const auto outline = [&](const ItemBox& box, float by, ImU32 colour, float width) {
    list().AddRect(ImVec2(box.left - by, box.top - by), ImVec2(box.right + by, box.bottom + by), colour, 0, 0,
                   width);
  };
  for (const Tokens& tokens : stale_) {
    const ItemBox box = boxOf(tokens);
    const float right = std::min(box.right, chips_box_.right);
    list().PushClipRect(ImVec2(box.left, box.top), ImVec2(right, box.bottom), true);
    for (float x = std::max(box.left, chips_box_.left) - box.height(); x < right; x += 6) {
      list().AddLine(ImVec2(x, box.bottom), ImVec2(x + box.height(), box.top), frame.theme.stale_line);
    }
    list().PopClipRect();
  }
  if (!selection_.empty()) {
    const ItemBox box = boxOf(selection_);
    list().AddRectFilled(ImVec2(box.left, box.top - 3), ImVec2(box.right, box.bottom + 2),
                         frame.theme.selection);
    list().AddRectFilled(ImVec2(box.left, box.top - 4), ImVec2(box.right, box.top - 2), frame.theme.hover);
  }
  if (chip_gestures_.drag()) {
    const float from = chip_gestures_.drag()->x;
    const float to = chip_gestures_.at().x;
    list().AddRectFilled(ImVec2(std::min(from, to), chips_box_.top),
                         ImVec2(std::max(from, to), chips_box_.bottom), frame.theme.selection);
  }
  if (pin_ >= 0) {
    const ItemBox box = boxOf({pin_, pin_ + 1});
    list().AddTriangleFilled(ImVec2(box.left, box.top - 5), ImVec2(box.left + 8, box.top - 5),
                             ImVec2(box.left + 4, box.top), frame.theme.cursor);
  }
  if (hover_ >= 0 && hover_ < picture_.tokens()) {
    outline(boxOf({hover_, hover_ + 1}), 1, frame.theme.hover, 1);
  }
  if (cursor_ >= 0 && cursor_ < picture_.tokens()) {
    outline(boxOf({cursor_, cursor_ + 1}), 2, frame.theme.ground, 3);
    outline(boxOf({cursor_, cursor_ + 1}), 1, frame.theme.cursor, 1.5F);
  }
  list().PopClipRect();
}

void StripView::drawTip(const CanvasFrame& frame) {
  if (was_inside_ && hover_ >= 0) {
    drawPanel(frame, {describe(hover_)}, chip_gestures_.at());
  }
}

void StripView::drawLegend(const CanvasFrame& frame) {
  const heat::Quantiser& q = picture_.quantiser();
  drawPanel(frame,
            {"colour: " + std::string(nameOf(value())) + ", " + shortNumber(q.low()) + " to " +
                 shortNumber(q.high()) + "; 1..6 another; V: colours",
             "click: cursor; drag: select, Shift adds, Alt removes; the map on top: go there",
             "wheel: zoom; right or middle drag, A D: move; Home: all; double click: read here",
             "Left, Right: cursor, Shift a page, Ctrl or [ ]: next mark; Space: pin; Enter: details",
             "below: diamond edited, arrow hijacked, ring virtual expert, bar fragile; line: generated"},
            ImVec2(chips_box_.left, 0));
}

}  // namespace rs::canvas
