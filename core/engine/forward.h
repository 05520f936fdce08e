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

// One chunk through the whole model; its logits are those of the last `n_logit_rows` tokens.
//
// Thread: the engine thread.
// Errors: Error{kCancelled} between layers once a stop is requested; the cache is then as before the chunk.
void forward(Backend& backend, std::span<const std::int32_t> tokens, int n_logit_rows,
             const ObserverList& observers, const std::stop_token& stop);

}  // namespace rs
