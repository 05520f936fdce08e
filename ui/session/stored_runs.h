// SPDX-License-Identifier: Apache-2.0
//
// The runs of a session file as the panes show runs, without the model that made them. Of the routing of long
// runs the beginning alone: RunsOnDemand reads the rest of those that are looked at.
//
// Thread: any; not the window's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sessions/session_reader.h"
#include "ui/workbench.h"

namespace rs::ui {

struct StoredRuns {
  std::vector<StoredRun> runs;        // oldest first; id: minus that of the file
  sessions::ModelFacts model;         // of the newest run; no hash: there is no run
  std::vector<std::string> problems;  // runs that could not be read, in words
};

// Errors: Error{kModel}, Error{kIo} as SessionReader, for the file as a whole.
[[nodiscard]] StoredRuns loadStoredRuns(sessions::SessionReader& reader);

// One of them, whole; the text of its tokens is added to names.
[[nodiscard]] std::shared_ptr<const RunSnapshot> loadStoredRun(sessions::SessionReader& reader,
                                                               sessions::RunId id,
                                                               std::map<std::int32_t, std::string>& names);

}  // namespace rs::ui
