// SPDX-License-Identifier: Apache-2.0
//
// The one forward loop: backend phases in order, hooks between them. Everything that runs a model runs this.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include "core/backend/backend.h"

namespace rs {

class ObserverList;

struct Chunk {
  std::span<const std::int32_t> tokens;
  int n_logit_rows = 0;  // logits of the last so many tokens
  // Above 0: the pass begins at this layer. Its input rows, [T, H], stand in for what the layers below would
  // make, and those layers' keys and values stay in the cache as they are.
  int first_layer = 0;
  std::span<const float> input;
};

// Told after each layer of a chunk, between the phases of two layers.
class LayerListener {
 public:
  virtual ~LayerListener() = default;
  virtual void onLayer(int layer) = 0;
};

// One chunk through the model.
//
// Thread: the engine thread.
// Errors: Error{kCancelled} between layers once a stop is requested; the cache is then as before the chunk,
//         but for positions from the chunk on in layers that were begun.
void forward(Backend& backend, const Chunk& chunk, const ObserverList& observers, const std::stop_token& stop,
             LayerListener* listener = nullptr);

}  // namespace rs
