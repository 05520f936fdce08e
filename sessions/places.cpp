// SPDX-License-Identifier: Apache-2.0
#include "sessions/places.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "sessions/schema.h"
#include "sessions/session_lock.h"
#include "sessions/session_reader.h"

namespace rs::sessions {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kRecentFiles = 10;
constexpr const char* kEnding = ".routescope";

std::string fromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path untitledFolder() {
  return fs::path(stateFolder()) / "untitled";
}

fs::path made(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) {
    throw Error(ErrorCode::kIo, "making the folder for sessions without a name: " + failure.message() +
                                    "; set XDG_STATE_HOME to another: " + printable(folder.string(), 400));
  }
  return folder;
}

std::string timeText(std::time_t time, const char* pattern) {
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, pattern, &utc));
}

std::string changedAt(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? timeText(status.st_mtime, "%Y-%m-%dT%H:%M:%SZ") : "";
}

constexpr const char* kRecentFile = "recent.json";
constexpr const char* kModelsFile = "models.json";
constexpr std::size_t kModels = 200;

// Null for none. A list of ours that somebody else has damaged is worth nothing and costs nothing.
Json readState(const char* name) {
  std::error_code ignored;  // not there: nothing was opened yet
  const std::string file = (fs::path(stateFolder()) / name).string();
  return fs::exists(file, ignored) ? Json::parse(readTextFile(file), nullptr, false) : Json();
}

void writeState(const char* name, const Json& json) {
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  const std::string file = (made(stateFolder()) / name).string();
  writeFileAtomically(file, std::as_bytes(std::span(text.data(), text.size())));
}

std::vector<std::string> readRecent() {
  const Json json = readState(kRecentFile);
  std::vector<std::string> paths;
  for (const Json& path : json.is_array() ? json : Json::array()) {
    if (path.is_string()) {
      paths.push_back(path);
    }
  }
  return paths;
}

// Those that are there, or those that are not.
std::vector<std::string> recentThat(bool is_there) {
  std::vector<std::string> paths = readRecent();
  std::error_code ignored;  // what cannot be looked at is gone
  std::erase_if(paths, [&](const std::string& path) { return fs::exists(path, ignored) != is_there; });
  return paths;
}

}  // namespace

std::string stateFolder() {
  std::string base = fromEnvironment("XDG_STATE_HOME");
  if (base.empty() || base[0] != '/') {
    const std::string home = fromEnvironment("HOME");
    if (home.empty()) {
      throw Error(ErrorCode::kIo,
                  "finding the folder for sessions without a name: neither XDG_STATE_HOME nor "
                  "HOME is set; set one");
    }
    base = home + "/.local/state";
  }
  return base + "/routescope";
}

std::string newUntitledPath() {
  const fs::path folder = made(untitledFolder());
  const std::string stem = timeText(std::time(nullptr), "%Y%m%d-%H%M%S") + "-" + std::to_string(::getpid());
  for (int i = 1;; ++i) {
    const fs::path path = folder / (i == 1 ? stem + kEnding : stem + "-" + std::to_string(i) + kEnding);
    if (!fs::exists(path)) {
      return path.string();
    }
  }
}

bool isUntitled(const std::string& path) {
  std::error_code ignored;  // what is not there is not in the folder
  return fs::equivalent(fs::path(path).parent_path(), untitledFolder(), ignored);
}

std::vector<UntitledSession> untitledSessions() {
  std::vector<UntitledSession> sessions;
  std::error_code ignored;  // no folder: no sessions
  for (const fs::directory_entry& entry : fs::directory_iterator(untitledFolder(), ignored)) {
    if (entry.path().extension() != kEnding) {
      continue;
    }
    UntitledSession session;
    session.path = entry.path().string();
    session.is_open = isLocked(session.path);
    const std::string log = session.path + "-wal";
    session.changed_at = std::max(changedAt(session.path), changedAt(log));
    try {
      SessionReader reader(session.path);
      session.n_runs = static_cast<int>(reader.runs().size());
      session.n_documents = static_cast<int>(reader.documents().size());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kModel) {
        throw;
      }
      session.is_damaged = true;
    }
    sessions.push_back(std::move(session));
  }
  std::sort(sessions.begin(), sessions.end(), [](const UntitledSession& a, const UntitledSession& b) {
    return a.changed_at != b.changed_at ? a.changed_at > b.changed_at : a.path < b.path;
  });
  return sessions;
}

bool discardUntitled(const std::string& path) {
  check(isUntitled(path), "only sessions without a name are discarded");
  SessionLock::Failure failure{};
  const auto lock = SessionLock::take(path, failure);
  if (!lock) {
    return false;
  }
  std::error_code ignored;  // some of these are not there
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) {
    fs::remove(path + ending, ignored);
  }
  return true;
}

std::vector<std::string> recentFiles() {
  return recentThat(true);
}

std::vector<std::string> lostRecentFiles() {
  return recentThat(false);
}

void addRecentFile(const std::string& path) {
  const std::string full = fs::absolute(path).lexically_normal().string();
  std::vector<std::string> paths = readRecent();
  paths.erase(std::remove(paths.begin(), paths.end(), full), paths.end());
  paths.insert(paths.begin(), full);
  paths.resize(std::min(paths.size(), kRecentFiles));
  writeState(kRecentFile, paths);
}

std::vector<std::string> knownModels(const std::string& hash) {
  std::vector<std::string> paths;
  for (const Json& line : readState(kModelsFile)) {
    if (line.is_object() && line.value("hash", "") == hash) {
      paths.push_back(line.value("path", ""));
    }
  }
  return paths;
}

void rememberModel(const std::string& hash, const std::string& path) {
  const std::vector<std::string> known = knownModels(hash);
  if (hash.empty() || (!known.empty() && known.front() == path)) {
    return;
  }
  const Json newest{{"hash", hash}, {"path", path}};
  Json list = Json::array({newest});
  for (const Json& line : readState(kModelsFile)) {
    if (list.size() < kModels && line.is_object() && line != newest) {
      list.push_back(line);
    }
  }
  writeState(kModelsFile, list);
}

bool isSession(const std::string& path) {
  return kindOf(readHead(path)) == FileKind::kSession || hasBrokenHead(path);
}

}  // namespace rs::sessions
