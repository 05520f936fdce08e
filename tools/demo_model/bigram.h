// SPDX-License-Identifier: Apache-2.0
//
// The rival that the demo model's perplexity is compared with: an interpolated Kneser-Ney bigram over token
// ids.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace rs::demo {

class Bigram {
 public:
  explicit Bigram(int vocabulary);
  // Counts one document.
  void add(std::span<const std::int32_t> ids);
  // Discount and normalisers from the counts so far; call before probability().
  void finish();
  // Sums to 1 over `next` for every `previous`, seen or not.
  [[nodiscard]] double probability(std::int32_t previous, std::int32_t next) const;

 private:
  std::unordered_map<std::uint64_t, int> pairs_;
  std::vector<double> total_;      // pairs that begin with a token
  std::vector<double> followers_;  // different tokens after a token
  std::vector<double> leaders_;    // different tokens before a token
  double different_ = 0;           // different pairs
  double discount_ = 0.75;
};

}  // namespace rs::demo
