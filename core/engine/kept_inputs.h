// SPDX-License-Identifier: Apache-2.0
//
// Which layers' inputs a run keeps, so that an edit can be tried from its layer on. The input of a layer is
// what the layer before left behind, resid_post, captured like everything else.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/hooks/site.h"
#include "core/trace/trace.h"

namespace rs {

// Layers above the first, ascending and evenly spread, as many as the budget holds for this many positions.
// The input of the first layer is the embedding and needs no keeping.
[[nodiscard]] std::vector<int> keptLayers(const ModelConfig& config, int n_positions, std::uint64_t budget);
[[nodiscard]] inline Address inputOf(int layer) {
  return {Site::kResidPost, layer - 1};
}
// The layers whose inputs a trace holds, ascending.
[[nodiscard]] std::vector<int> keptLayersOf(const Trace& trace);
// The nearest layer at or below this one whose input is there; 0: the pass begins with the embedding.
[[nodiscard]] int nearestKept(const Trace& trace, int layer);
// Bytes of the inputs that a trace keeps, once it has this many rows.
[[nodiscard]] std::uint64_t keptBytes(const Trace& trace, int n_rows);

}  // namespace rs
