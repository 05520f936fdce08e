// SPDX-License-Identifier: Apache-2.0
#include "core/experts/token_direction.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rs {
namespace {

constexpr int kMaxSteps = 32;
constexpr double kEnough = 0.999;
constexpr double kFirstStep = 0.5;
constexpr int kStepsAtFull = 8;  // then the step shrinks as 1/n
// Tokens with a smaller share than this do not bend the slope in any visible digit.
constexpr double kNegligible = 1e-9;

void normalise(std::span<double> vector) {
  double squares = 0;
  for (const double value : vector) {
    squares += value * value;
  }
  const double factor = squares > 0 ? 1 / std::sqrt(squares) : 0;
  for (double& value : vector) {
    value *= factor;
  }
}

}  // namespace

TokenDirections::TokenDirections(std::shared_ptr<const Weights> weights)
    : weights_(std::move(weights)), gain_(toFloat(weights_->finalNorm())) {}

const TokenDirection& TokenDirections::of(std::int32_t token) {
  const auto found = known_.find(token);
  if (found != known_.end()) {
    return found->second;
  }
  if (centre_.empty()) {
    centre_ = centre();
  }
  return known_.emplace(token, climb(token)).first->second;
}

// A row as the residual stream sees it: through the gain of the final norm.
void TokenDirections::readRow(std::int32_t token, std::span<float> row) const {
  rowToFloat(weights_->unembedding(), token, row);
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] *= gain_[i];
  }
}

std::vector<double> TokenDirections::centre() const {
  const int vocab = weights_->config().vocab;
  std::vector<float> row(gain_.size());
  std::vector<double> mean(gain_.size());
  for (int token = 0; token < vocab; ++token) {
    readRow(token, row);
    for (std::size_t i = 0; i < row.size(); ++i) {
      mean[i] += static_cast<double>(row[i]) / vocab;
    }
  }
  return mean;
}

void TokenDirections::shares(std::span<const double> unit, std::vector<double>& out) const {
  const int vocab = weights_->config().vocab;
  // The final norm makes the length of any residual that of sqrt(H) ones.
  const double length = std::sqrt(static_cast<double>(unit.size()));
  std::vector<float> row(unit.size());
  out.resize(static_cast<std::size_t>(vocab));
  for (int token = 0; token < vocab; ++token) {
    readRow(token, row);
    double sum = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      sum += static_cast<double>(row[i]) * unit[i];
    }
    out[static_cast<std::size_t>(token)] = sum * length;
  }
  const double top = *std::max_element(out.begin(), out.end());
  double total = 0;
  for (double& logit : out) {
    logit = std::exp(logit - top);
    total += logit;
  }
  for (double& share : out) {
    share /= total;
  }
}

std::vector<double> TokenDirections::slope(std::int32_t token, std::span<const double> unit,
                                           std::span<const double> shares) const {
  std::vector<double> sum(unit.size());
  std::vector<float> row(unit.size());
  for (std::size_t other = 0; other < shares.size(); ++other) {
    const bool is_own = static_cast<std::int32_t>(other) == token;
    if (!is_own && shares[other] < kNegligible) {
      continue;
    }
    readRow(static_cast<std::int32_t>(other), row);
    const double pull = (is_own ? 1 : 0) - shares[other];
    for (std::size_t i = 0; i < row.size(); ++i) {
      sum[i] += pull * static_cast<double>(row[i]);
    }
  }
  double along = 0;
  for (std::size_t i = 0; i < unit.size(); ++i) {
    along += sum[i] * unit[i];
  }
  for (std::size_t i = 0; i < unit.size(); ++i) {
    sum[i] -= along * unit[i];
  }
  normalise(sum);
  return sum;
}

TokenDirection TokenDirections::climb(std::int32_t token) const {
  std::vector<float> row(gain_.size());
  readRow(token, row);
  std::vector<double> unit(row.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    unit[i] = static_cast<double>(row[i]) - centre_[i];
  }
  normalise(unit);
  TokenDirection best;
  std::vector<double> share;
  for (int step = 0; step <= kMaxSteps; ++step) {
    shares(unit, share);
    const double own = share[static_cast<std::size_t>(token)];
    if (best.unit.empty() || own > best.share) {
      best.share = own;
      best.unit.assign(unit.begin(), unit.end());
    }
    if (own >= kEnough) {
      break;
    }
    const std::vector<double> up = slope(token, unit, share);
    const double size = kFirstStep * std::min(1.0, static_cast<double>(kStepsAtFull) / (step + kStepsAtFull));
    for (std::size_t i = 0; i < unit.size(); ++i) {
      unit[i] += size * up[i];
    }
    normalise(unit);
  }
  return best;
}

}  // namespace rs
