// SPDX-License-Identifier: Apache-2.0
//
// Runs and what they record, as rows. The other half, from rows to values, is run_reader.h.
//
// Thread: as the connection. Each function runs within the caller's transaction.
// Errors: as the connection.
#pragma once

#include <set>
#include <string>

#include "sessions/routing_piece.h"
#include "sessions/sqlite/connection.h"
#include "sessions/types.h"

namespace rs::sessions {

// command: last entry of the journal, 0 for none.
void insertRun(Connection& connection, RunId id, const RunSetup& setup, CommandId command);
void insertBatch(Connection& connection, const RunBatch& batch);
// From now on nothing of the run changes any more.
void endRun(Connection& connection, RunId id, Ending ending, const std::string& failure);

enum class WrittenRun : std::uint8_t { kNone, kUnfinished, kWhole };
[[nodiscard]] WrittenRun stateOf(Connection& connection, RunId id);

// Runs that a program left when it ended without ending them, but for those that it goes on with. Returns how
// many.
int endInterruptedRuns(Connection& connection, const std::set<RunId>& goes_on);

}  // namespace rs::sessions
