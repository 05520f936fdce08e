// SPDX-License-Identifier: Apache-2.0
#include "ui/steering_edits.h"

#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "core/routing/edit_json.h"

namespace rs::ui {
namespace {

ModelConfig config() {
  ModelConfig made;
  made.n_layers = 4;
  made.n_experts = 8;
  made.top_k = 2;
  made.hidden = 32;
  made.vocab = 100;
  return made;
}

std::vector<std::int32_t> experts(const Edit& edit) {
  return std::get<std::vector<std::int32_t>>(edit.fields.at("experts"));
}

}  // namespace

TEST_CASE("forcing an expert keeps the number of slots and puts it first") {
  const EditList edits = withForce({}, {2, 5}, 7, {3, 1});
  REQUIRE(edits.size() == 1);
  CHECK(edits[0].op->id == "force");
  CHECK(edits[0].where == LayerSelection{false, {2}});
  CHECK(edits[0].positions == std::vector<std::int32_t>{5});
  CHECK(experts(edits[0]) == std::vector<std::int32_t>{7, 3});
}

TEST_CASE("forcing an expert that is chosen already moves it to the front") {
  CHECK(experts(withForce({}, {0, 0}, 1, {3, 1})[0]) == std::vector<std::int32_t>{1, 3});
}

TEST_CASE("a second force at the same place goes on from the first") {
  const EditList edits = withForce(withForce({}, {2, 5}, 7, {3, 1}), {2, 5}, 4, {3, 1});
  REQUIRE(edits.size() == 1);
  CHECK(experts(edits[0]) == std::vector<std::int32_t>{4, 7});
}

TEST_CASE("a force for another token stands beside the first") {
  const EditList edits = withForce(withForce({}, {2, 5}, 7, {3, 1}), {2, 6}, 4, {3, 1});
  CHECK(edits.size() == 2);
}

TEST_CASE("a force for all tokens names no position") {
  CHECK(!withForce({}, {2, -1}, 7, {3, 1})[0].positions.has_value());
}

TEST_CASE("banning twice takes the ban back, and bans of one place share an edit") {
  EditList edits = withBan({}, {1, 3}, 6);
  edits = withBan(edits, {1, 3}, 2);
  REQUIRE(edits.size() == 1);
  CHECK(experts(edits[0]) == std::vector<std::int32_t>{6, 2});
  edits = withBan(edits, {1, 3}, 6);
  CHECK(experts(edits[0]) == std::vector<std::int32_t>{2});
  CHECK(withBan(edits, {1, 3}, 2).empty());
}

TEST_CASE("leaning twice adds up, and back to nothing leaves no edit") {
  EditList edits = withAdd({}, {1, 3}, 6, 0.5);
  edits = withAdd(edits, {1, 3}, 6, 0.25);
  REQUIRE(edits.size() == 1);
  CHECK(std::get<double>(edits[0].fields.at("value")) == 0.75);
  CHECK(withAdd(edits, {1, 3}, 6, -0.75).empty());
}

TEST_CASE("an edit that is off is left alone by gestures") {
  EditList edits = withBan({}, {1, 3}, 6);
  edits[0].on = false;
  const EditList after = withBan(edits, {1, 3}, 2);
  REQUIRE(after.size() == 2);
  CHECK(after[0] == edits[0]);
}

TEST_CASE("clearing takes away what names the expert at that place and nothing else") {
  EditList edits = withBan({}, {1, 3}, 6);
  edits = withBan(edits, {1, 3}, 2);
  edits = withAdd(edits, {1, 3}, 6, 1);
  edits = withForce(edits, {1, 3}, 6, {0, 5});
  edits = withBan(edits, {1, 4}, 6);
  const EditList left = withoutExpert(edits, {1, 3}, 6);
  REQUIRE(left.size() == 2);
  CHECK(experts(left[0]) == std::vector<std::int32_t>{2});
  CHECK(left[1].positions == std::vector<std::int32_t>{4});
}

TEST_CASE("a token is taken out of every edit that names tokens") {
  EditList edits = withBan({}, {1, 3}, 6);
  edits = withAdd(edits, {0, 3}, 2, 1);
  edits = withBan(edits, {1, -1}, 5);
  edits = withBan(edits, {2, 3}, 5);
  edits.back().positions = std::vector<std::int32_t>{2, 3, 7};
  const EditList left = withoutToken(edits, 3);
  REQUIRE(left.size() == 2);
  CHECK(!left[0].positions.has_value());
  CHECK(left[1].positions == std::vector<std::int32_t>{2, 7});
}

TEST_CASE("steering that leaves too few experts is refused before it runs") {
  Steering steering;
  for (int expert = 0; expert < 7; ++expert) {
    steering.edits = withBan(steering.edits, {1, -1}, expert);
  }
  CHECK_THROWS_AS(checkSteering(steering, config()), Error);
  steering.edits = withBan(steering.edits, {1, -1}, 0);
  CHECK_NOTHROW(checkSteering(steering, config()));
}

TEST_CASE("an unknown virtual expert is refused with the nearest name") {
  Steering steering;
  steering.virtual_experts = {"calculater"};
  CHECK_THROWS_WITH(checkSteering(steering, config()), Catch::Contains("calculator"));
  steering.virtual_experts = {"calculator:layers=9"};
  CHECK_THROWS_AS(checkSteering(steering, config()), Error);
}

TEST_CASE("what gestures make survives a file") {
  EditList edits = withForce({}, {2, 5}, 7, {3, 1});
  edits = withBan(edits, {0, -1}, 6);
  edits = withAdd(edits, {1, 3}, 6, 0.3);
  CHECK(parseEdits(editsToJson(edits)) == edits);
}

}  // namespace rs::ui
