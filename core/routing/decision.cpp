// SPDX-License-Identifier: Apache-2.0
#include "core/routing/decision.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

// Weights are given with sums up to 1e-5 off; the rest is for rounding them to f32.
constexpr double kSumTolerance = 1.1e-5;

void clearUnusedSlots(DecisionRef& decision) {
  for (int slot = decision.n_slots; slot < decision.capacity; ++slot) {
    decision.ids[slot] = -1;
    decision.weights[slot] = 0;
  }
}

}  // namespace

std::optional<std::string> violation(const DecisionRef& decision, int n_ids) {
  if (decision.n_slots < 1 || decision.n_slots > decision.capacity) {
    return format("expected 1 to %d slots, found %d", decision.capacity, decision.n_slots);
  }
  double sum = 0;
  const auto ids = decision.chosenIds();
  for (int slot = 0; slot < decision.n_slots; ++slot) {
    const std::int32_t id = decision.ids[slot];
    const float weight = decision.weights[slot];
    if (id < 0 || id >= n_ids) {
      return format("slot %d: expected an id in 0..%d, found %d", slot, n_ids - 1, id);
    }
    if (std::count(ids.begin(), ids.begin() + slot, id) != 0) {
      return format("slot %d: expert %d is chosen twice", slot, id);
    }
    if (!std::isfinite(weight) || weight < 0) {
      return format("slot %d: expected a finite weight of at least 0, found %g", slot,
                    static_cast<double>(weight));
    }
    sum += static_cast<double>(weight);
  }
  if (std::abs(sum - 1) > kSumTolerance) {
    return format("expected weights with sum 1, found %.7g", sum);
  }
  return std::nullopt;
}

void checkLogits(std::span<const float> logits) {
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!(logits[i] < std::numeric_limits<float>::infinity())) {
      throw Error(ErrorCode::kNumeric,
                  format("routing: expected router logits that are finite numbers, found %g for expert %zu",
                         static_cast<double>(logits[i]), i));
    }
  }
}

void chooseTopK(std::span<const float> logits, int k, DecisionRef& decision) {
  check(k >= 1 && k <= decision.capacity && static_cast<std::size_t>(k) <= logits.size(),
        "a choice needs as many slots and logits as experts");
  std::int32_t* ids = decision.ids;
  int n = 0;
  const auto logit_of = [&](std::int32_t id) { return logits[static_cast<std::size_t>(id)]; };
  for (std::int32_t id = 0; id < static_cast<std::int32_t>(logits.size()); ++id) {
    int slot = n;
    // Strictly greater: an equal logit met later has a higher id and stays behind.
    while (slot > 0 && logit_of(id) > logit_of(ids[slot - 1])) {
      --slot;
    }
    if (slot >= k) {
      continue;
    }
    n = std::min(n + 1, k);
    std::copy_backward(ids + slot, ids + n - 1, ids + n);
    ids[slot] = id;
  }
  decision.n_slots = k;
}

void weighByLogits(std::span<const float> logits, DecisionRef& decision) {
  double top = -std::numeric_limits<double>::infinity();
  for (const std::int32_t id : decision.chosenIds()) {
    const auto logit = static_cast<double>(logits[static_cast<std::size_t>(id)]);
    if (!std::isfinite(logit)) {
      throw Error(
          ErrorCode::kNumeric,
          format("routing: expert %d is chosen by its logit; expected a finite logit, found %g", id, logit));
    }
    top = std::max(top, logit);
  }
  const auto share = [&](int slot) {
    return std::exp(static_cast<double>(logits[static_cast<std::size_t>(decision.ids[slot])]) - top);
  };
  double total = 0;
  for (int slot = 0; slot < decision.n_slots; ++slot) {
    total += share(slot);
  }
  for (int slot = 0; slot < decision.n_slots; ++slot) {
    decision.weights[slot] = static_cast<float>(share(slot) / total);
  }
  clearUnusedSlots(decision);
}

void decideTopK(std::span<const float> logits, int k, DecisionRef& decision) {
  checkLogits(logits);
  chooseTopK(logits, k, decision);
  weighByLogits(logits, decision);
}

}  // namespace rs
