// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rs::cpu {
namespace {

struct Ramp {
  double low, high;
};

// Dimensions between which YaRN goes over from plain to divided frequencies.
Ramp rampOf(const ModelConfig& config) {
  const auto dimensionOf = [&](double turns) {
    return config.head_dim * std::log(config.yarn.original_positions / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(config.rope_theta));
  };
  Ramp ramp{dimensionOf(config.yarn.beta_fast), dimensionOf(config.yarn.beta_slow)};
  if (config.yarn.rounds_ramp_ends) {
    ramp = {std::floor(ramp.low), std::ceil(ramp.high)};
  }
  return {std::max(ramp.low, 0.0), std::min(ramp.high, config.head_dim - 1.0)};
}

}  // namespace

std::vector<double> ropeFrequencies(const ModelConfig& config) {
  std::vector<double> frequencies(static_cast<std::size_t>(config.head_dim / 2));
  const Ramp ramp = rampOf(config);
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const auto dimension = static_cast<double>(i);
    const double plain = std::pow(config.rope_theta, -2 * dimension / config.head_dim);
    const double share =
        config.yarn.factor <= 1
            ? 0
            : std::clamp((dimension - ramp.low) / std::max(ramp.high - ramp.low, 1e-3), 0.0, 1.0);
    frequencies[i] = plain * (1 - share) + plain / config.yarn.factor * share;
  }
  return frequencies;
}

double ropeMagnitude(const ModelConfig& config) {
  return config.yarn.factor <= 1 ? 1 : 0.1 * std::log(config.yarn.factor) + 1;
}

RopeTable::RopeTable(const ModelConfig& config, int n_positions)
    : half_(config.head_dim / 2),
      table_(static_cast<std::size_t>(n_positions) * static_cast<std::size_t>(config.head_dim),
             "the table of rotary angles") {
  const std::vector<double> frequencies = ropeFrequencies(config);
  const double magnitude = ropeMagnitude(config);
  float* row = table_.data();
  for (int position = 0; position < n_positions; ++position, row += config.head_dim) {
    for (int i = 0; i < half_; ++i) {
      const double angle = position * frequencies[static_cast<std::size_t>(i)];
      row[i] = static_cast<float>(std::cos(angle) * magnitude);
      row[half_ + i] = static_cast<float>(std::sin(angle) * magnitude);
    }
  }
}

void RopeTable::turn(float* head, int position) const {
  const float* cosines =
      table_.data() + static_cast<std::size_t>(position) * static_cast<std::size_t>(half_) * 2;
  const float* sines = cosines + half_;
  for (int i = 0; i < half_; ++i) {
    const float a = head[i];
    const float b = head[half_ + i];
    head[i] = a * cosines[i] - b * sines[i];
    head[half_ + i] = b * cosines[i] + a * sines[i];
  }
}

}  // namespace rs::cpu
