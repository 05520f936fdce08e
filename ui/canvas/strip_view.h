// SPDX-License-Identifier: Apache-2.0
//
// The token strip as state, gestures and drawing, without Qt: a row of chips with text, coloured by one
// number, over a map of the whole run. Thread: the window's own.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ui/canvas/cell.h"
#include "ui/canvas/gestures.h"
#include "ui/canvas/strip_picture.h"
#include "ui/heat/heat_raster.h"
#include "ui/imgui/canvas_frame.h"
#include "ui/imgui/texture.h"

namespace rs::canvas {

// What a frame brought about. Tokens; -1 is none.
struct StripEvents {
  std::optional<int> cursor;
  std::optional<int> hover;
  std::optional<Tokens> selection;
  std::optional<int> pin;
  std::optional<int> open;
  std::optional<int> erase;
  std::optional<int> menu;
  ImVec2 menu_at{0, 0};
  bool has_view_changed = false;
};

class StripView {
 public:
  using Source = StripSource;
  using At = int;  // a token
  using Stale = Tokens;

  // Setters raise no event.
  void setSource(const StripSource* source) { picture_.setSource(source); }
  void setValue(StripValue value);
  void setColourMap(heat::ColourMap map) { map_ = map; }
  void setCursor(int token);
  void setHover(int token) { hover_ = token; }
  void setSelection(const Tokens& tokens) { selection_ = tokens; }
  void setPin(int token) { pin_ = token; }
  void setStale(std::vector<Tokens> tokens) { stale_ = std::move(tokens); }
  void setHint(std::string hint) { hint_ = std::move(hint); }
  void setLegend(bool is_shown) { shows_legend_ = is_shown; }
  void fit();

  [[nodiscard]] int cursor() const { return cursor_; }
  [[nodiscard]] int hover() const { return hover_; }
  [[nodiscard]] const Tokens& selection() const { return selection_; }
  [[nodiscard]] int pin() const { return pin_; }
  [[nodiscard]] StripValue value() const { return picture_.value(); }
  [[nodiscard]] heat::ColourMap colourMap() const { return map_; }
  [[nodiscard]] const StripPicture& picture() const { return picture_; }
  // Tokens of which at least a part is visible.
  [[nodiscard]] Tokens visible() const;
  // The chip at a point of the canvas, in logical pixels.
  [[nodiscard]] std::optional<int> chipAt(ImVec2 at) const;
  [[nodiscard]] std::string describe(int token) const;

  [[nodiscard]] bool wantsKey(const KeyPress& press) const;
  void draw(const CanvasFrame& frame);
  [[nodiscard]] StripEvents takeEvents();
  [[nodiscard]] bool hasMore() const { return has_more_; }

 private:
  void layOut(const CanvasFrame& frame);
  void clamp();
  void reveal(int token);
  void zoom(double factor, float at);
  [[nodiscard]] float xOf(int token) const;
  [[nodiscard]] int tokenAt(float x) const;  // -1: none
  [[nodiscard]] double leastUnit() const;

  void handleMouse();
  void handleDrags();
  void handleKey(const KeyPress& press);
  void handleCharacter(char32_t character);
  void moveTo(int token);
  void moveToFlagged(int direction);

  [[nodiscard]] heat::Palette palette(const CanvasTheme& theme) const;
  void drawChips(const CanvasFrame& frame);
  void drawChip(const CanvasFrame& frame, const heat::Palette& palette, int token);
  void drawColumns(const CanvasFrame& frame, const heat::Palette& palette);
  void drawPips(const CanvasFrame& frame, float left, float right,
                const std::array<uint8_t, StripPicture::kRows>& codes);
  void drawMap(const CanvasFrame& frame);
  void drawOverlays(const CanvasFrame& frame);
  void drawTip(const CanvasFrame& frame);
  void drawLegend(const CanvasFrame& frame);

  StripPicture picture_;
  heat::ColourMap map_ = heat::ColourMap::kViridis;
  int cursor_ = -1;
  int hover_ = -1;
  int reported_hover_ = -1;
  Tokens selection_;
  int pin_ = -1;
  std::vector<Tokens> stale_;
  std::string hint_;
  bool shows_legend_ = false;

  double begin_ = 0;  // units of the layout at the left edge
  double unit_ = 0;   // logical pixels a unit; 0: not laid out yet
  double natural_unit_ = 7;
  bool is_fitted_ = false;  // keeps all tokens in view while they arrive
  int revealed_ = -1;       // a token to bring into view once it has been read
  float scale_ = 1;
  ItemBox map_box_;
  ItemBox chips_box_;
  ItemBox pips_box_;
  Gestures chip_gestures_;
  Gestures map_gestures_;
  bool was_inside_ = false;
  StripEvents events_;
  bool has_more_ = false;

  Texture columns_;
  Texture map_texture_;
};

}  // namespace rs::canvas
