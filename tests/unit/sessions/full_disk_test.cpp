// SPDX-License-Identifier: Apache-2.0
//
// After a full disk: what is written again is there once, and what was removed meanwhile does not come back.
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "core/base/error.h"
#include "sessions/check.h"
#include "sessions/sqlite/connection.h"
#include "tests/support/small_disk.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::SmallDisk;
using rs::test::TemporaryDirectory;

constexpr int kTokens = 3000;

RunResult resultOf(int n) {
  HandMadeTrace made(n);
  made.grow(n);
  RunResult result;
  result.trace = made.take();
  result.firings.push_back({0, {2, 5, "question", "40 + 2", "42", 0, 1}});
  return result;
}

Ticket writeRun(SessionStore& store, int n, RunId& run, std::optional<RunId> again = std::nullopt) {
  RunRecorder recorder(store, setupFor(n), testBytes(), again);
  run = recorder.run();
  return recorder.finish(resultOf(n));
}

void checkOneRun(const std::string& path) {
  for (const std::string& finding : checkSession(path).findings) {
    FAIL_CHECK(finding);
  }
  SessionReader reader(path);
  REQUIRE(reader.runs().size() == 1);
  CHECK(reader.runs()[0].ending == "prompt");
  CHECK(reader.tokens(1).size() == kTokens);
  CHECK(reader.decisions(1, 1, 0, kTokens).n == kTokens);
  CHECK(reader.logits(1, 1, 0, kTokens).n == kTokens);
  CHECK(reader.firings(1).size() == 1);
}

TEST_CASE("a run that did not fit does not end, and written again it is there once and whole") {
  SmallDisk disk(4'000'000);
  if (!disk.isThere()) {
    return;
  }
  const std::string path = disk.path("a.routescope");
  const std::size_t left = GENERATE(0, 20'000, 60'000, 120'000, 200'000);
  {
    SessionStore store(create(path));
    store.waitOpened();
    store.wait(store.change("user", "note", {note("a", "1")}));
    disk.fill(left);
    RunId run = 0;
    CHECK_THROWS_AS(store.wait(writeRun(store, kTokens, run)), Error);
    CHECK_THROWS_AS(store.wait(writeRun(store, kTokens, run, run)), Error);
    CHECK(SessionReader(path).documents().size() == 1);
    disk.makeRoom();
    RunId again = 0;
    store.wait(writeRun(store, kTokens, again, run));
    CHECK(again == run);
    store.wait(writeRun(store, kTokens, again, run));  // nothing is left to do
  }
  checkOneRun(path);
}

TEST_CASE("a run that was written twice while there was no room is written once there is") {
  SmallDisk disk(4'000'000);
  if (!disk.isThere()) {
    return;
  }
  const std::string path = disk.path("a.routescope");
  const std::size_t left = GENERATE(0, 20'000, 60'000, 120'000, 200'000);
  {
    SessionStore store(create(path));
    store.waitOpened();
    store.wait(store.change("user", "note", {note("a", "1")}));
    disk.fill(left);
    RunId run = 0;
    writeRun(store, kTokens, run);
    for (int i = 0; i < 3; ++i) {  // more than one of them in a transaction
      writeRun(store, kTokens, run, run);
    }
    store.flush();
    disk.makeRoom();
    store.wait(writeRun(store, kTokens, run, run));
  }
  checkOneRun(path);
}

TEST_CASE("a session that is closed on a full disk is one file that can be read there") {
  SmallDisk disk(4'000'000);
  if (!disk.isThere()) {
    return;
  }
  const std::string path = disk.path("a.routescope");
  {
    SessionStore store(create(path));
    store.waitOpened();
    RunId run = 0;
    store.wait(writeRun(store, kTokens, run));
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));  // the log is in the file by then
    disk.fill();
    CHECK_THROWS_WITH(store.wait(store.change("user", "big", {note("b", std::string(1'000'000, 'x'))})),
                      Catch::Contains("full"));
  }
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
  checkOneRun(path);
}

// A session of one note and one run.
std::string closedSession(SmallDisk& disk) {
  const std::string path = disk.path("a.routescope");
  SessionStore store(create(path));
  store.waitOpened();
  RunId run = 0;
  store.wait(writeRun(store, kTokens, run));
  store.wait(store.change("user", "note", {note("a", "1")}));
  return path;
}

const StoreEvent* openedAgain(const std::vector<StoreEvent>& events) {
  for (const StoreEvent& event : events) {
    if (event.kind == StoreEventKind::kOpened && event.opened->read_only != ReadOnlyReason::kNotNow) {
      return &event;
    }
  }
  return nullptr;
}

TEST_CASE("a session on a full disk is read, and written from the moment on that there is room") {
  SmallDisk disk(4'000'000);
  if (!disk.isThere()) {
    return;
  }
  const TemporaryDirectory elsewhere;
  const std::string path = closedSession(disk);
  if (GENERATE(false, true)) {  // as it is if the disk gets full while it is opened
    Connection connection(path, Access::kWrite);
    CHECK(connection.text("PRAGMA journal_mode = WAL") == "wal");
    static_cast<void>(connection.number("SELECT count(*) FROM run"));
  }
  disk.fill(GENERATE(0, 20'000, 100'000));
  {
    SessionStore store(reopen(path));
    const Opened opened = store.waitOpened();
    CHECK(opened.read_only == ReadOnlyReason::kNotNow);
    CHECK_THAT(opened.notes.at(0), Catch::Contains("the disk is full"));
    CHECK(store.undoState().undo_title == "note");
    CHECK(SessionReader(path).runs().size() == 1);
    CHECK_THROWS_WITH(store.wait(store.change("user", "late", {note("b", "1")})),
                      Catch::Contains("the disk is full"));
    SECTION("a copy of it is made where there is room") {
      const std::string copy = elsewhere.path("copy.routescope");
      store.wait(store.saveCopy(copy, false));
      checkOneRun(copy);
    }
    SECTION("what comes after that is in it") {
      const RunId run = store.beginRun(setupFor(1)).run;
      CHECK(run == 2);
      CHECK_THROWS_AS(store.wait(store.endRun(run, Ending::kCancelled)), Error);
      disk.makeRoom();
      store.wait(store.change("user", "late", {note("b", "1")}));
      RunId again = 0;
      store.wait(writeRun(store, 20, again, run));
      CHECK(SessionReader(path).documents().size() == 2);
      CHECK(SessionReader(path).runs().size() == 2);
    }
    SECTION("but not over what another program wrote meanwhile") {
      disk.makeRoom();
      {
        SessionStore other(reopen(path));
        RunId run = 0;
        CHECK(other.waitOpened().read_only == ReadOnlyReason::kNone);
        other.wait(writeRun(other, 20, run));
      }
      CHECK_THROWS_WITH(store.wait(store.change("user", "late", {note("b", "1")})),
                        Catch::Contains("another program wrote"));
      const std::vector<StoreEvent> events = store.takeEvents();
      REQUIRE(openedAgain(events) != nullptr);
      CHECK(openedAgain(events)->opened->read_only == ReadOnlyReason::kChanged);
      CHECK(SessionReader(path).documents().size() == 1);
      store.wait(store.saveCopy(elsewhere.path("copy.routescope"), false));
    }
    SECTION("nor where another program holds it") {
      disk.makeRoom();
      SessionStore other(reopen(path));
      other.waitOpened();
      CHECK_THROWS_WITH(store.wait(store.change("user", "late", {note("b", "1")})),
                        Catch::Contains("another window"));
    }
    SECTION("nor where it is gone") {
      std::filesystem::remove(path);
      CHECK_THROWS_WITH(store.wait(store.change("user", "late", {note("b", "1")})),
                        Catch::Contains("no such file"));
      CHECK_THROWS_WITH(store.wait(store.change("user", "later", {note("b", "1")})),
                        Catch::Contains("no such file"));
      return;
    }
  }
  CHECK(checkSession(path).findings.empty());
}

TEST_CASE("a session that another program is about to write to is read, and written when that is over") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    store.waitOpened();
    store.wait(store.change("user", "note", {note("a", "1")}));
  }
  {
    Connection other(path, Access::kWrite);
    std::optional<Transaction> transaction(std::in_place, other);
    SessionStore store(reopen(path));
    CHECK(store.waitOpened().read_only == ReadOnlyReason::kNotNow);
    CHECK(SessionReader(path).documents().size() == 1);
    CHECK_THROWS_WITH(store.wait(store.change("user", "note", {note("b", "1")})),
                      Catch::Contains("another program is using"));
    transaction.reset();
    store.wait(store.change("user", "note", {note("b", "1")}));
  }
  CHECK(SessionReader(path).documents().size() == 2);
}

TEST_CASE("a file at its limit holds no end of a run with a gap") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  RunId run = 0;
  {
    StoreOptions options = create(path);
    options.max_file_bytes = 250'000;
    SessionStore store(options);
    store.waitOpened();
    CHECK_THROWS_WITH(store.wait(writeRun(store, kTokens, run)), Catch::Contains("could not be saved"));
    store.wait(store.change("user", "note", {note("a", "1")}));  // small, and of no run
    CHECK(SessionReader(path).runs().at(0).ending.empty());
  }
  SECTION("whoever opens it goes on with the run") {
    StoreOptions options = reopen(path);
    options.goes_on = {run};
    SessionStore store(options);
    CHECK(store.waitOpened().interrupted_runs == 0);
    RunId again = 0;
    store.wait(writeRun(store, kTokens, again, run));
    CHECK(store.beginRun(setupFor(1)).run == run + 1);
    store.flush();
    CHECK(checkSession(path).findings.empty());
    CHECK(SessionReader(path).runs().at(0).ending == "prompt");
  }
  SECTION("or leaves it as it is") {
    SessionStore store(reopen(path));
    CHECK(store.waitOpened().interrupted_runs == 1);
    CHECK(SessionReader(path).runs().at(0).ending == "interrupted");
  }
}

TEST_CASE("a run that a file lacks is written there by its own number") {
  const TemporaryDirectory directory;
  SessionStore store(create(sessionPath(directory)));
  store.waitOpened();
  RunId run = 0;
  store.wait(writeRun(store, 20, run, 7));
  CHECK(SessionReader(sessionPath(directory)).runs().at(0).id == 7);
  CHECK(store.beginRun(setupFor(1)).run == 8);
}

TEST_CASE("documents that are set as a whole have no others beside them") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  store.change("user", "notes", {note("a", "1"), note("b", "2"), {"edits", "", "[]"}});
  store.wait(store.setDocuments("user", "catch up", {{"note", "b", "\"3\""}, {"name", "c", "\"4\""}}));
  const std::vector<Document> expected{{"name", "c", "\"4\""}, {"note", "b", "\"3\""}};
  CHECK(SessionReader(path).documents() == expected);
  CHECK(checkSession(path).findings.empty());
  SECTION("in one step of undo") {
    store.wait(store.undo("user"));
    CHECK(SessionReader(path).documents().size() == 3);
  }
}

}  // namespace
}  // namespace rs::sessions::test
