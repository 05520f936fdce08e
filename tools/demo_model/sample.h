// SPDX-License-Identifier: Apache-2.0
//
// One piece of training or test text of the demo model, with a note for every byte of how it came about,
// and the deterministic random numbers it is drawn from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rs::demo {

// How a byte of a sample came about. A token takes the highest kind among its bytes.
enum class Kind : std::uint8_t {
  kText = 0,    // follows from the form of the sample
  kAnswer = 1,  // follows from what was drawn, such as 84 in 12 * 7 = 84
  kDrawn = 2,   // drawn at random: nobody can know it
};

enum class Domain : std::uint8_t { kArithmetic, kRealEstate, kUnits, kDates, kCode, kLists, kGlosses };
constexpr int kDomainCount = 7;
[[nodiscard]] const char* domainName(Domain domain);

// splitmix64: the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // Range: low..high, both included.
  int within(int low, int high);
  bool chance(double probability);
  template <typename List>
  const auto& pick(const List& list) {
    return list[static_cast<std::size_t>(within(0, static_cast<int>(std::size(list)) - 1))];
  }

 private:
  std::uint64_t state_;
};

struct Sample {
  Domain domain = Domain::kArithmetic;
  std::string label;         // class within the domain, e.g. "mul 2x2" or "noun.animal"
  std::string text;          // special tokens are spelled out
  std::vector<Kind> kinds;   // one a byte of text
  std::size_t question = 0;  // bytes of text before the (first) answer
  std::string answer;        // what a reader should find next, or empty
  std::vector<std::pair<std::string, double>> variables;  // true values behind a word problem

  Sample& say(std::string_view words) { return add(words, Kind::kText); }
  Sample& draw(std::string_view words) { return add(words, Kind::kDrawn); }
  Sample& draw(long long number) { return draw(std::to_string(number)); }
  Sample& solve(std::string_view words);
  Sample& solve(long long number) { return solve(std::to_string(number)); }
  // Appends another sample's text; question and answer stay this one's unless it had none.
  Sample& append(const Sample& other);

 private:
  Sample& add(std::string_view words, Kind kind);
};

}  // namespace rs::demo
