// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/run_totals.h"

#include <algorithm>

#include "ui/reading/decision_reading.h"

namespace rs::ui {

void RunTotals::restart(const RunSnapshot& run) {
  const ModelConfig& config = run.trace->config();
  run_ = run.id;
  steering_ = run.steering;
  tokens_.clear();
  n_layers_ = config.n_layers;
  n_experts_ = config.n_experts;
  loads_.assign(static_cast<std::size_t>(n_layers_) * static_cast<std::size_t>(n_experts_), 0);
  n_decisions_ = 0;
  n_fragile_ = 0;
}

bool RunTotals::advance(const RunSnapshot& run, int max_rows) {
  if (run.trace == nullptr) {
    return true;
  }
  const auto tokens = run.trace->tokens();
  const bool goes_on = run.id == run_ && run.steering == steering_ && !run.stale.has_value() &&
                       tokens.size() >= tokens_.size() &&
                       std::equal(tokens_.begin(), tokens_.end(), tokens.begin());
  if (!goes_on) {
    restart(run);
  }
  const int end = std::min(run.size(), nTokens() + max_rows);
  for (int token = nTokens(); token < end; ++token) {
    count(run, token);
    tokens_.push_back(tokens[static_cast<std::size_t>(token)]);
  }
  return nTokens() == run.size();
}

void RunTotals::count(const RunSnapshot& run, int token) {
  for (int layer = 0; layer < n_layers_; ++layer) {
    if (!run.trace->has(Site::kExpertIndices, layer)) {
      continue;
    }
    for (const std::int32_t expert : run.trace->ints(Site::kExpertIndices, layer, token)) {
      if (expert >= 0 && expert < n_experts_) {
        ++loads_[placeOf(layer, expert)];
      }
    }
    ++n_decisions_;
    if (marginAt(*run.trace, layer, token) < kFragileMargin) {
      ++n_fragile_;
    }
  }
}

int RunTotals::layersSeen() const {
  int n = 0;
  for (int layer = 0; layer < n_layers_; ++layer) {
    const auto first = loads_.begin() + static_cast<std::ptrdiff_t>(layer) * n_experts_;
    n += std::any_of(first, first + n_experts_, [](std::int64_t load) { return load > 0; }) ? 1 : 0;
  }
  return n;
}

int RunTotals::expertsUsed() const {
  return static_cast<int>(
      std::count_if(loads_.begin(), loads_.end(), [](std::int64_t load) { return load > 0; }));
}

std::int64_t RunTotals::load(int layer, int expert) const {
  return loads_[placeOf(layer, expert)];
}

}  // namespace rs::ui
