// SPDX-License-Identifier: Apache-2.0
//
// What may follow a token.
//
// Thread: pure functions.
#pragma once

#include "core/engine/next_token.h"
#include "ui/reading/decision_reading.h"

namespace rs::ui {

// Null where the run has none. Lifetime: points into the run.
[[nodiscard]] const NextToken* nextAt(const RunSnapshot* run, int token);

}  // namespace rs::ui
