// SPDX-License-Identifier: Apache-2.0
#include "core/torch/parameters.h"

#include <cmath>
#include <random>

#include "core/base/error.h"

namespace rs {
namespace {

// Box and Muller's transform on a generator that is the same everywhere (std::normal_distribution is not).
float normal(std::mt19937_64& random) {
  const double u = (static_cast<double>(random() >> 11U) + 1.0) * 0x1p-53;
  const double v = static_cast<double>(random() >> 11U) * 0x1p-53;
  return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v));
}

}  // namespace

Parameters::Parameters(const TrainShape& s, std::uint64_t seed) {
  const auto size = [](int a, int b = 1, int c = 1) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c);
  };
  const double fan = 0.7 / std::sqrt(s.hidden);
  const double depth = 1.0 / std::sqrt(2.0 * s.layers);
  const int q = s.heads * s.head_dim;
  const int qkv = q + 2 * s.kv_heads * s.head_dim;
  embedding = add("model.embed_tokens.weight", WeightKind::kEmbedding, size(s.vocabulary, s.hidden), 0.1);
  for (int i = 0; i < s.layers; ++i) {
    const std::string p = "model.layers." + std::to_string(i) + ".";
    LayerOffsets o{};
    o.norm1 = add(p + "input_layernorm.weight", WeightKind::kVector, size(s.hidden), -1);
    o.qkv = add(p + "self_attn.qkv.weight", WeightKind::kMatrix, size(qkv, s.hidden), fan);
    o.qkv_bias = add(p + "self_attn.qkv.bias", WeightKind::kVector, size(qkv), 0);
    o.out = add(p + "self_attn.o_proj.weight", WeightKind::kMatrix, size(s.hidden, q), depth / std::sqrt(q));
    o.out_bias = add(p + "self_attn.o_proj.bias", WeightKind::kVector, size(s.hidden), 0);
    o.sinks = add(p + "self_attn.sinks", WeightKind::kVector, size(s.heads), 0);
    o.norm2 = add(p + "post_attention_layernorm.weight", WeightKind::kVector, size(s.hidden), -1);
    o.router = add(p + "mlp.router.weight", WeightKind::kMatrix, size(s.experts, s.hidden), 0.05);
    o.router_bias = add(p + "mlp.router.bias", WeightKind::kVector, size(s.experts), 0);
    o.gate_up = add(p + "mlp.experts.gate_up_proj", WeightKind::kExperts,
                    size(s.experts, 2 * s.expert_width, s.hidden), fan);
    o.gate_up_bias =
        add(p + "mlp.experts.gate_up_proj_bias", WeightKind::kVector, size(s.experts, 2 * s.expert_width), 0);
    o.down = add(p + "mlp.experts.down_proj", WeightKind::kExperts, size(s.experts, s.hidden, s.expert_width),
                 depth / std::sqrt(s.expert_width));
    o.down_bias = add(p + "mlp.experts.down_proj_bias", WeightKind::kVector, size(s.experts, s.hidden), 0);
    layers.push_back(o);
  }
  final_norm = add("model.norm.weight", WeightKind::kVector, size(s.hidden), -1);
  unembedding = add("lm_head.weight", WeightKind::kEmbedding, size(s.vocabulary, s.hidden), 0.5 * fan);
  master.resize(total_);
  gradient.resize(total_);
  mean.resize(total_);
  variance.resize(total_);
  std::mt19937_64 random(seed);
  for (const Weight& weight : list_) {
    for (std::size_t i = 0; i < weight.size; ++i) {
      master[weight.offset + i] = weight.spread < 0    ? 1.0F
                                  : weight.spread == 0 ? 0.0F
                                                       : weight.spread * normal(random);
    }
  }
}

const Weight& Parameters::find(const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) {
    throw Error(ErrorCode::kInternal, "the trained model has no weight " + name);
  }
  return list_[found->second];
}

std::size_t Parameters::add(const std::string& name, WeightKind kind, std::size_t size, double spread) {
  // Every weight starts at a multiple of 32 floats: whole MXFP4 blocks, aligned vectors.
  const std::size_t offset = total_;
  index_[name] = list_.size();
  list_.push_back({name, kind, offset, size, static_cast<float>(spread)});
  total_ += (size + 31) / 32 * 32;
  return offset;
}

}  // namespace rs
