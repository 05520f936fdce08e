// SPDX-License-Identifier: Apache-2.0
#include "core/engine/next_token.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rs {
namespace {

// Shares are rounded: one below this is none, and none is at most this.
constexpr double kRounding = 1e-6;

double term(double before, double after) {
  if (before < kRounding * kRounding) {
    return 0;
  }
  return after > 0 ? before * std::log(before / after) : std::numeric_limits<double>::infinity();
}

double shareOf(const Candidate& candidate) {
  return std::exp(static_cast<double>(candidate.logprob));
}

const Candidate* find(const NextToken& next, std::int32_t id) {
  const auto found = std::find_if(next.best.begin(), next.best.end(),
                                  [id](const Candidate& candidate) { return candidate.id == id; });
  return found == next.best.end() ? nullptr : &*found;
}

// What a list says about ids that it does not share with another.
struct Unshared {
  double rest = 1;   // all ids that are not shared
  double named = 0;  // out of them, those that it names
  int n_named = 0;
  double least = 1;  // that a named id has, and no other has more

  // So much at most have n ids that it does not name.
  [[nodiscard]] double mostOf(int n) const { return std::min(n * least, rest - named); }
};

Unshared unshared(const NextToken& own, const NextToken& other) {
  Unshared parts;
  for (const Candidate& candidate : own.best) {
    if (candidate.id < 0) {
      continue;
    }
    if (find(other, candidate.id) != nullptr) {
      parts.rest -= shareOf(candidate);
    } else {
      parts.named += shareOf(candidate);
      ++parts.n_named;
    }
  }
  if (own.best.back().id >= 0) {
    parts.least = shareOf(own.best.back());
  }
  parts.rest = parts.rest < kRounding ? 0 : parts.rest;
  parts.named = std::min(parts.named, parts.rest);
  return parts;
}

// The least that two outcomes can add which share `rest` of each distribution, where one has `known` of one
// of them and at most `cap` of the other.
double leastOf(double known, double rest_of_known, double cap, double rest_of_other, bool known_is_before) {
  const double even = rest_of_known > 0 ? rest_of_other * known / rest_of_known : 0;
  const double other = std::min({even, cap, rest_of_other});
  const double rest_known = rest_of_known - known;
  const double rest_other = rest_of_other - other;
  return known_is_before ? term(known, other) + term(rest_known, std::max(rest_other, kRounding))
                         : term(other, known) + term(rest_other, std::max(rest_known, kRounding));
}

}  // namespace

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

double divergenceFloor(const NextToken& before, const NextToken& after) {
  double sum = 0;
  for (const Candidate& candidate : before.best) {
    const Candidate* other = candidate.id < 0 ? nullptr : find(after, candidate.id);
    if (other != nullptr) {
      sum += term(shareOf(candidate), shareOf(*other));
    }
  }
  const Unshared p = unshared(before, after);
  Unshared q = unshared(after, before);
  if (p.rest > 0) {
    q.rest = std::max(q.rest, kRounding);
  }
  // What `before` alone names against the rest, or what `after` alone names: both bounds hold.
  const double of_before = leastOf(p.named, p.rest, q.mostOf(p.n_named), q.rest, true);
  const double of_after = leastOf(q.named, q.rest, p.mostOf(q.n_named), p.rest, false);
  return std::max(0.0, sum + std::max(of_before, of_after));
}

}  // namespace rs
