// SPDX-License-Identifier: Apache-2.0
#include "core/routing/ops_by_position.h"

#include <algorithm>
#include <iterator>

namespace rs {

void OpsByPosition::add(const RoutingProgram& program, const PositionSet& where, std::int32_t op) {
  if (where.everywhere) {
    everywhere_.push_back(op);
    return;
  }
  for (const std::int32_t position : program.ids(where.positions)) {
    named_.push_back({position, op});
  }
}

void OpsByPosition::sortNamed() {
  std::sort(named_.begin(), named_.end(), [](const Named& a, const Named& b) {
    return a.position != b.position ? a.position < b.position : a.op < b.op;
  });
}

std::span<const OpsByPosition::Named> OpsByPosition::namedAt(int position) const {
  const auto begin = std::lower_bound(named_.begin(), named_.end(), position,
                                      [](const Named& named, int p) { return named.position < p; });
  const auto end =
      std::find_if(begin, named_.end(), [&](const Named& named) { return named.position != position; });
  return {begin, end};
}

std::vector<std::int32_t> OpsByPosition::at(int position) const {
  std::vector<std::int32_t> own;
  for (const Named& named : namedAt(position)) {
    own.push_back(named.op);
  }
  std::vector<std::int32_t> all;
  std::merge(own.begin(), own.end(), everywhere_.begin(), everywhere_.end(), std::back_inserter(all));
  return all;
}

}  // namespace rs
