// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/sample.h"

namespace rs::demo {

const char* domainName(Domain domain) {
  static constexpr const char* kNames[kDomainCount] = {"arithmetic", "real_estate", "units",  "dates",
                                                       "code",       "lists",       "glosses"};
  return kNames[static_cast<int>(domain)];
}

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

int Random::within(int low, int high) {
  const auto span = static_cast<std::uint64_t>(high - low + 1);
  return low + static_cast<int>(next() % span);
}

bool Random::chance(double probability) {
  return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
}

Sample& Sample::solve(std::string_view words) {
  if (answer.empty()) {
    question = text.size();
    answer = std::string(words);
  }
  return add(words, Kind::kAnswer);
}

Sample& Sample::append(const Sample& other) {
  if (answer.empty() && !other.answer.empty()) {
    question = text.size() + other.question;
    answer = other.answer;
  }
  text += other.text;
  kinds.insert(kinds.end(), other.kinds.begin(), other.kinds.end());
  variables.insert(variables.end(), other.variables.begin(), other.variables.end());
  return *this;
}

Sample& Sample::add(std::string_view words, Kind kind) {
  text += words;
  kinds.insert(kinds.end(), words.size(), kind);
  return *this;
}

}  // namespace rs::demo
