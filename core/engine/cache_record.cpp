// SPDX-License-Identifier: Apache-2.0
#include "core/engine/cache_record.h"

#include <algorithm>

#include "core/routing/program_difference.h"

namespace rs {

void CacheRecord::clear() {
  tokens_.clear();
  steered_ = nullptr;
  std::fill(n_held_.begin(), n_held_.end(), 0);
}

std::vector<int> CacheRecord::held(std::span<const std::int32_t> tokens, const Steered& steered) const {
  std::vector<int> held(n_held_.size(), 0);
  if (steered_ == nullptr) {
    return held;
  }
  const auto differs = std::mismatch(tokens.begin(), tokens.end(), tokens_.begin(), tokens_.end());
  int same = static_cast<int>(differs.first - tokens.begin());
  std::vector<int> first;
  if (steered_.get() != &steered) {
    first = firstDifferences(steered_->program(), steered.program());
  }
  for (std::size_t layer = 0; layer < held.size(); ++layer) {
    if (!first.empty()) {
      same = std::min(same, first[layer]);
    }
    held[layer] = std::min(n_held_[layer], same);
  }
  return held;
}

void CacheRecord::begin(std::span<const std::int32_t> tokens, const std::shared_ptr<const Steered>& steered,
                        int first_layer, int position) {
  if (steered_ != steered || tokens_.size() < tokens.size() ||
      !std::equal(tokens.begin(), tokens.end(), tokens_.begin())) {
    n_held_ = held(tokens, *steered);
    steered_ = steered;
    tokens_.assign(tokens.begin(), tokens.end());
  }
  for (std::size_t layer = static_cast<std::size_t>(first_layer); layer < n_held_.size(); ++layer) {
    n_held_[layer] = std::min(n_held_[layer], position);
  }
}

void CacheRecord::finish(int first_layer, int end) {
  for (std::size_t layer = static_cast<std::size_t>(first_layer); layer < n_held_.size(); ++layer) {
    n_held_[layer] = end;
  }
}

}  // namespace rs
