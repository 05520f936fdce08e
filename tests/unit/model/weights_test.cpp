// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "core/model/weights.h"

using namespace rs;

namespace {
const std::string kNano = RS_SOURCE_DIR "/tests/fixtures/nano";
}

TEST_CASE("the nano model opens with the dimensions of its configuration") {
  const auto weights = Weights::open(kNano);
  const ModelConfig& c = weights->config();
  CHECK(c.name == "nano");
  CHECK(c.n_layers == 2);
  CHECK(c.hidden == 64);
  CHECK(c.inner == 32);
  CHECK(c.queryWidth() == 64);
  CHECK(c.keyWidth() == 32);
  CHECK(c.n_experts == 6);
  CHECK(c.top_k == 2);
  CHECK(c.vocab == 300);
  CHECK(c.window == 8);
  CHECK(c.is_sliding == std::vector<bool>{true, false});
  CHECK(c.end_token_ids == std::vector<std::int32_t>{283, 280});
  CHECK(c.yarn.factor == 32);
  CHECK_FALSE(c.yarn.rounds_ramp_ends);
  CHECK(weights->tensors().size() == 41);
  CHECK(weights->unusedTensors().empty());
  CHECK(weights->totalBytes() == 171176);
  CHECK(weights->layout() == "Hugging Face safetensors");
  CHECK(weights->layer(1).gate_up.blocks.shape == std::vector<std::int64_t>{6, 64, 2, 16});
}
