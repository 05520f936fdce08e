// SPDX-License-Identifier: Apache-2.0
//
// What a row of logits says about the token that follows, in the form that is kept for every position.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <span>

#include "core/engine/snapshot.h"

namespace rs {

struct ScoredRow {
  NextToken next;
  float logprob = 0;  // of the token that does follow; NaN if none was given
};

// follows: the token at the next position, -1 if there is none yet. n_valid: ids from here on have no text
// and are no candidates; they take part in the softmax.
[[nodiscard]] ScoredRow scoreRow(std::span<const float> logits, std::int32_t follows, int n_valid);

// A lower bound of the Kullback-Leibler divergence of after from before, over the whole vocabulary, from the
// likeliest tokens of both: what only one of them names has in the other at most what its last one has.
//
// Units:  nats.
[[nodiscard]] double divergenceFloor(const NextToken& before, const NextToken& after);

}  // namespace rs
