// SPDX-License-Identifier: Apache-2.0
//
// The heat map as a widget: routing of up to 131,072 tokens, by layer and expert.
// Thread, Lifetime: as ViewCanvas.
#pragma once

#include "ui/canvas/heat_table.h"
#include "ui/canvas/heat_view.h"
#include "ui/canvas/view_canvas.h"

namespace rs::canvas {

class HeatMap final : public ViewCanvas<HeatView, HeatTable> {
  Q_OBJECT

 public:
  explicit HeatMap(QWidget* parent = nullptr);

  void setCursorCell(const Cell& cell);
  void setMarks(std::vector<Mark> marks);
  void setMode(HeatMode mode);
  void setValue(HeatValue value);
  void setRange(std::optional<ValueRange> range);
  // Another canvas has moved to these tokens.
  void showTokens(double begin, double end);

  // The table: tokens down, their text and the experts of the cursor's layer across.
  [[nodiscard]] Place cursorPlace() const override;
  [[nodiscard]] QRect boxOf(const Place& place) const override;
  [[nodiscard]] Place placeAt(const QPoint& at) const override;
  void goTo(const Place& place) override;

 Q_SIGNALS:
  void cursorMoved(const rs::canvas::Cell& cell);
  void hovered(const rs::canvas::Cell& cell);  // {-1, -1, -1}: nothing
  void openRequested(const rs::canvas::Cell& cell);
  void forceRequested(const rs::canvas::Cell& cell);
  void banRequested(const rs::canvas::Cell& cell);
  void deleteRequested(const rs::canvas::Cell& cell);
  void contextRequested(const rs::canvas::Cell& cell, const QPoint& global);

 protected:
  bool finishFrame() override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  void cursorIsElsewhere();
  void followValue();

  HeatValue told_value_ = HeatValue::kWeight;
};

}  // namespace rs::canvas
