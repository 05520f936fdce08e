// SPDX-License-Identifier: Apache-2.0
#include "ui/steering_command.h"

#include <utility>

#include "ui/workbench.h"

namespace rs::ui {

SteeringCommand::SteeringCommand(Workbench& workbench, Steering before, Steering after, const QString& label)
    : QUndoCommand(label), workbench_(workbench), before_(std::move(before)), after_(std::move(after)) {}

void SteeringCommand::redo() {
  const SteeringStep step = std::exchange(was_done_, true) ? SteeringStep::kRedone : SteeringStep::kDone;
  workbench_.applySteering(step, before_, after_, text());
}

void SteeringCommand::undo() {
  workbench_.applySteering(SteeringStep::kUndone, after_, before_, text());
}

}  // namespace rs::ui
