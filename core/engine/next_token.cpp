// SPDX-License-Identifier: Apache-2.0
#include "core/engine/next_token.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rs {

ScoredRow scoreRow(std::span<const float> logits, std::int32_t follows, int n_valid) {
  // Logits of the candidates so far, best first; an equal logit met later has a higher id and stays behind.
  std::array<float, kCandidates> best{};
  ScoredRow row;
  int n = 0;
  const auto n_candidates = std::min(static_cast<std::int32_t>(logits.size()), n_valid);
  for (std::int32_t id = 0; id < n_candidates; ++id) {
    const float logit = logits[static_cast<std::size_t>(id)];
    if (n == kCandidates && !(logit > best[kCandidates - 1])) {
      continue;
    }
    int at = n < kCandidates ? n : kCandidates - 1;
    for (; at > 0 && logit > best[static_cast<std::size_t>(at) - 1]; --at) {
      best[static_cast<std::size_t>(at)] = best[static_cast<std::size_t>(at) - 1];
      row.next.best[static_cast<std::size_t>(at)] = row.next.best[static_cast<std::size_t>(at) - 1];
    }
    best[static_cast<std::size_t>(at)] = logit;
    row.next.best[static_cast<std::size_t>(at)].id = id;
    n = std::min(n + 1, kCandidates);
  }
  // Entropy = log Z - sum of share times logit, with logits counted from the largest.
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  double weighted = 0;
  for (const float logit : logits) {
    const double x = static_cast<double>(logit) - top;
    const double share = std::exp(x);
    sum += share;
    weighted += share > 0 ? share * x : 0;
  }
  const double log_sum = std::log(sum);
  row.next.entropy = static_cast<float>(std::max(log_sum - weighted / sum, 0.0));
  const auto logprobOf = [&](float logit) {
    return static_cast<float>(static_cast<double>(logit) - top - log_sum);
  };
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    row.next.best[i].logprob = logprobOf(best[i]);
  }
  row.logprob = follows < 0 ? std::numeric_limits<float>::quiet_NaN()
                            : logprobOf(logits[static_cast<std::size_t>(follows)]);
  return row;
}

}  // namespace rs
