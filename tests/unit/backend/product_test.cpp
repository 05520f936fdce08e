// SPDX-License-Identifier: Apache-2.0
//
// Packed matrices times vectors on every instruction set of this machine: against double, and bit for bit
// between one token and many.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "core/backend/cpu/isa.h"
#include "core/backend/cpu/packing.h"
#include "core/base/error.h"
#include "core/model/float16.h"
#include "core/model/mxfp4.h"

namespace rs::cpu {
namespace {

// A matrix as it would lie in a file, at an odd address, with its values in double.
struct Source {
  std::vector<std::byte> bytes;
  TensorView view;
  std::vector<double> values;
};

Source plainMatrix(DType dtype, int n_rows, int n_columns, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Source source;
  source.bytes.resize(1 + static_cast<std::size_t>(n_rows * n_columns) * sizeOf(dtype));
  std::byte* to = source.bytes.data() + 1;
  for (int i = 0; i < n_rows * n_columns; ++i, to += sizeOf(dtype)) {
    const float value = fromBf16(toBf16(normal(random)));
    source.values.push_back(static_cast<double>(value));
    const std::uint16_t half = toBf16(value);
    std::memcpy(to, dtype == DType::kBf16 ? static_cast<const void*>(&half) : &value, sizeOf(dtype));
  }
  source.view.name = "m";
  source.view.dtype = dtype;
  source.view.shape = {n_rows, n_columns};
  source.view.bytes = std::span(source.bytes).subspan(1);
  return source;
}

struct Tokens {
  Rows x;
  std::vector<const float*> pointers;
};

Tokens someTokens(int n_tokens, int width, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Tokens tokens{Rows(n_tokens, width, "test"), {}};
  for (int t = 0; t < n_tokens; ++t) {
    std::generate_n(tokens.x.row(t), width, [&] { return normal(random); });
    tokens.pointers.push_back(tokens.x.row(t));
  }
  return tokens;
}

// The rows as expert products read them.
Tokens prepared(const KernelTable& kernels, const Tokens& tokens) {
  const int n = static_cast<int>(tokens.pointers.size());
  Tokens out{Rows(n, tokens.x.width(), "test"), {}};
  for (int t = 0; t < n; ++t) {
    std::copy_n(tokens.x.row(t), tokens.x.stride(), out.x.row(t));
    if (kernels.prepare != nullptr) {
      kernels.prepare(out.x.row(t), static_cast<int>(out.x.stride()), out.x.row(t));
    }
    out.pointers.push_back(out.x.row(t));
  }
  return out;
}

std::vector<float*> rowsOf(const Rows& rows, int n) {
  std::vector<float*> pointers;
  for (int i = 0; i < n; ++i) {
    pointers.push_back(rows.row(i));
  }
  return pointers;
}

// The limit allows each product and sum its rounding: 32 in a chain, then the blocks, with room for luck.
void requireNear(double wanted, double sum_of_sizes, float found, double limit = 1e-6) {
  REQUIRE(std::abs(wanted - static_cast<double>(found)) <= sum_of_sizes * limit + 1e-30);
}

void checkDense(Isa isa, DType dtype, int n_rows, int n_columns) {
  ThreadPool pool(2);
  const Source source = plainMatrix(dtype, n_rows, n_columns, 1);
  const Source bias = plainMatrix(DType::kF32, n_rows, 1, 2);
  const DenseMatrix matrix(std::span(&source.view, 1), std::span(&bias.view, 1), pool);
  constexpr int kTokens = 11;
  const Tokens tokens = someTokens(kTokens, n_columns, 3);
  const Rows many(kTokens, n_rows, "test");
  const Rows one(kTokens, n_rows, "test");
  const KernelTable& kernels = kernelsOf(isa, Precision::kExact);
  matrix.multiply(kernels, {0, matrix.nTiles()}, tokens.pointers, rowsOf(many, kTokens));
  for (int t = 0; t < kTokens; ++t) {
    float* row = one.row(t);
    const auto at = static_cast<std::size_t>(t);
    for (int tile = 0; tile < matrix.nTiles(); ++tile) {
      matrix.multiply(kernels, {tile, tile + 1}, std::span(tokens.pointers).subspan(at, 1),
                      std::span(&row, 1));
    }
    REQUIRE(std::memcmp(row, many.row(t), static_cast<std::size_t>(n_rows) * sizeof(float)) == 0);
    for (int r = 0; r < n_rows; ++r) {
      double wanted = bias.values[static_cast<std::size_t>(r)];
      double size = std::abs(wanted);
      for (int c = 0; c < n_columns; ++c) {
        const double term = source.values[static_cast<std::size_t>(r * n_columns + c)] *
                            static_cast<double>(tokens.x.row(t)[c]);
        wanted += term;
        size += std::abs(term);
      }
      requireNear(wanted, size, row[r]);
    }
  }
}

struct ExpertSource {
  std::vector<std::byte> blocks, scales, bias;
  ExpertMatrices matrices;
};

ExpertSource expertMatrices(int n_experts, int n_rows, int n_columns) {
  std::mt19937 random(5);
  ExpertSource source;
  const auto n_blocks = static_cast<std::size_t>(n_experts * n_rows * n_columns / 32);
  source.blocks.resize(n_blocks * 16);
  source.scales.resize(n_blocks);
  source.bias.resize(static_cast<std::size_t>(n_experts * n_rows) * 4);
  std::generate(source.blocks.begin(), source.blocks.end(), [&] { return std::byte(random() & 255U); });
  std::generate(source.scales.begin(), source.scales.end(), [&] { return std::byte(120 + random() % 9); });
  for (std::size_t i = 0; i < source.bias.size(); i += 4) {
    const float value = static_cast<float>(random() % 100) / 50 - 1;
    std::memcpy(source.bias.data() + i, &value, 4);
  }
  source.matrices.blocks = {"b", DType::kU8, {n_experts, n_rows, n_columns / 32, 16}, source.blocks, "f", 0};
  source.matrices.scales = {"s", DType::kU8, {n_experts, n_rows, n_columns / 32}, source.scales, "f", 0};
  source.matrices.bias = {"c", DType::kF32, {n_experts, n_rows}, source.bias, "f", 0};
  return source;
}

// W x + b of one expert row in double; second: the sum of sizes.
std::pair<double, double> expertRow(const ExpertSource& source, int expert, int row, const float* x) {
  const std::vector<float> bias = toFloat(source.matrices.bias);
  const auto n_columns = static_cast<std::size_t>(source.matrices.blocks.shape[2] * 32);
  std::vector<float> weights(n_columns);
  decodeMxfp4Row(source.matrices, expert, row, weights);
  double sum =
      static_cast<double>(bias[static_cast<std::size_t>(expert * source.matrices.bias.shape[1] + row)]);
  double size = std::abs(sum);
  for (std::size_t c = 0; c < n_columns; ++c) {
    const double term = static_cast<double>(weights[c]) * static_cast<double>(x[c]);
    sum += term;
    size += std::abs(term);
  }
  return {sum, size};
}

void checkExperts(Isa isa, Precision precision, int n_rows, int n_columns) {
  const KernelTable& kernels = kernelsOf(isa, precision);
  const double limit = precision == Precision::kExact ? 1e-6 : 6e-5;
  ThreadPool pool(2);
  const ExpertSource source = expertMatrices(3, n_rows, n_columns);
  const ExpertMatrix matrix(source.matrices, false, pool);
  constexpr int kTokens = 13;
  const Tokens tokens = someTokens(kTokens, n_columns, 6);
  const Tokens inputs = prepared(kernels, tokens);
  const Rows many(kTokens, n_rows, "test");
  const Rows one(kTokens, n_rows, "test");
  const std::vector<float*> many_rows = rowsOf(many, kTokens);
  const std::vector<float*> one_rows = rowsOf(one, kTokens);
  for (int expert = 0; expert < 3; ++expert) {
    ProductArgs args = matrix.argsOf(expert);
    args.tile_end = matrix.nTiles();
    args.n_tokens = kTokens;
    args.x = inputs.pointers.data();
    args.y = many_rows.data();
    kernels.product_mxfp4(args);
    args.n_tokens = 1;
    for (std::size_t t = 0; t < kTokens; ++t) {
      args.x = inputs.pointers.data() + t;
      args.y = one_rows.data() + t;
      kernels.product_mxfp4(args);
      REQUIRE(std::memcmp(one_rows[t], many_rows[t], static_cast<std::size_t>(n_rows) * sizeof(float)) == 0);
      for (int row = 0; row < n_rows; ++row) {
        const auto [wanted, size] = expertRow(source, expert, row, tokens.pointers[t]);
        requireNear(wanted, size, one_rows[t][row], limit);
      }
    }
  }
}

void checkGated(Isa isa, int inner, int n_columns) {
  ThreadPool pool(1);
  const ExpertSource source = expertMatrices(2, 2 * inner, n_columns);
  const ExpertMatrix matrix(source.matrices, true, pool);
  constexpr int kTokens = 9;
  const Tokens tokens = someTokens(kTokens, n_columns, 8);
  const Rows out(kTokens, inner, "test");
  const std::vector<float*> rows = rowsOf(out, kTokens);
  GatedArgs args{matrix.argsOf(1), 7, 1.702F};
  args.product.tile_end = matrix.nTiles();
  args.product.n_tokens = kTokens;
  const Tokens inputs = prepared(kernelsOf(isa, Precision::kExact), tokens);
  args.product.x = inputs.pointers.data();
  args.product.y = rows.data();
  kernelsOf(isa, Precision::kExact).gated_mxfp4(args);
  int n_clipped = 0;
  for (std::size_t t = 0; t < kTokens; ++t) {
    for (int r = 0; r < inner; ++r) {
      const auto [gate, gate_size] = expertRow(source, 1, 2 * r, tokens.pointers[t]);
      const auto [linear, linear_size] = expertRow(source, 1, 2 * r + 1, tokens.pointers[t]);
      const double g = std::min(gate, 7.0);
      const double u = std::clamp(linear, -7.0, 7.0);
      n_clipped += static_cast<int>(gate > 7 || std::abs(linear) > 7);
      const double wanted = g / (1 + std::exp(-static_cast<double>(1.702F) * g)) * (u + 1);
      const double room = (gate_size * (std::abs(u) + 1) * 1.2 + linear_size * std::abs(g)) * 1e-6;
      REQUIRE(std::abs(wanted - static_cast<double>(rows[t][r])) <= room + std::abs(wanted) * 1e-6);
    }
  }
  CHECK(n_clipped > 0);
}

}  // namespace

TEST_CASE("plain matrices of odd shapes multiply as in double, one token as many") {
  for (const Isa isa : availableIsas()) {
    INFO(nameOf(isa));
    for (const DType dtype : {DType::kBf16, DType::kF32}) {
      checkDense(isa, dtype, 16, 32);
      checkDense(isa, dtype, 1, 2);
      checkDense(isa, dtype, 37, 96);
      checkDense(isa, dtype, 50, 45);
      checkDense(isa, dtype, 300, 320);
    }
  }
}

TEST_CASE("expert matrices multiply as in double, one token as many") {
  for (const Isa isa : availableIsas()) {
    for (const Precision precision : {Precision::kExact, Precision::kFast}) {
      INFO(nameOf(isa));
      checkExperts(isa, precision, 16, 32);
      checkExperts(isa, precision, 40, 96);
      checkExperts(isa, precision, 320, 320);
    }
  }
}

TEST_CASE("the gated activation clips gate and linear half as the model does") {
  for (const Isa isa : availableIsas()) {
    INFO(nameOf(isa));
    checkGated(isa, 32, 64);
    checkGated(isa, 96, 320);
  }
}

TEST_CASE("the smallest scale is a subnormal power of two, not zero") {
  ThreadPool pool(1);
  ExpertSource source = expertMatrices(1, 16, 32);
  std::fill(source.scales.begin(), source.scales.end(), std::byte{0});
  std::fill(source.blocks.begin(), source.blocks.end(), std::byte{0x22});  // all ones
  std::fill(source.bias.begin(), source.bias.end(), std::byte{0});
  const ExpertMatrix matrix(source.matrices, false, pool);
  std::vector<float> x(32, 0.0F);
  x[3] = 0x1p20F;
  std::vector<float> y(16, -1.0F);
  const float* x_row = x.data();
  float* y_row = y.data();
  ProductArgs args = matrix.argsOf(0);
  args.tile_end = 1;
  args.n_tokens = 1;
  args.x = &x_row;
  args.y = &y_row;
  for (const Isa isa : availableIsas()) {
    const KernelTable& kernels = kernelsOf(isa, Precision::kExact);
    std::vector<float> input = x;
    if (kernels.prepare != nullptr) {
      kernels.prepare(input.data(), 32, input.data());
    }
    x_row = input.data();
    kernels.product_mxfp4(args);
    CHECK(y == std::vector<float>(16, 0x1p-107F));
  }
}

TEST_CASE("a scale that is not a number is refused with the tensor's name") {
  ThreadPool pool(1);
  ExpertSource source = expertMatrices(2, 32, 32);
  source.scales[40] = std::byte{255};
  source.matrices.scales.name = "layers.0.down_scales";
  try {
    const ExpertMatrix matrix(source.matrices, false, pool);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModel);
    CHECK_THAT(error.what(), Catch::Contains("layers.0.down_scales") && Catch::Contains("255"));
  }
}

TEST_CASE("parts of a stacked matrix each begin a tile") {
  ThreadPool pool(1);
  const Source a = plainMatrix(DType::kBf16, 20, 32, 1);
  const Source b = plainMatrix(DType::kBf16, 5, 32, 2);
  const std::vector<TensorView> parts = {a.view, b.view};
  const DenseMatrix matrix(parts, {}, pool);
  CHECK(matrix.nTiles() == 3);
  CHECK(matrix.partBegin(1) == 32);
  CHECK(matrix.nRows() == 37);
  const Tokens tokens = someTokens(1, 32, 4);
  const Rows out(1, matrix.nRows(), "test");
  matrix.multiply(kernelsOf(Isa::kScalar, Precision::kExact), {0, 3}, tokens.pointers, rowsOf(out, 1));
  double wanted = 0;
  for (int c = 0; c < 32; ++c) {
    wanted += b.values[static_cast<std::size_t>(4 * 32 + c)] * static_cast<double>(tokens.x.row(0)[c]);
  }
  CHECK(out.row(0)[36] == Approx(wanted).epsilon(1e-5));
}

}  // namespace rs::cpu
