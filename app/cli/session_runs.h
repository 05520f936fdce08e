// SPDX-License-Identifier: Apache-2.0
//
// Runs for and from a session file: recorded as they go, and made again to be compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "app/cli/options.h"
#include "core/trace/comparison.h"
#include "sessions/session_reader.h"
#include "sessions/store.h"

namespace rs::app {

struct RecordRequest {
  RunRequest run;
  std::string edits_json;  // "" for none
  std::vector<std::string> virtual_experts;
  std::string device;
};

// Runs what the engine's program says into the session. Ctrl-C keeps what is finished.
struct Recorded {
  sessions::RunId run = 0;
  RunEnd end = RunEnd::kPromptDone;
  int n_tokens = 0;
};
[[nodiscard]] Recorded recordRun(sessions::SessionStore& store, LoadedModel& model, RecordRequest request,
                                 const Console& console);

// A stored run against the same run made now.
struct Replay {
  sessions::RunId run = 0;
  sessions::RunSetup setup;  // of the stored run, without its prompt
  int n_tokens = 0;
  int n_positions = 0;  // with routing, compared
  // Reasons for which bits may differ: "isa: avx512 then, avx2 now".
  std::vector<std::string> other;
  std::vector<std::string> differences;  // sentences; empty: the same, bit for bit
  Comparison comparison;
};

// Errors: Error{kModel} if the model is another one; as Engine::run.
[[nodiscard]] Replay replayRun(sessions::SessionReader& reader, sessions::RunId run, LoadedModel& model,
                               const std::string& device, const Console& console);

}  // namespace rs::app
