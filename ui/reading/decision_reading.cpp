// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/decision_reading.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace rs::ui {
namespace {

std::vector<Slot> slotsOf(const Trace& trace, Site ids_site, Site weights_site, int layer, int token) {
  const std::span<const std::int32_t> ids = trace.ints(ids_site, layer, token);
  const std::span<const float> weights = trace.floats(weights_site, layer, token);
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < ids.size() && ids[i] >= 0; ++i) {
    slots.push_back({ids[i], weights[i]});
  }
  return slots;
}

std::vector<Slot> slotsOf(const DecisionPreview& preview) {
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < preview.ids.size(); ++i) {
    slots.push_back({preview.ids[i], preview.weights[i]});
  }
  return slots;
}

// Of the slots only those count that the router has a logit for.
float marginOf(std::span<const float> logits, std::span<const std::int32_t> ids) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  int n_slots = 0;
  float last_chosen = kNone;
  for (const std::int32_t id : ids) {
    if (id >= 0 && static_cast<std::size_t>(id) < logits.size()) {
      ++n_slots;
      last_chosen = std::min(last_chosen, logits[static_cast<std::size_t>(id)]);
    }
  }
  if (n_slots == 0) {
    return kNone;
  }
  // Nearly always the largest logits were chosen, and then nothing needs to be put in order; a long run is
  // read in a third of the time.
  int n_at_least = 0;
  float next = -kNone;
  for (const float logit : logits) {
    n_at_least += logit >= last_chosen ? 1 : 0;
    const float below = logit < last_chosen ? logit : -kNone;
    next = below > next ? below : next;
  }
  if (n_at_least != n_slots) {
    return decisionMargin(logits, n_slots);
  }
  return next == -kNone ? kNone : last_chosen - next;
}

bool sameExperts(const std::vector<Slot>& a, const std::vector<Slot>& b) {
  const auto contains = [](const std::vector<Slot>& slots, int expert) {
    return std::any_of(slots.begin(), slots.end(), [&](const Slot& slot) { return slot.expert == expert; });
  };
  return a.size() == b.size() &&
         std::all_of(a.begin(), a.end(), [&](const Slot& slot) { return contains(b, slot.expert); });
}

double entropyOf(std::span<const float> logits) {
  float top = -std::numeric_limits<float>::infinity();
  for (const float logit : logits) {
    top = std::max(top, logit);
  }
  double total = 0;
  double weighted = 0;
  for (const float logit : logits) {
    if (std::isfinite(logit)) {
      const double distance = static_cast<double>(logit) - top;
      total += std::exp(distance);
      weighted += std::exp(distance) * distance;
    }
  }
  return total > 0 ? std::log(total) - weighted / total : 0;
}

int runnerUp(std::span<const float> logits, const std::vector<Slot>& chosen) {
  int best = -1;
  for (int id = 0; id < static_cast<int>(logits.size()); ++id) {
    const float logit = logits[static_cast<std::size_t>(id)];
    const bool is_chosen =
        std::any_of(chosen.begin(), chosen.end(), [&](const Slot& slot) { return slot.expert == id; });
    if (!is_chosen && std::isfinite(logit) && (best < 0 || logit > logits[static_cast<std::size_t>(best)])) {
      best = id;
    }
  }
  return best;
}

DecisionStatus statusOf(const DecisionReading& reading, const RunSnapshot& run, int layer, int token,
                        const RunSnapshot* reference) {
  const int n_experts = run.trace->config().n_experts;
  const bool has_virtual = std::any_of(reading.final.begin(), reading.final.end(),
                                       [&](const Slot& slot) { return slot.expert >= n_experts; });
  if (has_virtual) {
    return DecisionStatus::kVirtual;
  }
  if (!sameExperts(reading.own, reading.final)) {
    return DecisionStatus::kForced;
  }
  const bool is_flipped = reading.preview == nullptr && reference != nullptr &&
                          token < commonPositions(run, *reference) &&
                          decisionsDiffer(run, *reference, layer, token);
  return is_flipped ? DecisionStatus::kFlipped : DecisionStatus::kKept;
}

}  // namespace

std::vector<Address> ownDecisionAddresses(const ModelConfig& config) {
  std::vector<Address> addresses;
  for (int layer = 0; layer < config.n_layers; ++layer) {
    for (const Site site : {Site::kRouterLogitsRaw, Site::kExpertIndicesRaw, Site::kExpertWeightsRaw}) {
      addresses.push_back({site, layer});
    }
  }
  return addresses;
}

std::string_view nameOf(DecisionStatus status) {
  switch (status) {
    case DecisionStatus::kKept:
      return "kept";
    case DecisionStatus::kFlipped:
      return "flipped";
    case DecisionStatus::kForced:
      return "forced";
    case DecisionStatus::kVirtual:
      return "virtual";
  }
  return "";
}

DecisionReading readDecision(const RunSnapshot& run, int layer, int token, const RunSnapshot* reference,
                             std::shared_ptr<const DecisionPreview> preview) {
  const Trace& trace = *run.trace;
  DecisionReading reading;
  reading.preview = std::move(preview);
  if (reading.preview == nullptr) {
    reading.final = slotsOf(trace, Site::kExpertIndices, Site::kExpertWeights, layer, token);
    reading.logits = trace.floats(Site::kRouterLogits, layer, token);
    reading.margin = marginAt(trace, layer, token);
  } else {
    reading.final = slotsOf(*reading.preview);
    reading.logits = reading.preview->logits;
    reading.margin = marginOf(reading.logits, reading.preview->ids);
  }
  if (trace.has(Site::kRouterLogitsRaw, layer)) {
    reading.own_logits = trace.floats(Site::kRouterLogitsRaw, layer, token);
  }
  reading.own = trace.has(Site::kExpertIndicesRaw, layer)
                    ? slotsOf(trace, Site::kExpertIndicesRaw, Site::kExpertWeightsRaw, layer, token)
                    : slotsOf(trace, Site::kExpertIndices, Site::kExpertWeights, layer, token);
  reading.runner_up = runnerUp(reading.logits, reading.final);
  reading.entropy = entropyOf(reading.logits);
  reading.status = statusOf(reading, run, layer, token, reference);
  return reading;
}

float marginAt(const Trace& trace, int layer, int token) {
  return marginOf(trace.floats(Site::kRouterLogits, layer, token),
                  trace.ints(Site::kExpertIndices, layer, token));
}

DecisionStatus statusAt(const RunSnapshot& run, int layer, int token) {
  const Trace& trace = *run.trace;
  const auto used = [](std::span<const std::int32_t> ids) {
    return ids.first(static_cast<std::size_t>(std::find(ids.begin(), ids.end(), -1) - ids.begin()));
  };
  const auto ids = used(trace.ints(Site::kExpertIndices, layer, token));
  const int n_experts = trace.config().n_experts;
  if (std::any_of(ids.begin(), ids.end(), [&](std::int32_t id) { return id >= n_experts; })) {
    return DecisionStatus::kVirtual;
  }
  if (!trace.has(Site::kExpertIndicesRaw, layer)) {
    return DecisionStatus::kKept;
  }
  const auto own = used(trace.ints(Site::kExpertIndicesRaw, layer, token));
  const bool is_own = ids.size() == own.size() && std::all_of(ids.begin(), ids.end(), [&](std::int32_t id) {
                        return std::find(own.begin(), own.end(), id) != own.end();
                      });
  return is_own ? DecisionStatus::kKept : DecisionStatus::kForced;
}

bool decisionsDiffer(const RunSnapshot& a, const RunSnapshot& b, int layer, int token) {
  return !sameExperts(slotsOf(*a.trace, Site::kExpertIndices, Site::kExpertWeights, layer, token),
                      slotsOf(*b.trace, Site::kExpertIndices, Site::kExpertWeights, layer, token));
}

int commonPositions(const RunSnapshot& a, const RunSnapshot& b) {
  if (a.trace == nullptr || b.trace == nullptr) {
    return 0;
  }
  const std::span<const std::int32_t> left = a.trace->tokens();
  const std::span<const std::int32_t> right = b.trace->tokens();
  const auto end = std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first;
  return static_cast<int>(end - left.begin());
}

}  // namespace rs::ui
