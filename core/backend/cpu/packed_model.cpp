// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/packed_model.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs::cpu {
namespace {

// Tells the system that the mapped pages of a tensor will not be read again soon.
void dropMappedPages(const TensorView& tensor) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(tensor.bytes.data());
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + tensor.bytes.size()) / page * page;
  if (first < last) {
    madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  }
}

DenseMatrix packOne(const TensorView& weight, std::span<const TensorView> bias, ThreadPool& pool,
                    const PackStep& step) {
  DenseMatrix packed(std::span(&weight, 1), bias, pool, step);
  dropMappedPages(weight);
  return packed;
}

PackedLayer packLayer(const LayerWeights& layer, ThreadPool& pool, const PackStep& step) {
  PackedLayer packed;
  packed.attention_norm = toFloat(layer.input_norm);
  packed.sinks = toFloat(layer.sinks);
  packed.mlp_norm = toFloat(layer.post_attention_norm);
  packed.qkv = DenseMatrix(std::array{layer.q_weight, layer.k_weight, layer.v_weight},
                           std::array{layer.q_bias, layer.k_bias, layer.v_bias}, pool, step);
  for (const TensorView* part : {&layer.q_weight, &layer.k_weight, &layer.v_weight}) {
    dropMappedPages(*part);
  }
  packed.attention_out = packOne(layer.o_weight, std::span(&layer.o_bias, 1), pool, step);
  packed.router = packOne(layer.router_weight, std::span(&layer.router_bias, 1), pool, step);
  packed.gate_up = ExpertMatrix(layer.gate_up, true, pool, step);
  packed.down = ExpertMatrix(layer.down, false, pool, step);
  for (const ExpertMatrices* experts : {&layer.gate_up, &layer.down}) {
    dropMappedPages(experts->blocks);
    dropMappedPages(experts->scales);
  }
  return packed;
}

}  // namespace

PackedModel packModel(const Weights& weights, ThreadPool& pool, const PackProgress& progress) {
  const ModelConfig& config = weights.config();
  if (config.head_dim > kMaxHeadStride || config.head_dim % 2 != 0) {
    throw Error(ErrorCode::kUnsupported,
                format("preparing the weights: expected heads of an even width up to %d, found %d",
                       kMaxHeadStride, config.head_dim));
  }
  PackedModel packed;
  const auto total = static_cast<std::int64_t>(weights.totalBytes());
  std::int64_t done = 0;
  const PackStep step = [&](std::size_t bytes) {
    done += static_cast<std::int64_t>(bytes);
    if (progress) {
      progress(std::min(done, total), total);
    }
  };
  step(0);
  for (int layer = 0; layer < config.n_layers; ++layer) {
    packed.layers.push_back(packLayer(weights.layer(layer), pool, step));
  }
  packed.final_norm = toFloat(weights.finalNorm());
  packed.unembedding = packOne(weights.unembedding(), {}, pool, step);
  return packed;
}

}  // namespace rs::cpu
