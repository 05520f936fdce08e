// SPDX-License-Identifier: Apache-2.0
//
// The program of no edits; the tables themselves are tested through compile().
#include "core/routing/program.h"

#include <catch2/catch.hpp>
#include <vector>

TEST_CASE("the program of no edits leaves logits and the model's decision as they are") {
  const rs::RoutingProgram program(2, 5, 2, 32);
  CHECK(program.empty());
  CHECK(program.nLayers() == 2);
  CHECK(program.layer(1).max_slots == 2);
  std::vector<float> logits = {0.25F, -3, 2, 0.25F, 1};
  const auto before = logits;
  rs::applyLogitEdits(program, 1, 9, logits);
  CHECK(logits == before);

  std::vector<std::int32_t> ids(2), own_ids(2);
  std::vector<float> weights(2), own_weights(2);
  rs::DecisionRef decision{ids.data(), weights.data(), 0, 2};
  rs::DecisionRef own{own_ids.data(), own_weights.data(), 0, 2};
  rs::DecisionScratch scratch;
  scratch.reserve(5);
  rs::decideFinal(program, 1, 9, logits, scratch, decision);
  rs::decideTopK(logits, 2, own);
  CHECK(ids == std::vector<std::int32_t>{2, 4});
  CHECK(ids == own_ids);
  CHECK(weights == own_weights);
}
