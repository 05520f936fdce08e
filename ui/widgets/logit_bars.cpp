// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/logit_bars.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>
#include <cmath>
#include <utility>

#include "ui/reading/text_reading.h"
#include "ui/theme.h"

namespace rs::ui {
namespace {

constexpr int kLeastLabelWidth = 74;
constexpr int kMostLabelWidth = 150;  // longer names of virtual experts are cut
constexpr int kNumberWidth = 118;
constexpr int kDragSlack = 3;

}  // namespace

LogitBars::LogitBars(QWidget* parent) : QAbstractScrollArea(parent) {
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  viewport()->setMouseTracking(true);
}

int LogitBars::rowHeight() const {
  return fontMetrics().height() + 4;
}

void LogitBars::fitLabels() {
  QFont bold = font();
  bold.setBold(true);
  const QFontMetrics metrics(bold);
  int widest = 0;
  for (const LogitBar& bar : bars_) {
    widest = std::max(widest, metrics.horizontalAdvance(bar.label));
  }
  label_width_ = std::clamp(widest + 15, kLeastLabelWidth, kMostLabelWidth);
}

void LogitBars::setBars(std::vector<LogitBar> bars, int k_line) {
  bars_ = std::move(bars);
  k_line_ = k_line;
  if (!drag_.has_value()) {
    // Scale and labels stand still under the hand.
    fitLabels();
    low_ = 0;
    high_ = 0.5;
    for (const LogitBar& bar : bars_) {
      for (const float logit : {bar.logit, bar.own}) {
        if (std::isfinite(logit)) {
          low_ = std::min(low_, static_cast<double>(logit));
          high_ = std::max(high_, static_cast<double>(logit));
        }
      }
    }
    const double room = (high_ - low_) * 0.12;
    low_ -= room;
    high_ += room;
  }
  layOut();
  viewport()->update();
}

void LogitBars::setMarked(int current_expert, int hovered_expert) {
  if (current_expert != current_) {
    current_ = current_expert;
    const int row = rowOfExpert(current_);
    if (row >= 0 && !drag_.has_value()) {
      const int top = row * rowHeight();
      QScrollBar* bar = verticalScrollBar();
      bar->setValue(std::clamp(bar->value(), top + rowHeight() - viewport()->height(), top));
    }
  }
  hovered_ = hovered_expert;
  const int row = rowOfExpert(current_);
  if (row >= 0) {
    const LogitBar& bar = bars_[static_cast<std::size_t>(row)];
    setAccessibleDescription(
        QStringLiteral("%1 logit %2").arg(bar.label, numberText(static_cast<double>(bar.logit))));
  }
  viewport()->update();
}

void LogitBars::setStale(bool is_stale) {
  if (std::exchange(is_stale_, is_stale) != is_stale) {
    viewport()->update();
  }
}

void LogitBars::layOut() {
  const int height = static_cast<int>(bars_.size()) * rowHeight();
  verticalScrollBar()->setPageStep(viewport()->height());
  verticalScrollBar()->setSingleStep(rowHeight());
  verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
}

void LogitBars::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  layOut();
}

QRect LogitBars::rowRect(int row) const {
  return {0, row * rowHeight() - verticalScrollBar()->value(), viewport()->width(), rowHeight()};
}

int LogitBars::xOf(double logit) const {
  const int width = std::max(viewport()->width() - label_width_ - kNumberWidth, 1);
  const double share = (std::clamp(logit, low_, high_) - low_) / (high_ - low_);
  return label_width_ + static_cast<int>(std::lround(share * width));
}

double LogitBars::logitAt(int x) const {
  const int width = std::max(viewport()->width() - label_width_ - kNumberWidth, 1);
  return low_ + (high_ - low_) * (x - label_width_) / width;
}

int LogitBars::rowAt(int y) const {
  const int row = (y + verticalScrollBar()->value()) / rowHeight();
  return row >= 0 && row < static_cast<int>(bars_.size()) ? row : -1;
}

int LogitBars::rowOfExpert(int expert) const {
  const auto found =
      std::find_if(bars_.begin(), bars_.end(), [&](const LogitBar& bar) { return bar.expert == expert; });
  return found == bars_.end() ? -1 : static_cast<int>(found - bars_.begin());
}

void LogitBars::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(viewport());
  painter.fillRect(viewport()->rect(), palette().base());
  for (int row = 0; row < static_cast<int>(bars_.size()); ++row) {
    if (rowRect(row).intersects(viewport()->rect())) {
      paintRow(painter, row);
    }
  }
  painter.setPen(QPen(colours().grid, 1));
  painter.drawLine(xOf(0), 0, xOf(0), viewport()->height());
  if (k_line_ > 0 && k_line_ < static_cast<int>(bars_.size())) {
    const int y = rowRect(k_line_).top();
    painter.setPen(QPen(colours().accent, 1, Qt::DashLine));
    painter.drawLine(0, y, viewport()->width(), y);
  }
  if (is_stale_) {
    QColor hatch = colours().faint;
    hatch.setAlpha(70);
    painter.fillRect(viewport()->rect(), QBrush(hatch, Qt::BDiagPattern));
  }
}

void LogitBars::paintRow(QPainter& painter, int row) const {
  const LogitBar& bar = bars_[static_cast<std::size_t>(row)];
  const QRect rect = rowRect(row);
  const Colours colour = colours();
  if (bar.expert == current_) {
    QColor mark = palette().color(QPalette::Highlight);
    mark.setAlpha(70);
    painter.fillRect(rect, mark);
  }
  if (bar.expert == hovered_) {
    painter.setPen(colour.faint);
    painter.drawRect(rect.adjusted(0, 0, -1, -1));
  }
  QFont font = this->font();
  font.setBold(bar.is_chosen);
  painter.setFont(font);
  painter.setPen(palette().color(QPalette::Text));
  painter.drawText(
      rect.adjusted(8, 0, 0, 0).intersected(QRect(0, rect.top(), label_width_ - 6, rect.height())),
      Qt::AlignVCenter | Qt::AlignLeft,
      painter.fontMetrics().elidedText(bar.label, Qt::ElideRight, label_width_ - 14));
  const int zero = xOf(0);
  const bool is_banned = std::isinf(bar.logit);
  if (std::isfinite(bar.own) && bar.own != bar.logit) {
    const int end = xOf(static_cast<double>(bar.own));
    painter.setPen(QPen(colour.own, 1, Qt::DotLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(
        QRect(QPoint(std::min(zero, end), rect.top() + 3), QPoint(std::max(zero, end), rect.bottom() - 4)));
  }
  if (std::isfinite(bar.logit)) {
    const int end = xOf(static_cast<double>(bar.logit));
    QColor fill = bar.is_chosen ? (bar.can_drag ? colour.accent : colour.virtual_expert) : colour.own;
    painter.fillRect(
        QRect(QPoint(std::min(zero, end), rect.top() + 4), QPoint(std::max(zero, end), rect.bottom() - 4)),
        fill);
  }
  const QRect numbers(viewport()->width() - kNumberWidth + 4, rect.top(), kNumberWidth - 10, rect.height());
  painter.setPen(is_banned ? colour.banned : palette().color(QPalette::Text));
  painter.drawText(numbers, Qt::AlignVCenter | Qt::AlignLeft,
                   is_banned ? tr("banned") : numberText(static_cast<double>(bar.logit), 2));
  if (bar.weight > 0) {
    painter.setPen(colour.accent);
    painter.drawText(numbers, Qt::AlignVCenter | Qt::AlignRight,
                     percentText(static_cast<double>(bar.weight), 0));
  } else if (bar.is_own_choice) {
    painter.setPen(colour.flipped);
    painter.drawText(numbers, Qt::AlignVCenter | Qt::AlignRight, tr("lost"));
  }
}

void LogitBars::mousePressEvent(QMouseEvent* event) {
  const int row = rowAt(event->pos().y());
  if (event->button() != Qt::LeftButton || row < 0) {
    return;
  }
  const LogitBar& bar = bars_[static_cast<std::size_t>(row)];
  if (bar.can_drag && event->pos().x() >= label_width_ && std::isfinite(bar.logit)) {
    drag_ = Drag{bar.expert, event->pos().x(), bar.logit, false};
  }
  picked(bar.expert);
}

void LogitBars::mouseMoveEvent(QMouseEvent* event) {
  if (!drag_.has_value()) {
    const int row = rowAt(event->pos().y());
    hovered(row < 0 ? -1 : bars_[static_cast<std::size_t>(row)].expert);
    return;
  }
  if (std::abs(event->pos().x() - drag_->start_x) > kDragSlack) {
    drag_->has_moved = true;
  }
  if (drag_->has_moved) {
    const double moved = logitAt(event->pos().x()) - logitAt(drag_->start_x);
    dragged(drag_->expert, static_cast<double>(drag_->start_logit) + moved, false);
  }
}

void LogitBars::mouseReleaseEvent(QMouseEvent* event) {
  if (!drag_.has_value() || event->button() != Qt::LeftButton) {
    return;
  }
  const Drag drag = *drag_;
  drag_.reset();
  if (drag.has_moved) {
    const double moved = logitAt(event->pos().x()) - logitAt(drag.start_x);
    dragged(drag.expert, static_cast<double>(drag.start_logit) + moved, true);
  }
}

void LogitBars::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Up:
      step(-1);
      return;
    case Qt::Key_Down:
      step(1);
      return;
    case Qt::Key_Home:
      step(-static_cast<int>(bars_.size()));
      return;
    case Qt::Key_End:
      step(static_cast<int>(bars_.size()));
      return;
    case Qt::Key_Escape:
      if (drag_.has_value()) {
        drag_.reset();
        drag_cancelled();
        return;
      }
      break;
    default:
      break;
  }
  QAbstractScrollArea::keyPressEvent(event);
}

void LogitBars::step(int rows) {
  if (!bars_.empty()) {
    const int row = std::clamp(rowOfExpert(current_) + rows, 0, static_cast<int>(bars_.size()) - 1);
    picked(bars_[static_cast<std::size_t>(row)].expert);
  }
}

bool LogitBars::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::Leave) {
    hovered(-1);
  }
  return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace rs::ui
