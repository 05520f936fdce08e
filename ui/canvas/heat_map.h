// SPDX-License-Identifier: Apache-2.0
//
// The heat map as a widget: routing of up to 131,072 tokens, by layer and expert. Setters raise no signal.
// Thread: the window's own. Lifetime: a source outlives the widget, or setSource(nullptr) comes first.
#pragma once

#include <memory>

#include "ui/canvas/heat_view.h"
#include "ui/canvas/table_canvas.h"

namespace rs::canvas {

class HeatTable;

class HeatMap final : public TableCanvas {
  Q_OBJECT

 public:
  explicit HeatMap(QWidget* parent = nullptr);
  ~HeatMap() override;

  void setSource(const HeatSource* source);
  // The source has more tokens, or other values than before.
  void sourceChanged();
  void setCursorCell(const Cell& cell);
  void setHoverCell(const Cell& cell);
  void setSelection(const Tokens& tokens);
  void setPin(int token);
  void setMarks(std::vector<Mark> marks);
  void setStale(std::vector<StaleBox> boxes);
  void setMode(HeatMode mode);
  void setValue(HeatValue value);
  void setColourMap(heat::ColourMap map);
  void setRange(std::optional<ValueRange> range);
  // What is written where there is no run.
  void setHint(const QString& hint);
  void setLegend(bool is_shown);
  // Another canvas has moved to these tokens.
  void showTokens(double begin, double end);
  void fit();

  [[nodiscard]] const HeatView& view() const { return view_; }
  // The same cells as a table: tokens down, their text and the experts of the cursor's layer across.
  [[nodiscard]] QAbstractTableModel* tableTwin() override;
  [[nodiscard]] Place cursorPlace() const override;
  [[nodiscard]] Tokens selectedRows() const override;
  [[nodiscard]] QRect boxOf(const Place& place) const override;
  [[nodiscard]] Place placeAt(const QPoint& at) const override;
  void goTo(const Place& place) override;
  void selectRows(const Tokens& rows) override;

 Q_SIGNALS:
  void cursorMoved(const rs::canvas::Cell& cell);
  void hovered(const rs::canvas::Cell& cell);  // {-1, -1, -1}: nothing
  void selectionChanged(const rs::canvas::Tokens& tokens);
  void viewChanged();      // zoom, pan, mode, value or colours, by hand
  void pinned(int token);  // -1: none
  void openRequested(const rs::canvas::Cell& cell);
  void forceRequested(const rs::canvas::Cell& cell);
  void banRequested(const rs::canvas::Cell& cell);
  void deleteRequested(const rs::canvas::Cell& cell);
  void contextRequested(const rs::canvas::Cell& cell, const QPoint& global);

 protected:
  void drawFrame(const CanvasFrame& frame) override;
  bool finishFrame() override;
  [[nodiscard]] bool wantsKey(const KeyPress& press) const override { return view_.wantsKey(press); }
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  void cursorIsElsewhere();
  void followValue();

  HeatView view_;
  HeatValue told_value_ = HeatValue::kWeight;
  std::unique_ptr<HeatTable> table_;
};

}  // namespace rs::canvas
