// SPDX-License-Identifier: Apache-2.0
//
// Two runs side by side: where their routing parts first and how often in each layer.
//
// Thread: pure functions.
#pragma once

#include "core/engine/snapshot.h"
#include "core/trace/comparison.h"

namespace rs::ui {

// Routing and router logits alone, whatever else was captured.
// Range: both traces hold the group router. Cost: one gathered array at a time.
[[nodiscard]] Comparison compareRouting(const Trace& a, const Trace& b);

}  // namespace rs::ui
