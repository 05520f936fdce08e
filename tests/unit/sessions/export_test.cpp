// SPDX-License-Identifier: Apache-2.0
//
// Names that a user gave to experts, in what is exported.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/export/tensor_file_reader.h"
#include "sessions/export.h"
#include "tests/support/model_files.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using Json = nlohmann::json;
using rs::test::readBytes;
using rs::test::TemporaryDirectory;

const std::string kOdd = "odd, \"so to say\"\nand long";

Change name(const std::string& key, const std::string& text) {
  return {"name", key, Json(text).dump()};
}

// A run of 20 tokens; expert 3 of layer 0 and expert 5 of layer 1 have names.
std::string makeSession(const TemporaryDirectory& directory, const std::vector<Change>& names) {
  std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  recordRun(store, 20);
  if (!names.empty()) {
    store.change("user", "names", names);
  }
  store.flush();
  return path;
}

std::vector<Change> someNames() {
  return {name("00112233/L0/E3", "digits"),
          name("00112233/L1/E5", kOdd),
          // Of another model, and keys that this version does not know.
          name("99999999/L0/E2", "foreign"),
          name("00112233/L0/E2/x", "later"),
          name("00112233/L0", "layer"),
          {"name", "00112233/L0/E1", "7"}};
}

// Rows of fields, read as RFC 4180 says.
std::vector<std::vector<std::string>> readCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows{{""}};
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (letter == '"' && is_quoted && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (letter == '"') {
      is_quoted = !is_quoted;
    } else if (letter == ',' && !is_quoted) {
      rows.back().emplace_back();
    } else if (letter == '\n' && !is_quoted) {
      rows.push_back({""});
    } else {
      rows.back().back() += letter;
    }
  }
  rows.pop_back();
  return rows;
}

std::string nameOfExpert(const std::string& layer, const std::string& expert) {
  const bool is_digits = layer == "0" && expert == "3";
  return is_digits ? "digits" : layer == "1" && expert == "5" ? kOdd : "";
}

TEST_CASE("a csv has the name of each named expert in its last column") {
  const TemporaryDirectory directory;
  SessionReader reader(makeSession(directory, someNames()));
  exportRun(reader, 1, directory.path("run.csv"));
  const auto rows = readCsv(readBytes(directory.path("run.csv")));
  REQUIRE(rows.size() == 1 + 20 * kLayers * kTopK);
  CHECK(rows[0] == std::vector<std::string>{"token", "position", "layer", "slot", "expert", "weight", "logit",
                                            "margin", "name"});
  int n_named = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    REQUIRE(rows[i].size() == 9);
    CHECK(rows[i][8] == nameOfExpert(rows[i][2], rows[i][4]));
    n_named += rows[i][8].empty() ? 0 : 1;
  }
  CHECK(n_named > 5);
}

TEST_CASE("JSON has a name for each expert that was chosen, and a list of all names") {
  const TemporaryDirectory directory;
  SessionReader reader(makeSession(directory, someNames()));
  exportRun(reader, 1, directory.path("run.json"));
  const Json json = Json::parse(readBytes(directory.path("run.json")));
  const Json names{{{"layer", 0}, {"expert", 3}, {"name", "digits"}},
                   {{"layer", 1}, {"expert", 5}, {"name", kOdd}}};
  CHECK(json["expert_names"] == names);
  int n_named = 0;
  for (const Json& token : json["token_list"]) {
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      const Json& decision = token["layers"][layer];
      REQUIRE(decision["names"].size() == decision["ids"].size());
      for (std::size_t slot = 0; slot < decision["ids"].size(); ++slot) {
        const std::string expected = nameOfExpert(std::to_string(layer), decision["ids"][slot].dump());
        CHECK(decision["names"][slot] == expected);
        n_named += expected.empty() ? 0 : 1;
      }
    }
  }
  CHECK(n_named > 5);
  SECTION("and so have the metadata of safetensors") {
    exportRun(reader, 1, directory.path("run.safetensors"));
    CHECK(Json::parse(TensorFileReader(directory.path("run.safetensors")).metadata())["expert_names"] ==
          names);
  }
}

TEST_CASE("without names the column is there and empty") {
  const TemporaryDirectory directory;
  SessionReader reader(makeSession(directory, {}));
  exportRun(reader, 1, directory.path("run.csv"));
  for (const auto& row : readCsv(readBytes(directory.path("run.csv")))) {
    REQUIRE(row.size() == 9);
    CHECK((row[8].empty() || row[8] == "name"));
  }
  exportRun(reader, 1, directory.path("run.json"));
  const Json json = Json::parse(readBytes(directory.path("run.json")));
  CHECK(json["expert_names"] == Json::array());
  CHECK(json["token_list"][0]["layers"][0]["names"] == Json{"", ""});
}

}  // namespace
}  // namespace rs::sessions::test
