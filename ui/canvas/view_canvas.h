// SPDX-License-Identifier: Apache-2.0
//
// A canvas of tokens: a view that draws and takes gestures, without Qt, and the table of the same numbers.
// What every such canvas hands on to them stands here. Setters raise no signal.
// Thread: the window's own. Lifetime: a source outlives the widget, or setSource(nullptr) comes first.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "ui/canvas/table_canvas.h"
#include "ui/heat/colour_map.h"

namespace rs::canvas {

template <typename View, typename Table>
class ViewCanvas : public TableCanvas {
 public:
  using TableCanvas::TableCanvas;

  void setSource(const typename View::Source* source) {
    view_.setSource(source);
    sourceChanged();
  }
  // The source has more tokens, or other values than before.
  void sourceChanged() {
    if (table_ != nullptr) {
      table_->sourceChanged();
    }
    requestFrame();
  }
  void setHover(const typename View::At& at) {
    if (at != view_.hover()) {
      view_.setHover(at);
      requestFrame();
    }
  }
  void setSelection(const Tokens& tokens) {
    if (tokens != view_.selection()) {
      view_.setSelection(tokens);
      announceSelection();
      requestFrame();
    }
  }
  void setPin(int token) {
    if (token != view_.pin()) {
      view_.setPin(token);
      requestFrame();
    }
  }
  void setStale(std::vector<typename View::Stale> stale) {
    view_.setStale(std::move(stale));
    requestFrame();
  }
  void setColourMap(heat::ColourMap map) {
    view_.setColourMap(map);
    requestFrame();
  }
  // What is written where there is no run.
  void setHint(const QString& hint) {
    view_.setHint(hint.toStdString());
    requestFrame();
  }
  void setLegend(bool is_shown) {
    view_.setLegend(is_shown);
    requestFrame();
  }
  void fit() {
    view_.fit();
    requestFrame();
  }

  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] QAbstractTableModel* tableTwin() override {
    if (table_ == nullptr) {
      table_ = std::make_unique<Table>(view_);
      table_->sourceChanged();
    }
    return table_.get();
  }
  [[nodiscard]] Tokens selectedRows() const override { return view_.selection(); }
  void selectRows(const Tokens& rows) override {
    setSelection(rows);
    Q_EMIT selectionChanged(rows);
  }

 protected:
  void drawFrame(const CanvasFrame& frame) override { view_.draw(frame); }
  [[nodiscard]] bool wantsKey(const KeyPress& press) const override { return view_.wantsKey(press); }

  // Of what a frame brought about, all that every canvas of tokens has.
  template <typename Events>
  void tellShared(const Events& events) {
    if (events.selection) {
      announceSelection();
      Q_EMIT selectionChanged(*events.selection);
    }
    if (events.pin) {
      Q_EMIT pinned(*events.pin);
    }
    if (events.has_view_changed) {
      Q_EMIT viewChanged();
    }
  }

  [[nodiscard]] View& drawn() { return view_; }
  // Null until somebody asks for the table.
  [[nodiscard]] Table* tableIfAny() const { return table_.get(); }

 private:
  View view_;
  std::unique_ptr<Table> table_;
};

}  // namespace rs::canvas
