// SPDX-License-Identifier: Apache-2.0
//
// Merges the bytes of one piece into tokens: always the pair of lowest rank, the leftmost of equal ones.
//
// Thread: a merger belongs to one thread; it only keeps its buffers between pieces.
// Cost: O(n log n) in the bytes of the piece.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/token_table.h"

namespace rs {

class BpeMerger {
 public:
  // Lifetime: both must outlive the merger.
  BpeMerger(const MergeTable& merges, const std::array<std::int32_t, 256>& byte_tokens)
      : merges_(merges), byte_tokens_(byte_tokens) {}

  // Appends the tokens of the piece (not empty) to `ids`.
  void merge(std::string_view piece, std::vector<std::int32_t>& ids);

 private:
  // A token of the piece so far; the tokens form a list, so that a merge moves nothing.
  struct Part {
    std::int32_t token = -1;  // -1: joined to the one before
    std::uint32_t previous = 0;
    std::uint32_t next = 0;
  };
  struct Candidate {
    std::uint32_t rank = 0;
    std::uint32_t left = 0;  // index of the left part
    std::int32_t left_token = 0;
    std::int32_t right_token = 0;
    std::int32_t joined = 0;
  };
  void offer(std::uint32_t left);
  void join(const Candidate& candidate);

  const MergeTable& merges_;
  const std::array<std::int32_t, 256>& byte_tokens_;
  std::vector<Part> parts_;
  std::vector<Candidate> heap_;
};

}  // namespace rs
