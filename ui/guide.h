// SPDX-License-Identifier: Apache-2.0
//
// One line with one button for somebody who sees the demo model for the first time: run, switch the
// calculator in, compare. It only speaks of what the window shows, and can be sent away.
//
// Thread: the window's.
#pragma once

#include <QFrame>
#include <functional>

#include "ui/view.h"

class QLabel;
class QPushButton;

namespace rs::ui {

class Guide final : public QFrame {
 public:
  // compare: brings the pane A/B to the front. Lifetime: the workbench outlives the guide.
  Guide(Workbench& workbench, std::function<void()> compare, QWidget* parent);
  void show(const Shown& shown);

 private:
  enum class Step { kRun, kCalculator, kCompare };
  void offer(Step step, const QString& text, const QString& button);
  void act();

  Workbench& workbench_;
  std::function<void()> compare_;
  QLabel* text_;
  QPushButton* button_;
  Step step_ = Step::kRun;
  bool was_sent_away_ = false;
};

}  // namespace rs::ui
