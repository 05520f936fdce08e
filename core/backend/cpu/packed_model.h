// SPDX-License-Identifier: Apache-2.0
//
// All weights of a model as the CPU kernels read them: the one repacked copy. Only the embedding is read from
// the file, a row at a time.
//
// Thread: const members from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/backend/cpu/packing.h"
#include "core/model/weights.h"

namespace rs::cpu {

struct PackedLayer {
  std::vector<float> attention_norm, sinks, mlp_norm;
  DenseMatrix qkv;  // parts: queries, keys, values
  DenseMatrix attention_out;
  DenseMatrix router;
  ExpertMatrix gate_up, down;
};

struct PackedModel {
  std::vector<PackedLayer> layers;
  std::vector<float> final_norm;
  DenseMatrix unembedding;
};

// Told every few milliseconds: bytes of weights done, and of all. What it throws ends the packing.
using PackProgress = std::function<void(std::int64_t done, std::int64_t total)>;

// Errors: Error{kMemory}; Error{kModel} naming a tensor whose scales are out of range; Error{kUnsupported}
// for heads wider than the kernels take; whatever `progress` throws.
[[nodiscard]] PackedModel packModel(const Weights& weights, ThreadPool& pool, const PackProgress& progress);

}  // namespace rs::cpu
