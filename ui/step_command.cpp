// SPDX-License-Identifier: Apache-2.0
#include "ui/step_command.h"

#include <utility>

#include "ui/workbench.h"

namespace rs::ui {

StepCommand::StepCommand(Workbench& workbench, Step step)
    : QUndoCommand(step.label), workbench_(workbench), step_(std::move(step)) {}

void StepCommand::redo() {
  workbench_.apply(std::exchange(was_done_, true) ? StepKind::kRedone : StepKind::kDone, step_);
}

void StepCommand::undo() {
  workbench_.apply(StepKind::kUndone, step_);
}

}  // namespace rs::ui
