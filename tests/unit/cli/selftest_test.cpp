// SPDX-License-Identifier: Apache-2.0
//
// selftest and doctor: both must be able to find a fault.
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/mapped_file.h"
#include "tests/unit/cli/nano.h"

using Json = nlohmann::json;
using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::Invocation;
using rs::test::onNano;
using rs::test::Outcome;
using rs::test::runProgram;
using rs::test::TemporaryDirectory;

namespace {

Json readJson(const std::string& path) {
  return Json::parse(rs::readTextFile(path));
}
void writeJson(const std::string& path, const Json& json) {
  std::ofstream(path) << json.dump();
}

}  // namespace

TEST_CASE("values that this build stored are found again") {
  const TemporaryDirectory directory;
  const std::string values = directory.path("values.json");
  checkSuccess(onNano("selftest", {"--values", values, "--write"}));
  const Outcome outcome = checkSuccess(onNano("selftest", {"--values", values, "--threads", "1"}));
  CHECK_THAT(outcome.out, Catch::Contains(" 0 failed") && !Catch::Contains("FAILED"));
  const Json json = Json::parse(checkSuccess(onNano("selftest", {"--values", values, "--json"})).out);
  CHECK(json["checks"].size() > 10);
}

TEST_CASE("the bundled model computes its stored values, and the calculator its product") {
  const Outcome outcome = checkSuccess({"selftest"});
  CHECK_THAT(outcome.out, Catch::Contains("expected 11303"));
}

TEST_CASE("other stored values are noticed: logits and experts as tolerance, ids as failure") {
  const TemporaryDirectory directory;
  const std::string values = directory.path("values.json");
  checkSuccess(onNano("selftest", {"--values", values, "--write"}));
  const Json stored = readJson(values);

  Json json = stored;
  json["prompts"][0]["logits"][3] = json["prompts"][0]["logits"][3].get<double>() + 0.01;
  writeJson(values, json);
  CHECK(runProgram(onNano("selftest", {"--values", values})).status == 5);

  json = stored;
  Json& experts = json["prompts"][1]["layers"][1]["experts"][2];
  experts[0] = (experts[0].get<int>() + 1) % 6 == experts[1] ? (experts[0].get<int>() + 2) % 6
                                                             : (experts[0].get<int>() + 1) % 6;
  json["prompts"][1]["layers"][1]["margins"][2] = 1;
  writeJson(values, json);
  const Outcome other = runProgram(onNano("selftest", {"--values", values}));
  CHECK(other.status == 5);
  CHECK_THAT(other.out, Catch::Contains("token 2, layer 1"));

  json = stored;
  json["prompts"][0]["ids"][0] = 7;
  writeJson(values, json);
  const Outcome ids = runProgram(onNano("selftest", {"--values", values}));
  CHECK(ids.status == 1);
  CHECK_THAT(ids.out, Catch::Contains("FAILED"));

  json = stored;
  json["model"]["hash"] = "0";
  writeJson(values, json);
  CHECK(runProgram(onNano("selftest", {"--values", values})).status == 1);
}

TEST_CASE("stored values that cannot be read are a bad data file") {
  const TemporaryDirectory directory;
  directory.write("values.json", R"({"schema": 1, "model": )");
  checkRefusal(onNano("selftest", {"--values", directory.path("values.json")}), 3, {"values.json"});
  directory.write("values.json", R"({"schema": 2})");
  checkRefusal(onNano("selftest", {"--values", directory.path("values.json")}), 3, {"schema"});
  directory.write("values.json", R"({"schema": 1, "model": {"hash": ""}, "prompts": 3})");
  checkRefusal(onNano("selftest", {"--values", directory.path("values.json")}), 3, {"values.json"});
  checkRefusal(onNano("selftest", {"--values", directory.path("none.json")}), 3, {"none.json"});
}

TEST_CASE("doctor says what there is and what a missing part needs") {
  const Outcome table = runProgram({"doctor"});
  for (const char* line : {"processor", "cores", "memory", "cuda", "display", "libtorch", "demo model"}) {
    CHECK_THAT(table.out, Catch::Contains(line));
  }
  const Outcome outcome = runProgram({"doctor", "--json"});
  const Json json = Json::parse(outcome.out);
  CHECK(outcome.status == (json["ok"].get<bool>() ? 0 : 1));
  for (const Json& finding : json["findings"]) {
    INFO(finding["name"]);
    CHECK((finding["ok"].get<bool>() || !finding["remedy"].get<std::string>().empty()));
  }
}

TEST_CASE("doctor ends with 1 when the main job cannot run") {
  Invocation invocation;
  invocation.arguments = {"doctor"};
  invocation.environment = {"ROUTESCOPE_ISA=mmx"};
  const Outcome outcome = runProgram(invocation);
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.out, Catch::Contains("ROUTESCOPE_ISA") && Catch::Contains("does not run here"));
}
