// SPDX-License-Identifier: Apache-2.0
//
// What a session holds, as values: runs and what they recorded, the user's documents, the journal.
//
// Thread: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/engine.h"

namespace rs::sessions {

using RunId = std::int64_t;      // from 1, within a session
using CommandId = std::int64_t;  // from 1, within a session
using Ticket = std::uint64_t;    // of one request to a store, from 1

inline constexpr int kPiece = 1024;  // positions of one stored piece of routing at most

// The dimensions that make a run readable without its model.
struct ModelFacts {
  std::string name;  // without any path
  std::string hash;
  std::string tokenizer_hash;  // "": the model has no tokenizer
  int n_layers = 0;
  int n_experts = 0;
  int top_k = 0;
  int vocab = 0;
  friend bool operator==(const ModelFacts&, const ModelFacts&) = default;
};

// What, besides model and request, decides the bits of a run, and where it ran.
struct Provenance {
  std::string precision;  // "exact", "fast"
  std::string backend;    // "cpu"
  std::string isa;        // "avx512"
  std::string device;     // "cpu", "cuda:0"
  std::string app_version;
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// Everything a run is asked for. A run stands for itself: prompt holds all tokens it did not choose, a branch
// those of its parent too, and the whole run is as if made from position 0 under its own edits.
struct RunSetup {
  ModelFacts model;
  Provenance provenance;
  std::optional<RunId> parent;
  std::optional<int> branch_position;  // first position that is not the parent's
  std::vector<std::int32_t> prompt;
  int max_new_tokens = 0;
  Sampling sampling;
  std::vector<std::int32_t> stop_ids;
  int n_valid_ids = 0;
  std::string edits_json;                    // as editsToJson writes; "" for none
  std::vector<std::string> virtual_experts;  // specifications, as after --virtual
};

enum class Ending : std::uint8_t {
  kPrompt,
  kStopToken,
  kLength,
  kStopped,
  kContextFull,
  kCancelled,
  kFailed,
  kInterrupted,  // the program ended before the run did
};
[[nodiscard]] std::string nameOf(Ending ending);  // "stop token"
[[nodiscard]] Ending endingOf(RunEnd end);

// A line of the list of runs.
struct RunSummary {
  RunId id = 0;
  std::optional<RunId> parent;
  std::optional<int> branch_position;
  std::string model;
  std::string started_at, ended_at;  // UTC, ISO 8601; ended_at "": it has not
  std::string ending;                // "": it has not
  int n_prompt = 0;
  int n_tokens = 0;  // stored
  int n_edits = 0;
  std::vector<std::string> virtual_experts;
};

struct StoredRun {
  RunSummary summary;
  RunSetup setup;  // prompt: read from the tokens
  std::string failure;
  std::optional<CommandId> command;  // last entry of the journal when it began
};

struct StoredToken {
  int position = 0;
  std::int32_t id = 0;
  std::optional<double> logprob;       // of this token after those before it
  std::optional<std::string> bytes;    // absent: stored without text
  std::optional<double> next_entropy;  // nats, of what may follow it
  friend bool operator==(const StoredToken&, const StoredToken&) = default;
};

struct Candidate {
  int position = 0;  // after this token
  int rank = 0;      // from 0
  std::int32_t id = 0;
  double logprob = 0;
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// What the user made. Kinds: edits, virtual_experts, note, name, bookmark, setting; a new kind needs no
// schema.
struct Document {
  std::string kind;
  std::string key;
  std::string value;  // JSON
  friend bool operator==(const Document&, const Document&) = default;
};

// One document set to a value, or removed.
struct Change {
  std::string kind;
  std::string key;
  std::optional<std::string> value;  // JSON; absent: removed
  friend bool operator==(const Change&, const Change&) = default;
};

enum class CommandKind : std::uint8_t { kDo, kUndo, kRedo };

// An entry of the journal. Applying the forward changes of all entries in order to nothing gives the
// documents.
struct Command {
  CommandId id = 0;
  std::string at;     // UTC
  std::string actor;  // "user", "command line", …
  CommandKind kind{};
  std::optional<CommandId> target;  // what is undone or redone
  std::string title;                // "ban expert 3 in layer 5"
  std::vector<Change> forward, inverse;
};

// What undo and redo would do next.
struct UndoState {
  std::string undo_title;  // "": nothing to undo
  std::string redo_title;
  bool can_undo = false;
  bool can_redo = false;
  friend bool operator==(const UndoState&, const UndoState&) = default;
};

struct SessionInfo {
  std::string uuid;
  std::string created_at;
  std::string app_version;
  bool is_without_text = false;
  int schema = 0;
  std::uint64_t bytes = 0;  // of the file
};

// Now, UTC: "2026-11-25T19:40:19.123Z".
[[nodiscard]] std::string utcNow();

}  // namespace rs::sessions
