// SPDX-License-Identifier: Apache-2.0
//
// One routing decision as panes show it: what the model chose, what ran, how near it was, and what became of
// it.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/engine/snapshot.h"
#include "core/routing/preview.h"

namespace rs::ui {

// Captured beside the group router, so that both decisions of every token can be shown.
[[nodiscard]] std::vector<Address> ownDecisionAddresses(const ModelConfig& config);

enum class DecisionStatus : std::uint8_t {
  kKept,     // what ran is the model's own choice, and the reference chose the same experts
  kFlipped,  // the model's own choice, but another than in the reference: something before it changed
  kForced,   // an edit in this layer changed the choice
  kVirtual,  // a virtual expert took part
};
[[nodiscard]] std::string_view nameOf(DecisionStatus status);

struct Slot {
  int expert = -1;
  float weight = 0;
};

struct DecisionReading {
  std::vector<Slot> final;            // what ran, in rank order
  std::vector<Slot> own;              // the model's own choice; as final where it was not captured
  std::span<const float> logits;      // after the edits, virtual columns included; -inf: banned
  std::span<const float> own_logits;  // before them; empty where not captured
  float margin = 0;                   // the k-th largest logit minus the next
  int runner_up = -1;                 // the likeliest expert that was not chosen
  double entropy = 0;                 // nats, of the softmax over all finite logits
  DecisionStatus status = DecisionStatus::kKept;
  std::shared_ptr<const DecisionPreview> preview;  // in place of what the trace holds; null: as it was run
};

// reference: another run over the same tokens up to here, or null.
//
// Range: 0 <= token < run.size(), 0 <= layer < n_layers, the trace holds the group router.
// Lifetime: the spans point into the run's trace and the reading's preview.
[[nodiscard]] DecisionReading readDecision(const RunSnapshot& run, int layer, int token,
                                           const RunSnapshot* reference = nullptr,
                                           std::shared_ptr<const DecisionPreview> preview = nullptr);

// The margin of one decision: of its slots only those count that the router has a logit for; a virtual expert
// that was given a slot of its own has none. Range: as readDecision.
[[nodiscard]] float marginAt(const Trace& trace, int layer, int token);

// What became of one decision, kFlipped left out: it needs no other run. Range: as readDecision. Cost: no
// memory, so that whole runs are gone through.
[[nodiscard]] DecisionStatus statusAt(const RunSnapshot& run, int layer, int token);

// Whether a token's experts differ, as sets, between two runs.
// Range: both hold the token and the layer.
[[nodiscard]] bool decisionsDiffer(const RunSnapshot& a, const RunSnapshot& b, int layer, int token);

// Positions over which both runs hold the same tokens and routing, from the first.
[[nodiscard]] int commonPositions(const RunSnapshot& a, const RunSnapshot& b);

}  // namespace rs::ui
