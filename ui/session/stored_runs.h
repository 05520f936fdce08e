// SPDX-License-Identifier: Apache-2.0
//
// The runs of a session file as the panes show runs, without the model that made them.
//
// Thread: any; slow for long runs, so not the window's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"
#include "sessions/session_reader.h"
#include "ui/reading/token_names.h"

namespace rs::ui {

struct StoredRuns {
  std::vector<std::shared_ptr<const RunSnapshot>> runs;  // oldest first; id: minus that of the file
  std::shared_ptr<const TokenNames> names;               // null: the session was stored without text
  sessions::ModelFacts model;                            // of the newest run
  std::vector<std::string> problems;                     // runs that could not be read, in words
};

// Errors: Error{kModel}, Error{kIo} as SessionReader, for the file as a whole.
[[nodiscard]] StoredRuns loadStoredRuns(sessions::SessionReader& reader);

}  // namespace rs::ui
