// SPDX-License-Identifier: Apache-2.0
//
// Routing that was read from a damaged file and cannot be what was recorded: a part of a blob can be lost
// without a trace in its length, but not without one in what the numbers say together.
#pragma once

#include "sessions/sqlite/connection.h"

namespace rs::sessions {

// Removes pieces with decisions that are none, and pieces whose margins do not follow from their logits.
// Returns how many rows went. Range: within a transaction of a session that is being made.
long long removeContradictions(Connection& session);

}  // namespace rs::sessions
