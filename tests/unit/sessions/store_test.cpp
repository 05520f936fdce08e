// SPDX-License-Identifier: Apache-2.0
#include "sessions/store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "sessions/check.h"
#include "tests/support/model_files.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::TemporaryDirectory;

std::vector<Document> documentsOf(const std::string& path) {
  return SessionReader(path).documents();
}

TEST_CASE("a change is there after the session is closed and opened again") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    CHECK(store.waitOpened().read_only == ReadOnlyReason::kNone);
    store.wait(store.change("user", "first note", {note("t5", "hello")}));
  }
  CHECK(documentsOf(path) == std::vector<Document>{{"note", "t5", "\"hello\""}});
  SECTION("and the session is one file") {
    CHECK(directory.fileCount() == 1);
  }
}

TEST_CASE("undo and redo work across restarts") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    store.waitOpened();
    store.change("user", "one", {note("a", "1")});
    store.change("user", "two", {note("a", "2"), note("b", "2")});
    store.wait(store.change("user", "three", {{"note", "a", std::nullopt}}));
    CHECK(store.undoState().undo_title == "three");
    store.wait(store.undo("user"));
    CHECK(store.undoState().redo_title == "three");
  }
  {
    SessionStore store(reopen(path));
    store.waitOpened();
    CHECK(store.undoState() == UndoState{"two", "three", true, true});
    store.wait(store.undo("user"));
    CHECK(documentsOf(path) == std::vector<Document>{{"note", "a", "\"1\""}});
    store.redo("user");
    store.wait(store.redo("user"));
    CHECK(documentsOf(path) == std::vector<Document>{{"note", "b", "\"2\""}});
    store.wait(store.redo("user"));  // nothing is left to redo: no entry
    CHECK(SessionReader(path).commands().size() == 7);
    store.undo("user");
    store.wait(store.change("user", "another way", {note("c", "3")}));
    CHECK_FALSE(store.undoState().can_redo);
  }
  SECTION("and the journal alone gives the documents") {
    SessionReader reader(path);
    CHECK(reader.commands().size() == 9);
    CHECK(reader.documents().size() == 3);
  }
}

TEST_CASE("a run has its prompt from its first moment on") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  RunSetup setup;
  setup.model = {"some", "00", "00", 2, 4, 1, 100};
  setup.prompt = {7, 42, 7};
  const auto [run, ticket] = store.beginRun(setup);
  store.wait(ticket);  // a crash from here on leaves this
  CHECK(SessionReader(path).run(run).setup.prompt == setup.prompt);
  CHECK(checkSession(path).findings.empty());
}

TEST_CASE("a change that changes nothing leaves no entry") {
  const TemporaryDirectory directory;
  SessionStore store(create(sessionPath(directory)));
  store.waitOpened();
  store.change("user", "set", {{"setting", "x", R"({"b": 1, "a": [0.5]})"}});
  store.wait(store.change("user", "again", {{"setting", "x", R"({"a":[0.5],"b":1})"}}));
  CHECK(SessionReader(sessionPath(directory)).commands().size() == 1);
}

TEST_CASE("what fails takes nothing else with it") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  const Ticket first = store.change("user", "good", {note("a", "1")});
  const Ticket bad = store.change("user", "bad", {note("b", "1"), {"note", "c", "{not json"}});
  const Ticket last = store.change("user", "good too", {note("d", "1")});
  store.wait(first);
  store.wait(last);
  CHECK_THROWS_WITH(store.wait(bad), Catch::Contains("JSON"));
  CHECK(documentsOf(path).size() == 2);
  store.wait(store.undo("user"));
  CHECK(documentsOf(path) == std::vector<Document>{{"note", "a", "\"1\""}});
}

TEST_CASE("events say what changed, then that it is saved") {
  const TemporaryDirectory directory;
  std::atomic<int> n_woken = 0;
  SessionStore store(create(sessionPath(directory)), [&] { ++n_woken; });
  store.waitOpened();
  const Ticket ticket = store.change("user", "a note", {note("a", "1")});
  store.wait(ticket);
  const std::vector<StoreEvent> events = store.takeEvents();
  REQUIRE(events.size() == 3);
  CHECK(events[0].kind == StoreEventKind::kOpened);
  CHECK(events[1].kind == StoreEventKind::kDocuments);
  CHECK(events[1].ticket == ticket);
  CHECK(events[1].changes == std::vector<Change>{note("a", "1")});
  CHECK(events[1].undo.undo_title == "a note");
  CHECK(events[2].kind == StoreEventKind::kSaved);
  CHECK(store.takeEvents().empty());
  // The writing thread wakes the reader after it has let go of whoever waits.
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (n_woken < 2 && std::chrono::steady_clock::now() < latest) {
    std::this_thread::yield();
  }
  CHECK(n_woken >= 2);
}

TEST_CASE("many threads may ask and read at once") {
  constexpr int kAskers = 3;
  constexpr int kEach = 60;
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  std::atomic<int> n_woken = 0;
  SessionStore store(create(path), [&] { ++n_woken; });
  store.waitOpened();
  std::atomic<bool> is_done = false;
  std::thread reader([&] {
    std::size_t seen = 0;
    while (!is_done) {
      const std::size_t now = SessionReader(path).documents().size();
      seen = std::max(seen, now);
      static_cast<void>(store.takeEvents());
      static_cast<void>(store.undoState());
    }
  });
  std::vector<std::thread> askers;
  for (int asker = 0; asker < kAskers; ++asker) {
    askers.emplace_back([&, asker] {
      for (int i = 0; i < kEach; ++i) {
        const std::string key = std::to_string(asker) + "." + std::to_string(i);
        const Ticket ticket = store.change("user", key, {note(key, "x")});
        if (i % 10 == 0) {
          store.wait(ticket);
        }
      }
    });
  }
  for (std::thread& asker : askers) {
    asker.join();
  }
  store.flush();
  is_done = true;
  reader.join();
  CHECK(documentsOf(path).size() == kAskers * kEach);
  CHECK(SessionReader(path).commands().size() == kAskers * kEach);
  CHECK(n_woken > 0);
}

TEST_CASE("a full queue is an event, not a wait") {
  const TemporaryDirectory directory;
  StoreOptions options = create(sessionPath(directory));
  options.max_queued = 0;
  SessionStore store(options);
  store.waitOpened();
  const Ticket ticket = store.change("user", "long", {note("a", std::string(200, 'x'))});
  CHECK_THROWS_WITH(store.wait(ticket), Catch::Contains("try again"));
  RunBatch batch;
  batch.run = 1;
  batch.tokens.resize(10);
  CHECK(store.append(batch) == 0);
  CHECK(batch.tokens.size() == 10);
}

TEST_CASE("the second to open a session reads only") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore first(create(path));
  first.waitOpened();
  first.wait(first.change("user", "note", {note("a", "1")}));
  SessionStore second(reopen(path));
  const Opened opened = second.waitOpened();
  CHECK(opened.read_only == ReadOnlyReason::kLocked);
  CHECK_THAT(opened.notes.at(0), Catch::Contains("reading only"));
  CHECK_THROWS_WITH(second.wait(second.change("user", "note", {note("a", "2")})),
                    Catch::Contains("reading only"));
  first.wait(first.change("user", "note", {note("a", "3")}));
  CHECK(documentsOf(path).at(0).value == "\"3\"");
}

TEST_CASE("a full disk refuses a request and loses nothing") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    StoreOptions options = create(path);
    options.max_file_bytes = 400'000;
    SessionStore store(options);
    store.waitOpened();
    store.wait(store.change("user", "small", {note("a", "1")}));
    const Ticket big = store.change("user", "big", {note("b", std::string(1'000'000, 'x'))});
    CHECK_THROWS_WITH(store.wait(big), Catch::Contains("disk is full"));
    store.wait(store.change("user", "small again", {note("c", "1")}));
    CHECK(store.undoState().undo_title == "small again");
  }
  CHECK(documentsOf(path).size() == 2);
}

// As a user who may not write there; true if the child says so.
bool asNobody(const std::function<bool()>& question) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_other = ::geteuid() != 0 || ::setuid(65534) == 0;
    ::_exit(is_other && question() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("a session on a read-only disk can be read") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    store.waitOpened();
    store.wait(store.change("user", "note", {note("a", "1")}));
  }
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0555));
  const bool holds = asNobody([&] {
    SessionStore store(reopen(path));
    return store.waitOpened().read_only == ReadOnlyReason::kCannotWrite && documentsOf(path).size() == 1;
  });
  const bool is_refused = asNobody([&] {
    SessionStore store(create(directory.path("new.routescope")));
    try {
      store.waitOpened();
    } catch (const Error& error) {
      return error.code() == ErrorCode::kIo;
    }
    return false;
  });
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  CHECK(holds);
  CHECK(is_refused);
}

TEST_CASE("foreign files are told for what they are") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  const auto refusal = [&](const std::string& content) {
    directory.write("a.routescope", content);
    SessionStore store(reopen(path));
    try {
      store.waitOpened();
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kModel);
      CHECK(rs::test::readBytes(path) == content);
      return std::string(error.what());
    }
    return std::string("opened");
  };
  CHECK_THAT(refusal(""), Catch::Contains("empty"));
  CHECK_THAT(refusal("PK\3\4 a zip"), Catch::Contains("expected a SQLite database"));
  std::string other("SQLite format 3\0", 16);
  other.resize(4096);
  CHECK_THAT(refusal(other), Catch::Contains("another program"));
  SessionStore missing(reopen(directory.path("none.routescope")));
  CHECK_THROWS_WITH(missing.waitOpened(), Catch::Contains("no such file"));
}

TEST_CASE("creating does not touch a file that is there") {
  const TemporaryDirectory directory;
  directory.write("a.routescope", "mine");
  SessionStore store(create(sessionPath(directory)));
  CHECK_THROWS_AS(store.waitOpened(), Error);
  CHECK(rs::test::readBytes(sessionPath(directory)) == "mine");
}

TEST_CASE("a layout comes back as it was") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  const Bytes bytes{std::byte{0}, std::byte{255}, std::byte{7}};
  store.setLayout("main", {});
  store.wait(store.setLayout("main", bytes));
  SessionReader reader(path);
  CHECK(reader.layout("main") == bytes);
  CHECK_FALSE(reader.layout("other").has_value());
}

}  // namespace
}  // namespace rs::sessions::test
