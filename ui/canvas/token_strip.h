// SPDX-License-Identifier: Apache-2.0
//
// The token strip as a widget: up to 131,072 tokens as chips, with a map of the whole run.
// Thread, Lifetime: as ViewCanvas.
#pragma once

#include "ui/canvas/strip_table.h"
#include "ui/canvas/strip_view.h"
#include "ui/canvas/view_canvas.h"

namespace rs::canvas {

class TokenStrip final : public ViewCanvas<StripView, StripTable> {
  Q_OBJECT

 public:
  explicit TokenStrip(QWidget* parent = nullptr);

  void setValue(StripValue value);
  // Brings the token into view.
  void setCursorToken(int token);

  // The table: a token a row, its text, numbers and marks across.
  [[nodiscard]] Place cursorPlace() const override;
  [[nodiscard]] QRect boxOf(const Place& place) const override;
  [[nodiscard]] Place placeAt(const QPoint& at) const override;
  void goTo(const Place& place) override;
  [[nodiscard]] QSize sizeHint() const override;

 Q_SIGNALS:
  void cursorMoved(int token);
  void hovered(int token);  // -1: nothing
  void openRequested(int token);
  void deleteRequested(int token);
  void contextRequested(int token, const QPoint& global);

 protected:
  bool finishFrame() override;
  void contextMenuEvent(QContextMenuEvent* event) override;
};

}  // namespace rs::canvas
