// SPDX-License-Identifier: Apache-2.0
//
// A heap of candidate pairs; one whose parts have changed since is recognised by their tokens and dropped.
#include "core/text/bpe.h"

#include <algorithm>

namespace rs {

void BpeMerger::offer(std::uint32_t left) {
  const std::uint32_t right = parts_[left].next;
  if (right == parts_.size()) {
    return;
  }
  const std::int32_t left_token = parts_[left].token;
  const std::int32_t right_token = parts_[right].token;
  const MergeTable::Merge found = merges_.find(left_token, right_token);
  if (found.token >= 0) {
    heap_.push_back({found.rank, left, left_token, right_token, found.token});
  }
}

void BpeMerger::join(const Candidate& candidate) {
  Part& left = parts_[candidate.left];
  Part& right = parts_[left.next];
  left.token = candidate.joined;
  left.next = right.next;
  right.token = -1;
  if (left.next < parts_.size()) {
    parts_[left.next].previous = candidate.left;
  }
}

void BpeMerger::merge(std::string_view piece, std::vector<std::int32_t>& ids) {
  const auto count = static_cast<std::uint32_t>(piece.size());
  parts_.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    // The first part names itself as the one before it.
    parts_[i] = {byte_tokens_[static_cast<unsigned char>(piece[i])], i == 0 ? 0 : i - 1, i + 1};
  }
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.left > b.left;
  };
  heap_.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    offer(i);
  }
  std::make_heap(heap_.begin(), heap_.end(), later);
  const auto offerSorted = [&](std::uint32_t left) {
    const std::size_t before = heap_.size();
    offer(left);
    if (heap_.size() > before) {
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
  };
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Candidate best = heap_.back();
    heap_.pop_back();
    const Part& left = parts_[best.left];
    if (left.token != best.left_token || left.next == count || parts_[left.next].token != best.right_token) {
      continue;
    }
    join(best);
    offerSorted(best.left);
    if (parts_[best.left].previous != best.left) {
      offerSorted(parts_[best.left].previous);
    }
  }
  for (std::uint32_t i = 0; i < count; i = parts_[i].next) {
    ids.push_back(parts_[i].token);
  }
}

}  // namespace rs
