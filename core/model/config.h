// SPDX-License-Identifier: Apache-2.0
//
// The dimensions and constants of one model, validated once when the file is opened.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rs {

// YaRN: rotary frequencies blended between plain and divided by `factor`, over a ramp of dimensions.
struct YarnScaling {
  double factor = 1;  // 1: plain RoPE
  double beta_fast = 32;
  double beta_slow = 1;
  int original_positions = 4096;
  bool rounds_ramp_ends = false;  // gpt-oss: false ("truncate": false); some engines round all the same
};

struct ModelConfig {
  int n_layers = 0;
  int hidden = 0;      // H, multiple of 32
  int inner = 0;       // width of one expert, multiple of 32
  int n_heads = 0;     // A, query heads
  int n_kv_heads = 0;  // G, key and value heads; divides n_heads
  int head_dim = 0;    // 64 in every gpt-oss
  int n_experts = 0;   // E
  int top_k = 0;       // k, experts of one token in one layer
  int vocab = 0;       // N, rows of embedding and unembedding
  int window = 0;      // keys seen in a sliding layer, the query's own included
  int max_positions = 0;
  double norm_eps = 1e-5;
  double rope_theta = 150000;
  YarnScaling yarn;
  double swiglu_limit = 7;
  double swiglu_alpha = 1.702;
  std::vector<bool> is_sliding;             // [n_layers]
  std::vector<std::int32_t> end_token_ids;  // generation stops on these
  std::string name;                         // without any path

  [[nodiscard]] int queryWidth() const { return n_heads * head_dim; }
  [[nodiscard]] int keyWidth() const { return n_kv_heads * head_dim; }
};

}  // namespace rs
