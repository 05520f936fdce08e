// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/nano.h"

using Json = nlohmann::json;
using rs::test::checkSuccess;
using rs::test::onNano;

namespace {

void checkEstimate(const Json& estimate, int n) {
  CHECK(estimate["n"] == n);
  CHECK(estimate["coverage"].get<double>() == Approx(1 - 2 * std::pow(0.5, n)));  // few: all of them
  CHECK(estimate["low"] <= estimate["median"]);
  CHECK(estimate["median"] <= estimate["high"]);
}

}  // namespace

TEST_CASE("bench gives rates in order, bytes that add up and a share of the bandwidth") {
  const auto json = Json::parse(
      checkSuccess(onNano("bench", {"--prefill", "40", "--decode", "16", "--repeat", "3", "--threads", "1"}))
          .out);
  for (const char* part : {"prefill", "decode"}) {
    const Json& rate = json[part]["tokens_per_second"];
    CHECK(rate["min"].get<double>() > 0);
    CHECK(rate["min"] <= rate["median"]);
    CHECK(rate["median"] <= rate["max"]);
  }
  std::uint64_t sum = 0;
  for (const Json& part : json["weights"]["parts"]) {
    sum += part.get<std::uint64_t>();
  }
  CHECK(json["weights"]["bytes_per_token"] == sum);
  // 300 rows of 64 bf16 numbers; 2 of 6 experts in 2 layers, each (64 + 64) rows of one block of 17 bytes for
  // 32 columns, 64 columns above, 32 below, and their bf16 biases.
  CHECK(json["weights"]["parts"]["unembedding"] == 300 * 64 * 2);
  CHECK(json["weights"]["parts"]["embedding_row"] == 64 * 2);
  CHECK(json["weights"]["parts"]["experts"] == 2 * 2 * (64 * 2 * 17 + 64 * 17 + (64 + 64) * 2));
  CHECK(json["weights"]["parts"]["router"] == 2 * (6 * 64 + 6) * 2);
  CHECK(json["read_bandwidth"]["gigabytes_per_second"]["min"].get<double>() > 0);
  CHECK(json["read_bandwidth"]["threads"] == 1);
  CHECK(json["clock_of_shares"] == "processor");
  checkEstimate(json["weights"]["share_of_read_bandwidth"], 3);
  CHECK(json["weights"]["share_of_read_bandwidth"]["low"].get<double>() > 0);
  CHECK(json["weights"]["share_of_best_reading"].get<double>() > 0);
  CHECK(json["capture"]["addresses"] == "router");
  CHECK(json["capture"]["pairs"] == 3);
  for (const char* part : {"prefill", "decode"}) {
    checkEstimate(json["capture"][part]["share"], 3);
    checkEstimate(json["capture"][part]["nanoseconds_per_token"], 3);
    CHECK(json["capture"][part]["share"]["low"].get<double>() > -1);
  }
  CHECK(json["edit_to_logits"]["changes"] >= 20);
  CHECK(json["edit_to_logits"]["p50_seconds"] <= json["edit_to_logits"]["p95_seconds"]);
  CHECK(json["open_seconds"].get<double>() > 0);
  CHECK(json["threads"] == 1);
}

TEST_CASE("bench without a capture leaves its cost out") {
  const auto json = Json::parse(checkSuccess(onNano("bench", {"--prefill", "8", "--decode", "4", "--repeat",
                                                              "1", "--capture", "", "--precision", "fast"}))
                                    .out);
  CHECK(json["capture"].is_null());
  CHECK(json["clock_of_shares"] == (json["threads"] == 1 ? "processor" : "wall"));
  CHECK(json["precision"] == "fast");
}
