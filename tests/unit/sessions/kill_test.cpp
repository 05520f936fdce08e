// SPDX-License-Identifier: Apache-2.0
//
// A program that is killed while it saves: whatever was acknowledged is there afterwards.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "core/base/error.h"
#include "sessions/check.h"
#include "sessions/journal.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::TemporaryDirectory;

constexpr int kKills = 60;

struct Acknowledged {
  std::int64_t value = 0;   // of the note
  std::int64_t tokens = 0;  // of the run
};

// The child: edits and records without end, and tells through the pipe what is acknowledged.
[[noreturn]] void writeUntilKilled(const std::string& path, std::int64_t from, int pipe_end) {
  SessionStore store(reopen(path));
  store.waitOpened();
  RunRecorder recorder(store, setupFor(1), testBytes());
  HandMadeTrace made(100'000);
  for (std::int64_t value = from;; value += 3) {
    std::vector<Ticket> tickets;
    for (std::int64_t i = value; i < value + 3; ++i) {
      tickets.push_back(store.change("user", "count", {{"setting", "value", std::to_string(i)}}));
    }
    store.undo("user");
    store.redo("user");
    made.grow(made.get().size() + 5);
    recorder.append(made.get(), true);
    for (std::size_t i = 0; i < tickets.size(); ++i) {
      store.wait(tickets[i]);
    }
    store.flush();
    const Acknowledged said{value + 2, made.get().size()};
    if (::write(pipe_end, &said, sizeof said) != sizeof said) {
      ::_exit(1);
    }
  }
}

// Kills the child some time after its first word; the last thing it said.
Acknowledged killAfterAWhile(const std::string& path, std::int64_t from, std::chrono::microseconds delay) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    try {
      writeUntilKilled(path, from, ends[1]);
    } catch (const Error& error) {
      ::_exit(2);
    }
  }
  ::close(ends[1]);
  Acknowledged last;
  Acknowledged said;
  std::chrono::steady_clock::time_point first_word;
  bool is_killed = false;
  while (true) {
    pollfd waiting{ends[0], POLLIN, 0};
    ::poll(&waiting, 1, is_killed ? -1 : 1);
    if ((waiting.revents & (POLLIN | POLLHUP)) != 0) {
      if (::read(ends[0], &said, sizeof said) != sizeof said) {
        break;
      }
      if (last.value == 0) {
        first_word = std::chrono::steady_clock::now();
      }
      last = said;
    }
    if (!is_killed && last.value != 0 && std::chrono::steady_clock::now() - first_word >= delay) {
      ::kill(child, SIGKILL);
      is_killed = true;
    }
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  return last;
}

TEST_CASE("no acknowledged edit is lost when the program is killed sixty times") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    store.waitOpened();
  }
  std::mt19937 random(7);
  std::int64_t value = 1;
  for (int kill = 1; kill <= kKills; ++kill) {
    CAPTURE(kill);
    const auto delay = std::chrono::microseconds(std::uniform_int_distribution<>(0, 4000)(random));
    const Acknowledged last = killAfterAWhile(path, value, delay);
    SessionReader reader(path);
    const std::vector<Document> documents = reader.documents();
    REQUIRE(documents.size() == 1);
    REQUIRE(std::stoll(documents[0].value) >= last.value);
    REQUIRE(reader.decisions(kill, 1, 0, 1 << 20).n >= last.tokens);
    REQUIRE(replayCommands(reader.commands()) == documents);
    value = std::stoll(documents[0].value) + 1;
  }
  SessionStore store(reopen(path));
  CHECK(store.waitOpened().interrupted_runs ==
        1);  // that of the last kill; each opening closed the one before
  const SessionCheck checked = checkSession(path);
  CHECK(checked.findings.empty());
  CHECK(checked.n_runs == kKills);
}

}  // namespace
}  // namespace rs::sessions::test
