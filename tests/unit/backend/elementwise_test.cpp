// SPDX-License-Identifier: Apache-2.0
//
// The kernels that work value by value or on one row, on every instruction set of this machine.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "core/backend/cpu/isa.h"
#include "core/backend/cpu/kernels.h"

namespace rs::cpu {

TEST_CASE("exp is within two units in the last place, exactly 1 at 0, and 0 far below") {
  std::vector<float> x;
  for (double value = -87; value < 88; value += 0.0013) {
    x.push_back(static_cast<float>(value));
  }
  x.resize(x.size() / kLanes * kLanes);
  std::vector<float> y(x.size());
  for (const Isa isa : availableIsas()) {
    INFO(nameOf(isa));
    kernelsOf(isa, Precision::kExact).exp(x.data(), static_cast<int>(x.size()), y.data());
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double wanted = std::exp(static_cast<double>(x[i]));
      const auto rounded = static_cast<float>(wanted);
      const double unit =
          static_cast<double>(std::nextafter(rounded, INFINITY)) - static_cast<double>(rounded);
      worst = std::max(worst, std::abs(static_cast<double>(y[i]) - wanted) / unit);
    }
    CHECK(worst < 2);
    std::vector<float> special = {0, -0.0F, -INFINITY, -1000, -88, 1000, INFINITY, 88};
    special.resize(kLanes);
    std::vector<float> out(kLanes);
    kernelsOf(isa, Precision::kExact).exp(special.data(), kLanes, out.data());
    CHECK(out[0] == 1);
    CHECK(out[1] == 1);
    CHECK(out[2] == 0);
    CHECK(out[3] == 0);
    CHECK(out[4] == 0);
    CHECK(out[5] == out[7]);
    CHECK(out[6] == out[7]);
    CHECK(std::isfinite(out[7]));
  }
}

TEST_CASE("the norm divides by the root of the mean square and multiplies by the gain") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (const int n : {32, 96, 320, 2880}) {
    std::vector<float> x(static_cast<std::size_t>(n));
    std::vector<float> gain(x.size());
    std::generate(x.begin(), x.end(), [&] { return 30 * normal(random); });
    std::generate(gain.begin(), gain.end(), [&] { return normal(random); });
    double squares = 0;
    for (const float value : x) {
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    const double factor = 1 / std::sqrt(squares / n + static_cast<double>(1e-5F));
    for (const Isa isa : availableIsas()) {
      INFO(nameOf(isa) << " " << n);
      std::vector<float> out(x.size());
      kernelsOf(isa, Precision::kExact).rms_norm(x.data(), gain.data(), 1e-5F, n, out.data());
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double wanted = static_cast<double>(x[i]) * factor * static_cast<double>(gain[i]);
        REQUIRE(std::abs(static_cast<double>(out[i]) - wanted) <= std::abs(wanted) * 6e-7);
      }
    }
  }
}

TEST_CASE("the norm of zeros is zero and that of a value that is not finite is no number") {
  std::vector<float> x(32, 0.0F);
  const std::vector<float> gain(32, 1.0F);
  std::vector<float> out(32, 5.0F);
  for (const Isa isa : availableIsas()) {
    x[7] = 0;
    kernelsOf(isa, Precision::kExact).rms_norm(x.data(), gain.data(), 1e-5F, 32, out.data());
    CHECK(out == std::vector<float>(32, 0.0F));
    x[7] = INFINITY;
    kernelsOf(isa, Precision::kExact).rms_norm(x.data(), gain.data(), 1e-5F, 32, out.data());
    CHECK(std::isnan(out[7]));
  }
}

TEST_CASE(
    "fast rounding keeps 15 bits below the largest of each block, zeros and powers of two as they are") {
  std::vector<float> x(64, 0.0F);
  x[0] = 1;
  x[1] = 1.0F / 3;
  x[5] = -0x1p-14F;
  x[6] = 1e-9F;
  x[40] = 1e-30F;
  for (const Isa isa : availableIsas()) {
    INFO(nameOf(isa));
    if (isa == Isa::kAvx512Vnni) {
      continue;  // rounds into bytes, see the products
    }
    std::vector<float> out(x.size());
    kernelsOf(isa, Precision::kFast).prepare(x.data(), 64, out.data());
    CHECK(out[0] == 1);
    CHECK(out[1] != x[1]);
    CHECK(std::abs(out[1] - x[1]) <= 0x1p-15F);
    CHECK(out[5] == x[5]);
    CHECK(out[6] == 0);
    CHECK(std::abs(out[40] - x[40]) < 1e-34F);
    CHECK(out[63] == 0);
  }
}

TEST_CASE("adding a scaled row adds, with weight 1 exactly") {
  std::vector<float> x(kLanes, 0.1F);
  for (const Isa isa : availableIsas()) {
    std::vector<float> sum(kLanes, 1.7F);
    kernelsOf(isa, Precision::kExact).add_scaled(x.data(), 1, kLanes, sum.data());
    CHECK(sum == std::vector<float>(kLanes, 1.7F + 0.1F));
    kernelsOf(isa, Precision::kExact).add_scaled(x.data(), -2, kLanes, sum.data());
    CHECK(sum[15] == Approx(1.6).epsilon(1e-6));
  }
}

}  // namespace rs::cpu
