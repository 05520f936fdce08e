// SPDX-License-Identifier: Apache-2.0
//
// All weights of the trained model in one flat array, by name, with gradient and optimizer state beside it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/torch/gptoss_trainer.h"

namespace rs {

enum class WeightKind : std::uint8_t { kMatrix, kExperts, kEmbedding, kVector };

struct Weight {
  std::string name;
  WeightKind kind;
  std::size_t offset;
  std::size_t size;
  float spread;  // standard deviation at the start; a negative one means: all ones
};

// Offsets into the flat array, so that the pass needs no look-up by name.
struct LayerOffsets {
  std::size_t norm1, qkv, qkv_bias, out, out_bias, sinks, norm2, router, router_bias, gate_up, gate_up_bias,
      down, down_bias;
};

class Parameters {
 public:
  Parameters(const TrainShape& shape, std::uint64_t seed);

  [[nodiscard]] const std::vector<Weight>& list() const { return list_; }
  [[nodiscard]] const Weight& find(const std::string& name) const;

  std::vector<float> master;
  std::vector<float> rounded;  // empty until first needed
  std::vector<float> gradient;
  std::vector<float> mean;      // AdamW's first moment
  std::vector<float> variance;  // and second
  std::vector<LayerOffsets> layers;
  std::size_t embedding = 0;
  std::size_t final_norm = 0;
  std::size_t unembedding = 0;

 private:
  std::size_t add(const std::string& name, WeightKind kind, std::size_t size, double spread);

  std::vector<Weight> list_;
  std::map<std::string, std::size_t> index_;
  std::size_t total_ = 0;
};

}  // namespace rs
