// SPDX-License-Identifier: Apache-2.0
//
// The token strip as a widget: up to 131,072 tokens as chips, with a map of the whole run. Setters raise no
// signal. Thread: the window's own. Lifetime: a source outlives the widget, or setSource(nullptr) comes
// first.
#pragma once

#include <memory>

#include "ui/canvas/strip_view.h"
#include "ui/canvas/table_canvas.h"

namespace rs::canvas {

class StripTable;

class TokenStrip final : public TableCanvas {
  Q_OBJECT

 public:
  explicit TokenStrip(QWidget* parent = nullptr);
  ~TokenStrip() override;

  void setSource(const StripSource* source);
  // The source has more tokens, or other values than before.
  void sourceChanged();
  void setValue(StripValue value);
  void setColourMap(heat::ColourMap map);
  // Brings the token into view.
  void setCursorToken(int token);
  void setHoverToken(int token);
  void setSelection(const Tokens& tokens);
  void setPin(int token);
  void setStale(std::vector<Tokens> tokens);
  void setHint(const QString& hint);
  void setLegend(bool is_shown);
  void fit();

  [[nodiscard]] const StripView& view() const { return view_; }
  // The same tokens as a table: a token a row, its text, numbers and marks across.
  [[nodiscard]] QAbstractTableModel* tableTwin() override;
  [[nodiscard]] Place cursorPlace() const override;
  [[nodiscard]] Tokens selectedRows() const override;
  [[nodiscard]] QRect boxOf(const Place& place) const override;
  [[nodiscard]] Place placeAt(const QPoint& at) const override;
  void goTo(const Place& place) override;
  void selectRows(const Tokens& rows) override;
  [[nodiscard]] QSize sizeHint() const override;

 Q_SIGNALS:
  void cursorMoved(int token);
  void hovered(int token);  // -1: nothing
  void selectionChanged(const rs::canvas::Tokens& tokens);
  void viewChanged();  // zoom, pan, or the value shown, by hand
  void pinned(int token);
  void openRequested(int token);
  void deleteRequested(int token);
  void contextRequested(int token, const QPoint& global);

 protected:
  void drawFrame(const CanvasFrame& frame) override;
  bool finishFrame() override;
  [[nodiscard]] bool wantsKey(const KeyPress& press) const override { return view_.wantsKey(press); }
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  StripView view_;
  std::unique_ptr<StripTable> table_;
};

}  // namespace rs::canvas
