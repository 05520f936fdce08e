// SPDX-License-Identifier: Apache-2.0
//
// What holds for every list of edits: order that does not matter changes no bit, decisions stay valid.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "core/routing/edit_json.h"
#include "tests/unit/routing/run_edits.h"

namespace {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  float logit() { return static_cast<float>(below(400) - 200) / 37.0F; }
  std::vector<float> logits() {
    std::vector<float> logits(6);
    std::generate(logits.begin(), logits.end(), [&] { return logit(); });
    return logits;
  }
  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[static_cast<std::size_t>(below(static_cast<int>(i)))]);
    }
  }

 private:
  std::mt19937 engine_;
};

bool sameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

rs::RoutingProgram compileList(const rs::EditList& edits) {
  return test::compileText(rs::editsToJson(edits));
}

std::string listText(const std::vector<std::string>& edits) {
  std::string text = "[";
  for (const std::string& edit : edits) {
    text += (text.size() > 1 ? "," : "") + edit;
  }
  return text + "]";
}

}  // namespace

TEST_CASE("edits that commute give the same bits in any order") {
  // No two touch the same logit, layer and position, the same slot, the same expert's output or the same
  // site, and each choice edit has a position of its own.
  rs::EditList edits = rs::parseEdits(R"([
    {"op":"ban","layer":"all","experts":[0]}, {"op":"ban","layer":"all","experts":[0,1]},
    {"op":"add","layer":0,"experts":[2],"value":0.3}, {"op":"add","layer":1,"experts":[2],"value":0.7},
    {"op":"add","layer":0,"experts":[3],"value":-1.1}, {"op":"set","layer":0,"experts":[4],"value":0.25},
    {"op":"temperature","layer":2,"value":1.7},
    {"op":"top_k","layer":"all","pos":[1],"k":3}, {"op":"top_p","layer":"all","pos":[2],"p":0.6,"min":1,"max":4},
    {"op":"force","layer":"all","pos":[3],"experts":[5,4]}, {"op":"redirect","layer":0,"pos":[4],"from":2,"to":0},
    {"op":"output","layer":0,"expert":2,"scale":0.3}, {"op":"output","layer":0,"expert":3,"const":0.7},
    {"op":"resid_add","layer":0,"site":"resid_pre","vector":[0.1,0.2,0.3,0.4]},
    {"op":"resid_add","layer":0,"site":"resid_mid","vector":[0.1,0.2,0.3,0.4]},
    {"op":"resid_add","layer":1,"site":"resid_pre","vector":{"unembed":3},"scale":0.9}])");
  Random random(1);
  const rs::RoutingProgram first = compileList(edits);
  for (int round = 0; round < 40; ++round) {
    random.shuffle(edits);
    const rs::RoutingProgram shuffled = compileList(edits);
    for (int layer = 0; layer < 3; ++layer) {
      for (int position = 0; position < 6; ++position) {
        const auto logits = random.logits();
        const test::Row a = test::decide(first, logits, layer, position);
        const test::Row b = test::decide(shuffled, logits, layer, position);
        CHECK(sameBits(a.logits, b.logits));
        CHECK(a.ids == b.ids);
        CHECK(sameBits(a.weights, b.weights));
        for (int expert = 2; expert < 4; ++expert) {
          std::vector<float> out_a = {0.1F, 0.2F, 0.3F, 0.4F};
          std::vector<float> out_b = out_a;
          rs::applyOutputEdits(first, layer, position, expert, out_a);
          rs::applyOutputEdits(shuffled, layer, position, expert, out_b);
          CHECK(sameBits(out_a, out_b));
        }
        for (const auto site : {rs::ResidualSite::kPre, rs::ResidualSite::kMid, rs::ResidualSite::kPost}) {
          std::vector<float> row_a(4, 0.5F);
          std::vector<float> row_b = row_a;
          rs::applyResidualEdits(first, layer, site, position, row_a);
          rs::applyResidualEdits(shuffled, layer, site, position, row_b);
          CHECK(sameBits(row_a, row_b));
        }
      }
    }
  }
}

TEST_CASE("edits of different stages give the same bits in any order") {
  const std::vector<std::string> logit_edits = {R"({"op":"add","layer":"all","experts":[2,3],"value":0.7})",
                                                R"({"op":"temperature","layer":"all","value":0.9})"};
  const std::vector<std::string> choice_edits = {
      R"({"op":"top_k","layer":"all","k":3})",
      R"({"op":"virtual","layer":"all","mode":"reserve","vector":[1,2,3,4],"weight":0.3})"};
  const std::vector<std::string> orders[] = {
      {logit_edits[0], logit_edits[1], choice_edits[0], choice_edits[1]},
      {logit_edits[0], choice_edits[0], logit_edits[1], choice_edits[1]},
      {choice_edits[0], choice_edits[1], logit_edits[0], logit_edits[1]},
  };
  Random random(2);
  for (int round = 0; round < 20; ++round) {
    const auto logits = random.logits();
    const test::Row first = test::decideText(listText(orders[0]), logits);
    for (const auto& order : orders) {
      const test::Row row = test::decideText(listText(order), logits);
      CHECK(row.ids == first.ids);
      CHECK(sameBits(row.logits, first.logits));
      CHECK(sameBits(row.weights, first.weights));
    }
  }
}

TEST_CASE("any list that is accepted gives valid decisions") {
  const std::vector<std::string> pool = {
      R"({"op":"ban","layer":"all","experts":[0]})",
      R"({"op":"ban","layer":"all","pos":[1],"experts":[3,4]})",
      R"({"op":"set","layer":0,"experts":[0],"value":1})",
      R"({"op":"temperature","layer":"all","value":0.01})",
      R"({"op":"top_k","layer":"all","k":5})",
      R"({"op":"top_k","layer":"all","pos":[0],"k":1})",
      R"({"op":"top_p","layer":"all","p":1,"min":1,"max":6})",
      R"({"op":"force","layer":0,"experts":[0,5,3],"weights":[0.2,0.8,0]})",
      R"({"op":"redirect","layer":"all","from":1,"to":2})",
      R"({"op":"redirect","layer":"all","from":2,"to":1})",
      R"({"op":"virtual","layer":"all","mode":"compete","vector":[0,0,0,0],"logit":2})",
      R"({"op":"virtual","layer":"all","mode":"reserve","vector":[0,0,0,0],"weight":1})",
      R"({"op":"virtual","layer":"all","mode":"reserve","vector":[0,0,0,0],"weight":0.4})",
      R"({"op":"virtual","layer":"all","mode":"replace","vector":[0,0,0,0],"expert":1})",
      R"({"op":"virtual","layer":0,"pos":[2],"mode":"force","vector":[0,0,0,0]})",
  };
  Random random(3);
  int n_accepted = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> list(static_cast<std::size_t>(1 + random.below(7)));
    std::generate(list.begin(), list.end(), [&] { return pool[static_cast<std::size_t>(random.below(15))]; });
    const std::string text = listText(list);
    if (test::refusalOf(text) != "accepted") {
      continue;
    }
    ++n_accepted;
    INFO(text);
    const rs::RoutingProgram program = test::compileText(text);
    for (int position = 0; position < 4; ++position) {
      CHECK_NOTHROW(test::decide(program, random.logits(), random.below(3), position));
    }
  }
  CHECK(n_accepted > 100);
}

TEST_CASE("what is chosen by logits is the sorted order, ties to the lower id") {
  Random random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> logits(static_cast<std::size_t>(1 + random.below(40)));
    std::generate(logits.begin(), logits.end(), [&] { return static_cast<float>(random.below(9)); });
    std::vector<std::int32_t> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
    });
    const int k = 1 + random.below(static_cast<int>(logits.size()));
    std::vector<std::int32_t> ids(static_cast<std::size_t>(k));
    std::vector<float> weights(ids.size());
    rs::DecisionRef decision{ids.data(), weights.data(), 0, k};
    rs::decideTopK(logits, k, decision);
    order.resize(ids.size());
    CHECK(ids == order);
    CHECK_FALSE(rs::violation(decision, static_cast<int>(logits.size())).has_value());
  }
}
