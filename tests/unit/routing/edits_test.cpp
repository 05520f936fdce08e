// SPDX-License-Identifier: Apache-2.0
//
// What each edit does to one row, with numbers worked out by hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "tests/unit/routing/run_edits.h"

namespace {

using test::compileText;
using test::decide;
using test::decideText;
using test::Row;
using Ids = std::vector<std::int32_t>;
using Numbers = std::vector<float>;

constexpr float kInf = std::numeric_limits<float>::infinity();
const Numbers kLogits = {1, 4, 0, 3, 2, -1};  // ranks: 1 3 4 0 2 5

Numbers softmax(const std::vector<double>& logits) {
  double total = 0;
  for (const double logit : logits) {
    total += std::exp(logit);
  }
  Numbers weights;
  for (const double logit : logits) {
    weights.push_back(static_cast<float>(std::exp(logit) / total));
  }
  return weights;
}

void checkNear(const Numbers& got, const Numbers& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    CHECK(got[i] == Approx(want[i]).margin(1e-7));
  }
}

}  // namespace

TEST_CASE("an empty list gives the program of no edits") {
  for (const char* json : {"[]", R"({"routescope_edits":1,"edits":[]})"}) {
    const auto program = compileText(json);
    CHECK(program.empty());
    const Row row = decide(program, kLogits);
    const Row own = decide(rs::RoutingProgram(3, 6, 2, 4), kLogits);
    CHECK(row.logits == kLogits);
    CHECK(row.ids == own.ids);
    CHECK(row.weights == own.weights);
  }
}

TEST_CASE("ban takes experts out of the choice") {
  const Row row = decideText(R"([{"op":"ban","layer":"all","experts":[1,4]}])", kLogits);
  CHECK(row.logits == Numbers{1, -kInf, 0, 3, -kInf, -1});
  CHECK(row.ids == Ids{3, 0});
  checkNear(row.weights, softmax({3, 1}));
}

TEST_CASE("add moves logits and leaves a ban in place") {
  const Row row = decideText(
      R"([{"op":"ban","layer":"all","experts":[3]},{"op":"add","layer":"all","experts":[3,5],"value":4.5}])",
      kLogits);
  CHECK(row.logits == Numbers{1, 4, 0, -kInf, 2, 3.5F});
  CHECK(row.ids == Ids{1, 5});
}

TEST_CASE("set replaces logits and lifts a ban") {
  const Row row = decideText(
      R"([{"op":"ban","layer":"all","experts":[2]},{"op":"set","layer":"all","experts":[2,0],"value":4}])",
      kLogits);
  CHECK(row.logits == Numbers{4, 4, 4, 3, 2, -1});
  CHECK(row.ids == Ids{0, 1});
  CHECK(row.weights == Numbers{0.5F, 0.5F});
}

TEST_CASE("temperature divides every logit") {
  const Row row = decideText(R"([{"op":"temperature","layer":0,"value":2}])", kLogits);
  CHECK(row.logits == Numbers{0.5F, 2, 0, 1.5F, 1, -0.5F});
  checkNear(row.weights, softmax({2, 1.5}));
}

TEST_CASE("logit edits run in the order of the list") {
  const char* scaled_last =
      R"([{"op":"add","layer":0,"experts":[0],"value":5},{"op":"temperature","layer":0,"value":2}])";
  const char* added_last =
      R"([{"op":"temperature","layer":0,"value":2},{"op":"add","layer":0,"experts":[0],"value":5}])";
  CHECK(decideText(scaled_last, kLogits).logits[0] == 3);
  CHECK(decideText(added_last, kLogits).logits[0] == 5.5F);
}

TEST_CASE("what is named twice in a logit edit counts once") {
  const char* json = R"([{"op":"add","layer":[0,0],"pos":[0,0],"experts":[0,0],"value":1}])";
  CHECK(decideText(json, kLogits).logits[0] == 2);
}

TEST_CASE("top_k chooses another number of experts") {
  const Row row = decideText(R"([{"op":"top_k","layer":0,"k":4}])", kLogits);
  CHECK(row.ids == Ids{1, 3, 4, 0});
  checkNear(row.weights, softmax({4, 3, 2, 1}));
  CHECK(decideText(R"([{"op":"top_k","layer":0,"k":1}])", kLogits).weights == Numbers{1});
  CHECK(decideText(R"([{"op":"top_k","layer":0,"k":6}])", kLogits).ids.size() == 6);
}

TEST_CASE("top_p takes the fewest experts that reach the share") {
  // Shares of 4 3 2 1 0 -1: 0.6337 0.2331 0.0858 0.0315 0.0116 0.0043.
  const auto chosen = [](const std::string& p, int min, int max) {
    return decideText(R"([{"op":"top_p","layer":0,"p":)" + p + R"(,"min":)" + std::to_string(min) +
                          R"(,"max":)" + std::to_string(max) + "}]",
                      kLogits)
        .ids;
  };
  CHECK(chosen("0.63", 1, 6) == Ids{1});
  CHECK(chosen("0.64", 1, 6) == Ids{1, 3});
  CHECK(chosen("0.9", 1, 6) == Ids{1, 3, 4});
  CHECK(chosen("1", 1, 6) == Ids{1, 3, 4, 0, 2, 5});
  CHECK(chosen("0.64", 3, 6) == Ids{1, 3, 4});
  CHECK(chosen("1", 1, 2) == Ids{1, 3});
  const Row row = decideText(R"([{"op":"top_p","layer":0,"p":0.9,"min":1,"max":6}])", kLogits);
  checkNear(row.weights, softmax({4, 3, 2}));
}

TEST_CASE("top_p stops where the share is reached exactly") {
  const Numbers equal = {0, 0, 0, 0, -100, -100};
  CHECK(decideText(R"([{"op":"top_p","layer":0,"p":0.5,"min":1,"max":6}])", equal).ids == Ids{0, 1});
}

TEST_CASE("top_p never reaches into banned experts") {
  const Row row = decideText(
      R"([{"op":"ban","layer":0,"experts":[1,3]},{"op":"top_p","layer":0,"p":1,"min":1,"max":6}])", kLogits);
  CHECK(row.ids == Ids{4, 0, 2, 5});
}

TEST_CASE("force chooses exactly these experts in this order") {
  Row row = decideText(R"([{"op":"force","layer":0,"experts":[5,1,2]}])", kLogits);
  CHECK(row.ids == Ids{5, 1, 2});
  checkNear(row.weights, softmax({-1, 4, 0}));
  row = decideText(R"([{"op":"force","layer":0,"experts":[5,0],"weights":[0.25,0.75]}])", kLogits);
  CHECK(row.ids == Ids{5, 0});
  CHECK(row.weights == Numbers{0.25F, 0.75F});
  CHECK(decideText(R"([{"op":"force","layer":0,"experts":[5]}])", kLogits).weights == Numbers{1});
}

TEST_CASE("force without weights reads the edited logits") {
  const Row row = decideText(
      R"([{"op":"force","layer":0,"experts":[5,0]},{"op":"set","layer":0,"experts":[5],"value":1}])",
      kLogits);
  CHECK(row.weights == Numbers{0.5F, 0.5F});
}

TEST_CASE("a banned expert can be forced with weights") {
  const Row row = decideText(
      R"([{"op":"ban","layer":0,"experts":[5]},{"op":"force","layer":0,"experts":[5],"weights":[1]}])",
      kLogits);
  CHECK(row.ids == Ids{5});
}

TEST_CASE("redirect moves a slot only if its target is free") {
  const auto redirected = [](int from, int to) {
    return decideText(R"([{"op":"redirect","layer":0,"from":)" + std::to_string(from) + R"(,"to":)" +
                          std::to_string(to) + "}]",
                      kLogits);
  };
  CHECK(redirected(1, 5).ids == Ids{5, 3});
  CHECK(redirected(1, 3).ids == Ids{1, 3});
  CHECK(redirected(4, 5).ids == Ids{1, 3});
  CHECK(redirected(1, 1).ids == Ids{1, 3});
  CHECK(redirected(1, 5).weights == decideText("[]", kLogits).weights);
}

TEST_CASE("chained redirects see what the earlier ones left") {
  const Row row = decideText(
      R"([{"op":"redirect","layer":0,"from":1,"to":5},{"op":"redirect","layer":0,"from":3,"to":1},
          {"op":"redirect","layer":0,"from":5,"to":0}])",
      kLogits);
  CHECK(row.ids == Ids{0, 1});
}

TEST_CASE("a virtual expert that observes changes nothing") {
  const auto program = compileText(R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4]}])");
  CHECK(program.empty());
  CHECK(program.columns().size() == 1);
  CHECK(program.virtualVector(0, 3)[2] == 3);
  CHECK(decide(program, kLogits).ids == Ids{1, 3});
}

TEST_CASE("a virtual expert competes with its logit") {
  const auto compete = [](double logit) {
    return decideText(R"([{"op":"virtual","layer":0,"mode":"compete","vector":[1,2,3,4],"logit":)" +
                          std::to_string(logit) + "}]",
                      kLogits);
  };
  CHECK(compete(3.5).logits == Numbers{1, 4, 0, 3, 2, -1, 3.5F});
  CHECK(compete(3.5).ids == Ids{1, 6});
  checkNear(compete(3.5).weights, softmax({4, 3.5}));
  CHECK(compete(9).ids == Ids{6, 1});
  CHECK(compete(2).ids == Ids{1, 3});
}

TEST_CASE("a virtual expert loses a tie with a real one") {
  const char* json = R"([{"op":"virtual","layer":0,"mode":"compete","vector":[1,2,3,4],"logit":3},
                         {"op":"virtual","layer":0,"mode":"compete","vector":[1,2,3,4],"logit":3}])";
  CHECK(decideText(json, kLogits).ids == Ids{1, 3});
  CHECK(decideText(json, {1, 4, 0, 2, 2, -1}).ids == Ids{1, 6});
}

TEST_CASE("a virtual expert that competes elsewhere has logit -inf here") {
  const auto program = compileText(R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4]},
      {"op":"virtual","layer":[0,1],"pos":[2],"mode":"compete","vector":[1,2,3,4],"logit":3},
      {"op":"virtual","layer":1,"mode":"compete","vector":[1,2,3,4],"logit":9,"on":false},
      {"op":"virtual","layer":1,"mode":"reserve","vector":[1,2,3,4],"weight":0.5}])");
  CHECK(program.layer(0).n_columns == 2);
  CHECK(program.layer(1).n_columns == 2);
  CHECK(program.layer(2).n_columns == 0);
  CHECK(decide(program, kLogits, 0, 2).logits == Numbers{1, 4, 0, 3, 2, -1, -kInf, 3});
  CHECK(decide(program, kLogits, 0, 1).logits == Numbers{1, 4, 0, 3, 2, -1, -kInf, -kInf});
  CHECK(decide(program, kLogits, 1, 0).ids == Ids{1, 3, 9});
}

TEST_CASE("logit edits do not touch virtual columns") {
  const Row row = decideText(R"([{"op":"virtual","layer":0,"mode":"compete","vector":[1,2,3,4],"logit":3},
                                 {"op":"temperature","layer":0,"value":4}])",
                             kLogits);
  CHECK(row.logits.back() == 3);
  CHECK(row.ids == Ids{6, 1});
}

TEST_CASE("top_k and top_p read virtual columns") {
  const std::string compete =
      R"([{"op":"virtual","layer":0,"mode":"compete","vector":[1,2,3,4],"logit":3.5},)";
  CHECK(decideText(compete + R"({"op":"top_k","layer":0,"k":3}])", kLogits).ids == Ids{1, 6, 3});
  CHECK(decideText(compete + R"({"op":"top_p","layer":0,"p":0.7,"min":1,"max":5}])", kLogits).ids ==
        Ids{1, 6});
}

TEST_CASE("a reserved slot takes its weight from the others") {
  const Row row = decideText(R"([{"op":"virtual","layer":0,"mode":"reserve","vector":[1,2,3,4],"weight":0.25},
                                 {"op":"virtual","layer":0,"mode":"reserve","vector":[1,2,3,4],"weight":0.5}])",
                             {4, 4, 0, 0, 0, 0});
  CHECK(row.ids == Ids{0, 1, 6, 7});
  checkNear(row.weights, {0.1875F, 0.1875F, 0.125F, 0.5F});
}

TEST_CASE("a virtual expert replaces an expert where that is chosen") {
  const auto replace = [](int expert) {
    return decideText(R"([{"op":"virtual","layer":0,"mode":"replace","vector":[1,2,3,4],"expert":)" +
                          std::to_string(expert) + "}]",
                      kLogits);
  };
  CHECK(replace(3).ids == Ids{1, 6});
  CHECK(replace(3).weights == decideText("[]", kLogits).weights);
  CHECK(replace(5).ids == Ids{1, 3});
}

TEST_CASE("a forced virtual expert is the only slot") {
  const Row row = decideText(R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4]},
                                 {"op":"virtual","layer":0,"mode":"force","vector":[1,2,3,4]}])",
                             kLogits);
  CHECK(row.ids == Ids{7});
  CHECK(row.weights == Numbers{1});
}

TEST_CASE("choices that replace undo what stands before them") {
  const Row row = decideText(R"([{"op":"virtual","layer":0,"mode":"reserve","vector":[1,2,3,4],"weight":0.5},
                                 {"op":"redirect","layer":0,"from":1,"to":0},
                                 {"op":"top_k","layer":0,"k":2},
                                 {"op":"redirect","layer":0,"from":3,"to":0}])",
                             kLogits);
  CHECK(row.ids == Ids{1, 0});
}

TEST_CASE("a choice edit at some positions leaves the others alone") {
  const auto program = compileText(R"([{"op":"top_k","layer":0,"k":4},
                                       {"op":"force","layer":0,"pos":[5,2],"experts":[0]}])");
  CHECK(decide(program, kLogits, 0, 2).ids == Ids{0});
  CHECK(decide(program, kLogits, 0, 5).ids == Ids{0});
  CHECK(decide(program, kLogits, 0, 3).ids == Ids{1, 3, 4, 0});
  CHECK(program.layer(0).max_slots == 4);
}

TEST_CASE("edits run in their layers alone and only while they are on") {
  const auto program = compileText(R"([{"op":"ban","layer":[2,1],"experts":[1]},
                                       {"op":"ban","layer":0,"experts":[3],"on":false}])");
  CHECK(decide(program, kLogits, 0).ids == Ids{1, 3});
  CHECK(decide(program, kLogits, 1).ids == Ids{3, 4});
  CHECK(decide(program, kLogits, 2).ids == Ids{3, 4});
}

TEST_CASE("a virtual expert that is off keeps its id") {
  const Row row = decideText(R"([{"op":"virtual","layer":0,"on":false,"mode":"force","vector":[1,2,3,4]},
                                 {"op":"virtual","layer":0,"mode":"replace","vector":[1,2,3,4],"expert":1}])",
                             kLogits);
  CHECK(row.ids == Ids{7, 3});
}

TEST_CASE("vectors are scaled, and a token's row has length one") {
  const auto program =
      compileText(R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4],"scale":0.5},
      {"op":"virtual","layer":0,"mode":"observe","name":"seven","vector":{"unembed":7},"scale":10}])");
  const auto given = program.virtualVector(0, 0);
  CHECK(Numbers(given.begin(), given.end()) == Numbers{0.5F, 1, 1.5F, 2});
  const auto row = program.virtualVector(1, 0);
  CHECK(Numbers(row.begin(), row.end()) == Numbers{8, 0, 0, 6});
  CHECK(program.columns()[1].name == "seven");
}

TEST_CASE("output edits scale and shift one expert in order") {
  const auto program = compileText(R"([{"op":"output","layer":0,"expert":2,"scale":3},
      {"op":"output","layer":0,"pos":[4],"expert":2,"scale":1,"const":[1,0,0,-1]},
      {"op":"output","layer":1,"expert":2},
      {"op":"output","layer":2,"expert":2,"const":0.5}])");
  const auto edited = [&](int layer, int position, int expert) {
    Numbers out = {1, 2, 3, 4};
    rs::applyOutputEdits(program, layer, position, expert, out);
    return out;
  };
  CHECK(edited(0, 0, 2) == Numbers{3, 6, 9, 12});
  CHECK(edited(0, 4, 2) == Numbers{4, 6, 9, 11});
  CHECK(edited(0, 4, 1) == Numbers{1, 2, 3, 4});
  CHECK(edited(1, 0, 2) == Numbers{0, 0, 0, 0});
  CHECK(edited(2, 0, 2) == Numbers{0.5F, 0.5F, 0.5F, 0.5F});
}

TEST_CASE("residual edits add at their site") {
  const auto program =
      compileText(R"([{"op":"resid_add","layer":0,"site":"resid_mid","vector":[1,2,3,4],"scale":2},
      {"op":"resid_add","layer":0,"pos":[1],"site":"resid_mid","vector":{"unembed":0},"scale":5},
      {"op":"resid_add","layer":0,"site":"resid_post","vector":[1,1,1,1]},
      {"op":"resid_add","layer":0,"site":"resid_pre","vector":[9,0,0,0]}])");
  const auto edited = [&](rs::ResidualSite site, int position) {
    Numbers row(4, 0.0F);
    rs::applyResidualEdits(program, 0, site, position, row);
    return row;
  };
  CHECK(edited(rs::ResidualSite::kMid, 0) == Numbers{2, 4, 6, 8});
  CHECK(edited(rs::ResidualSite::kMid, 1) == Numbers{5, 8, 6, 8});
  CHECK(edited(rs::ResidualSite::kPost, 0) == Numbers{1, 1, 1, 1});
  CHECK(edited(rs::ResidualSite::kPre, 0) == Numbers{9, 0, 0, 0});
}

TEST_CASE("logits pushed beyond f32 are told with layer, position and expert") {
  const auto program = compileText(R"([{"op":"add","layer":1,"experts":[2],"value":3e38},
                                       {"op":"add","layer":1,"experts":[2],"value":3e38}])");
  CHECK_THROWS_WITH(decide(program, kLogits, 1, 4),
                    Catch::Contains("layer 1, position 4") && Catch::Contains("expert 2"));
}

TEST_CASE("every layer knows its widest decision") {
  const auto program = compileText(R"([{"op":"top_k","layer":0,"k":5},{"op":"top_k","layer":0,"k":3},
      {"op":"virtual","layer":0,"pos":[1],"mode":"reserve","vector":[1,2,3,4],"weight":0.5},
      {"op":"top_p","layer":1,"pos":[1],"p":0.5,"min":1,"max":6},
      {"op":"force","layer":2,"experts":[1,2,3,4]}])");
  CHECK(program.layer(0).max_slots == 4);
  CHECK(program.layer(1).max_slots == 6);
  CHECK(program.layer(2).max_slots == 4);
}

TEST_CASE("a high-level virtual expert takes part only where it fires") {
  std::vector<rs::HighLevelColumn> columns(3);
  columns[0] = {"reserver", {0, 1}, {rs::VirtualMode::kReserve, 0, 0.5F, -1}};
  columns[1] = {"competitor", {1}, {rs::VirtualMode::kCompete, 9, 0, -1}};
  columns[2] = {"owner", {2}, {rs::VirtualMode::kForce, 0, 0, -1}};
  auto program =
      compileText(R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4]}])", 8, columns);
  CHECK(program.columns().size() == 4);
  CHECK(program.columns()[1].name == "reserver");
  CHECK(program.layer(1).n_columns == 3);
  CHECK(decide(program, kLogits, 0, 3).ids == Ids{1, 3});
  CHECK(decide(program, kLogits, 1, 3).logits.back() == -kInf);
  CHECK(decide(program, kLogits, 2, 3).ids == Ids{1, 3});
  CHECK_FALSE(program.columnFires(1, 3));

  const Numbers first = {1, 0, 0, 0};
  const Numbers second = {0, 1, 0, 0};
  program.setFiring(1, 3, first);
  program.setFiring(2, 3, second);
  program.setFiring(3, 3, first);
  program.setFiring(1, 4, second);
  CHECK(program.columnFires(1, 3));
  CHECK_FALSE(program.columnFires(2, 4));
  CHECK(decide(program, kLogits, 0, 3).ids == Ids{1, 3, 7});
  CHECK(decide(program, kLogits, 1, 3).ids == Ids{8, 1, 7});
  CHECK(decide(program, kLogits, 1, 4).ids == Ids{1, 3, 7});
  CHECK(decide(program, kLogits, 2, 3).ids == Ids{9});
  CHECK(decide(program, kLogits, 2, 4).ids == Ids{1, 3});
  CHECK(program.virtualVector(1, 3)[0] == 1);
  CHECK(program.virtualVector(1, 4)[1] == 1);

  program.setFiring(1, 4, first);  // again: the later vector counts
  CHECK(program.virtualVector(1, 4)[0] == 1);
  program.dropFirings(4);
  CHECK(program.columnFires(1, 3));
  CHECK_FALSE(program.columnFires(1, 4));
  program.setFiring(1, 4, second);
  CHECK(program.virtualVector(1, 4)[1] == 1);
  program.dropFirings(0);
  CHECK(decide(program, kLogits, 0, 3).ids == Ids{1, 3});
}

TEST_CASE("firings out of order or of a fixed virtual expert are bugs that are told") {
  std::vector<rs::HighLevelColumn> columns(1);
  columns[0] = {"late", {0}, {}};
  auto program =
      compileText(R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4]}])", 8, columns);
  const Numbers vector = {1, 0, 0, 0};
  program.setFiring(1, 3, vector);
  CHECK_THROWS_AS(program.setFiring(1, 2, vector), rs::Error);
  CHECK_THROWS_AS(program.setFiring(0, 4, vector), rs::Error);
  CHECK_THROWS_AS(program.setFiring(2, 4, vector), rs::Error);
  CHECK_THROWS_AS(program.setFiring(1, 4, Numbers{1}), rs::Error);
  CHECK_THROWS_AS((void)program.virtualVector(1, 5), rs::Error);
}
