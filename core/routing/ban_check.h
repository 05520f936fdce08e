// SPDX-License-Identifier: Apache-2.0
//
// Whether bans leave enough experts for every choice that goes by logits, at every layer and position.
#pragma once

#include "core/routing/program_builder.h"

namespace rs {

// n_positions: length of the run, 0 if not known.
// Errors: Error{kUsage} naming the edit, layer and position, how many are needed and how many are left.
// Cost: by layer, n log n in the positions that edits name, times the edits that hold everywhere.
void checkBans(const ProgramBuilder& builder, int n_positions);

}  // namespace rs
