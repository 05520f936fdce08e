// SPDX-License-Identifier: Apache-2.0
//
// What comes back from a damaged file, whichever page is broken: nothing that was not in it, and everything
// that stood on whole pages.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/error.h"
#include "sessions/check.h"
#include "sessions/salvage.h"
#include "sessions/schema.h"
#include "tests/support/model_files.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::readBytes;
using rs::test::TemporaryDirectory;
using Rows = std::set<std::string>;
using Content = std::map<std::string, Rows>;

constexpr std::size_t kPageBytes = 4096;
constexpr const char* kTables[] = {"model",  "command",    "document", "layout",
                                   "run",    "token_text", "token",    "candidate",
                                   "firing", "abstention", "routing",  "router_logits"};

Rows rowsOf(Connection& connection, const std::string& table) {
  std::string columns;
  Statement names = connection.prepare("SELECT name FROM pragma_table_info(?)");
  names.with(table);
  while (names.step()) {
    columns += (columns.empty() ? "quote(" : " || ',' || quote(") + std::string(names.text(0)) + ")";
  }
  Rows rows;
  Statement row = connection.prepare("SELECT " + columns + " FROM " + table);
  while (row.step()) {
    rows.emplace(row.text(0));
  }
  return rows;
}

Content contentOf(const std::string& path) {
  Connection connection(path, Access::kRead);
  Content content;
  for (const char* table : kTables) {
    content[table] = rowsOf(connection, table);
  }
  return content;
}

// Three runs, one of them edited and of several pages, and something in every table.
void fill(SessionStore& store) {
  store.waitOpened();
  store.change("user", "a note", {note("t1", "first")});
  recordRun(store, 30);
  const RunId longest = recordRun(store, 1300, true);
  recordRun(store, 20);
  RunBatch batch;
  batch.run = longest;
  for (int position = 0; position < 300; ++position) {
    // A certain token has the log probability 0, which is stored as a whole number.
    batch.candidates.push_back({position, 0, position % 50, position % 3 == 0 ? 0.0 : -0.25});
    batch.candidates.push_back({position, 1, position % 49, -1.5});
  }
  store.wait(store.append(batch));
  store.change("user", "a long note", {note("t2", std::string(9000, 'n'))});
  store.wait(store.undo("user"));
  store.wait(store.setLayout("main", std::vector<std::byte>(700, std::byte{7})));
}

std::string makeSession(const TemporaryDirectory& directory) {
  std::string path = sessionPath(directory);
  SessionStore store(create(path));
  fill(store);
  return path;
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

enum class Damage { kNoise, kZeros };

void breakBytes(std::string& bytes, std::size_t from, std::size_t n, Damage damage = Damage::kNoise) {
  for (std::size_t i = from; i < std::min(from + n, bytes.size()); ++i) {
    bytes[i] = damage == Damage::kZeros ? '\0' : static_cast<char>(0xA5 ^ (i * 7));
  }
}

// Which table each page belongs to.
std::vector<std::string> ownersOf(const std::string& path) {
  Connection connection(path, Access::kRead);
  std::vector<std::string> owners(readBytes(path).size() / kPageBytes);
  Statement rows = connection.prepare("SELECT pageno, name FROM dbstat");
  while (rows.step()) {
    owners.at(static_cast<std::size_t>(rows.number(0)) - 1) = rows.text(1);
  }
  return owners;
}

Content salvaged(const std::string& bytes, const TemporaryDirectory& directory, Salvage& salvage) {
  const std::string damaged = directory.path("damaged.routescope");
  const std::string target = directory.path("saved.routescope");
  std::filesystem::remove(target);
  write(damaged, bytes);
  salvage = salvageSession(damaged, target, "test");
  CHECK(readBytes(damaged) == bytes);
  return contentOf(target);
}

bool contains(const Rows& all, const Rows& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

TEST_CASE("a file that is not damaged is salvaged row by row") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  const Content before = contentOf(path);
  for (const char* table : kTables) {
    INFO(table);
    CHECK_FALSE(before.at(table).empty());
  }
  Salvage salvage;
  CHECK(salvaged(readBytes(path), directory, salvage) == before);
  INFO(salvage.summary());
  CHECK(salvage.isComplete());
  SECTION("with pages of another size too") {
    {
      Connection connection(path, Access::kWrite);
      connection.execute("PRAGMA page_size = 1024; VACUUM");
    }
    CHECK(salvaged(readBytes(path), directory, salvage) == before);
    CHECK(salvage.isComplete());
  }
}

TEST_CASE("whichever page is broken, only its own rows are lost and none is invented") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  const Content before = contentOf(path);
  const std::string sound = readBytes(path);
  const std::vector<std::string> owners = ownersOf(path);
  const Damage damage = GENERATE(Damage::kNoise, Damage::kZeros);
  for (std::size_t page = 0; page < owners.size(); ++page) {
    INFO("page " << page + 1 << " of " << owners[page] << ", damage " << static_cast<int>(damage));
    std::string bytes = sound;
    breakBytes(bytes, page * kPageBytes, kPageBytes, damage);
    Salvage salvage;
    Content after;
    if (owners[page] == "model") {  // the runs tell all of their model but its name and hashes
      REQUIRE_NOTHROW(after = salvaged(bytes, directory, salvage));
      CHECK_THAT(salvage.summary(), Catch::Contains("1 rows of names and hashes of models"));
      Content expected = before;
      expected["model"] = {"1,'lost model 1','lost','lost',2,6,2,50"};
      CHECK(after == expected);
      CHECK(checkSession(salvage.path).findings.empty());
      continue;
    }
    REQUIRE_NOTHROW(after = salvaged(bytes, directory, salvage));
    INFO(salvage.summary());
    const bool loses_steps = owners[page] == "command";
    const bool loses_runs = owners[page] == "run";
    for (const auto& [table, rows] : before) {
      INFO(table);
      if (loses_steps && (table == "command" || table == "run")) {
        CHECK(after.at("run").size() == before.at("run").size());
        continue;  // the journal starts anew
      }
      CHECK(contains(rows, after.at(table)));
      if (table == "document" || (table != owners[page] && !loses_runs)) {  // the steps make the documents
        CHECK(after.at(table).size() == rows.size());
      }
    }
    if (contentOf(directory.path("saved.routescope")) != before) {
      CHECK_FALSE(salvage.isComplete());
    }
    for (const std::string& finding : checkSession(salvage.path).findings) {
      const bool may_have_gaps = owners[page] == "token" || owners[page] == "routing";
      if (!may_have_gaps || finding.find("counts") != std::string::npos) {
        FAIL_CHECK(finding);
      }
    }
  }
}

TEST_CASE("a lost model whose dimensions no run tells takes its runs with it") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  const bool has_virtual = GENERATE(true, false);
  {
    SessionStore store(create(path));
    store.waitOpened();
    RunSetup setup = setupFor(4);
    if (has_virtual) {  // its router logits have columns that are not the model's experts
      setup.virtual_experts = {"calculator"};
    }
    RunRecorder recorder(store, setup, testBytes());
    HandMadeTrace made(has_virtual ? 4 : 1);
    if (has_virtual) {
      made.grow(4);
    }
    RunResult result;
    result.trace = made.take();
    store.wait(recorder.finish(result));
    store.wait(store.change("user", "a note", {note("t1", "first")}));
  }
  const std::vector<std::string> owners = ownersOf(path);
  std::string bytes = readBytes(path);
  const auto page = std::find(owners.begin(), owners.end(), "model") - owners.begin();
  breakBytes(bytes, static_cast<std::size_t>(page) * kPageBytes, kPageBytes);
  Salvage salvage;
  const Content after = salvaged(bytes, directory, salvage);
  CHECK(after.at("run").empty());
  CHECK(after.at("model").empty());
  CHECK(after.at("document").size() == 1);
  CHECK_FALSE(salvage.isComplete());
}

TEST_CASE("without any page of its directory a session opens with all that it had") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  const Content before = contentOf(path);
  const std::vector<std::string> owners = ownersOf(path);
  std::string bytes = readBytes(path);
  for (std::size_t page = 0; page < owners.size(); ++page) {
    if (owners[page] == "sqlite_schema") {
      breakBytes(bytes, page * kPageBytes, kPageBytes);
    }
  }
  write(path, bytes);
  CHECK_THROWS_WITH(SessionReader(path), Catch::Contains("session check --salvage"));
  CHECK(checkSession(path).findings.size() == 1);
  SessionStore store(reopen(path));
  const Opened opened = store.waitOpened();
  CHECK(opened.path == directory.path("a.salvaged.routescope"));
  CHECK_THAT(opened.notes.at(0), Catch::Contains("its beginning was overwritten"));
  CHECK(contentOf(opened.path) == before);
  CHECK(readBytes(path) == bytes);
  store.wait(store.redo("user"));
}

TEST_CASE("a broken head alone costs nothing") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  const Content before = contentOf(path);
  const auto [from, n] = GENERATE(table<std::size_t, std::size_t>({{0, 100}, {0, 16}, {60, 4}, {68, 4}}));
  std::string bytes = readBytes(path);
  breakBytes(bytes, from, n, Damage::kZeros);
  write(path, bytes);
  SessionStore store(reopen(path));
  CHECK(contentOf(store.waitOpened().path) == before);
}

TEST_CASE("what only the log of a damaged session has is saved too") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("open.routescope");
  const std::string damaged = directory.path("damaged.routescope");
  Content before;
  {
    SessionStore store(create(path));
    fill(store);
    before = contentOf(path);
    REQUIRE(std::filesystem::file_size(path + "-wal") > 0);
    std::string bytes = readBytes(path);
    breakBytes(bytes, 0, kPageBytes);
    write(damaged, bytes);
    write(damaged + "-wal", readBytes(path + "-wal"));
  }
  const Salvage salvage = salvageSession(damaged, directory.path("saved.routescope"), "test");
  CHECK(contentOf(salvage.path) == before);
  SECTION("up to where the log is damaged") {
    std::string log = readBytes(damaged + "-wal");
    breakBytes(log, log.size() / 2, 50);
    write(damaged + "-wal", log);
    const Salvage half = salvageSession(damaged, directory.path("half.routescope"), "test");
    for (const auto& [table, rows] : contentOf(half.path)) {
      INFO(table);
      CHECK((table == "command" || table == "run" || contains(before.at(table), rows)));
    }
  }
}

TEST_CASE("a page that was overwritten in part is not trusted") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  const Content before = contentOf(path);
  const std::vector<std::string> owners = ownersOf(path);
  const std::string sound = readBytes(path);
  int n = 0;
  for (std::size_t page = 0; page < owners.size(); ++page) {
    if (owners[page] != "token" && owners[page] != "candidate") {
      continue;
    }
    ++n;
    for (const std::size_t sector : {0U, 7U}) {
      std::string bytes = sound;
      breakBytes(bytes, page * kPageBytes + sector * 512, 512);
      Salvage salvage;
      const Content after = salvaged(bytes, directory, salvage);
      CHECK(contains(before.at("token"), after.at("token")));
      CHECK(contains(before.at("candidate"), after.at("candidate")));
      CHECK_FALSE(salvage.isComplete());
    }
  }
  CHECK(n > 4);
}

TEST_CASE("what was removed does not come back with a salvage") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    store.waitOpened();
    recordRun(store, 20);
    for (int i = 0; i < 40; ++i) {
      store.change("user", "note", {note("n" + std::to_string(i), std::string(900, 'x'))});
    }
    std::vector<Change> removals;
    for (int i = 0; i < 40; ++i) {
      removals.push_back({"note", "n" + std::to_string(i), std::nullopt});
    }
    store.wait(store.change("user", "no notes", removals));
  }
  REQUIRE(contentOf(path).at("document").empty());
  std::string bytes = readBytes(path);
  breakBytes(bytes, 0, kPageBytes);
  Salvage salvage;
  CHECK(salvaged(bytes, directory, salvage).at("document").empty());
}

TEST_CASE("files of others are refused, not salvaged") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("other.routescope");
  SECTION("a database") {
    Connection other(path, Access::kCreate);
    other.execute("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x')");
    CHECK_FALSE(hasBrokenHead(path));
    SessionStore store(reopen(path));
    CHECK_THROWS_WITH(store.waitOpened(), Catch::Contains("another program"));
  }
  SECTION("noise") {
    std::string noise(50000, '\0');
    breakBytes(noise, 0, noise.size());
    write(path, noise);
    SessionStore store(reopen(path));
    CHECK_THROWS_WITH(store.waitOpened(), Catch::Contains("expected a SQLite database"));
    CHECK(directory.fileCount() == 1);
    CHECK_THROWS_WITH(salvageSession(path, "", "test"), Catch::Contains("nothing in it"));
    CHECK(directory.fileCount() == 1);
  }
}

}  // namespace
}  // namespace rs::sessions::test
