// SPDX-License-Identifier: Apache-2.0
//
// Measures the CPU kernels at the sizes of gpt-oss 20b: reading speed of this machine and, in the same run,
// bytes of weights per second when one token meets them, and products per second with many tokens.
//
//   kernels_bench [threads] [isa] [fast]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "core/backend/cpu/isa.h"
#include "core/backend/cpu/memory_reader.h"
#include "core/backend/cpu/packing.h"
#include "core/base/error.h"

namespace rs::cpu {
namespace {

constexpr int kWidth = 2880;
constexpr int kRepeats = 7;

// The fastest of some runs, in seconds.
template <class Work>
double bestTime(const ThreadPool& pool, const Work& work) {
  double best = 1e9;
  for (int i = 0; i < kRepeats; ++i) {
    const double start = computeTime(pool.size());
    work();
    best = std::min(best, computeTime(pool.size()) - start);
  }
  return best;
}

void measureReading(int n_threads) {
  MemoryReader reader(n_threads, std::uint64_t{512} << 20U);
  double best = 0;
  for (int i = 0; i < kRepeats; ++i) {
    best = std::max(best, reader.measure());
  }
  std::printf("reading 512 MiB        %6.1f GB/s\n", best / 1e9);
}

struct Chunk {
  Rows x, y;
  std::vector<const float*> x_rows;
  std::vector<float*> y_rows;
};

Chunk chunkOf(int n_tokens, int n_columns, int n_rows) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Chunk chunk{Rows(n_tokens, n_columns, "x"), Rows(n_tokens, n_rows, "y"), {}, {}};
  for (int t = 0; t < n_tokens; ++t) {
    std::generate_n(chunk.x.row(t), n_columns, [&] { return normal(random); });
    chunk.x_rows.push_back(chunk.x.row(t));
    chunk.y_rows.push_back(chunk.y.row(t));
  }
  return chunk;
}

void report(const char* what, int n_tokens, double n_bytes, double n_products, double time) {
  if (n_tokens == 1) {
    std::printf("%-10s %4d tokens %6.1f GB/s\n", what, n_tokens, n_bytes / time / 1e9);
  } else {
    std::printf("%-10s %4d tokens %6.1f GFLOP/s\n", what, n_tokens, 2 * n_products / time / 1e9);
  }
}

void measureDense(const KernelTable& kernels, ThreadPool& pool) {
  constexpr int kRows = 16384;  // 94 MB, beyond the caches
  std::vector<std::uint16_t> values(static_cast<std::size_t>(kRows) * kWidth, 0x3C01);
  TensorView view{"w", DType::kBf16, {kRows, kWidth}, std::as_bytes(std::span(values)), "", 0};
  const DenseMatrix matrix(std::span(&view, 1), {}, pool);
  for (const int n : {1, 64}) {
    const Chunk chunk = chunkOf(n, kWidth, kRows);
    const double time = bestTime(pool, [&] {
      pool.forRange(matrix.nTiles(), [&](int begin, int end, int) {
        matrix.multiply(kernels, {begin, end}, chunk.x_rows, chunk.y_rows);
      });
    });
    report("bf16", n, static_cast<double>(matrix.weightBytes()), static_cast<double>(n) * kRows * kWidth,
           time);
  }
}

void measureExperts(const KernelTable& kernels, ThreadPool& pool) {
  constexpr int kExperts = 24;
  constexpr int kRows = 2 * kWidth;
  const std::size_t n_blocks = std::size_t{kExperts} * kRows * (kWidth / 32);
  std::vector<std::byte> blocks(n_blocks * 16);
  std::mt19937 random(2);
  std::generate(blocks.begin(), blocks.end(), [&] { return std::byte(random() & 255U); });
  const std::vector<std::byte> scales(n_blocks, std::byte{122});
  const std::vector<float> bias(std::size_t{kExperts} * kRows);
  const ExpertMatrices source{{"b", DType::kU8, {kExperts, kRows, kWidth / 32, 16}, blocks, "", 0},
                              {"s", DType::kU8, {kExperts, kRows, kWidth / 32}, scales, "", 0},
                              {"c", DType::kF32, {kExperts, kRows}, std::as_bytes(std::span(bias)), "", 0}};
  const ExpertMatrix matrix(source, true, pool);
  for (const int n : {1, 4, 64}) {
    const int n_experts = n == 1 ? kExperts : 2;
    const Chunk chunk = chunkOf(n, kWidth, kWidth);
    for (int t = 0; kernels.prepare != nullptr && t < n; ++t) {
      kernels.prepare(chunk.x.row(t), kWidth, chunk.x.row(t));
    }
    const double time = bestTime(pool, [&] {
      pool.forRange(matrix.nTiles() / 2, [&](int begin, int end, int) {
        for (int expert = 0; expert < n_experts; ++expert) {
          GatedArgs args{matrix.argsOf(expert), 7, 1.702F};
          args.product.tile_begin = 2 * begin;
          args.product.tile_end = 2 * end;
          args.product.n_tokens = n;
          args.product.x = chunk.x_rows.data();
          args.product.y = chunk.y_rows.data();
          kernels.gated_mxfp4(args);
        }
      });
    });
    report("mxfp4", n, static_cast<double>(n_experts) * kRows * kWidth / 32 * 17,
           static_cast<double>(n) * n_experts * kRows * kWidth, time);
  }
}

}  // namespace

void measure(int n_threads, const char* isa_name, Precision precision) {
  const Isa isa = chooseIsa(isa_name);
  ThreadPool pool(n_threads);
  std::printf("%d threads, %s\n", n_threads, std::string(nameOf(isa)).c_str());
  measureReading(n_threads);
  measureDense(kernelsOf(isa, precision), pool);
  measureExperts(kernelsOf(isa, precision), pool);
}

}  // namespace rs::cpu

int main(int argc, char** argv) {
  try {
    rs::cpu::measure(
        argc > 1 ? std::atoi(argv[1]) : 1, argc > 2 ? argv[2] : "",
        argc > 3 && std::strcmp(argv[3], "fast") == 0 ? rs::Precision::kFast : rs::Precision::kExact);
  } catch (const rs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
