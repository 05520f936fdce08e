// SPDX-License-Identifier: Apache-2.0
//
// A session file open for its writer: found out what it is, locked, migrated, set to write-ahead logging, and
// on closing made one file again.
//
// Thread: one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sessions/session_lock.h"
#include "sessions/sqlite/connection.h"
#include "sessions/store.h"

namespace rs::sessions {

class SessionFile {
 public:
  // Errors: Error{kModel} for a file that is no session or so damaged that nothing can be saved; Error{kIo}
  // if it cannot be opened or made; Error{kUsage} if it should be made and is there.
  explicit SessionFile(const StoreOptions& options);
  ~SessionFile();
  SessionFile(const SessionFile&) = delete;
  SessionFile& operator=(const SessionFile&) = delete;

  [[nodiscard]] const Opened& opened() const { return opened_; }
  [[nodiscard]] bool canWrite() const { return opened_.read_only == ReadOnlyReason::kNone; }
  // Range: canWrite().
  [[nodiscard]] Connection& connection() { return *connection_; }
  // Closes it for writing; it stays open for reading only. Errors: as close().
  void giveUp(ReadOnlyReason reason, const std::string& note);
  // Puts what is committed on the disk for good.
  void sync();
  // Errors: Error{kIo}; what is committed is then in the file and NAME-wal together.
  void close();

 private:
  void create(const StoreOptions& options);
  void open(const StoreOptions& options);
  void openForWriting(const StoreOptions& options);
  bool takeLock();
  bool bringUpToDate();
  void openReadOnly(ReadOnlyReason reason, const std::string& note);
  void salvage(const StoreOptions& options, const std::string& damage);
  void startWriting(const StoreOptions& options);
  void endInterrupted(const std::set<RunId>& goes_on);
  void leaveLog();

  Opened opened_;
  std::optional<SessionLock> lock_;
  std::unique_ptr<Connection> connection_;
};

// A connection for reading, whoever else has the file open, on a disk that may be read only.
[[nodiscard]] std::unique_ptr<Connection> openForReading(const std::string& path);

}  // namespace rs::sessions
