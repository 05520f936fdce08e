// SPDX-License-Identifier: Apache-2.0
//
// The part of high-level virtual experts that is the same for all: options and the run over a token sequence.
#include "core/experts/virtual_expert.h"

#include <algorithm>
#include <array>

namespace rs {
namespace {

constexpr std::array<std::string_view, 5> kModes{"observe", "compete", "reserve", "replace", "force"};
constexpr int kReserve = 2;

}  // namespace

PushOptions::PushOptions() : mode{kModes, kReserve} {}

void PushOptions::visit(ParamVisitor& visitor) {
  visitor(layers, "layers", "layers it acts in, such as 5, 4..5 or -2..-1 (counted from the end)");
  visitor(mode, "mode", "how it takes part in the routing there");
  visitor(weight, "weight", "mode reserve: weight of its slot; the model's own weights shrink to the rest",
          {0, 1});
  visitor(logit, "logit", "mode compete: its router logit", {-1e6, 1e6});
  visitor(expert, "expert", "mode replace: the expert whose slot and weight it takes", {0, 1 << 20});
  visitor(scale, "scale", "length of the vector it adds, before the weight", {0, 1e6});
}

void VirtualExpert::visit(ParamVisitor& visitor) {
  push_.visit(visitor);
  visitOwn(visitor);
}

VirtualRun::VirtualRun(const VirtualExpert& expert, const TokenText& text)
    : expert_(expert), text_(text), reader_(expert.reader(text)) {}

void VirtualRun::restart() {
  reader_ = expert_.reader(text_);
  tokens_.clear();
  firings_.clear();
  abstentions_.clear();
}

void VirtualRun::append(int token) {
  reaction_.clear();
  reader_->read(token, size(), reaction_);
  tokens_.push_back(token);
  if (reaction_.fires) {
    firings_.push_back(reaction_.firing);
  }
  if (reaction_.abstains) {
    abstentions_.push_back(reaction_.abstention);
  }
}

void VirtualRun::follow(std::span<const int> tokens) {
  const bool grows =
      tokens.size() >= tokens_.size() && std::equal(tokens_.begin(), tokens_.end(), tokens.begin());
  if (!grows) {
    restart();
  }
  for (std::size_t i = tokens_.size(); i < tokens.size(); ++i) {
    append(tokens[i]);
  }
}

const Firing* VirtualRun::firingAt(int position) const {
  const auto at = std::lower_bound(firings_.begin(), firings_.end(), position,
                                   [](const Firing& firing, int wanted) { return firing.position < wanted; });
  return at != firings_.end() && at->position == position ? &*at : nullptr;
}

}  // namespace rs
