// SPDX-License-Identifier: Apache-2.0
#include "sessions/places.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/export/tensor_file_reader.h"
#include "sessions/check.h"
#include "sessions/export.h"
#include "sessions/run_source.h"
#include "sessions/sqlite/connection.h"
#include "tests/support/model_files.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::TemporaryDirectory;

class StateFolder {
 public:
  StateFolder() { ::setenv("XDG_STATE_HOME", directory_.path().c_str(), 1); }
  ~StateFolder() { ::unsetenv("XDG_STATE_HOME"); }
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

TEST_CASE("a session without a name is found again after a crash") {
  const StateFolder state;
  CHECK(untitledSessions().empty());
  const std::string path = newUntitledPath();
  CHECK(isUntitled(path));
  {
    SessionStore store(create(path));
    store.waitOpened();
    recordRun(store, 3);
    REQUIRE(untitledSessions().size() == 1);
    CHECK(untitledSessions()[0].is_open);
    CHECK_FALSE(discardUntitled(path));
  }
  REQUIRE(untitledSessions().size() == 1);
  CHECK_FALSE(untitledSessions()[0].is_open);
  CHECK(untitledSessions()[0].n_runs == 1);
  CHECK(newUntitledPath() != path);
  std::filesystem::resize_file(path, 50);
  CHECK(untitledSessions()[0].is_damaged);
  CHECK(discardUntitled(path));
  CHECK(untitledSessions().empty());
}

TEST_CASE("recent files: newest first, each once, at most ten, none that is gone") {
  const StateFolder state;
  CHECK(recentFiles().empty());
  std::vector<std::string> paths;
  for (int i = 0; i < 12; ++i) {
    state.directory().write("f" + std::to_string(i), "");
    paths.push_back(state.directory().path("f" + std::to_string(i)));
    addRecentFile(paths.back());
  }
  addRecentFile(paths[8]);
  CHECK(recentFiles().size() == 10);
  CHECK(recentFiles()[0] == paths[8]);
  CHECK(recentFiles()[1] == paths[11]);
  std::filesystem::remove(paths[11]);
  CHECK(recentFiles()[1] == paths[10]);
}

std::string makeSession(const TemporaryDirectory& directory, int n, bool is_edited) {
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  recordRun(store, n, is_edited);
  store.wait(store.change("user", "note", {note("a", "1")}));
  return path;
}

TEST_CASE("places of a model: by its hash, the latest first, each once") {
  const StateFolder state;
  CHECK(knownModels("aa").empty());
  rememberModel("aa", "/models/one");
  rememberModel("aa", "/models/two");
  rememberModel("bb", "/models/other");
  rememberModel("aa", "/models/one");
  rememberModel("", "/models/none");
  CHECK(knownModels("aa") == std::vector<std::string>{"/models/one", "/models/two"});
  CHECK(knownModels("bb") == std::vector<std::string>{"/models/other"});
  CHECK(knownModels("").empty());
}

TEST_CASE("a sound session has no findings") {
  const TemporaryDirectory directory;
  const SessionCheck checked = checkSession(makeSession(directory, 1100, true));
  CHECK(checked.findings == std::vector<std::string>{});
  CHECK(checked.n_runs == 1);
  CHECK(checked.n_tokens == 1100);
  CHECK(checked.n_decisions == 1100 * kLayers);
  CHECK(checked.n_commands == 1);
}

TEST_CASE("a check finds what somebody changed behind our back") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory, 20, false);
  const auto findings = [&](const std::string& sql) {
    {
      Connection connection(path, Access::kWrite);
      connection.execute(
          "PRAGMA foreign_keys = 0; DROP TRIGGER token_stays; DROP TRIGGER routing_stays; "
          "DROP TRIGGER routing_is_immutable; DROP TRIGGER command_is_immutable;" +
          sql);
    }
    const SessionCheck checked = checkSession(path);
    std::string all;
    for (const std::string& finding : checked.findings) {
      all += finding + "\n";
    }
    return all;
  };
  SECTION("a lost token") {
    CHECK_THAT(findings("DELETE FROM token WHERE position = 4"), Catch::Contains("19 tokens"));
  }
  SECTION("a lost piece") {
    CHECK_THAT(findings("DELETE FROM routing WHERE layer = 1"),
               Catch::Contains("layer 1 has routing of 0 tokens"));
  }
  SECTION("weights that do not sum to one") {
    CHECK_THAT(findings("UPDATE routing SET weights = zeroblob(length(weights)) WHERE layer = 0"),
               Catch::Contains("token 0, layer 0"));
  }
  SECTION("a document the journal does not know") {
    CHECK_THAT(findings("UPDATE document SET value = '2'"), Catch::Contains("journal"));
  }
  SECTION("a run of no model") {
    CHECK_THAT(findings("DELETE FROM model"), Catch::Contains("keys"));
  }
}

TEST_CASE("a check says in a line of its own each thing that is wrong with the pages") {
  const TemporaryDirectory directory;
  const std::string path = makeSession(directory, 20, false);
  long long root = 0;
  long long page_bytes = 0;
  {
    Connection connection(path, Access::kRead);
    root = connection.number("SELECT rootpage FROM sqlite_master WHERE name = 'firing'");
    page_bytes = connection.number("PRAGMA page_size");
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((root - 1) * page_bytes);
    file.write(std::string(static_cast<std::size_t>(page_bytes), '\0').data(), page_bytes);
  }
  const std::vector<std::string> findings = checkSession(path).findings;
  const std::string begins = "pages: Page " + std::to_string(root) + ":";
  CHECK(std::any_of(findings.begin(), findings.end(),
                    [&](const std::string& finding) { return finding.starts_with(begins); }));
  for (const std::string& finding : findings) {
    CHECK(finding.find_first_of("\n*") == std::string::npos);
  }
}

TEST_CASE("an exported run is a capture: arrays and metadata") {
  const TemporaryDirectory directory;
  SessionReader reader(makeSession(directory, 1100, true));
  const std::string path = directory.path("run.safetensors");
  exportRun(reader, 1, path);
  const TensorFileReader file(path);
  HandMadeTrace made(1100, true);
  made.grow(1100);
  const Comparison comparison = compareCaptures(*rs::sourceOf(file), *rs::sourceOf(made.get()), kTopK);
  CHECK(comparison.n_positions == 1100);
  CHECK(comparison.left_only.empty());
  CHECK(comparison.right_only.empty());
  REQUIRE(comparison.worst() != nullptr);
  CHECK(comparison.worst()->n_differing == 0);
  const auto json = nlohmann::json::parse(file.metadata());
  CHECK(json["model"]["hash"] == "00112233");
  CHECK(json["sampling"]["seed"] == 0xFFFFFFFFFFFFFFF0U);
}

TEST_CASE("an exported run reads as csv and as JSON") {
  const TemporaryDirectory directory;
  SessionReader reader(makeSession(directory, 30, false));
  exportRun(reader, 1, directory.path("run.csv"));
  const std::string csv = rs::test::readBytes(directory.path("run.csv"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 30 * kLayers * kTopK);
  exportRun(reader, 1, directory.path("run.json"));
  const auto json = nlohmann::json::parse(rs::test::readBytes(directory.path("run.json")));
  CHECK(json["token_list"].size() == 30);
  CHECK(json["token_list"][4]["text"] == "secret28");
  CHECK(json["token_list"][29]["layers"].size() == kLayers);
  CHECK(json["firings"][0]["value"] == "42");
  CHECK_THROWS_WITH(exportRun(reader, 1, directory.path("run.txt")), Catch::Contains("ends in"));
}

}  // namespace
}  // namespace rs::sessions::test
