// SPDX-License-Identifier: Apache-2.0
//
// All weights of a model as the CPU kernels read them: the one repacked copy. Only the embedding is read from
// the file, a row at a time.
//
// Thread: const members from any thread.
#pragma once

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

// Errors: Error{kMemory}; Error{kModel} naming a tensor whose scales are out of range; Error{kUnsupported}
// for heads wider than the kernels take.
[[nodiscard]] PackedModel packModel(const Weights& weights, ThreadPool& pool);

}  // namespace rs::cpu
