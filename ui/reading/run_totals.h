// SPDX-License-Identifier: Apache-2.0
//
// Counts over a whole run, kept up as it grows: which experts were used, how many decisions were near to
// another.
//
// Thread: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/engine/snapshot.h"

namespace rs::ui {

// A decision is fragile where the last chosen logit leads the next by less than this.
inline constexpr float kFragileMargin = 0.05F;

class RunTotals {
 public:
  // Counts up to max_rows more tokens of the run, from the start if it is another one or was changed.
  // True: all are counted.
  bool advance(const RunSnapshot& run, int max_rows);

  [[nodiscard]] int nTokens() const { return static_cast<int>(tokens_.size()); }
  [[nodiscard]] std::int64_t nDecisions() const { return n_decisions_; }
  [[nodiscard]] std::int64_t nFragile() const { return n_fragile_; }
  // Layers in which a decision was seen, and experts that were chosen at least once, of all layers together.
  [[nodiscard]] int layersSeen() const;
  [[nodiscard]] int expertsUsed() const;
  [[nodiscard]] int nLayers() const { return n_layers_; }
  [[nodiscard]] int nExperts() const { return n_experts_; }
  // Tokens that went to an expert. Range: of the model.
  [[nodiscard]] std::int64_t load(int layer, int expert) const;

 private:
  void restart(const RunSnapshot& run);
  void count(const RunSnapshot& run, int token);
  [[nodiscard]] std::size_t placeOf(int layer, int expert) const {
    return static_cast<std::size_t>(layer) * static_cast<std::size_t>(n_experts_) +
           static_cast<std::size_t>(expert);
  }

  RunId run_ = 0;
  Steering steering_;
  std::vector<std::int32_t> tokens_;  // counted
  int n_layers_ = 0;
  int n_experts_ = 0;
  std::vector<std::int64_t> loads_;  // [layers, experts]
  std::int64_t n_decisions_ = 0;
  std::int64_t n_fragile_ = 0;
};

}  // namespace rs::ui
