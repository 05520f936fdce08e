// SPDX-License-Identifier: Apache-2.0
#include "ui/sources/run_change.h"

#include <algorithm>

#include "ui/reading/decision_reading.h"

namespace rs::ui {
namespace {

// Revisions that are remembered one by one; who asks for an older one reads everything again.
constexpr std::size_t kRemembered = 256;

}  // namespace

int firstChanged(const RunSnapshot* before, const RunSnapshot* after) {
  if (before == nullptr || after == nullptr || before->trace == nullptr || after->trace == nullptr) {
    return 0;
  }
  const int n = std::min(commonPositions(*before, *after), std::min(before->size(), after->size()));
  if (before->id == after->id && before->steering == after->steering) {
    const int stale_before = before->stale.has_value() ? before->stale->position : n;
    const int stale_after = after->stale.has_value() ? after->stale->position : n;
    return std::min({n, stale_before, stale_after});
  }
  return after->parent == before->id ? std::min(n, after->shared_with) : 0;
}

void RunChange::follow(const std::shared_ptr<const RunSnapshot>& run) {
  if (run == run_) {
    return;
  }
  const int first = firstChanged(run_.get(), run.get());
  const int n_before = run_ == nullptr ? 0 : run_->size();
  const bool is_other = run_ == nullptr || run == nullptr;
  run_ = run;
  if (first < n_before || is_other) {
    touch(first);
  }
}

void RunChange::touch(int first_token) {
  ++revision_;
  first_.push_back(first_token);
  if (first_.size() > kRemembered) {
    first_.erase(first_.begin());
  }
}

int RunChange::firstSince(std::uint64_t revision) const {
  if (revision >= revision_) {
    return run_ == nullptr ? 0 : run_->size();
  }
  const std::uint64_t n = revision_ - revision;
  if (n > first_.size()) {
    return 0;
  }
  return *std::min_element(first_.end() - static_cast<std::ptrdiff_t>(n), first_.end());
}

}  // namespace rs::ui
