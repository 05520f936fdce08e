// SPDX-License-Identifier: Apache-2.0
//
// A change of the session as one step of undo.
#pragma once

#include <QUndoCommand>

#include "ui/documents.h"

namespace rs::ui {

class Workbench;

class StepCommand final : public QUndoCommand {
 public:
  // Lifetime: the workbench outlives the command.
  StepCommand(Workbench& workbench, Step step);
  void redo() override;
  void undo() override;
  [[nodiscard]] const Step& step() const { return step_; }

 private:
  Workbench& workbench_;
  Step step_;
  bool was_done_ = false;
};

}  // namespace rs::ui
