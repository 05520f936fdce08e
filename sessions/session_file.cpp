// SPDX-License-Identifier: Apache-2.0
#include "sessions/session_file.h"

#include <sys/vfs.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "sessions/run_writer.h"
#include "sessions/salvage.h"
#include "sessions/schema.h"

namespace rs::sessions {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kCheckedBytes = 16U << 20;  // small enough to be looked through on opening
constexpr int kPageBytes = 4096;
constexpr const char* kNotNowNote = "it cannot be written now (%s); each change tries again";
constexpr std::uintmax_t kRoomToWrite = 128U << 10;  // a log, its index and the first changes

// Locks and shared memory of write-ahead logging work within one host only.
bool isOnNetwork(const std::string& path) {
  constexpr long kNfs = 0x6969;
  constexpr long kSmb2 = 0xFE534D42;
  constexpr long kCifs = 0xFF534D42;
  struct statfs status {};
  const bool known = ::statfs(path.c_str(), &status) == 0;
  const auto type = static_cast<long>(status.f_type);
  return known && (type == kNfs || type == kSmb2 || type == kCifs);
}

// Before a log is begun: a file that has one cannot be read without room for the log's index.
void checkRoom(const std::string& path) {
  std::error_code unknown;  // a disk that does not tell is tried
  const fs::space_info space = fs::space(path, unknown);
  if (!unknown && space.available < kRoomToWrite) {
    throw Error(ErrorCode::kIo, "the disk is full; free space: " + printable(path, 400));
  }
}

void checkPages(Connection& connection) {
  if (connection.text("PRAGMA quick_check(1)") != "ok") {
    throw Error(ErrorCode::kModel, "opening a session: its pages contradict each other");
  }
}

}  // namespace

SessionFile::SessionFile(const StoreOptions& options) {
  std::error_code ignored;  // a path that cannot be resolved is told by what opens it
  const fs::path resolved = fs::weakly_canonical(options.path, ignored);
  opened_.path = resolved.empty() ? options.path : resolved.string();
  const bool exists = fs::exists(opened_.path, ignored);
  if (options.mode == OpenMode::kCreate && exists) {
    throw Error(ErrorCode::kUsage, "making a session: there is a file of that name; choose another: " +
                                       printable(options.path, 400));
  }
  if (!exists && options.mode != OpenMode::kCreate && options.mode != OpenMode::kOpenOrCreate) {
    throw Error(ErrorCode::kModel,
                "opening a session: there is no such file: " + printable(options.path, 400));
  }
  exists ? open(options) : create(options);
}

SessionFile::~SessionFile() = default;

void SessionFile::create(const StoreOptions& options) {
  SessionLock::Failure failure{};
  lock_ = SessionLock::take(opened_.path, failure);
  if (!lock_) {
    throw Error(ErrorCode::kIo, "making a session: the folder cannot be written; choose another: " +
                                    printable(opened_.path, 400));
  }
  try {
    connection_ = std::make_unique<Connection>(opened_.path, Access::kCreate);
    createSession(*connection_, options.app_version);
    startWriting(options);
  } catch (const Error&) {
    connection_.reset();
    std::error_code ignored;  // the cause is on its way up
    fs::remove(opened_.path, ignored);
    throw;
  }
  opened_.schema = currentSchema();
}

void SessionFile::open(const StoreOptions& options) {
  if (options.salvages && hasBrokenHead(opened_.path)) {
    salvage(options, "its beginning was overwritten");
    return;
  }
  checkIsSession(opened_.path);
  opened_.schema = schemaOf(readHead(opened_.path));
  if (opened_.schema < 1) {
    throw Error(ErrorCode::kModel, "opening a session: it has no schema number, so it was never finished: " +
                                       printable(opened_.path, 400));
  }
  try {
    if (opened_.schema > currentSchema()) {
      openReadOnly(ReadOnlyReason::kNewerSchema,
                   format("made by a later version of Routescope (schema %d, this one knows %d): open for "
                          "reading only",
                          opened_.schema, currentSchema()));
    } else if (options.mode == OpenMode::kRead) {
      openReadOnly(ReadOnlyReason::kAskedFor, "");
    } else {
      openForWriting(options);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel || !options.salvages || opened_.schema > currentSchema()) {
      throw;
    }
    salvage(options, error.what());
  }
}

void SessionFile::openForWriting(const StoreOptions& options) {
  if (!takeLock()) {
    return;
  }
  try {
    connection_ = std::make_unique<Connection>(opened_.path, Access::kWrite);
    if (fs::file_size(opened_.path) <= kCheckedBytes) {
      checkPages(*connection_);
    }
    if (!bringUpToDate()) {
      return;
    }
    checkRoom(opened_.path);
    startWriting(options);
    endInterrupted(options.goes_on);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) {
      throw;
    }
    leaveLog();
    lock_.reset();
    openReadOnly(ReadOnlyReason::kNotNow, format(kNotNowNote, error.what()));
  }
}

// False: it is open for reading only.
bool SessionFile::takeLock() {
  SessionLock::Failure failure = SessionLock::Failure::kCannotWrite;
  if (sessions::canWrite(opened_.path)) {
    lock_ = SessionLock::take(opened_.path, failure);
  }
  if (lock_) {
    return true;
  }
  switch (failure) {
    case SessionLock::Failure::kHeld:
      openReadOnly(ReadOnlyReason::kLocked, "open in another window or program: open for reading only here");
      break;
    case SessionLock::Failure::kCannotWrite:
      openReadOnly(ReadOnlyReason::kCannotWrite,
                   "file or folder cannot be written: open for reading only; save it elsewhere to go on");
      break;
    case SessionLock::Failure::kNoRoom:
      openReadOnly(ReadOnlyReason::kNotNow, format(kNotNowNote, "the disk is full"));
      break;
  }
  return false;
}

// False: it could not be, and is open for reading only.
bool SessionFile::bringUpToDate() {
  try {
    opened_.backup = migrate(*connection_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) {
      throw;
    }
    connection_.reset();
    lock_.reset();
    openReadOnly(ReadOnlyReason::kCannotWrite,
                 format("made by an earlier version (schema %d) and not brought up to date (%s): open for "
                        "reading only; save it where there is room to go on",
                        opened_.schema, error.what()));
    return false;
  }
  if (!opened_.backup.empty()) {
    opened_.notes.push_back(format("brought from schema %d to %d; the file as it was: %s", opened_.schema,
                                   currentSchema(), opened_.backup.c_str()));
    opened_.schema = currentSchema();
  }
  return true;
}

void SessionFile::endInterrupted(const std::set<RunId>& goes_on) {
  Transaction transaction(*connection_);
  opened_.interrupted_runs = endInterruptedRuns(*connection_, goes_on);
  transaction.commit();
  if (opened_.interrupted_runs > 0) {
    opened_.notes.push_back(format("%d run%s not finished when the program ended; what was recorded is here",
                                   opened_.interrupted_runs,
                                   opened_.interrupted_runs == 1 ? " was" : "s were"));
  }
}

void SessionFile::startWriting(const StoreOptions& options) {
  if (isOnNetwork(opened_.path)) {
    opened_.notes.emplace_back("on a network disk: only one computer may have it open at a time");
  } else {
    static_cast<void>(connection_->text("PRAGMA journal_mode = WAL"));
  }
  connection_->execute("PRAGMA synchronous = NORMAL");
  // What is removed is overwritten, so that no salvage finds it again.
  connection_->execute("PRAGMA secure_delete = 1");
  if (options.max_file_bytes > 0) {
    connection_->execute(
        format("PRAGMA max_page_count = %lld", static_cast<long long>(options.max_file_bytes / kPageBytes)));
  }
}

void SessionFile::openReadOnly(ReadOnlyReason reason, const std::string& note) {
  opened_.read_only = reason;
  if (!note.empty()) {
    opened_.notes.push_back(note);
  }
  const auto reader = openForReading(opened_.path);
  static_cast<void>(reader->number("SELECT count(*) FROM run"));  // a damaged schema is told now
}

void SessionFile::giveUp(ReadOnlyReason reason, const std::string& note) {
  close();
  openReadOnly(reason, note);
}

void SessionFile::salvage(const StoreOptions& options, const std::string& damage) {
  connection_.reset();
  const std::string damaged = opened_.path;
  const Salvage saved = salvageSession(damaged, "", options.app_version);
  lock_.reset();
  StoreOptions again = options;
  again.path = saved.path;
  again.salvages = false;
  again.mode = options.mode == OpenMode::kRead ? OpenMode::kRead : OpenMode::kOpen;
  opened_ = Opened();
  opened_.path = saved.path;
  opened_.is_salvaged = true;
  opened_.notes.push_back("the file is damaged (" + damage + ")");
  opened_.notes.push_back(saved.summary());
  open(again);
}

void SessionFile::sync() {
  static_cast<void>(connection_->number("PRAGMA wal_checkpoint(PASSIVE)"));
}

// Closes it as one file again that is read without anything beside it, where that can be. It takes no room:
// the log's index and the journal are in memory, which is safe for a change within one sector of the file.
void SessionFile::leaveLog() {
  connection_.reset();  // its index may be one for which there was no room
  try {
    Connection alone(opened_.path, Access::kWrite);
    alone.execute("PRAGMA busy_timeout = 50");  // a reader that stays is no reason to wait
    alone.execute("PRAGMA locking_mode = EXCLUSIVE");
    if (alone.text("PRAGMA journal_mode = MEMORY") == "memory") {
      std::error_code ignored;  // most often it is not there
      fs::remove(opened_.path + "-shm", ignored);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) {
      throw;
    }
  }
}

void SessionFile::close() {
  if (connection_ != nullptr) {
    // A reader that is still open keeps the -wal file alive; it goes when the reader does.
    static_cast<void>(connection_->number("PRAGMA wal_checkpoint(TRUNCATE)"));
    leaveLog();
  }
  lock_.reset();
}

std::unique_ptr<Connection> openForReading(const std::string& path) {
  std::error_code ignored;  // not there is a fine answer
  const bool has_log = fs::exists(path + "-wal", ignored);
  const bool is_frozen = !has_log && !isLocked(path) && !sessions::canWrite(path);
  auto connection = std::make_unique<Connection>(path, is_frozen ? Access::kReadFrozen : Access::kRead);
  connection->forbidWriting();
  return connection;
}

}  // namespace rs::sessions
