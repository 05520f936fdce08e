// SPDX-License-Identifier: Apache-2.0
//
// Whose turn it is to show what is new. While the engine works on every core the window's thread gets only a
// part of one, and while a long session is read there is much that is new: to show all panes in one go would
// keep clicks and keys waiting. They take turns then, a few milliseconds at a time, with the event loop in
// between.
//
// Thread: the window's.
#pragma once

#include <QTimer>
#include <cstddef>
#include <vector>

namespace rs::ui {

class Pane;
struct Shown;

class PaneTurns {
 public:
  PaneTurns();
  // Lifetime: panes outlive their turns.
  void setPanes(std::vector<Pane*> panes);
  // To all of them. `at_once`: all show it before this returns.
  void offer(const Shown& shown, bool at_once);
  // What was offered is old: nothing is shown until the next offer.
  void hold() { turn_.stop(); }

 private:
  void showSome(bool all);

  std::vector<Pane*> panes_;
  std::size_t next_ = 0;  // the one that has waited longest
  QTimer turn_;
};

}  // namespace rs::ui
