// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/bigram.h"

namespace rs::demo {
namespace {

std::uint64_t key(std::int32_t previous, std::int32_t next) {
  return static_cast<std::uint64_t>(previous) << 32U | static_cast<std::uint64_t>(next);
}

std::size_t at(std::int32_t id) {
  return static_cast<std::size_t>(id);
}

}  // namespace

Bigram::Bigram(int vocabulary)
    : total_(at(vocabulary)), followers_(at(vocabulary)), leaders_(at(vocabulary)) {}

void Bigram::add(std::span<const std::int32_t> ids) {
  for (std::size_t i = 1; i < ids.size(); ++i) {
    total_[at(ids[i - 1])] += 1;
    if (pairs_[key(ids[i - 1], ids[i])]++ == 0) {
      followers_[at(ids[i - 1])] += 1;
      leaders_[at(ids[i])] += 1;
      different_ += 1;
    }
  }
}

void Bigram::finish() {
  double once = 0;
  double twice = 0;
  for (const auto& [pair, count] : pairs_) {
    once += count == 1 ? 1 : 0;
    twice += count == 2 ? 1 : 0;
  }
  discount_ = once > 0 ? once / (once + 2 * twice) : 0.5;
}

double Bigram::probability(std::int32_t previous, std::int32_t next) const {
  // A tenth of a follower for every token keeps the never seen above zero.
  constexpr double kFloor = 0.1;
  const auto vocabulary = static_cast<double>(total_.size());
  const double continuation = (leaders_[at(next)] + kFloor) / (different_ + kFloor * vocabulary);
  const double total = total_[at(previous)];
  if (total == 0) {
    return continuation;
  }
  const auto found = pairs_.find(key(previous, next));
  const double own = found == pairs_.end() ? 0 : found->second - discount_;
  return (own + discount_ * followers_[at(previous)] * continuation) / total;
}

}  // namespace rs::demo
