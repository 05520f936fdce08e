// SPDX-License-Identifier: Apache-2.0
#include "core/engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"

namespace rs {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes well enough to use a counter as state.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

double uniform(std::uint64_t seed, int position) {
  const std::uint64_t bits = mix(mix(seed) ^ static_cast<std::uint64_t>(position));
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

double logSumExp(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) {
    sum += std::exp(static_cast<double>(logit) - top);
  }
  return top + std::log(sum);
}

}  // namespace

std::int32_t argmax(std::span<const float> values) {
  return static_cast<std::int32_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

double logProbability(std::span<const float> logits, std::int32_t id) {
  return static_cast<double>(logits[static_cast<std::size_t>(id)]) - logSumExp(logits);
}

double divergence(std::span<const float> a, std::span<const float> b) {
  const double log_sum_a = logSumExp(a);
  const double log_sum_b = logSumExp(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double log_a = static_cast<double>(a[i]) - log_sum_a;
    const double log_b = static_cast<double>(b[i]) - log_sum_b;
    sum += std::exp(log_a) * (log_a - log_b);
  }
  return std::max(sum, 0.0);
}

SampledToken Sampler::choose(std::span<const float> logits, int position) {
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) {
      throw Error(ErrorCode::kNumeric, "choosing token " + std::to_string(position) +
                                           ": the logit of token id " + std::to_string(i) +
                                           " is not a number");
    }
  }
  const auto valid = logits.first(std::min(logits.size(), static_cast<std::size_t>(n_valid_)));
  const std::int32_t id = sampling_.temperature <= 0 ? argmax(valid) : draw(valid, position);
  return {id, logProbability(logits, id)};
}

std::int32_t Sampler::draw(std::span<const float> logits, int position) {
  order_.resize(logits.size());
  std::iota(order_.begin(), order_.end(), 0);
  const auto logit = [&](std::int32_t id) { return logits[static_cast<std::size_t>(id)]; };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::int32_t a, std::int32_t b) { return logit(a) > logit(b); });
  share_.clear();
  const double top = logit(order_[0]);
  double total = 0;
  for (const std::int32_t id : order_) {
    total += std::exp((static_cast<double>(logit(id)) - top) / sampling_.temperature);
    share_.push_back(total);
  }
  std::size_t kept = 0;
  while (kept + 1 < share_.size() && share_[kept] < sampling_.top_p * total) {
    ++kept;
  }
  const double target = uniform(sampling_.seed, position) * share_[kept];
  const auto end = share_.begin() + static_cast<std::ptrdiff_t>(kept) + 1;
  const auto found = std::upper_bound(share_.begin(), end, target);
  return order_[static_cast<std::size_t>(std::min(found, end - 1) - share_.begin())];
}

}  // namespace rs
