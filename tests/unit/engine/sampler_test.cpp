// SPDX-License-Identifier: Apache-2.0
#include "core/engine/sampler.h"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "core/base/error.h"
#include "core/engine/next_token.h"

namespace rs {
namespace {

TEST_CASE("greedy choice takes the lower id on ties") {
  const std::array logits{1.0F, 3.0F, 3.0F, 2.0F};
  CHECK(Sampler({}, 4).choose(logits, 0).id == 1);
}

TEST_CASE("log probability is that of temperature one whatever the sampling") {
  const std::array logits{0.0F, std::log(3.0F)};
  CHECK(Sampler({}, 2).choose(logits, 5).logprob == Approx(std::log(0.75)));
  CHECK(logProbability(logits, 0) == Approx(std::log(0.25)));
}

TEST_CASE("a draw depends on seed and position only") {
  std::vector<float> logits(50);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    logits[i] = std::sin(static_cast<float>(i));
  }
  Sampler first({1.0, 1.0, 7}, 50);
  Sampler second({1.0, 1.0, 7}, 50);
  static_cast<void>(second.choose(logits, 3));
  int n_differing = 0;
  for (int position = 0; position < 20; ++position) {
    CHECK(first.choose(logits, position).id == second.choose(logits, position).id);
    n_differing += first.choose(logits, position).id != first.choose(logits, position + 100).id ? 1 : 0;
  }
  CHECK(n_differing > 0);
}

TEST_CASE("draws follow the shares") {
  const std::array logits{std::log(0.2F), std::log(0.5F), std::log(0.3F)};
  Sampler sampler({1.0, 1.0, 11}, 3);
  std::array<int, 3> counts{};
  constexpr int kDraws = 20000;
  for (int position = 0; position < kDraws; ++position) {
    ++counts[static_cast<std::size_t>(sampler.choose(logits, position).id)];
  }
  // Four standard deviations of a share near one half over 20,000 draws.
  CHECK(counts[0] / double{kDraws} == Approx(0.2).margin(0.015));
  CHECK(counts[1] / double{kDraws} == Approx(0.5).margin(0.015));
}

TEST_CASE("top-p keeps the fewest tokens that reach the share") {
  const std::array logits{std::log(0.2F), std::log(0.5F), std::log(0.3F)};
  Sampler sampler({1.0, 0.75, 3}, 3);
  for (int position = 0; position < 500; ++position) {
    CHECK(sampler.choose(logits, position).id != 0);
  }
}

TEST_CASE("ids without text are never chosen") {
  const std::array logits{0.0F, 1.0F, 9.0F};
  CHECK(Sampler({}, 2).choose(logits, 0).id == 1);
}

TEST_CASE("a logit that is not a number is told with its token") {
  const std::array logits{0.0F, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_WITH(Sampler({}, 2).choose(logits, 4), Catch::Contains("token 4") && Catch::Contains("id 1"));
}

TEST_CASE("divergence is zero for equal logits and counts nats") {
  const std::array a{0.0F, 0.0F};
  const std::array b{0.0F, std::log(3.0F)};
  CHECK(divergence(a, a) == 0.0);
  CHECK(divergence(a, b) == Approx(0.5 * std::log(0.5 / 0.25) + 0.5 * std::log(0.5 / 0.75)));
}

TEST_CASE("the divergence from the likeliest tokens is never above that of the whole, and near it") {
  std::mt19937 random(12);
  std::normal_distribution<float> normal;
  for (int n = 0; n < 200; ++n) {
    // From nearly the same to nothing in common.
    const float apart = 0.05F * static_cast<float>(n);
    std::vector<float> a(60);
    std::vector<float> b(60);
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = 3 * normal(random);
      b[i] = a[i] + apart * normal(random);
    }
    const double whole = divergence(a, b);
    const double least = divergenceFloor(scoreRow(a, -1, 60).next, scoreRow(b, -1, 60).next);
    CAPTURE(n, whole, least);
    CHECK(least <= whole + 1e-5);
    CHECK(least >= 0);
    if (n > 20) {
      CHECK(least > 0.1 * whole);
    }
  }
  const NextToken same = scoreRow(std::vector<float>{1, 2, 3}, -1, 3).next;
  CHECK(divergenceFloor(same, same) == Approx(0).margin(1e-6));
}

TEST_CASE("lists that have nothing in common are far apart") {
  std::vector<float> a(40, 0);
  std::vector<float> b(40, 0);
  for (std::size_t i = 0; i < 10; ++i) {
    a[i] = 5;
    b[i + 10] = 5;
  }
  const double least = divergenceFloor(scoreRow(a, -1, 40).next, scoreRow(b, -1, 40).next);
  CHECK(least > 3);
  CHECK(least <= divergence(a, b) + 1e-6);
}

}  // namespace
}  // namespace rs
