// SPDX-License-Identifier: Apache-2.0
//
// The bottom line: model and backend with its measured speed, tokens, coverage, near decisions, job at work.
//
// Thread: the window's.
#pragma once

#include <QStatusBar>
#include <QTimer>

#include "ui/reading/run_totals.h"
#include "ui/view.h"

class QProgressBar;
class QToolButton;

namespace rs::ui {

class SteadyLabel;

class StatusLine final : public QStatusBar {
 public:
  // Lifetime: the workbench outlives the line.
  StatusLine(Workbench& workbench, QWidget* parent);
  void show(const Shown& shown);

 private:
  SteadyLabel* addField(const char* name, const QString& tip);
  void showModel(const Snapshot& snapshot, const RunSnapshot* run);
  void showTotals();
  void showJob(const Snapshot& snapshot);
  void showJobWidgets(bool are_shown);

  Workbench& workbench_;
  SteadyLabel* model_;
  SteadyLabel* speed_;
  SteadyLabel* tokens_;
  SteadyLabel* coverage_;
  SteadyLabel* fragile_;
  SteadyLabel* job_;
  QProgressBar* progress_;
  QToolButton* cancel_;
  QToolButton* kept_;
  RunTotals totals_;
  QTimer patience_;  // since the job at work began
  QTimer counting_;
  std::shared_ptr<const RunSnapshot> run_;
};

// "generating 12 of 64 tokens, 3 s left"
[[nodiscard]] QString progressText(const Progress& progress);

}  // namespace rs::ui
