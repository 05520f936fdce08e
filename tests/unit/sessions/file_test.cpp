// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the file: migrations, newer versions, damage, copies.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "sessions/salvage.h"
#include "sessions/schema.h"
#include "tests/support/model_files.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::readBytes;
using rs::test::TemporaryDirectory;

std::string makeSession(const TemporaryDirectory& directory, int n = 40) {
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  recordRun(store, n);
  store.change("user", "a note", {note("t1", "secret note")});
  store.wait(store.change("user", "edits", {{"edits", "", R"([{"op": "ban", "name": "secret name"}])"}}));
  store.wait(store.setLayout("main", {std::byte{1}}));
  return path;
}

std::vector<Migration> withSecond(std::string_view sql) {
  std::vector<Migration> migrations(allMigrations().begin(), allMigrations().end());
  migrations.push_back({static_cast<int>(migrations.size()) + 1, "later", sql});
  return migrations;
}

TEST_CASE("an older session is brought up to date after a backup") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  const std::string backup = path + ".v" + std::to_string(currentSchema()) + ".bak";
  const auto migrations =
      withSecond("ALTER TABLE session ADD COLUMN motto TEXT; UPDATE session SET motto = 'x'");
  {
    Connection connection(path, Access::kWrite);
    CHECK(migrate(connection, migrations) == backup);
    CHECK(connection.number("PRAGMA user_version") == currentSchema() + 1);
    CHECK(connection.text("SELECT motto FROM session") == "x");
    CHECK(migrate(connection, migrations).empty());
  }
  CHECK(SessionReader(backup).runs().size() == 1);
  SECTION("and this version, which knows less, opens it for reading only") {
    const std::string before = readBytes(path);
    {
      SessionStore store(reopen(path));
      const Opened opened = store.waitOpened();
      CHECK(opened.read_only == ReadOnlyReason::kNewerSchema);
      CHECK_THAT(opened.notes.at(0), Catch::Contains("later version"));
      CHECK(SessionReader(path).tokens(1).size() == 40);
    }
    CHECK(readBytes(path) == before);
  }
}

TEST_CASE("a migration that fails leaves the session as it was") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  Connection connection(path, Access::kWrite);
  CHECK_THROWS_AS(migrate(connection, withSecond("CREATE TABLE extra (a); SELECT nonsense FROM nowhere")),
                  Error);
  CHECK(connection.number("PRAGMA user_version") == currentSchema());
  CHECK(connection.number("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'") == 0);
}

TEST_CASE("the head of a session says what it is") {
  const TemporaryDirectory directory;
  const std::string head = readHead(makeSession(directory));
  CHECK(kindOf(head) == FileKind::kSession);
  CHECK(schemaOf(head) == currentSchema());
  CHECK(head.substr(68, 4) == "RSCP");
  CHECK(kindOf(head.substr(0, 99)) == FileKind::kForeign);
}

TEST_CASE("every table is strict and every key leads somewhere") {
  const TemporaryDirectory directory;
  Connection connection(makeSession(directory), Access::kRead);
  CHECK(connection.number("SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict = 0 "
                          "AND name NOT LIKE 'sqlite_%'") == 0);
  CHECK(connection.text("PRAGMA foreign_key_check").empty());
  CHECK(connection.text("PRAGMA integrity_check") == "ok");
}

// Overwrites the page in the middle of what a table has.
void breakPages(const std::string& path, std::size_t from, std::size_t to) {
  std::string bytes = readBytes(path);
  for (std::size_t i = from; i < std::min(to, bytes.size()); ++i) {
    bytes[i] = static_cast<char>(0xA5 ^ i);
  }
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST_CASE("what can be read of a damaged session is saved and what is lost is said") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory, 5000);
  std::int64_t page = 0;
  {
    Connection connection(path, Access::kRead);
    page = connection.number(
        "SELECT pageno FROM dbstat WHERE name = 'token' AND pagetype = 'leaf' "
        "ORDER BY pageno LIMIT 1 OFFSET 3");
  }
  const auto at = static_cast<std::size_t>(page - 1) * 4096;
  breakPages(path, at, at + 4096);
  const std::string damaged = readBytes(path);
  SessionStore store(reopen(path));
  const Opened opened = store.waitOpened();
  CHECK(opened.path == directory.path("a.salvaged.routescope"));
  REQUIRE(opened.notes.size() >= 2);
  CHECK_THAT(opened.notes[0], Catch::Contains("damaged"));
  CHECK_THAT(opened.notes[1], Catch::Contains("lost") && Catch::Contains("rows of token"));
  CHECK(readBytes(path) == damaged);
  SessionReader reader(opened.path);
  CHECK(reader.tokens(1).size() > 4000);
  CHECK(reader.tokens(1).size() < 5000);
  CHECK(reader.tokens(1).back().position == 4999);
  CHECK(reader.decisions(1, 0, 0, 5000).n == 5000);
  CHECK(reader.documents().size() == 2);
  store.wait(store.undo("user"));
}

TEST_CASE("a journal that lost a step starts anew from the documents") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  {
    Connection connection(path, Access::kWrite);
    connection.execute(
        "PRAGMA foreign_keys = 0; DROP TRIGGER command_stays; DELETE FROM command WHERE command_id = 1");
  }
  const Salvage saved = salvageSession(path, directory.path("b.routescope"), "test");
  CHECK_THAT(saved.summary(), Catch::Contains("the steps of undo"));
  SessionReader reader(saved.path);
  CHECK(reader.documents().size() == 2);
  CHECK(reader.commands().size() == 1);
}

TEST_CASE("a copy is whole and one file") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  SessionStore store(reopen(path));
  store.waitOpened();
  const std::string copy = directory.path("copy.routescope");
  store.wait(store.saveCopy(copy, false));
  SessionReader reader(copy);
  CHECK(reader.documents() == SessionReader(path).documents());
  CHECK(reader.tokens(1) == SessionReader(path).tokens(1));
  CHECK_FALSE(std::filesystem::exists(copy + ".part"));
  CHECK_FALSE(std::filesystem::exists(copy + "-wal"));
  SECTION("but not over an open session") {
    CHECK_THROWS_WITH(store.wait(store.saveCopy(path, false)), Catch::Contains("is open"));
  }
  SECTION("and not into a folder that is not there") {
    CHECK_THROWS_AS(store.wait(store.saveCopy(directory.path("no/copy.routescope"), false)), Error);
  }
}

TEST_CASE("a copy without text holds none, not even in a forgotten page") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  SessionStore store(reopen(path));
  store.waitOpened();
  const std::string copy = directory.path("copy.routescope");
  store.wait(store.saveCopy(copy, true));
  CHECK(readBytes(path).find("secret") != std::string::npos);
  CHECK(readBytes(copy).find("secret") == std::string::npos);
  CHECK(readBytes(copy).find("40 + 2") == std::string::npos);
  SessionReader reader(copy);
  CHECK(reader.info().is_without_text);
  CHECK(reader.tokens(1).size() == 40);
  CHECK_FALSE(reader.tokens(1)[0].bytes.has_value());
  CHECK(reader.decisions(1, 0, 0, 40).n == 40);
  CHECK(reader.firings(1).at(0).firing.token == 5);
  CHECK(reader.documents() == std::vector<Document>{{"edits", "", R"([{"op":"ban"}])"}});
  Connection connection(copy, Access::kWrite);
  CHECK_THROWS_WITH(connection.execute("DELETE FROM token"), Catch::Contains("never"));
}

}  // namespace
}  // namespace rs::sessions::test
