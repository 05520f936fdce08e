// SPDX-License-Identifier: Apache-2.0
#include "tests/support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace rs::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kLongest{240};

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("no pipe");
    }
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close(std::size_t end) {
    if (ends[end] >= 0) {
      ::close(ends[end]);
      ends[end] = -1;
    }
  }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) {
    list.push_back(text.data());
  }
  list.push_back(nullptr);
  return list;
}

// Appends what there is; false at the end of the stream.
bool drain(int fd, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return n > 0 || (n < 0 && errno == EINTR);
}

pid_t spawn(const Invocation& invocation, const Pipe& in, const Pipe& out, const Pipe& err) {
  std::vector<std::string> arguments{RS_BINARY_DIR "/routescope"};
  arguments.insert(arguments.end(), invocation.arguments.begin(), invocation.arguments.end());
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "TMPDIR"}) {
    if (const char* value = std::getenv(name); value != nullptr) {
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  environment.insert(environment.end(), invocation.environment.begin(), invocation.environment.end());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  // We ignore SIGPIPE; the program has to see to it by itself.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, arguments[0].c_str(), &actions, nullptr, pointers(arguments).data(),
                                  pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    throw std::runtime_error("cannot start " + arguments[0]);
  }
  return child;
}

// A terminal in place of the pipe of stdout: we hold its other side.
void openTerminal(Pipe& out) {
  out.close(0);
  out.close(1);
  out.ends[0] = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (out.ends[0] < 0 || ::grantpt(out.ends[0]) != 0 || ::unlockpt(out.ends[0]) != 0) {
    throw std::runtime_error("no terminal");
  }
  out.ends[1] = ::open(::ptsname(out.ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

// Reads both streams until the program closes them; interrupts and ends it when the time has come.
void listen(const Invocation& invocation, pid_t child, Pipe& out, Pipe& err, Outcome& outcome) {
  const Clock::time_point end = Clock::now() + kLongest;
  Clock::time_point interrupt = invocation.interrupt_from_start > milliseconds(0)
                                    ? Clock::now() + invocation.interrupt_from_start
                                    : Clock::time_point::max();
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    std::array<pollfd, 2> streams{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
    ::poll(streams.data(), streams.size(), 10);
    if (streams[0].revents != 0 && !drain(out.ends[0], outcome.out)) {
      out.close(0);
    }
    if (streams[1].revents != 0 && !drain(err.ends[0], outcome.err)) {
      err.close(0);
    }
    const Clock::time_point now = Clock::now();
    if (invocation.interrupt_after > milliseconds(0) && interrupt == Clock::time_point::max() &&
        !outcome.out.empty()) {
      interrupt = now + invocation.interrupt_after;
    }
    if (now >= interrupt) {
      ::kill(child, SIGINT);
      interrupt = end;  // once
    }
    if (now >= end) {
      ::kill(child, SIGKILL);
    }
  }
}

}  // namespace

Outcome runProgram(const Invocation& invocation) {
  Pipe in;
  Pipe out;
  Pipe err;
  if (invocation.on_terminal) {
    openTerminal(out);
  }
  ::signal(SIGPIPE, SIG_IGN);  // a program may end before it has read its input
  const pid_t child = spawn(invocation, in, out, err);
  in.close(0);
  out.close(1);
  err.close(1);
  if (invocation.closes_output) {
    out.close(0);
  }
  // Inputs of tests are shorter than a pipe holds, so this does not wait.
  static_cast<void>(!::write(in.ends[1], invocation.input.data(), invocation.input.size()));
  in.close(1);
  Outcome outcome;
  listen(invocation, child, out, err, outcome);
  int status = 0;
  ::waitpid(child, &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Outcome runProgram(const std::vector<std::string>& arguments) {
  Invocation invocation;
  invocation.arguments = arguments;
  return runProgram(invocation);
}

}  // namespace rs::test
