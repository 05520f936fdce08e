// SPDX-License-Identifier: Apache-2.0
//
// What the window knows of new steering before the engine has run: which cells are old now, and the decisions
// that it touches first, worked out from their captured logits.
//
// Thread: pure; one owner.
#pragma once

#include <memory>
#include <span>

#include "core/engine/snapshot.h"
#include "core/routing/preview.h"

namespace rs::ui {

class FirstLook {
 public:
  // Range: the run holds the group router and router_logits_raw.
  // Errors: as compileSteering, for steering that no run could begin with.
  FirstLook(std::shared_ptr<const RunSnapshot> run, Steering after);

  // The run as the engine has it.
  [[nodiscard]] const std::shared_ptr<const RunSnapshot>& before() const { return before_; }
  // The steering that it is of.
  [[nodiscard]] const Steering& after() const { return after_; }
  // The same with what is old marked as stale.
  [[nodiscard]] const std::shared_ptr<const RunSnapshot>& run() const { return marked_; }
  // The decision as the engine will find it, where nothing before it changes; null elsewhere.
  [[nodiscard]] std::shared_ptr<const DecisionPreview> at(int layer, int token) const;
  // The tokens of a layer for which there is such a decision, ascending.
  [[nodiscard]] std::span<const int> decidedIn(int layer) const;

 private:
  std::shared_ptr<const RunSnapshot> before_;
  Steering after_;
  std::shared_ptr<const RunSnapshot> marked_;
  RoutingProgram program_;
  TouchedCells cells_;
};

// One decision of the run under other steering, should nothing before it change. Null where the run does not
// hold the router's own logits. Errors: as compileSteering.
[[nodiscard]] std::shared_ptr<const DecisionPreview> decisionUnder(const RunSnapshot& run,
                                                                   const Steering& steering, int layer,
                                                                   int token);

}  // namespace rs::ui
