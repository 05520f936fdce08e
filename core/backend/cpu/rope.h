// SPDX-License-Identifier: Apache-2.0
//
// Rotary position encoding with YaRN: frequencies and the table of cosines and sines, computed in double.
//
// Thread: const members from any thread.
#pragma once

#include <vector>

#include "core/backend/cpu/buffer.h"
#include "core/model/config.h"

namespace rs::cpu {

// Angle for one position, [head_dim / 2].
[[nodiscard]] std::vector<double> ropeFrequencies(const ModelConfig& config);
// What YaRN multiplies both cosine and sine with; 1 without it.
[[nodiscard]] double ropeMagnitude(const ModelConfig& config);

class RopeTable {
 public:
  RopeTable() = default;
  RopeTable(const ModelConfig& config, int n_positions);

  // Turns one head in place: value i together with value i + head_dim / 2.
  void turn(float* head, int position) const;

 private:
  int half_ = 0;
  Buffer<float> table_;  // [position][half cosines, half sines]
};

}  // namespace rs::cpu
