// SPDX-License-Identifier: Apache-2.0
//
// What may follow a token, and how far two runs differ in it.
//
// Thread: pure functions.
#pragma once

#include "ui/reading/decision_reading.h"

namespace rs::ui {

// Null where the run has none. Lifetime: points into the run.
[[nodiscard]] const NextToken* nextAt(const RunSnapshot* run, int token);

// Kullback-Leibler divergence of after from before, with everything that both lists do not name as one
// outcome: a lower bound of the divergence over the whole vocabulary.
//
// Units: nats. Range: infinity if `after` gives no share to what `before` does.
[[nodiscard]] double divergenceFloor(const NextToken& before, const NextToken& after);

}  // namespace rs::ui
