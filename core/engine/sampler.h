// SPDX-License-Identifier: Apache-2.0
//
// Chooses the next token. The random number of a position depends on seed and position alone, so a run can be
// repeated, and branched at any token, without carrying a generator along.
//
// Thread: pure functions but for the scratch inside Sampler.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rs {

struct Sampling {
  double temperature = 0;  // 0: the likeliest token, the lower id on ties
  double top_p = 1;        // fewest tokens whose share reaches it
  std::uint64_t seed = 0;
};

struct SampledToken {
  std::int32_t id = 0;
  double logprob = 0;  // natural logarithm of its share under the model's own softmax, temperature 1
};

class Sampler {
 public:
  // n_valid: ids from here on have no text and are never chosen.
  Sampler(const Sampling& sampling, int n_valid) : sampling_(sampling), n_valid_(n_valid) {}

  // position: of the token that is chosen. Errors: Error{kNumeric} if a logit is NaN.
  [[nodiscard]] SampledToken choose(std::span<const float> logits, int position);

 private:
  [[nodiscard]] std::int32_t draw(std::span<const float> logits, int position);

  Sampling sampling_;
  int n_valid_;
  std::vector<std::int32_t> order_;
  std::vector<double> share_;
};

// log softmax of one entry, in double. Range: 0 <= id < logits.size().
[[nodiscard]] double logProbability(std::span<const float> logits, std::int32_t id);

// Kullback-Leibler divergence of softmax(b) from softmax(a), in nats.
[[nodiscard]] double divergence(std::span<const float> a, std::span<const float> b);

// Index of the largest, the lower on ties.
[[nodiscard]] std::int32_t argmax(std::span<const float> values);

}  // namespace rs
