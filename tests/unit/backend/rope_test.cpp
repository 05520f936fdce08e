// SPDX-License-Identifier: Apache-2.0
//
// Rotary frequencies against the published values of gpt-oss, and what a rotation must keep.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/backend/cpu/rope.h"

namespace rs::cpu {
namespace {

ModelConfig gptOss() {
  ModelConfig config;
  config.head_dim = 64;
  config.rope_theta = 150000;
  config.yarn = {32, 32, 1, 4096, false};
  return config;
}

}  // namespace

TEST_CASE("YaRN frequencies equal those of gpt-oss") {
  constexpr std::array<double, 32> kWanted = {
      1.000000000e+00, 6.890443059e-01, 4.747820555e-01, 3.271458719e-01, 2.254180002e-01, 1.553229895e-01,
      1.070244215e-01, 7.374456821e-02, 5.081327482e-02, 3.170569618e-02, 1.933500113e-02, 1.159204926e-02,
      6.794959490e-03, 3.860359317e-03, 2.093792379e-03, 1.052602101e-03, 4.564839192e-04, 1.293187012e-04,
      3.830881237e-05, 2.639646903e-05, 1.818833668e-05, 1.253256982e-05, 8.635495875e-06, 5.950239261e-06,
      4.099978482e-06, 2.825066827e-06, 1.946596211e-06, 1.341291035e-06, 9.242089502e-07, 6.368209146e-07,
      4.387978251e-07, 3.023511428e-07};
  const std::vector<double> frequencies = ropeFrequencies(gptOss());
  REQUIRE(frequencies.size() == kWanted.size());
  for (std::size_t i = 0; i < kWanted.size(); ++i) {
    CHECK(frequencies[i] == Approx(kWanted[i]).epsilon(1e-9));
  }
  CHECK(ropeMagnitude(gptOss()) == Approx(1.3465735902799727).epsilon(1e-15));
}

TEST_CASE("rounded ramp ends and a factor of 1 give other frequencies") {
  ModelConfig rounded = gptOss();
  rounded.yarn.rounds_ramp_ends = true;
  CHECK(ropeFrequencies(rounded)[10] != Approx(ropeFrequencies(gptOss())[10]).epsilon(1e-4));
  ModelConfig plain = gptOss();
  plain.yarn.factor = 1;
  CHECK(ropeFrequencies(plain)[31] == Approx(std::pow(150000.0, -62.0 / 64)).epsilon(1e-12));
  CHECK(ropeMagnitude(plain) == 1);
}

TEST_CASE("a rotation pairs the two halves and scales the length by the magnitude") {
  const RopeTable table(gptOss(), 1001);
  std::array<float, 64> head{};
  head[5] = 3;
  head[37] = 4;
  table.turn(head.data(), 1000);
  const double angle = 1000 * ropeFrequencies(gptOss())[5];
  const double magnitude = ropeMagnitude(gptOss());
  CHECK(head[5] == Approx((3 * std::cos(angle) - 4 * std::sin(angle)) * magnitude).epsilon(1e-6));
  CHECK(head[37] == Approx((4 * std::cos(angle) + 3 * std::sin(angle)) * magnitude).epsilon(1e-6));
  CHECK(head[6] == 0);
}

TEST_CASE("position 0 only scales") {
  const RopeTable table(gptOss(), 1);
  std::array<float, 64> head{};
  head.fill(1);
  table.turn(head.data(), 0);
  CHECK(head[0] == Approx(1.3465735902799727).epsilon(1e-7));
  CHECK(head[63] == head[0]);
}

}  // namespace rs::cpu
