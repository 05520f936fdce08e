// SPDX-License-Identifier: Apache-2.0
//
// Random lists of edits on random logits, compared with what a reference in float64 makes of them
// (tests/fixtures/routing). A third of the lists have logits with many exact ties.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/unit/routing/run_edits.h"

namespace {

using Json = nlohmann::json;
using Numbers = std::vector<float>;

Numbers numbersOf(const Json& list) {
  Numbers values;
  for (const Json& value : list) {
    values.push_back(value.is_null() ? -std::numeric_limits<float>::infinity() : value.get<float>());
  }
  return values;
}

void checkClose(const Numbers& got, const Numbers& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i] != want[i]) {  // infinities are equal or wrong
      CHECK(std::abs(got[i] - want[i]) <= 2e-6F * std::max(1.0F, std::abs(want[i])));
    }
  }
}

rs::RoutingProgram compileCase(const Json& document, const Json& test_case) {
  rs::ModelConfig config;
  config.n_layers = document["layers"];
  config.hidden = document["hidden"];
  config.n_experts = test_case["experts"];
  config.top_k = test_case["k"];
  config.vocab = static_cast<int>(test_case["unembed"].size());
  rs::CompileOptions options;
  options.n_positions = document["positions"];
  options.unembed_row = [&](int token) {
    return numbersOf(test_case["unembed"][static_cast<std::size_t>(token)]);
  };
  return rs::compile(rs::parseEdits(test_case["edits"].dump()), config, options);
}

void checkRow(const rs::RoutingProgram& program, const Json& expected, Numbers out) {
  const int layer = expected["layer"];
  const int position = expected["pos"];
  const test::Row row = test::decide(program, numbersOf(expected["in"]), layer, position);
  CHECK(row.ids == expected["ids"].get<std::vector<std::int32_t>>());
  checkClose(row.logits, numbersOf(expected["logits"]));
  checkClose(row.weights, numbersOf(expected["weights"]));
  if (expected.contains("out")) {
    rs::applyOutputEdits(program, layer, position, expected["expert"], out);
    checkClose(out, numbersOf(expected["out"]));
  }
  if (expected.contains("resid")) {
    for (std::size_t site = 0; site < 3; ++site) {
      Numbers sum(out.size(), 0.0F);
      rs::applyResidualEdits(program, layer, static_cast<rs::ResidualSite>(site), position, sum);
      checkClose(sum, numbersOf(expected["resid"][site]));
    }
  }
}

}  // namespace

TEST_CASE("lists of edits decide as the float64 reference does") {
  std::ifstream file(RS_SOURCE_DIR "/tests/fixtures/routing/decisions.json");
  const Json document = Json::parse(file);
  std::size_t n_rows = 0;
  for (const Json& test_case : document["cases"]) {
    INFO(test_case["edits"].dump());
    const rs::RoutingProgram program = compileCase(document, test_case);
    for (const Json& expected : test_case["rows"]) {
      INFO("layer " << expected["layer"] << ", position " << expected["pos"]);
      checkRow(program, expected, numbersOf(document["expert_out"]));
      ++n_rows;
    }
  }
  CHECK(document["cases"].size() == 60);
  CHECK(n_rows == 450);
}
