// SPDX-License-Identifier: Apache-2.0
//
// The heat map as state, gestures and drawing, without Qt: what the mouse and the keys do in a frame becomes
// events for the widget to signal. Pixels come from HeatRaster, lines and text from ImGui. Thread: the
// window's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/canvas/cell.h"
#include "ui/canvas/gestures.h"
#include "ui/canvas/heat_picture.h"
#include "ui/heat/heat_raster.h"
#include "ui/imgui/canvas_frame.h"
#include "ui/imgui/texture.h"

namespace rs::canvas {

enum class HeatMode {
  kAll,    // tokens x (layer, expert)
  kLayer,  // tokens x experts of the cursor's layer
  kToken,  // experts x layers of the cursor's token
};

// What a frame brought about; empty where nothing did.
struct HeatEvents {
  std::optional<Cell> cursor;
  std::optional<Cell> hover;  // {-1, -1, -1} when the pointer has left
  std::optional<Tokens> selection;
  std::optional<Cell> open;
  std::optional<Cell> force;
  std::optional<Cell> ban;
  std::optional<Cell> erase;
  std::optional<Cell> menu;
  ImVec2 menu_at{0, 0};
  std::optional<int> pin;  // a token, -1 for none
  bool has_view_changed = false;
};

class HeatView {
 public:
  using Source = HeatSource;
  using At = Cell;
  using Stale = StaleBox;

  // Setters raise no event.
  void setSource(const HeatSource* source);
  void setCursor(const Cell& cell);
  void setHover(const Cell& cell) { hover_ = cell; }
  void setSelection(const Tokens& tokens) { selection_ = tokens; }
  void setPin(int token) { pin_ = token; }
  void setMarks(std::vector<Mark> marks) { marks_ = std::move(marks); }
  void setStale(std::vector<StaleBox> boxes);
  void setMode(HeatMode mode);
  void setValue(HeatValue value);
  void setColourMap(heat::ColourMap map);
  // The values at the ends of the colour map; none: those of the source.
  void setRange(std::optional<ValueRange> range);
  void setHint(std::string hint) { hint_ = std::move(hint); }
  void setLegend(bool is_shown) { shows_legend_ = is_shown; }

  [[nodiscard]] const Cell& cursor() const { return cursor_; }
  [[nodiscard]] const Cell& hover() const { return hover_; }
  [[nodiscard]] const Tokens& selection() const { return selection_; }
  [[nodiscard]] int pin() const { return pin_; }
  [[nodiscard]] HeatMode mode() const { return mode_; }
  [[nodiscard]] HeatValue value() const { return picture_.value(); }
  [[nodiscard]] heat::ColourMap colourMap() const { return map_; }
  [[nodiscard]] ValueRange range() const;
  [[nodiscard]] bool showsLegend() const { return shows_legend_; }
  // The visible tokens.
  [[nodiscard]] double viewBegin() const { return x_.begin(); }
  [[nodiscard]] double viewEnd() const { return x_.end(); }
  void showTokens(double begin, double end);
  void fit();
  // Moves no further than the cell needs to be in sight.
  void reveal(const Cell& cell);
  // What is at a point of the canvas, and where a cell was drawn last, in logical pixels.
  [[nodiscard]] Cell cellAt(ImVec2 at) const;
  [[nodiscard]] std::optional<ItemBox> visibleBoxOf(const Cell& cell) const;

  [[nodiscard]] const HeatPicture& picture() const { return picture_; }
  // The exact value of a cell, from the source: NaN where there is none.
  [[nodiscard]] float valueAt(const Cell& cell) const;
  // One line about a cell, for the tool tip and for screen readers.
  [[nodiscard]] std::string describe(const Cell& cell) const;

  // Whether the key means something here; the others belong to the window.
  [[nodiscard]] bool wantsKey(const KeyPress& press) const;
  void draw(const CanvasFrame& frame);
  [[nodiscard]] HeatEvents takeEvents();
  // Whether another frame is needed although nothing happened: values are still being read.
  [[nodiscard]] bool hasMore() const { return has_more_; }

 private:
  struct View {
    double x_begin, x_end, y_begin, y_end;
    HeatMode mode;
  };
  // Everything the pixels depend on.
  struct RasterKey {
    uint64_t version = 0;
    double x_begin = 0, x_end = 0, y_begin = 0, y_end = 0;
    int width = 0, height = 0, first_row = 0, grid_token = -1, x_cells = 0;
    HeatMode mode = HeatMode::kAll;
    bool operator==(const RasterKey&) const = default;
  };

  void layOut(const CanvasFrame& frame);
  void updateAxes();
  [[nodiscard]] int experts() const;
  [[nodiscard]] int layers() const;
  [[nodiscard]] int layerOfCursor() const;
  [[nodiscard]] int tokenOfCursor() const;
  [[nodiscard]] int firstRow() const;
  [[nodiscard]] ItemBox boxOf(const Cell& cell) const;
  [[nodiscard]] heat::CellSpan columnsOf(const Cell& cell) const;
  [[nodiscard]] heat::CellSpan rowsOf(int layer, int expert) const;
  [[nodiscard]] float xOf(double cell) const;
  [[nodiscard]] float yOf(double cell) const;

  void handleMouse();
  void handleSelection();
  void handleKey(const KeyPress& press);
  void handleCharacter(const KeyPress& press);
  void moveCursor(int d_token, int d_row);
  void moveToMark(int direction);
  void setCursorByHand(const Cell& cell);
  void zoomTo(const Cell& cell);
  void remember();
  bool stepBack();

  void updateRaster(const CanvasTheme& theme);
  [[nodiscard]] std::vector<heat::CellBox> staleBoxes() const;
  void drawPixels(const CanvasFrame& frame);
  void drawRowLabels(const CanvasFrame& frame);
  void drawColumnLabels(const CanvasFrame& frame);
  void drawColourBar(const CanvasFrame& frame);
  void drawSelection(const CanvasFrame& frame);
  void drawMarks(const CanvasFrame& frame);
  void drawCursor(const CanvasFrame& frame);
  void drawTip(const CanvasFrame& frame);
  void drawLegend(const CanvasFrame& frame);
  void drawHint(const CanvasFrame& frame);

  HeatPicture picture_;
  HeatMode mode_ = HeatMode::kAll;
  heat::ColourMap map_ = heat::ColourMap::kViridis;
  std::optional<ValueRange> wanted_range_;
  Cell cursor_;
  Cell hover_;
  Cell reported_hover_;
  Tokens selection_;
  int pin_ = -1;
  std::vector<Mark> marks_;
  std::vector<StaleBox> stale_;
  std::string hint_;
  bool shows_legend_ = false;
  std::vector<View> history_;

  heat::Axis x_;
  heat::Axis y_;
  ItemBox plot_;
  ItemBox row_labels_;
  ItemBox colour_bar_;
  float scale_ = 1;
  Gestures plot_gestures_;
  Gestures label_gestures_;
  bool was_inside_ = false;
  HeatEvents events_;
  bool has_more_ = false;

  heat::HeatRaster raster_;
  std::unique_ptr<heat::HeatPyramid> grid_;
  uint64_t grid_version_ = 0;
  int grid_token_ = -1;
  Texture pixels_;
  Texture bar_;
  RasterKey drawn_;
  bool is_raster_old_ = true;
  const CanvasTheme* drawn_theme_ = nullptr;
};

}  // namespace rs::canvas
