// SPDX-License-Identifier: Apache-2.0
//
// Follows the run that the canvases show and says from which token on its values are others than before.
//
// Thread: the window's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/engine/snapshot.h"

namespace rs::ui {

class RunChange {
 public:
  // Another state of the run, or another run.
  void follow(const std::shared_ptr<const RunSnapshot>& run);
  // Something else changed what is shown from this token on.
  void touch(int first_token = 0);

  // Changes with every change of a token that was there; not when tokens are appended.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  // No token before this one has changed since that revision.
  [[nodiscard]] int firstSince(std::uint64_t revision) const;

 private:
  std::shared_ptr<const RunSnapshot> run_;
  std::uint64_t revision_ = 1;
  std::vector<int> first_;  // of the last revisions, the newest last
};

// The first token whose values may differ between two states that are shown one after the other; the size of
// the shorter one if it only grew.
[[nodiscard]] int firstChanged(const RunSnapshot* before, const RunSnapshot* after);

}  // namespace rs::ui
