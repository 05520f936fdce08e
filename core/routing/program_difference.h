// SPDX-License-Identifier: Apache-2.0
//
// Where two programs begin to do different things: what a pass under the first already holds of a pass under
// the second.
//
// Thread: pure functions.
#pragma once

#include <limits>
#include <vector>

#include "core/routing/program.h"

namespace rs {

inline constexpr int kNoPosition = std::numeric_limits<int>::max();

// By layer, the first position at which the rows that apply differ in kind, order or value; kNoPosition if
// there is none. Programs are compared by what they do at a position, not by how their edits are written: two
// edits over halves of the positions equal one over both.
//
// Range: of one model, with the firings of one token list entered in both.
// Cost: by layer, n log n in the positions that rows name, times the rows that hold everywhere.
[[nodiscard]] std::vector<int> firstDifferences(const RoutingProgram& a, const RoutingProgram& b);

// By layer, all positions below n_positions at which the rows that apply differ, ascending.
[[nodiscard]] std::vector<std::vector<int>> differences(const RoutingProgram& a, const RoutingProgram& b,
                                                        int n_positions);

}  // namespace rs
