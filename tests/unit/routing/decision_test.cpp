// SPDX-License-Identifier: Apache-2.0
//
// The model's own decision and what makes a decision invalid.
#include "core/routing/decision.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/error.h"

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Decision {
  explicit Decision(int capacity)
      : ids(static_cast<std::size_t>(capacity), 77), weights(static_cast<std::size_t>(capacity), 7.0F) {
    ref = {ids.data(), weights.data(), 0, capacity};
  }
  std::vector<std::int32_t> ids;
  std::vector<float> weights;
  rs::DecisionRef ref;
};

std::vector<std::int32_t> chosen(const std::vector<float>& logits, int k) {
  Decision decision(k);
  rs::decideTopK(logits, k, decision.ref);
  return decision.ids;
}

std::string refusal(const std::vector<float>& logits, int k) {
  try {
    (void)chosen(logits, k);
  } catch (const rs::Error& error) {
    CHECK(error.code() == rs::ErrorCode::kNumeric);
    return error.what();
  }
  return "accepted";
}

std::string verdict(const std::vector<std::int32_t>& ids, const std::vector<float>& weights, int n_ids) {
  Decision decision(static_cast<int>(ids.size()));
  decision.ids = ids;
  decision.weights = weights;
  decision.ref = {decision.ids.data(), decision.weights.data(), static_cast<int>(ids.size()),
                  static_cast<int>(ids.size())};
  return rs::violation(decision.ref, n_ids).value_or("valid");
}

}  // namespace

TEST_CASE("the largest logits are chosen in order of rank") {
  CHECK(chosen({0.5F, 3, -1, 2, 2.5F}, 3) == std::vector<std::int32_t>{1, 4, 3});
  CHECK(chosen({0.5F, 3, -1}, 3) == std::vector<std::int32_t>{1, 0, 2});
  CHECK(chosen({4}, 1) == std::vector<std::int32_t>{0});
}

TEST_CASE("equal logits are chosen by the lower id") {
  CHECK(chosen({1, 1, 1, 1, 1}, 3) == std::vector<std::int32_t>{0, 1, 2});
  CHECK(chosen({0, 2, 1, 2, 1}, 3) == std::vector<std::int32_t>{1, 3, 2});
  CHECK(chosen({-0.0F, 0.0F}, 2) == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("weights are the softmax of the chosen logits alone") {
  Decision decision(4);
  rs::decideTopK(std::vector<float>{1, 0, 3, -5}, 3, decision.ref);
  const double total = std::exp(3.0) + std::exp(1.0) + 1;
  CHECK(decision.ref.n_slots == 3);
  CHECK(decision.weights[0] == static_cast<float>(std::exp(3.0) / total));
  CHECK(decision.weights[1] == Approx(std::exp(1.0) / total).epsilon(1e-7));
  CHECK(decision.weights[2] == Approx(1 / total).epsilon(1e-7));
  CHECK_FALSE(rs::violation(decision.ref, 4).has_value());
}

TEST_CASE("unused slots hold id -1 and weight 0") {
  Decision decision(4);
  rs::decideTopK(std::vector<float>{1, 0, 3}, 2, decision.ref);
  CHECK(decision.ids == std::vector<std::int32_t>{2, 0, -1, -1});
  CHECK(decision.weights[2] == 0);
  CHECK(decision.weights[3] == 0);
}

TEST_CASE("logits far from zero give finite weights") {
  Decision decision(2);
  rs::decideTopK(std::vector<float>{3e38F, -3e38F, 2.9e38F}, 2, decision.ref);
  CHECK(decision.weights == std::vector<float>{1, 0});
}

TEST_CASE("logits that are not finite are told with their expert") {
  CHECK_THAT(refusal({1, NAN, 0}, 1), Catch::Contains("expert 1"));
  CHECK_THAT(refusal({1, 0, kInf}, 1), Catch::Contains("expert 2"));
  CHECK_THAT(refusal({1, -kInf, -kInf}, 2), Catch::Contains("expert 1"));
  CHECK(refusal({1, -kInf, 0}, 2) == "accepted");
}

TEST_CASE("a choice wider than its memory is a bug that is told") {
  Decision decision(1);
  CHECK_THROWS_AS(rs::decideTopK(std::vector<float>{1, 2}, 2, decision.ref), rs::Error);
  CHECK_THROWS_AS(chosen({1, 2}, 3), rs::Error);
}

TEST_CASE("a decision that breaks an invariant is named") {
  CHECK(verdict({3, 0}, {0.5F, 0.5F}, 4) == "valid");
  CHECK_THAT(verdict({4, 0}, {0.5F, 0.5F}, 4), Catch::Contains("expected an id in 0..3, found 4"));
  CHECK_THAT(verdict({-1, 0}, {0.5F, 0.5F}, 4), Catch::Contains("found -1"));
  CHECK_THAT(verdict({2, 2}, {0.5F, 0.5F}, 4), Catch::Contains("expert 2 is chosen twice"));
  CHECK_THAT(verdict({2, 1}, {1.5F, -0.5F}, 4), Catch::Contains("found -0.5"));
  CHECK_THAT(verdict({2, 1}, {NAN, 1}, 4), Catch::Contains("finite weight"));
  CHECK_THAT(verdict({2, 1}, {0.5F, 0.4F}, 4), Catch::Contains("found 0.9"));
  CHECK_THAT(verdict({}, {}, 4), Catch::Contains("slots"));
}
