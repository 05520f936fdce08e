// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "tests/unit/cli/nano.h"

using Json = nlohmann::json;
using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::kNano;
using rs::test::onNano;
using rs::test::Outcome;
using rs::test::referenceTokens;
using rs::test::runProgram;
using rs::test::TemporaryDirectory;

namespace {

const std::string kPlain = kNano + "/reference/plain.safetensors";
const std::string kEdited = kNano + "/reference/edited.safetensors";

}  // namespace

TEST_CASE("a capture compared with itself differs nowhere and is within any tolerance") {
  const Outcome outcome = checkSuccess({"diff", kPlain, kPlain, "--max-rel", "0"});
  CHECK_THAT(outcome.out, Catch::Contains("the same experts everywhere"));
  const Json json = Json::parse(checkSuccess({"diff", kPlain, kPlain, "--json"}).out);
  CHECK(json["first"].is_null());
  CHECK(json["positions"] == 24);
  CHECK(json["kl"]["max"] == 0);
  CHECK(json["kl"]["top_changes"].empty());
  for (const Json& array : json["arrays"]) {
    CHECK(array["differing"] == 0);
  }
}

TEST_CASE("captures that differ beyond the tolerance end with status 5 and the worst array") {
  const Outcome outcome = runProgram({"diff", kPlain, kEdited, "--max-rel", "0.01"});
  CHECK(outcome.status == 5);
  CHECK_THAT(outcome.err, Catch::Contains("the worst array is"));
  CHECK_THAT(outcome.out, Catch::Contains("first divergent decision: token"));  // the table all the same
}

TEST_CASE("flips are counted a layer with their interval") {
  const Json json = Json::parse(checkSuccess({"diff", kPlain, kEdited, "--json"}).out);
  REQUIRE(json["flips"].size() == 2);
  for (const Json& layer : json["flips"]) {
    CHECK(layer["n"] == 24);
    const double share = layer["flips"].get<double>() / 24;
    CHECK(share > 0);
    CHECK(layer["low"].get<double>() < share);
    CHECK(layer["high"].get<double>() > share);
  }
  CHECK(json["first"]["left"]["experts"] != json["first"]["right"]["experts"]);
  CHECK(json["first"]["left"]["margin"].get<double>() > 0);
  CHECK(json["kl"]["tokens"].size() == 24);
}

TEST_CASE("a prompt without and with edits gives what two captures give") {
  const TemporaryDirectory directory;
  const std::string without = directory.path("without.safetensors");
  const std::string with = directory.path("with.safetensors");
  const std::string edits = kNano + "/edits.json";
  checkSuccess(onNano("trace", {"--tokens", referenceTokens(), "--logits", "all", "--out", without}));
  checkSuccess(
      onNano("trace", {"--tokens", referenceTokens(), "--logits", "all", "--edits", edits, "--out", with}));
  const Json files = Json::parse(checkSuccess({"diff", without, with, "--json"}).out);
  const Json prompt = Json::parse(
      checkSuccess(onNano("diff", {"--tokens", referenceTokens(), "--edits", edits, "--json"})).out);
  CHECK(files["first"] == prompt["first"]);
  CHECK(files["kl"] == prompt["kl"]);
  CHECK(files["arrays"] == prompt["arrays"]);
  CHECK(files["same_model"] == true);
  CHECK(prompt["flips"][0]["edited"] == true);
  CHECK(prompt["next"]["left"]["id"].is_number());
  CHECK(prompt["right"]["edits"] == "11 edits");
}

TEST_CASE("layers behind an edit are told from the edited ones") {
  const TemporaryDirectory directory;
  directory.write("edits.json", R"([{"op": "force", "layer": 0, "experts": [4, 5]}])");
  const Outcome outcome = checkSuccess(
      onNano("diff", {"--tokens", referenceTokens(), "--edits", directory.path("edits.json"), "--json"}));
  const Json json = Json::parse(outcome.out);
  CHECK(json["flips"][0]["edited"] == true);
  CHECK(json["flips"][1]["edited"] == false);
  const Outcome table =
      checkSuccess(onNano("diff", {"--tokens", referenceTokens(), "--edits", directory.path("edits.json")}));
  CHECK_THAT(table.out, Catch::Contains("edited") && Catch::Contains("after the last token"));
}

TEST_CASE("an edit that changes nothing is within the tolerance of zero") {
  const TemporaryDirectory directory;
  directory.write("edits.json", R"([{"op": "add", "layer": "all", "experts": [0], "value": 0}])");
  checkSuccess(
      onNano("diff", {"--tokens", "1,2,3", "--edits", directory.path("edits.json"), "--max-rel", "0"}));
}

TEST_CASE("captures of different texts are compared up to where they part") {
  const TemporaryDirectory directory;
  const std::string a = directory.path("a.safetensors");
  const std::string b = directory.path("b.safetensors");
  checkSuccess(onNano("trace", {"--tokens", "1,2,3", "--out", a}));
  checkSuccess(onNano("trace", {"--tokens", "1,2,4,5", "--out", b}));
  const Json json = Json::parse(checkSuccess({"diff", a, b, "--json"}).out);
  CHECK(json["positions"] == 2);
  CHECK(json["first_other_token"] == 2);
  const Outcome strict = runProgram({"diff", a, b, "--max-rel", "1"});
  CHECK(strict.status == 5);
  CHECK_THAT(strict.out, Catch::Contains("tokens differ from token 2"));
}

TEST_CASE("arrays that only one capture has are told") {
  const TemporaryDirectory directory;
  const std::string little = directory.path("little.safetensors");
  checkSuccess(onNano("trace", {"--tokens", referenceTokens(), "--capture", "router.0", "--out", little}));
  const Outcome outcome = checkSuccess({"diff", little, kPlain});
  CHECK_THAT(outcome.out, Catch::Contains("on the right alone"));
}

TEST_CASE("files that are no captures are told with status 3") {
  const TemporaryDirectory directory;
  directory.write("a.safetensors", "nothing of the kind");
  checkRefusal({"diff", directory.path("a.safetensors"), kPlain}, 3, {"a.safetensors"});
  checkRefusal({"diff", directory.path("none.safetensors"), kPlain}, 3, {"none.safetensors"});
}

TEST_CASE("a model file and a capture have nothing in common") {
  checkRefusal({"diff", kPlain, kNano + "/model.safetensors"}, 2, {"found none"});
}
