// SPDX-License-Identifier: Apache-2.0
//
// What a model consists of, in numbers: parameters, bytes, and what a user should know before running it.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/model/weights.h"

namespace rs {

struct ParameterCount {
  std::uint64_t total = 0;
  std::uint64_t active = 0;  // used for one token: k experts a layer, the unembedding, no embedding
};

// MXFP4 values count as parameters, their scales do not.
[[nodiscard]] ParameterCount countParameters(const ModelConfig& config);

struct DTypeShare {
  int n_tensors = 0;
  std::uint64_t bytes = 0;
};

struct ModelSummary {
  ParameterCount parameters;
  std::uint64_t bytes = 0;            // of all tensors
  std::uint64_t bytes_per_token = 0;  // of weights that decoding one token reads, unembedding included
  std::map<std::string, DTypeShare> dtypes;
  bool has_tokenizer = false;
  std::vector<std::string> remarks;  // sentences: what is missing, unused or will be slow here
};

// memory_bytes: of the machine, 0 if unknown.
[[nodiscard]] ModelSummary summarise(const Weights& weights, std::uint64_t memory_bytes);

}  // namespace rs
