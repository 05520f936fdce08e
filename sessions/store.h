// SPDX-License-Identifier: Apache-2.0
//
// The one writer of a session file: requests go in with a ticket and never wait for the disk; a thread of its
// own writes them in order; events say when they are durable. A window, a verb and a test are all its
// clients.
//
//   SessionStore store({path, OpenMode::kOpen, kVersion}, [] { wakeTheWindow(); });
//   const Ticket ticket = store.change("user", "ban expert 3", {{"edits", "", json}});
//   … later, in the window's thread: for (const StoreEvent& event : store.takeEvents()) …
//
// Durable means: in the file, whatever happens to this process (kill -9). A power failure can take what was
// written in the last two seconds, never more, and never damages the file.
//
// Thread: any, but one at a time closes it. Errors do not leave the writing thread as exceptions: they are
// events, and what wait() throws.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "sessions/routing_piece.h"
#include "sessions/types.h"

namespace rs::sessions {

enum class OpenMode : std::uint8_t {
  kOpen,    // for writing; read only where that cannot be
  kCreate,  // a new file: refused if there is one
  kOpenOrCreate,
  kRead,  // without writing anything
};

struct StoreOptions {
  std::string path;
  OpenMode mode = OpenMode::kOpen;
  std::string app_version;
  // A file that turns out to be damaged is saved, as far as it can be read, beside it and that is opened.
  bool salvages = true;
  // Requests that may wait for the disk; beyond either limit a request fails at once.
  std::size_t max_queued = 4096;
  std::size_t max_queued_bytes = std::size_t{256} << 20;
  std::int64_t max_file_bytes = 0;  // 0: as the disk allows
  std::set<RunId> goes_on = {};     // unfinished runs that will be begun again: not ended as interrupted
};

enum class ReadOnlyReason : std::uint8_t {
  kNone,
  kAskedFor,
  kNewerSchema,  // made by a later version of the program
  kLocked,       // another process has it open for writing
  kCannotWrite,  // permissions, or a disk mounted read only
  kNotNow,       // no room, or another program is in the way: each request tries again
  kChanged,      // it was kNotNow, and another program wrote to it meanwhile
};

// What opening found.
struct Opened {
  std::string path;          // of the file in use; another one after salvage
  bool is_salvaged = false;  // it holds what could be saved of a damaged one
  ReadOnlyReason read_only = ReadOnlyReason::kNone;
  int schema = 0;
  std::string backup;              // written before a migration; "" if none was needed
  int interrupted_runs = 0;        // that a crash left unfinished, now marked as such
  std::vector<std::string> notes;  // sentences for the user: why read only, what salvage lost, …
};

enum class StoreEventKind : std::uint8_t {
  kOpened,     // `opened`
  kSaved,      // the ticket's request is durable
  kFailed,     // it is not: code, message
  kDocuments,  // documents changed by the ticket's request: changes, undo; comes before its kSaved
  kClosed,
};

struct StoreEvent {
  StoreEventKind kind{};
  Ticket ticket = 0;
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::shared_ptr<const Opened> opened;
  std::vector<Change> changes;
  UndoState undo;
  CommandId command = 0;
};

class SessionStore {
 public:
  // Opening goes on behind; the event kOpened or kFailed with ticket 0 ends it. After a failure every request
  // fails, and so does one to a file that is read only, but for saveCopy. A second kOpened says that a file
  // became read only after all. `wake` is called from the writing thread, and must not call back.
  explicit SessionStore(StoreOptions options, std::function<void()> wake = {});
  // Closes: what is queued is written first.
  ~SessionStore();
  SessionStore(const SessionStore&) = delete;
  SessionStore& operator=(const SessionStore&) = delete;

  // Waits until the file is open. Errors: what opening threw.
  Opened waitOpened();
  // Waits until a request is durable. Errors: what it failed with, once.
  void wait(Ticket ticket);
  // Waits for everything queued so far; failures stay with their tickets.
  void flush();

  [[nodiscard]] std::vector<StoreEvent> takeEvents();

  // The journal. Values are JSON; equal values are no change and leave no entry.
  Ticket change(std::string actor, std::string title, std::vector<Change> changes);
  // The documents are these and no others, whatever became of the changes before.
  Ticket setDocuments(std::string actor, std::string title, std::vector<Document> documents);
  Ticket undo(std::string actor);
  Ticket redo(std::string actor);
  // As of the last durable request.
  [[nodiscard]] UndoState undoState() const;

  // A run: begun, appended to as it goes (recorder.h makes the batches), ended.
  // Range: after kOpened. beginRun gives the run's id at once.
  struct Begun {
    RunId run = 0;
    Ticket ticket = 0;
  };
  // Once a request of a run has failed, so do the later ones: a run that has ended is whole.
  Begun beginRun(RunSetup setup);
  // After such a failure, or in a copy: the run is written from its beginning, by the number that it has.
  // What the file holds of it already is not written twice, and nothing at all if it has ended there.
  Ticket beginAgain(RunId run, RunSetup setup);
  // The ticket 0: refused, the queue is full; the batch is still the caller's.
  Ticket append(RunBatch& batch);
  Ticket endRun(RunId run, Ending ending, std::string failure = "");

  // Bytes that a view wants back as they are.
  Ticket setLayout(std::string key, std::vector<std::byte> bytes);

  // Copies what is committed when its turn comes; the file appears whole or not at all.
  Ticket saveCopy(std::string path, bool without_text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rs::sessions
