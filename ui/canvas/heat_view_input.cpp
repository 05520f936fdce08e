// SPDX-License-Identifier: Apache-2.0
//
// What mouse and keys do in the heat map.
#include <algorithm>

#include "ui/canvas/heat_view.h"

namespace rs::canvas {
namespace {

constexpr std::size_t kMostRemembered = 50;

}  // namespace

void HeatView::setCursorByHand(const Cell& cell) {
  if (cell.token < 0 || cell == cursor_) {
    return;
  }
  cursor_ = cell;
  events_.cursor = cell;
}

void HeatView::remember() {
  if (history_.size() == kMostRemembered) {
    history_.erase(history_.begin());
  }
  history_.push_back({x_.begin(), x_.end(), y_.begin(), y_.end(), mode_});
}

bool HeatView::stepBack() {
  if (shows_legend_) {
    shows_legend_ = false;
  } else if (!history_.empty()) {
    const View view = history_.back();
    history_.pop_back();
    setMode(view.mode);
    x_.show(view.x_begin, view.x_end);
    y_.show(view.y_begin, view.y_end);
    events_.has_view_changed = true;
  } else if (!selection_.empty()) {
    selection_ = {};
    events_.selection = selection_;
  } else {
    return false;
  }
  return true;
}

// Isolates the cell's layer, with the tokens around it wide enough to read.
void HeatView::zoomTo(const Cell& cell) {
  if (cell.token < 0) {
    return;
  }
  remember();
  if (mode_ == HeatMode::kToken) {
    setMode(HeatMode::kLayer);
  } else {
    const heat::CellSpan rows = rowsOf(cell.layer, -1);
    y_.show(rows.begin, rows.end);
  }
  constexpr double around = 24;
  x_.show(cell.token - around, cell.token + around);
  events_.has_view_changed = true;
}

void HeatView::handleSelection() {
  const std::optional<ImVec2> from = plot_gestures_.drag();
  if (!from || mode_ == HeatMode::kToken) {
    return;
  }
  const auto tokenAt = [this](float x) {
    const double at = std::clamp(static_cast<double>((x - plot_.left) * scale_), 0.0, x_.pixels() - 1.0);
    return x_.cellAt(at);
  };
  const int a = tokenAt(from->x);
  const int b = tokenAt(plot_gestures_.at().x);
  if (a < 0 || b < 0) {
    return;
  }
  Tokens dragged{std::min(a, b), std::max(a, b) + 1};
  const Modifiers held = plot_gestures_.dragModifiers();
  if (plot_gestures_.dragEnds()) {
    selection_ = combine(selection_, dragged, held);
    events_.selection = selection_;
  }
}

void HeatView::handleMouse() {
  plot_gestures_.update(plot_);
  label_gestures_.update(row_labels_);
  const ImVec2 at = plot_gestures_.at();
  if (plot_gestures_.zoom() != 1) {
    x_.zoom(static_cast<double>(plot_gestures_.zoom()), static_cast<double>((at.x - plot_.left) * scale_));
    events_.has_view_changed = true;
  }
  if (label_gestures_.zoom() != 1) {
    y_.zoom(static_cast<double>(label_gestures_.zoom()), static_cast<double>((at.y - plot_.top) * scale_));
    events_.has_view_changed = true;
  }
  const ImVec2 pan(plot_gestures_.pan().x + label_gestures_.pan().x,
                   plot_gestures_.pan().y + label_gestures_.pan().y);
  if (pan.x != 0 || pan.y != 0) {
    x_.panPixels(static_cast<double>(-pan.x * scale_));
    y_.panPixels(static_cast<double>(-pan.y * scale_));
    events_.has_view_changed = true;
  }
  // Echoes of other panes stay while the pointer is elsewhere.
  const Cell under = plot_gestures_.isInside() ? cellAt(at) : Cell{};
  if ((plot_gestures_.isInside() || was_inside_) && under != reported_hover_) {
    hover_ = under;
    reported_hover_ = under;
    events_.hover = under;
  }
  was_inside_ = plot_gestures_.isInside();
  if (plot_gestures_.click()) {
    const Cell cell = cellAt(*plot_gestures_.click());
    if (plot_gestures_.dragModifiers() != kNoModifier && cell.token >= 0 && mode_ != HeatMode::kToken) {
      selection_ = combine(selection_, {cell.token, cell.token + 1}, plot_gestures_.dragModifiers());
      events_.selection = selection_;
    } else {
      setCursorByHand(cell);
    }
  }
  if (plot_gestures_.doubleClick()) {
    zoomTo(cellAt(*plot_gestures_.doubleClick()));
  }
  if (plot_gestures_.menu()) {
    events_.menu = cellAt(*plot_gestures_.menu());
    events_.menu_at = *plot_gestures_.menu();
  }
  handleSelection();
}

void HeatView::moveCursor(int d_token, int d_row) {
  if (!picture_.isShown() || picture_.pyramid().columns() == 0 || experts() == 0) {
    return;
  }
  Cell cell{tokenOfCursor(), layerOfCursor(), std::clamp(cursor_.expert, 0, experts() - 1)};
  if (mode_ == HeatMode::kToken) {
    cell.expert = std::clamp(cell.expert + d_token, 0, experts() - 1);
    cell.layer = std::clamp(cell.layer + d_row, 0, layers() - 1);
  } else {
    cell.token = std::clamp(cell.token + d_token, 0, picture_.pyramid().columns() - 1);
    const int all = mode_ == HeatMode::kAll ? layers() * experts() : experts();
    const int row =
        std::clamp((mode_ == HeatMode::kAll ? cell.layer * experts() : 0) + cell.expert + d_row, 0, all - 1);
    cell.layer = mode_ == HeatMode::kAll ? row / experts() : cell.layer;
    cell.expert = row % experts();
  }
  reveal(cell);
  setCursorByHand(cell);
}

void HeatView::moveToMark(int direction) {
  const Mark* nearest = nullptr;
  for (const Mark& mark : marks_) {
    const int distance = (mark.cell.token - cursor_.token) * direction;
    if (mark.cell.token >= 0 && distance > 0 &&
        (nearest == nullptr || distance < (nearest->cell.token - cursor_.token) * direction)) {
      nearest = &mark;
    }
  }
  if (nearest != nullptr) {
    setCursorByHand({nearest->cell.token, nearest->cell.layer < 0 ? cursor_.layer : nearest->cell.layer,
                     nearest->cell.expert < 0 ? cursor_.expert : nearest->cell.expert});
    if (mode_ != HeatMode::kToken) {
      x_.reveal(cursor_.token);
    }
  }
}

bool HeatView::wantsKey(const KeyPress& press) const {
  if (press.key == Key::kEscape) {
    // Esc with nothing to step back from stops the engine.
    return shows_legend_ || !history_.empty() || !selection_.empty();
  }
  if (press.key != Key::kCharacter) {
    return press.key != Key::kNone && (press.modifiers & (kCtrl | kAlt)) == 0;
  }
  constexpr std::u32string_view ours = U"WASDFXVM?,.[] +-123456";
  return ours.find(press.character) != std::u32string_view::npos;
}

void HeatView::handleKey(const KeyPress& press) {
  const bool is_page = (press.modifiers & kShift) != 0;
  const int page = is_page ? std::max(1, static_cast<int>(x_.span() * 0.9)) : 1;
  const int rows = is_page ? std::max(1, experts()) : 1;
  switch (press.key) {
    case Key::kLeft:
      return moveCursor(-page, 0);
    case Key::kRight:
      return moveCursor(page, 0);
    case Key::kUp:
      return moveCursor(0, -rows);
    case Key::kDown:
      return moveCursor(0, rows);
    case Key::kPageUp:
      return moveCursor(0, -std::max(1, experts()));
    case Key::kPageDown:
      return moveCursor(0, std::max(1, experts()));
    case Key::kEnd:
      return moveCursor(picture_.pyramid().columns(), 0);
    case Key::kHome:
      remember();
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
      stepBack();
      return;
    case Key::kCharacter:
      return handleCharacter(press);
    case Key::kNone:
      return;
  }
}

void HeatView::handleCharacter(const KeyPress& press) {
  const double step = 60.0 * static_cast<double>(scale_);
  const bool pans = std::u32string_view(U"WASD+-").find(press.character) != std::u32string_view::npos;
  events_.has_view_changed = events_.has_view_changed || pans;
  switch (press.character) {
    case U'A':
      return x_.panPixels(-step);
    case U'D':
      return x_.panPixels(step);
    case U'W':
      return y_.panPixels(-step);
    case U'S':
      return y_.panPixels(step);
    case U'+':
      return x_.zoom(1.25, x_.pixels() / 2.0);
    case U'-':
      return x_.zoom(0.8, x_.pixels() / 2.0);
    case U'F':
      events_.force = cursor_;
      return;
    case U'X':
      events_.ban = cursor_;
      return;
    case U'V':
      return setColourMap(static_cast<heat::ColourMap>((static_cast<int>(map_) + 1) % heat::kColourMaps));
    case U'M':
      remember();
      setMode(static_cast<HeatMode>((static_cast<int>(mode_) + 1) % 3));
      events_.has_view_changed = true;
      return;
    case U'?':
      shows_legend_ = !shows_legend_;
      return;
    case U'[':
      return moveToMark(-1);
    case U']':
      return moveToMark(1);
    case U' ':
      pin_ = pin_ == cursor_.token ? -1 : cursor_.token;
      events_.pin = pin_;
      return;
    case U',':
    case U'.': {
      const int layer =
          std::clamp(layerOfCursor() + (press.character == U'.' ? 1 : -1), 0, std::max(0, layers() - 1));
      return setCursorByHand({cursor_.token, layer, cursor_.expert});
    }
    default:
      break;
  }
  const auto index = static_cast<int>(press.character) - '1';
  if (index >= 0 && index < kHeatValues && picture_.source() != nullptr &&
      picture_.source()->offers(static_cast<HeatValue>(index))) {
    setValue(static_cast<HeatValue>(index));
    events_.has_view_changed = true;
  }
}

}  // namespace rs::canvas
