// SPDX-License-Identifier: Apache-2.0
//
// Stands in for the models whose rows a damaged file has lost, so that their runs can be kept.
#pragma once

#include "sessions/sqlite/connection.h"

namespace rs::sessions {

// Gives every model that runs refer to and that is not there a row by the name `lost model N`, without the
// hashes, which only that row had. Its dimensions are those that the runs' own routing has; where that does
// not tell them, for want of router logits or of a run without virtual experts, nothing is made up. Returns
// how many.
long long replaceLostModels(Connection& session);

}  // namespace rs::sessions
