// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/candidate_reading.h"

namespace rs::ui {
const NextToken* nextAt(const RunSnapshot* run, int token) {
  if (run == nullptr || run->next == nullptr || token < 0 || token >= static_cast<int>(run->next->size())) {
    return nullptr;
  }
  const NextToken& next = (*run->next)[static_cast<std::size_t>(token)];
  return next.entropy < 0 || next.best[0].id < 0 ? nullptr : &next;
}

}  // namespace rs::ui
