// SPDX-License-Identifier: Apache-2.0
#include "sessions/copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "sessions/journal.h"
#include "sessions/schema.h"
#include "sessions/session_lock.h"

namespace rs::sessions {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Gone when the copy failed.
class TemporaryName {
 public:
  explicit TemporaryName(std::string path) : path_(std::move(path)) { remove(); }
  ~TemporaryName() { remove(); }
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;  // most often it is not there
    fs::remove(path_, ignored);
    fs::remove(path_ + "-journal", ignored);
  }
  std::string path_;
};

void vacuumInto(Connection& session, const std::string& path) {
  session.prepare("VACUUM INTO ?").run(path);
}

// The user may have named an edit; everything else in it is numbers and ids.
std::string withoutNames(const std::string& edits) {
  Json json = Json::parse(edits);
  Json& list = json.is_object() && json.contains("edits") ? json["edits"] : json;
  for (Json& edit : list) {
    if (edit.is_object()) {
      edit.erase("name");
    }
  }
  return json.dump();
}

void stripEdits(Connection& copy) {
  Statement rows = copy.prepare("SELECT run_id, edits FROM run");
  Statement update = copy.prepare("UPDATE run SET edits = ? WHERE run_id = ?");
  while (rows.step()) {
    update.run(withoutNames(std::string(rows.text(1))), rows.number(0));
  }
}

void stripText(Connection& copy) {
  const std::vector<Document> edits = readDocuments(copy, "edits");
  const std::vector<Document> experts = readDocuments(copy, "virtual_experts");
  Transaction transaction(copy);
  WithoutTriggers without(copy);
  stripEdits(copy);
  copy.execute(
      "UPDATE run SET command = NULL, failure = NULL;"
      "DELETE FROM token_text; DELETE FROM layout; DELETE FROM document; DELETE FROM command;"
      "UPDATE firing SET trigger_text = '', expression = '', value = '';"
      "UPDATE abstention SET trigger_text = '', reason = '';"
      "UPDATE session SET without_text = 1;");
  without.restore();
  std::vector<Change> kept;
  for (const Document& document : edits) {
    kept.push_back({document.kind, document.key, withoutNames(document.value)});
  }
  for (const Document& document : experts) {
    kept.push_back({document.kind, document.key, document.value});
  }
  Journal(copy).apply("routescope", "copied without text", kept);
  transaction.commit();
}

void syncAndRename(const std::string& from, const std::string& to) {
  const int fd = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) {
    ::close(fd);
  }
  if (!synced || ::rename(from.c_str(), to.c_str()) != 0) {
    throw Error(ErrorCode::kIo, std::string("saving a copy: ") + std::strerror(errno) +
                                    "; what was there is unchanged: " + printable(to, 400));
  }
}

void refuseOpen(const std::string& path) {
  throw Error(ErrorCode::kUsage,
              "saving a copy: that session is open; choose another name: " + printable(path, 400));
}

}  // namespace

void saveCopy(Connection& session, const std::string& path, bool without_text) {
  std::error_code ignored;  // a new name is equivalent to nothing
  if (fs::equivalent(session.path(), path, ignored) || isLocked(path)) {
    refuseOpen(path);
  }
  const TemporaryName whole(path + ".part");
  vacuumInto(session, whole.path());
  if (!without_text) {
    syncAndRename(whole.path(), path);
    return;
  }
  // Once more, so that no page keeps a trace of what was taken out.
  const TemporaryName stripped(path + ".part2");
  {
    Connection copy(whole.path(), Access::kWrite);
    stripText(copy);
    vacuumInto(copy, stripped.path());
  }
  syncAndRename(stripped.path(), path);
}

void saveEmpty(const std::string& path, const std::string& app_version) {
  if (isLocked(path)) {
    refuseOpen(path);
  }
  const TemporaryName whole(path + ".part");
  {
    Connection connection(whole.path(), Access::kCreate);
    createSession(connection, app_version);
  }
  syncAndRename(whole.path(), path);
}

void saveCopy(const std::string& session, const std::string& path, bool without_text) {
  Connection connection(session, Access::kRead);
  saveCopy(connection, path, without_text);
}

}  // namespace rs::sessions
