// SPDX-License-Identifier: Apache-2.0
//
// A routing decision: which experts one token uses in one layer and with what weight. Ids and weights are one
// value and change together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace rs {

// A decision in memory made beforehand: `capacity` slots, the first `n_slots` in use, in rank order as
// chosen. Ids 0..E-1 are the model's experts, E.. virtual ones. Unused slots hold id -1 and weight 0.
// Invariants after every edit: ids distinct, weights finite, not negative, sum 1 within 1e-5.
// Lifetime: borrowed for the call.
struct DecisionRef {
  std::int32_t* ids = nullptr;
  float* weights = nullptr;
  int n_slots = 0;
  int capacity = 0;

  [[nodiscard]] std::span<const std::int32_t> chosenIds() const {
    return {ids, static_cast<std::size_t>(n_slots)};
  }
  [[nodiscard]] std::span<const float> chosenWeights() const {
    return {weights, static_cast<std::size_t>(n_slots)};
  }
};

// What is wrong with a decision, or nothing. Range: ids in 0..n_ids-1.
[[nodiscard]] std::optional<std::string> violation(const DecisionRef& decision, int n_ids);

// The model's own decision: the k largest logits, softmax over those k (in double, rounded once).
//
// Ties:   the lower id wins.
// Range:  1 <= k <= capacity and k <= number of logits.
// Errors: Error{kNumeric} naming the expert if a logit is NaN or +inf, or if a chosen one is -inf.
void decideTopK(std::span<const float> logits, int k, DecisionRef& decision);

// The three steps of decideTopK, for choices made otherwise.
// Errors: Error{kNumeric} naming the expert if a logit is NaN or +inf.
void checkLogits(std::span<const float> logits);
// Sets ids and n_slots, not the weights.
void chooseTopK(std::span<const float> logits, int k, DecisionRef& decision);
// Weights = softmax of the chosen logits; clears the unused slots.
// Errors: Error{kNumeric} naming the expert if a chosen logit is not finite.
void weighByLogits(std::span<const float> logits, DecisionRef& decision);

}  // namespace rs
