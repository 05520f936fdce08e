// SPDX-License-Identifier: Apache-2.0
//
// A change of steering as one step of undo.
#pragma once

#include <QString>
#include <QUndoCommand>

#include "core/engine/snapshot.h"

namespace rs::ui {

class Workbench;

class SteeringCommand final : public QUndoCommand {
 public:
  // Lifetime: the workbench outlives the command.
  SteeringCommand(Workbench& workbench, Steering before, Steering after, const QString& label);
  void redo() override;
  void undo() override;
  [[nodiscard]] const Steering& before() const { return before_; }
  [[nodiscard]] const Steering& after() const { return after_; }

 private:
  Workbench& workbench_;
  Steering before_;
  Steering after_;
  bool was_done_ = false;
};

}  // namespace rs::ui
