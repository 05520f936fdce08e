// SPDX-License-Identifier: Apache-2.0
#include "sessions/schema.h"

#include <array>
#include <filesystem>
#include <random>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "sessions/expert_counts.h"
#include "sessions/salvage.h"
#include "sessions/schema/embedded.h"
#include "sessions/types.h"

namespace rs::sessions {
namespace {

constexpr std::size_t kSchemaOffset = 60;
constexpr std::size_t kApplicationOffset = 68;
constexpr std::string_view kMagic("SQLite format 3\0", 16);

std::uint32_t bigEndian(std::string_view head, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(head[offset + i]);
  }
  return value;
}

// Random, version 4.
std::string newUuid() {
  std::random_device source;
  std::array<std::uint32_t, 4> words{};
  for (std::uint32_t& word : words) {
    word = source();
  }
  return format("%08x-%04x-4%03x-%04x-%04x%08x", words[0], words[1] >> 16, words[1] & 0xFFF,
                (words[2] >> 16 & 0x3FFF) | 0x8000, words[2] & 0xFFFF, words[3]);
}

void apply(Connection& connection, std::span<const Migration> migrations, int from) {
  for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(from))) {
    connection.execute(std::string(migration.sql));
    if (migration.fill != nullptr) {
      migration.fill(connection);
    }
    connection.execute(format("PRAGMA user_version = %d", migration.version));
  }
}

// Whole or not at all: a backup that is there already is not lost to one that fails.
void backUp(Connection& connection, const std::string& path) {
  namespace fs = std::filesystem;
  const std::string part = path + ".part";
  std::error_code failure;
  fs::remove(part, failure);
  try {
    connection.copyTo(part);
  } catch (const Error&) {
    fs::remove(part, failure);  // the cause is on its way up
    throw;
  }
  fs::rename(part, path, failure);
  if (failure) {
    fs::remove(part);
    throw Error(ErrorCode::kIo, "copying a session before it is brought up to date: " + failure.message() +
                                    ": " + printable(path, 400));
  }
}

}  // namespace

std::span<const Migration> allMigrations() {
  static const auto kAll = [] {
    auto migrations = std::to_array(kEmbeddedMigrations);
    migrations.at(1).fill = addMissingCounts;
    return migrations;
  }();
  return kAll;
}

int currentSchema() {
  return allMigrations().back().version;
}

void createSession(Connection& connection, const std::string& app_version,
                   std::span<const Migration> migrations) {
  Transaction transaction(connection);
  connection.execute(format("PRAGMA application_id = %d", kApplicationId));
  apply(connection, migrations, 0);
  connection.prepare("INSERT INTO session (only, uuid, created_at, app_version) VALUES (1, ?, ?, ?)")
      .run(newUuid(), utcNow(), app_version);
  transaction.commit();
}

std::string migrate(Connection& connection, std::span<const Migration> migrations) {
  const auto from = static_cast<int>(connection.number("PRAGMA user_version"));
  if (from >= migrations.back().version) {
    return "";
  }
  std::string backup = connection.path() + format(".v%d.bak", from);
  backUp(connection, backup);
  Transaction transaction(connection);
  apply(connection, migrations, from);
  transaction.commit();
  return backup;
}

WithoutTriggers::WithoutTriggers(Connection& connection) : connection_(connection) {
  std::vector<std::string> names;
  {
    Statement rows = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
    while (rows.step()) {
      names.emplace_back(rows.text(0));
      statements_.emplace_back(rows.text(1));
    }
  }
  for (const std::string& name : names) {
    connection.execute("DROP TRIGGER " + name);
  }
}

void WithoutTriggers::restore() {
  for (const std::string& statement : statements_) {
    connection_.execute(statement);
  }
}

FileKind kindOf(std::string_view head) {
  if (head.empty()) {
    return FileKind::kEmpty;
  }
  if (head.size() < 100 || head.substr(0, kMagic.size()) != kMagic) {
    return FileKind::kForeign;
  }
  return bigEndian(head, kApplicationOffset) == static_cast<std::uint32_t>(kApplicationId)
             ? FileKind::kSession
             : FileKind::kForeignSqlite;
}

int schemaOf(std::string_view head) {
  return static_cast<int>(bigEndian(head, kSchemaOffset));
}

bool hasBrokenHead(const std::string& path) {
  const std::string head = readHead(path);
  switch (kindOf(head)) {
    case FileKind::kSession:
      return schemaOf(head) < 1 && holdsSession(path);
    case FileKind::kEmpty:
      return false;
    case FileKind::kForeignSqlite:
    case FileKind::kForeign:
      break;
  }
  return holdsSession(path);
}

void checkIsSession(const std::string& path) {
  const std::string head = readHead(path);
  const std::string where = ": " + printable(path, 400);
  if (hasBrokenHead(path)) {
    throw Error(ErrorCode::kModel,
                "opening a session: the beginning of the file is damaged; routescope session check --salvage "
                "saves what can be read" +
                    where);
  }
  switch (kindOf(head)) {
    case FileKind::kSession:
      return;
    case FileKind::kEmpty:
      throw Error(ErrorCode::kModel, "opening a session: the file is empty" + where);
    case FileKind::kForeignSqlite:
      throw Error(ErrorCode::kModel,
                  format("opening a session: this is a SQLite database of another program (application id "
                         "0x%08x, expected 0x%08x)",
                         bigEndian(head, kApplicationOffset), static_cast<unsigned>(kApplicationId)) +
                      where);
    case FileKind::kForeign:
      throw Error(ErrorCode::kModel,
                  "opening a session: expected a SQLite database, found a file that begins with " +
                      inQuotes(head.substr(0, 16)) + where);
  }
}

}  // namespace rs::sessions
