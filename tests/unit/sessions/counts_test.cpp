// SPDX-License-Identifier: Apache-2.0
//
// What schema 2 brought: counts of experts beside each piece of routing, for sessions old and new, and views
// that decode only what is asked for.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <tuple>

#include "core/base/error.h"
#include "core/base/text.h"
#include "sessions/check.h"
#include "sessions/expert_counts.h"
#include "sessions/salvage.h"
#include "sessions/schema.h"
#include "tests/support/model_files.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::readBytes;
using rs::test::TemporaryDirectory;
using Loads = std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int64_t>;

constexpr const char* kFirstTables[] = {"session",  "model",         "run",       "token",  "token_text",
                                        "routing",  "router_logits", "candidate", "firing", "abstention",
                                        "document", "command",       "layout"};

// Three tokens: virtual experts 6 and 8 of a model of 6 experts, and a slot that is not used.
RoutingPiece virtualPiece(int layer) {
  RoutingPiece piece;
  piece.layer = layer;
  piece.n = 3;
  piece.slots = 3;
  const std::vector<std::int32_t> ids{8, 2, 1, 3, 0, -1, 6, 8, 5};
  appendIds(piece.experts, ids, 1);
  for (const float weight : {0.5F, 0.25F, 0.25F, 0.75F, 0.25F, 0.0F, 0.5F, 0.25F, 0.25F}) {
    const auto bytes = std::as_bytes(std::span(&weight, 1));
    piece.weights.insert(piece.weights.end(), bytes.begin(), bytes.end());
  }
  return piece;
}

// Runs without edits, with edits, with two bytes for an id, with virtual experts, and one that is going on.
void fill(SessionStore& store) {
  store.waitOpened();
  recordRun(store, 1300);
  recordRun(store, 40, true);
  RunSetup wide_model = setupFor(30, 300);
  wide_model.model.hash = "44556677";
  RunRecorder wide(store, wide_model, testBytes());
  HandMadeTrace made(30, false, 300);
  made.grow(30);
  RunResult result;
  result.trace = made.take();
  store.wait(wide.finish(result));
  RunSetup setup = setupFor(3);
  setup.virtual_experts = {"calculator"};
  RunBatch batch;
  const RunId run = store.beginRun(setup).run;
  batch.run = run;
  batch.pieces = {virtualPiece(0), virtualPiece(1)};
  store.append(batch);
  store.wait(store.endRun(run, Ending::kPrompt));
  RunRecorder recorder(store, setupFor(1200), testBytes());
  HandMadeTrace growing(1200);
  for (int end = 10; end <= 1150; end += 57) {
    growing.grow(end);
    REQUIRE(recorder.append(growing.get(), true));
  }
  store.flush();
}

std::string makeSession(const TemporaryDirectory& directory) {
  std::string path = sessionPath(directory);
  SessionStore store(create(path));
  fill(store);
  return path;
}

// The rows of a session in a file that knows the first schema only.
std::string makeFirstSchema(const TemporaryDirectory& directory) {
  const std::string present = makeSession(directory);
  std::string path = directory.path("first.routescope");
  Connection connection(path, Access::kCreate);
  createSession(connection, "test", allMigrations().first(1));
  connection.execute("PRAGMA foreign_keys = 0; DELETE FROM session");
  connection.prepare("ATTACH ? AS present").run(present);
  for (const char* table : kFirstTables) {
    connection.execute(format("INSERT INTO main.%s SELECT * FROM present.%s", table, table));
  }
  CHECK(connection.number("PRAGMA main.user_version") == 1);
  return path;
}

Loads loadsOf(Connection& connection, const std::string& sql) {
  Loads loads;
  Statement row = connection.prepare(sql);
  while (row.step()) {
    loads[{row.number(0), row.number(1), row.number(2)}] = row.number(3);
  }
  return loads;
}

// Every expert of the model, and those beyond that took a token, by decoding each decision.
Loads bruteForce(Connection& connection) {
  Loads loads = loadsOf(connection,
                        "SELECT DISTINCT routing.run_id, layer, i, 0 FROM routing JOIN run USING (run_id) "
                        "JOIN model USING (model_id) JOIN decode_number ON i < n_experts");
  for (const auto& [key, n] : loadsOf(connection,
                                      "SELECT run, layer, expert, count(*) FROM v_decisions WHERE decision = "
                                      "'final' GROUP BY 1, 2, 3")) {
    loads[key] = n;
  }
  return loads;
}

void checkLoads(const std::string& path) {
  Connection connection(path, Access::kRead);
  const Loads expected = bruteForce(connection);
  CHECK(expected.size() == 2 * (6 + 6 + 300 + 8 + 6));
  CHECK(expected.at({4, 1, 8}) == 2);
  CHECK(expected.at({4, 1, 4}) == 0);
  CHECK(expected.count({4, 1, 7}) == 0);
  CHECK(expected.at({2, 0, 0}) == 40);
  CHECK(loadsOf(connection, "SELECT run, layer, expert, n FROM v_expert_load") == expected);
  CHECK(connection.number("SELECT count(*) FROM v_expert_load WHERE expected IS NULL") == 4);
  CHECK(connection.number("SELECT count(*) FROM expert_count") ==
        connection.number("SELECT count(*) FROM routing"));
  CHECK(checkSession(path).findings.empty());
}

TEST_CASE("counts are in the order of ids, and end with the last expert that took a token") {
  const auto countsOf = [](const std::vector<std::int32_t>& ids, int id_bytes, int n_experts) {
    Bytes bytes;
    appendIds(bytes, ids, id_bytes);
    return expertCounts(bytes, id_bytes, n_experts);
  };
  CHECK(countsOf({1, 0, 1, -1}, 1, 4) == "[1,2,0,0]");
  CHECK(countsOf({1, 4, 1, 254}, 1, 3).substr(0, 12) == "[0,2,0,0,1,0");
  CHECK(countsOf({2, 255, -1}, 2, 2).size() == 1 + 2 * 256);
  CHECK(countsOf({}, 1, 2) == "[0,0]");
}

TEST_CASE("loads are those that every decision, decoded one by one, adds up to") {
  const TemporaryDirectory directory;
  checkLoads(makeSession(directory));
}

TEST_CASE("a session of the first schema gets its counts when it is opened, and keeps all it had") {
  const TemporaryDirectory directory;
  const std::string path = makeFirstSchema(directory);
  CHECK(checkSession(path).findings.empty());  // as it is: what it cannot have is not missed
  {
    StoreOptions options = reopen(path);
    options.goes_on = {5};
    SessionStore store(options);
    const Opened opened = store.waitOpened();
    CHECK(opened.backup == path + ".v1.bak");
    CHECK(opened.schema == currentSchema());
    CHECK_THAT(opened.notes.at(0), Catch::Contains("from schema 1 to 2"));
    CHECK_FALSE(std::filesystem::exists(opened.backup + ".part"));
  }
  checkLoads(path);
  Connection migrated(path, Access::kWrite);
  Connection backup(path + ".v1.bak", Access::kRead);
  CHECK(backup.number("PRAGMA user_version") == 1);
  for (const char* table : kFirstTables) {
    INFO(table);
    migrated.execute("ATTACH '" + path + ".v1.bak' AS old");
    CHECK(migrated.number(format("SELECT count(*) FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM old.%s)",
                                 table, table)) == 0);
    CHECK(migrated.number(format("SELECT count(*) FROM (SELECT * FROM old.%s EXCEPT SELECT * FROM main.%s)",
                                 table, table)) == 0);
    migrated.execute("DETACH old");
  }
  CHECK_THROWS_WITH(migrated.execute("DELETE FROM routing"), Catch::Contains("never"));
}

TEST_CASE("a session that cannot be brought up to date is open for reading only, as it was") {
  const TemporaryDirectory directory;
  const std::string path = makeFirstSchema(directory);
  std::filesystem::create_directories(path + ".v1.bak/in the way");
  const std::string before = readBytes(path);
  {
    SessionStore store(reopen(path));
    const Opened opened = store.waitOpened();
    CHECK(opened.read_only == ReadOnlyReason::kCannotWrite);
    CHECK(opened.schema == 1);
    CHECK_THAT(opened.notes.at(0), Catch::Contains("earlier version") && Catch::Contains("v1.bak"));
    CHECK(SessionReader(path).decisions(1, 0, 0, 1300).n == 1300);
  }
  CHECK(readBytes(path) == before);
  CHECK_FALSE(std::filesystem::exists(path + ".v1.bak.part"));
}

TEST_CASE("counts that are wrong or missing are found") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  {
    Connection connection(path, Access::kWrite);
    CHECK_THROWS_WITH(connection.execute("UPDATE expert_count SET counts = '[]'"), Catch::Contains("never"));
    CHECK_THROWS_WITH(connection.execute("DELETE FROM expert_count"), Catch::Contains("never"));
    connection.execute(
        "DROP TRIGGER counts_are_immutable; DROP TRIGGER counts_stay;"
        "UPDATE expert_count SET counts = json_set(counts, '$[0]', 7) WHERE run_id = 1 AND layer = 1 AND "
        "first = 0;"
        "DELETE FROM expert_count WHERE run_id = 2 AND layer = 0");
  }
  CHECK(checkSession(path).findings ==
        std::vector<std::string>{
            "run 1, layer 1: the counts of experts from token 0 on are not those of its decisions",
            "run 2, layer 0: the counts of experts from token 0 on are missing"});
}

TEST_CASE("a damaged session of either schema is saved with the counts of what was saved") {
  const TemporaryDirectory directory;
  const std::string path = GENERATE(true, false) ? makeFirstSchema(directory) : makeSession(directory);
  const Salvage saved = salvageSession(path, directory.path("saved.routescope"), "test");
  CHECK(saved.isComplete());
  checkLoads(saved.path);
}

TEST_CASE("a copy has the counts too") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory);
  const bool without_text = GENERATE(false, true);
  {
    StoreOptions options = reopen(path);
    options.goes_on = {5};
    SessionStore store(options);
    store.waitOpened();
    store.wait(store.saveCopy(directory.path("copy.routescope"), without_text));
  }
  checkLoads(directory.path("copy.routescope"));
}

std::string planOf(Connection& connection, const std::string& sql) {
  std::string plan;
  Statement row = connection.prepare("EXPLAIN QUERY PLAN " + sql);
  while (row.step()) {
    plan += std::string(row.text(3)) + '\n';
  }
  return plan;
}

TEST_CASE("a position is looked up, in whole pieces and in small ones") {
  const TemporaryDirectory directory;
  Connection connection(makeSession(directory), Access::kRead);
  const std::string query =
      "SELECT expert FROM v_decisions WHERE run = ? AND layer = 1 AND position = ? AND ";
  CHECK_THAT(planOf(connection, query + "decision = 'own'"),
             Catch::Contains("SEARCH token USING PRIMARY KEY (run_id=? AND position=?)"));
  SessionReader reader(sessionPath(directory));
  Statement row = connection.prepare(query + "decision = 'final' ORDER BY slot");
  for (const auto& [run, position] : {std::pair{1, 0}, {1, 1023}, {1, 1024}, {1, 1299}, {5, 67}, {5, 1100}}) {
    CAPTURE(run, position);
    const StoredDecisions stored = reader.decisions(run, 1, position, 1);
    row.with(run, position);
    std::vector<std::int32_t> experts;
    while (row.step()) {
      experts.push_back(static_cast<std::int32_t>(row.number(0)));
    }
    const auto expected = stored.expertsAt(position);
    CHECK(experts == std::vector<std::int32_t>(expected.begin(), expected.end()));
  }
  Statement range = connection.prepare(
      "SELECT count(*), min(position), max(position) FROM v_decisions WHERE run = 1 AND layer = 0 "
      "AND decision = 'final' AND position BETWEEN 1000 AND 1050");
  REQUIRE(range.step());
  CHECK(range.number(0) == 51 * kTopK);
  CHECK(range.number(1) == 1000);
  CHECK(range.number(2) == 1050);
}

}  // namespace
}  // namespace rs::sessions::test
