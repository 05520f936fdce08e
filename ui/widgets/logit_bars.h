// SPDX-License-Identifier: Apache-2.0
//
// Router logits of one token in one layer as bars that can be dragged: before and after the edits, the line
// between chosen and not chosen, weights.
//
// Thread: the window's.
#pragma once

#include <QAbstractScrollArea>
#include <QString>
#include <functional>
#include <optional>
#include <vector>

namespace rs::ui {

struct LogitBar {
  int expert = 0;
  QString label;
  float logit = 0;  // -inf: banned
  float own = 0;    // before the edits
  float weight = 0;
  bool is_chosen = false;
  bool is_own_choice = false;
  bool can_drag = true;
};

class LogitBars final : public QAbstractScrollArea {
 public:
  explicit LogitBars(QWidget* parent);

  // k_line: rows above the line; -1: no line, the rows are not sorted.
  void setBars(std::vector<LogitBar> bars, int k_line);
  void setMarked(int current_expert, int hovered_expert);
  // The bars show values from before the newest edits.
  void setStale(bool is_stale);
  [[nodiscard]] const std::vector<LogitBar>& bars() const { return bars_; }
  // Of a row, in the coordinates of the viewport.
  [[nodiscard]] QRect rowRect(int row) const;
  // What a logit of this size is in pixels from the left.
  [[nodiscard]] int xOf(double logit) const;

  std::function<void(int expert)> picked;
  std::function<void(int expert)> hovered;  // -1: none
  // The bar's end was dragged to a logit of `value`; `is_done` once it was let go.
  std::function<void(int expert, double value, bool is_done)> dragged;
  std::function<void()> drag_cancelled;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  void fitLabels();
  struct Drag {
    int expert = 0;
    int start_x = 0;
    float start_logit = 0;
    bool has_moved = false;
  };
  void paintRow(QPainter& painter, int row) const;
  void layOut();
  [[nodiscard]] int rowAt(int y) const;
  [[nodiscard]] int rowOfExpert(int expert) const;
  [[nodiscard]] double logitAt(int x) const;
  [[nodiscard]] int rowHeight() const;
  void step(int rows);

  std::vector<LogitBar> bars_;
  int k_line_ = -1;
  int current_ = -1;
  int hovered_ = -1;
  bool is_stale_ = false;
  int label_width_ = 74;
  double low_ = -1;
  double high_ = 1;
  std::optional<Drag> drag_;
};

}  // namespace rs::ui
