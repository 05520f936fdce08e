// SPDX-License-Identifier: Apache-2.0
//
// Everything that a session file holds for the window: runs, edits, undo, notes, prompt, where the cursor
// stood, and where the model is that made the runs.
//
// Thread: any; slow for long sessions, so not the window's.
#pragma once

#include <QByteArray>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sessions/session_reader.h"
#include "ui/session/stored_runs.h"

namespace rs::ui {

// Keys of the table layout.
inline constexpr const char* kWindowLayout = "window";
inline constexpr const char* kPromptLayout = "prompt";
inline constexpr const char* kPlaceLayout = "place";

// Kinds of documents that are steering.
inline constexpr const char* kEditsKind = "edits";
inline constexpr const char* kVirtualKind = "virtual_experts";

// What was looked at. Runs by their number in the file; 0: none.
struct Place {
  Cursor cursor;
  sessions::RunId shown = 0;
  sessions::RunId reference = 0;
};

// The model that made the newest run, as it is found on this machine.
struct WantedModel {
  std::string name;
  std::string hash;         // "": no run, no model
  std::string path;         // as OpenModel takes it; "": not known here, or not what it was
  std::string problem;      // why it cannot be opened, for people; "": it can
  std::uint64_t bytes = 0;  // of its weights
};

struct StoredSession {
  StoredRuns runs;
  Steering steering;
  Documents documents;
  std::vector<Step> past;
  int n_done = 0;
  QByteArray layout;
  std::optional<Prompt> prompt;
  std::optional<Place> place;
  WantedModel model;
};

// Errors: Error{kModel}, Error{kIo} as SessionReader.
[[nodiscard]] StoredSession loadSession(const std::string& path);

[[nodiscard]] WantedModel findModel(const sessions::ModelFacts& facts);

[[nodiscard]] std::string editsValue(const Steering& steering);
[[nodiscard]] std::string virtualValue(const Steering& steering);
[[nodiscard]] QByteArray promptValue(const Prompt& prompt);
[[nodiscard]] QByteArray placeValue(const Place& place);
// As the table layout takes them.
[[nodiscard]] std::vector<std::byte> bytesOf(const QByteArray& value);

}  // namespace rs::ui
