// SPDX-License-Identifier: Apache-2.0
//
// State and gestures of the token strip; strip_view_draw.cpp draws it.
#include "ui/canvas/strip_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ui/canvas/labels.h"

namespace rs::canvas {
namespace {

constexpr double kReadMilliseconds = 8;
constexpr double kLargestUnit = 3;  // times the natural one

}  // namespace

void StripView::setValue(StripValue value) {
  picture_.setValue(value);
}

void StripView::setCursor(int token) {
  if (token != cursor_) {
    cursor_ = token;
    revealed_ = token;
  }
}

void StripView::fit() {
  is_fitted_ = true;
  unit_ = leastUnit();
  begin_ = 0;
}

// So that all tokens fit, but never larger than natural.
double StripView::leastUnit() const {
  const double total = std::max<double>(1, static_cast<double>(picture_.layout().total()));
  return std::min(natural_unit_, static_cast<double>(chips_box_.width()) / total);
}

void StripView::clamp() {
  unit_ = std::clamp(unit_, leastUnit(), natural_unit_ * kLargestUnit);
  const double room = static_cast<double>(chips_box_.width()) / unit_;
  begin_ = std::clamp(begin_, 0.0, std::max(0.0, static_cast<double>(picture_.layout().total()) - room));
}

float StripView::xOf(int token) const {
  const auto offset = static_cast<double>(picture_.layout().offsetOf(token));
  return chips_box_.left + static_cast<float>((offset - begin_) * unit_);
}

int StripView::tokenAt(float x) const {
  const double offset = begin_ + static_cast<double>(x - chips_box_.left) / unit_;
  if (picture_.tokens() == 0 || offset < 0 || offset >= static_cast<double>(picture_.layout().total())) {
    return -1;
  }
  return picture_.layout().at(offset);
}

std::optional<int> StripView::chipAt(ImVec2 at) const {
  const ItemBox& box = chips_box_;
  const int token = unit_ > 0 && box.contains(at) ? tokenAt(at.x) : -1;
  return token < 0 ? std::nullopt : std::optional(token);
}

Tokens StripView::visible() const {
  if (picture_.tokens() == 0 || unit_ <= 0) {
    return {};
  }
  const double end = begin_ + static_cast<double>(chips_box_.width()) / unit_;
  return {picture_.layout().at(begin_), picture_.layout().at(end - 1e-6) + 1};
}

void StripView::reveal(int token) {
  const auto left = static_cast<double>(picture_.layout().offsetOf(token));
  const auto right = static_cast<double>(picture_.layout().offsetOf(token + 1));
  const double room = static_cast<double>(chips_box_.width()) / unit_;
  const double margin = std::min(room / 8, 12.0);
  if (left < begin_ + margin) {
    begin_ = left - margin;
  } else if (right > begin_ + room - margin) {
    begin_ = right + margin - room;
  }
  clamp();
}

void StripView::zoom(double factor, float at) {
  is_fitted_ = false;
  const double under = begin_ + static_cast<double>(at - chips_box_.left) / unit_;
  unit_ = std::clamp(unit_ * factor, leastUnit(), natural_unit_ * kLargestUnit);
  begin_ = under - static_cast<double>(at - chips_box_.left) / unit_;
  clamp();
  events_.has_view_changed = true;
}

std::string StripView::describe(int token) const {
  if (picture_.source() == nullptr || token < 0 || token >= picture_.source()->tokens()) {
    return "no token";
  }
  const StripSource& source = *picture_.source();
  std::string text = "token " + std::to_string(token) + " '" + source.text(token) + "'";
  if (value() != StripValue::kNone && source.offers(value())) {
    const float number = source.value(value(), token);
    text +=
        ", " + std::string(nameOf(value())) + (std::isnan(number) ? ": no data" : " " + shortNumber(number));
  }
  const unsigned flags = source.flags(token);
  constexpr std::pair<unsigned, const char*> names[] = {
      {kEdited, "edited"},   {kHijacked, "routing hijacked"}, {kVirtual, "virtual expert fired"},
      {kFragile, "fragile"}, {kSpecial, "special"},           {kGenerated, "generated"}};
  for (const auto& [flag, name] : names) {
    if ((flags & flag) != 0) {
      text += std::string(", ") + name;
    }
  }
  return text;
}

void StripView::moveTo(int token) {
  if (picture_.tokens() == 0) {
    return;
  }
  const int wanted = std::clamp(token, 0, picture_.tokens() - 1);
  reveal(wanted);
  if (wanted != cursor_) {
    cursor_ = wanted;
    events_.cursor = wanted;
  }
}

void StripView::moveToFlagged(int direction) {
  constexpr unsigned flagged = kEdited | kHijacked | kVirtual | kFragile;
  for (int token = cursor_ + direction; token >= 0 && token < picture_.tokens(); token += direction) {
    if ((picture_.source()->flags(token) & flagged) != 0) {
      return moveTo(token);
    }
  }
}

void StripView::handleMouse() {
  chip_gestures_.update({chips_box_.left, chips_box_.top, chips_box_.right, pips_box_.bottom});
  map_gestures_.update(map_box_);
  const ImVec2 at = chip_gestures_.at();
  if (chip_gestures_.zoom() != 1) {
    zoom(static_cast<double>(chip_gestures_.zoom()), at.x);
  }
  if (chip_gestures_.pan().x != 0) {
    begin_ -= static_cast<double>(chip_gestures_.pan().x) / unit_;
    clamp();
    events_.has_view_changed = true;
  }
  const int under = chip_gestures_.isInside() ? tokenAt(at.x) : -1;
  if ((chip_gestures_.isInside() || was_inside_) && under != reported_hover_) {
    hover_ = reported_hover_ = under;
    events_.hover = under;
  }
  was_inside_ = chip_gestures_.isInside();
  if (chip_gestures_.click()) {
    const int token = tokenAt(chip_gestures_.click()->x);
    if (token >= 0 && chip_gestures_.dragModifiers() != kNoModifier) {
      selection_ = combine(selection_, {token, token + 1}, chip_gestures_.dragModifiers());
      events_.selection = selection_;
    } else if (token >= 0) {
      moveTo(token);
    }
  }
  if (chip_gestures_.doubleClick()) {
    const int token = tokenAt(chip_gestures_.doubleClick()->x);
    is_fitted_ = false;
    unit_ = natural_unit_;
    if (token >= 0) {
      begin_ = static_cast<double>(picture_.layout().offsetOf(token)) -
               static_cast<double>(chips_box_.width()) / unit_ / 2;
      events_.open = token;
    }
    clamp();
    events_.has_view_changed = true;
  }
  if (chip_gestures_.menu()) {
    events_.menu = tokenAt(chip_gestures_.menu()->x);
    events_.menu_at = *chip_gestures_.menu();
  }
  handleDrags();
}

void StripView::handleDrags() {
  const ImVec2 at = chip_gestures_.at();
  if (chip_gestures_.drag() && chip_gestures_.dragEnds()) {
    const auto inside = [this](float x) { return std::clamp(x, chips_box_.left, chips_box_.right - 1); };
    const int a = tokenAt(inside(chip_gestures_.drag()->x));
    const int b = tokenAt(inside(at.x));
    if (a >= 0 && b >= 0) {
      selection_ = combine(selection_, {std::min(a, b), std::max(a, b) + 1}, chip_gestures_.dragModifiers());
      events_.selection = selection_;
    }
  }
  // A click or drag in the map puts the view there.
  if (map_gestures_.drag() || map_gestures_.click()) {
    const double part = static_cast<double>((at.x - map_box_.left) / map_box_.width());
    const int token = static_cast<int>(std::clamp(part, 0.0, 1.0) * picture_.tokens());
    begin_ = static_cast<double>(picture_.layout().offsetOf(token)) -
             static_cast<double>(chips_box_.width()) / unit_ / 2;
    clamp();
    events_.has_view_changed = true;
  }
}

bool StripView::wantsKey(const KeyPress& press) const {
  const bool is_arrow = press.key == Key::kLeft || press.key == Key::kRight;
  if (press.key == Key::kEscape) {
    return shows_legend_ || !selection_.empty();
  }
  if (press.key != Key::kCharacter) {
    const bool is_ours = is_arrow || press.key == Key::kHome || press.key == Key::kEnd ||
                         press.key == Key::kEnter || press.key == Key::kDelete;
    return is_ours && (press.modifiers & kAlt) == 0 && (is_arrow || (press.modifiers & kCtrl) == 0);
  }
  constexpr std::u32string_view ours = U"ADV?[] +-123456";
  return ours.find(press.character) != std::u32string_view::npos;
}

void StripView::handleKey(const KeyPress& press) {
  if (picture_.source() == nullptr) {
    return;
  }
  const int page = (press.modifiers & kShift) != 0 ? std::max(1, visible().size() - 1) : 1;
  const bool is_far = (press.modifiers & kCtrl) != 0;
  switch (press.key) {
    case Key::kLeft:
      return is_far ? moveToFlagged(-1) : moveTo(cursor_ - page);
    case Key::kRight:
      return is_far ? moveToFlagged(1) : moveTo(cursor_ + page);
    case Key::kEnd:
      return moveTo(picture_.tokens() - 1);
    case Key::kHome:
      fit();
      events_.has_view_changed = true;
      return;
    case Key::kEnter:
      events_.open = cursor_;
      return;
    case Key::kDelete:
      events_.erase = cursor_;
      return;
    case Key::kEscape:
      if (shows_legend_) {
        shows_legend_ = false;
      } else {
        selection_ = {};
        events_.selection = selection_;
      }
      return;
    case Key::kCharacter:
      return handleCharacter(press.character);
    default:
      return;
  }
}

void StripView::handleCharacter(char32_t character) {
  const float middle = (chips_box_.left + chips_box_.right) / 2;
  switch (character) {
    case U'A':
    case U'D':
      begin_ += (character == U'D' ? 60 : -60) / unit_;
      clamp();
      events_.has_view_changed = true;
      return;
    case U'+':
      return zoom(1.25, middle);
    case U'-':
      return zoom(0.8, middle);
    case U'V':
      map_ = static_cast<heat::ColourMap>((static_cast<int>(map_) + 1) % heat::kColourMaps);
      return;
    case U'?':
      shows_legend_ = !shows_legend_;
      return;
    case U'[':
      return moveToFlagged(-1);
    case U']':
      return moveToFlagged(1);
    case U' ':
      pin_ = pin_ == cursor_ ? -1 : cursor_;
      events_.pin = pin_;
      return;
    default:
      break;
  }
  const auto index = static_cast<int>(character) - '1';
  if (index >= 0 && index < kStripValues &&
      (index == 0 || picture_.source()->offers(static_cast<StripValue>(index)))) {
    setValue(static_cast<StripValue>(index));
    events_.has_view_changed = true;
  }
}

void StripView::draw(const CanvasFrame& frame) {
  layOut(frame);
  has_more_ = picture_.update(kReadMilliseconds);
  if (unit_ <= 0) {
    unit_ = natural_unit_;
  } else if (is_fitted_) {
    unit_ = leastUnit();
  }
  if (!has_more_) {
    clamp();  // not while tokens are read again: the view would lose its place
  }
  if (revealed_ >= 0 && revealed_ < picture_.tokens()) {
    reveal(revealed_);
    revealed_ = -1;
  }
  for (const KeyPress& press : frame.keys) {
    handleKey(press);
  }
  handleMouse();
  drawMap(frame);
  drawChips(frame);
  drawOverlays(frame);
  drawTip(frame);
  if (shows_legend_) {
    drawLegend(frame);
  }
}

StripEvents StripView::takeEvents() {
  return std::exchange(events_, {});
}

}  // namespace rs::canvas
