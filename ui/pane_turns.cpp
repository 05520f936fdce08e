// SPDX-License-Identifier: Apache-2.0
#include "ui/pane_turns.h"

#include <QElapsedTimer>
#include <QObject>
#include <utility>

#include "ui/pane.h"

namespace rs::ui {
namespace {

// A pane takes a half to one millisecond on the demo model; what they then paint takes longer.
constexpr int kTurnMilliseconds = 3;

}  // namespace

PaneTurns::PaneTurns() {
  turn_.setSingleShot(true);
  turn_.setInterval(0);
  QObject::connect(&turn_, &QTimer::timeout, &turn_, [this] { showSome(false); });
}

void PaneTurns::setPanes(std::vector<Pane*> panes) {
  panes_ = std::move(panes);
  next_ = 0;
}

void PaneTurns::offer(const Shown& shown, bool at_once) {
  for (Pane* pane : panes_) {
    pane->offer(shown);
  }
  showSome(at_once);
}

// One at least, so that a busy machine gets on, and round, so that news that come faster than they can be
// shown leave no pane behind.
void PaneTurns::showSome(bool all) {
  QElapsedTimer clock;
  clock.start();
  for (std::size_t n = 0; n < panes_.size(); ++n) {
    if (!all && n > 0 && clock.elapsed() >= kTurnMilliseconds) {
      turn_.start();
      return;
    }
    panes_[std::exchange(next_, (next_ + 1) % panes_.size())]->showNews();
  }
  turn_.stop();
}

}  // namespace rs::ui
