// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/candidate_reading.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rs::ui {
namespace {

double term(double before, double after) {
  if (before <= 0) {
    return 0;
  }
  return after > 0 ? before * std::log(before / after) : std::numeric_limits<double>::infinity();
}

}  // namespace

const NextToken* nextAt(const RunSnapshot* run, int token) {
  if (run == nullptr || run->next == nullptr || token < 0 || token >= static_cast<int>(run->next->size())) {
    return nullptr;
  }
  const NextToken& next = (*run->next)[static_cast<std::size_t>(token)];
  return next.entropy < 0 || next.best[0].id < 0 ? nullptr : &next;
}

double divergenceFloor(const NextToken& before, const NextToken& after) {
  double sum = 0;
  double rest_before = 1;
  double rest_after = 1;
  for (const Candidate& candidate : before.best) {
    const auto other = std::find_if(after.best.begin(), after.best.end(),
                                    [&](const Candidate& found) { return found.id == candidate.id; });
    if (candidate.id < 0 || other == after.best.end()) {
      continue;
    }
    const double p = std::exp(static_cast<double>(candidate.logprob));
    const double q = std::exp(static_cast<double>(other->logprob));
    sum += term(p, q);
    rest_before -= p;
    rest_after -= q;
  }
  // Shares are rounded: a rest a little below 0 is none.
  constexpr double kRounding = 1e-6;
  rest_before = rest_before < kRounding ? 0 : rest_before;
  rest_after = std::max(rest_after, rest_before > 0 ? kRounding : 0);
  return std::max(0.0, sum + term(rest_before, rest_after));
}

}  // namespace rs::ui
