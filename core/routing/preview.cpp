// SPDX-License-Identifier: Apache-2.0
#include "core/routing/preview.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/routing/program_difference.h"

namespace rs {
namespace {

// The smallest chosen logit minus the largest one left out.
float marginOf(std::span<const float> logits, std::span<const std::int32_t> chosen) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  float last_chosen = kNone;
  float best_left_out = -kNone;
  for (std::size_t id = 0; id < logits.size(); ++id) {
    const bool is_chosen =
        std::find(chosen.begin(), chosen.end(), static_cast<std::int32_t>(id)) != chosen.end();
    if (is_chosen) {
      last_chosen = std::min(last_chosen, logits[id]);
    } else {
      best_left_out = std::max(best_left_out, logits[id]);
    }
  }
  return best_left_out == -kNone || last_chosen == kNone ? kNone : last_chosen - best_left_out;
}

}  // namespace

DecisionPreview previewDecision(const RoutingProgram& program, int layer, int position,
                                std::span<const float> own) {
  check(own.size() == static_cast<std::size_t>(program.nExperts()), "a preview needs a logit of each expert");
  const LayerProgram& table = program.layer(layer);
  DecisionPreview preview;
  preview.logits.assign(own.begin(), own.end());
  preview.logits.resize(own.size() + static_cast<std::size_t>(table.n_columns));
  preview.ids.resize(static_cast<std::size_t>(table.max_slots));
  preview.weights.resize(preview.ids.size());
  DecisionRef decision{preview.ids.data(), preview.weights.data(), 0, table.max_slots};
  DecisionScratch scratch;
  scratch.reserve(static_cast<int>(preview.logits.size()) + table.max_slots);
  try {
    applyLogitEdits(program, layer, position, preview.logits);
    decideFinal(program, layer, position, preview.logits, scratch, decision);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNumeric) {
      throw;
    }
    preview.problem = error.what();
  }
  preview.ids.resize(static_cast<std::size_t>(preview.problem.empty() ? decision.n_slots : 0));
  preview.weights.resize(preview.ids.size());
  preview.margin = marginOf(preview.logits, preview.ids);
  return preview;
}

TouchedCells touchedCells(const RoutingProgram& before, const RoutingProgram& after, int n_positions) {
  const int n_layers = before.nLayers();
  TouchedCells cells;
  cells.first_layer = n_layers;
  cells.first_position = n_positions;
  cells.edited = differences(before, after, n_positions);
  for (int layer = n_layers - 1; layer >= 0; --layer) {
    const std::vector<int>& edited = cells.edited[static_cast<std::size_t>(layer)];
    if (!edited.empty()) {
      cells.first_layer = layer;
      cells.first_position = std::min(cells.first_position, edited.front());
    }
  }
  return cells;
}

}  // namespace rs
