// SPDX-License-Identifier: Apache-2.0
//
// The first look at an edit, without the engine: the decision of one layer and position worked out again from
// its captured router logits, and the decisions that no longer are what is shown.
//
// Thread: pure functions, any thread. Cost: microseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/routing/program.h"

namespace rs {

struct DecisionPreview {
  std::vector<float> logits;      // after the edits, [E + V] with V columns of the layer
  std::vector<std::int32_t> ids;  // in rank order, 0..E-1 the model's, E.. virtual ones
  std::vector<float> weights;     // beside ids
  // How near the choice is to flipping: the last chosen logit minus the best one left out; infinite where
  // nothing is left out. It says so only of a choice by logits, not of a forced one.
  float margin = 0;
  std::string problem;  // why there is no decision, as the engine would say; ids and weights are empty then
};

// own: router logits as the model made them at this layer and position, [E] (router_logits_raw).
// The result has the bits of what a pass captures there, as long as nothing above it changes.
[[nodiscard]] DecisionPreview previewDecision(const RoutingProgram& program, int layer, int position,
                                              std::span<const float> own);

// What a run shows that new steering makes old. Decisions in the first layer that is touched are certain to
// come from their captured logits: preview them. All below are as they were.
struct TouchedCells {
  int first_layer = 0;     // first that does anything else; n_layers: none
  int first_position = 0;  // first at which any layer does
  // By layer: the positions below n_positions, ascending, at which the layer itself does anything else.
  std::vector<std::vector<int>> edited;

  [[nodiscard]] bool none() const { return edited.empty() || first_layer == static_cast<int>(edited.size()); }
  // Whether a shown decision may come out otherwise, by an edit of its own or through what lies before it.
  [[nodiscard]] bool isStale(int layer, int position) const {
    return layer >= first_layer && position >= first_position;
  }
};

// Range: of one model. Firings of high-level virtual experts count as far as they are entered.
[[nodiscard]] TouchedCells touchedCells(const RoutingProgram& before, const RoutingProgram& after,
                                        int n_positions);

}  // namespace rs
