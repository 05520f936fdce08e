// SPDX-License-Identifier: Apache-2.0
#include "app/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/base/error.h"

namespace rs::app {
namespace {

std::stop_source& interruptSource() {
  static std::stop_source source;
  return source;
}

// A signal handler may not touch a stop_source, so it raises a flag that a watcher thread turns into a stop.
std::atomic<int> interrupts{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void onInterrupt(int /*signal*/) {
  if (interrupts.fetch_add(1) > 0) {
    std::_Exit(130);
  }
}

}  // namespace

void installInterrupt() {
  interruptSource();
  struct sigaction action {};
  action.sa_handler = onInterrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe becomes a write error with a message
  static std::jthread watcher([](const std::stop_token& stop) {
    using namespace std::chrono_literals;
    while (!stop.stop_requested()) {
      if (interrupts.load() > 0) {
        interruptSource().request_stop();
        return;
      }
      std::this_thread::sleep_for(20ms);
    }
  });
}

Console::Console()
    : colours_(::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr),
      shows_progress_(::isatty(STDERR_FILENO) != 0) {}

void Console::note(const std::string& message) const {
  if (!is_quiet) {
    std::fprintf(stderr, "%s\n", message.c_str());
  }
}

void Console::detail(const std::string& message) const {
  if (is_verbose) {
    std::fprintf(stderr, "%s\n", message.c_str());
  }
}

void Console::progress(const std::string& message) const {
  if (shows_progress_ && !is_quiet) {
    std::fprintf(stderr, "\r\033[K%s", message.c_str());
    std::fflush(stderr);
  }
}

void Console::endProgress() const {
  if (shows_progress_ && !is_quiet) {
    std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
  }
}

std::string Console::styled(std::string_view text, std::string_view style) const {
  if (!colours_ || style.empty()) {
    return std::string(text);
  }
  return "\033[" + std::string(style) + "m" + std::string(text) + "\033[0m";
}

int Console::columns() const {
  struct winsize size {};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

std::stop_token Console::stopToken() const {
  return interruptSource().get_token();
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error(ErrorCode::kIo, "writing to standard output: it is closed or full");
  }
}

}  // namespace rs::app
