// SPDX-License-Identifier: Apache-2.0
#include "core/model/model_summary.h"

#include <catch2/catch.hpp>

#include "tests/support/model_files.h"

using namespace rs;
using test::NanoCopy;

namespace {

ModelConfig published(int n_layers, int n_experts) {
  ModelConfig c;
  c.n_layers = n_layers;
  c.n_experts = n_experts;
  c.hidden = c.inner = 2880;
  c.n_heads = 64;
  c.n_kv_heads = 8;
  c.head_dim = 64;
  c.top_k = 4;
  c.vocab = 201088;
  return c;
}

}  // namespace

TEST_CASE("the published models have the parameters that their publisher counts") {
  CHECK(countParameters(published(24, 32)).total == 20'914'757'184);
  CHECK(countParameters(published(24, 32)).active == 3'608'307'264);
  CHECK(countParameters(published(36, 128)).total == 116'829'156'672);
  CHECK(countParameters(published(36, 128)).active == 5'132'849'472);
}

TEST_CASE("the summary of the nano model adds up") {
  const auto weights = Weights::open(RS_SOURCE_DIR "/tests/fixtures/nano");
  const ModelSummary summary = summarise(*weights, 0);
  CHECK(summary.bytes == 171176);
  CHECK(summary.dtypes.at("BF16").n_tensors + summary.dtypes.at("U8").n_tensors == 41);
  CHECK(summary.dtypes.at("BF16").bytes + summary.dtypes.at("U8").bytes == summary.bytes);
  // All but 299 rows of the embedding and, in two layers, four of six experts.
  constexpr std::uint64_t kExpert = (64 * 2 + 64 * 1) * 17 + (64 + 64) * 2;
  CHECK(summary.bytes_per_token == summary.bytes - 299 * 64 * 2 - 2 * 4 * kExpert);
  CHECK(summary.has_tokenizer);
  CHECK(summary.remarks.empty());
}

TEST_CASE("what is missing or slow is said in a sentence each") {
  const NanoCopy copy;
  copy.remove("generation_config.json");
  copy.setConfig("eos_token_id", nullptr);
  copy.setConfig("num_hidden_layers", 1);
  copy.setConfig("layer_types", nullptr);
  const ModelSummary summary = summarise(*Weights::open(copy.path()), 1000);
  REQUIRE(summary.remarks.size() == 4);
  CHECK_THAT(summary.remarks[0], Catch::Contains("no tokenizer.json"));
  CHECK_THAT(summary.remarks[1], Catch::Contains("no end token"));
  CHECK_THAT(summary.remarks[2], Catch::Contains("larger than the 1.0 kB of memory"));
  CHECK_THAT(summary.remarks[3], Catch::Contains("19 tensors are not used"));
}
