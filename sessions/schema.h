// SPDX-License-Identifier: Apache-2.0
//
// Versions of the session file: what makes one, and how an older one becomes a newer one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sessions/sqlite/connection.h"

namespace rs::sessions {

inline constexpr std::int32_t kApplicationId = 0x52534350;  // "RSCP"

// One step: from the version before to `version`, which is its place in the list, counted from 1.
struct Migration {
  int version = 0;
  std::string_view name;  // "0001_initial"
  std::string_view sql;
  void (*fill)(Connection&) = nullptr;  // then: what is slow or awkward to say in SQL
};

// The files of sessions/schema, in order.
[[nodiscard]] std::span<const Migration> allMigrations();
[[nodiscard]] int currentSchema();

// Makes an empty database a session. Range: the connection is open for writing.
void createSession(Connection& connection, const std::string& app_version,
                   std::span<const Migration> migrations = allMigrations());

// Brings an older session to the last version, in one transaction, after writing NAME.vN.bak beside it, N its
// version now. Returns the backup's path, "" if nothing was to do.
//
// Errors: Error{kIo} if backup or migration failed: the file is as it was.
std::string migrate(Connection& connection, std::span<const Migration> migrations = allMigrations());

// Takes the triggers that keep records from being changed out of a copy that is being made, and puts them
// back. Range: within a transaction, from construction to restore().
class WithoutTriggers {
 public:
  explicit WithoutTriggers(Connection& connection);
  void restore();

 private:
  Connection& connection_;
  std::vector<std::string> statements_;
};

enum class FileKind : std::uint8_t {
  kSession,
  kEmpty,          // no bytes
  kForeignSqlite,  // a database of another program
  kForeign,        // no SQLite database
};
// By the first 100 bytes.
[[nodiscard]] FileKind kindOf(std::string_view head);
// user_version by the first 100 bytes. Range: kindOf says kSession.
[[nodiscard]] int schemaOf(std::string_view head);

// Whether a file that does not begin as a session is one all the same. Cost: for files that do not, their
// first 16 MB are read. Errors: Error{kIo} if it cannot be read.
[[nodiscard]] bool hasBrokenHead(const std::string& path);

// Errors: Error{kModel} saying what the file is instead of a session, or that it is a damaged one; Error{kIo}
// if it cannot be read.
void checkIsSession(const std::string& path);

}  // namespace rs::sessions
