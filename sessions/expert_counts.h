// SPDX-License-Identifier: Apache-2.0
//
// How many tokens of a piece of routing each expert took: stored beside the piece, so that SQL sums loads
// without decoding ids.
//
// Thread: one at a time, as its connection.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "sessions/sqlite/connection.h"
#include "sessions/types.h"

namespace rs::sessions {

// "[12,0,3]", in the order of ids: at least the model's experts, and virtual ones up to the last that took a
// token. Range: experts as RoutingPiece has them.
[[nodiscard]] std::string expertCounts(std::span<const std::byte> experts, int id_bytes, int n_experts);

// Stores the counts of every piece that has none: of a file of schema 1, or a salvaged one.
void addMissingCounts(Connection& session);

// The pieces of a run whose counts are missing or not those of their ids. Range: schema 2 or later.
void findWrongCounts(Connection& session, RunId run,
                     const std::function<void(int layer, int first, bool is_missing)>& found);

}  // namespace rs::sessions
