// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/packing.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/model/mxfp4.h"

namespace rs::cpu {
namespace {

constexpr int kSliceValues = 1 << 23;  // of a plain matrix, packed in some 10 ms

constexpr int roundUp(int n, int multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

void tell(const PackStep& step, std::size_t bytes) {
  if (step) {
    step(bytes);
  }
}

std::size_t product(int a, int b) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

}  // namespace

// ---- plain matrices ----

DenseMatrix::DenseMatrix(std::span<const TensorView> parts, std::span<const TensorView> biases,
                         ThreadPool& pool, const PackStep& step) {
  check(!parts.empty() && parts.size() <= std::size(part_begin_), "one to three parts");
  const int columns = static_cast<int>(parts[0].shape.at(1));
  n_columns_ = roundUp(columns, kColumnBlock);
  is_bf16_ = std::all_of(parts.begin(), parts.end(),
                         [](const TensorView& part) { return part.dtype == DType::kBf16; });
  for (std::size_t i = 0; i < parts.size(); ++i) {
    part_begin_[i] = n_tiles_ * kLanes;
    n_rows_ = part_begin_[i] + static_cast<int>(parts[i].shape[0]);
    n_tiles_ += roundUp(static_cast<int>(parts[i].shape[0]), kLanes) / kLanes;
  }
  words_ =
      Buffer<std::uint32_t>(product(n_tiles_ * kLanes, is_bf16_ ? n_columns_ / 2 : n_columns_), "weights");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int first_tile = part_begin_[i] / kLanes;
    const int n_part_tiles = roundUp(static_cast<int>(parts[i].shape[0]), kLanes) / kLanes;
    // In slices, so that packing can be broken off between two.
    const int slice = std::max(kSliceValues / (columns * kLanes), 1);
    for (int from = 0; from < n_part_tiles; from += slice) {
      const int n = std::min(slice, n_part_tiles - from);
      pool.forRange(n, [&](int begin, int end, int) {
        std::vector<float> row(static_cast<std::size_t>(columns));
        for (int tile = from + begin; tile < from + end; ++tile) {
          packTile(parts[i], first_tile, first_tile + tile, row);
        }
      });
      tell(step,
           parts[i].bytes.size() * static_cast<std::size_t>(n) / static_cast<std::size_t>(n_part_tiles));
    }
  }
  if (!biases.empty()) {
    bias_ = Buffer<float>(product(n_tiles_, kLanes), "biases");
    for (std::size_t i = 0; i < biases.size(); ++i) {
      const std::vector<float> values = toFloat(biases[i]);
      std::copy(values.begin(), values.end(), bias_.data() + part_begin_[i]);
    }
  }
}

void DenseMatrix::packTile(const TensorView& part, int part_first_tile, int tile, std::span<float> row) {
  const int n_part_rows = static_cast<int>(part.shape[0]);
  const auto n_columns = row.size();
  for (int lane = 0; lane < kLanes; ++lane) {
    const int source_row = (tile - part_first_tile) * kLanes + lane;
    if (source_row >= n_part_rows) {
      return;  // already zero
    }
    if (is_bf16_) {
      auto* to = reinterpret_cast<std::byte*>(words_.data() + product(tile * kLanes, n_columns_ / 2) +
                                              static_cast<std::size_t>(lane));
      const std::byte* from = part.bytes.data() + static_cast<std::size_t>(source_row) * n_columns * 2;
      for (std::size_t c = 0; c + 1 < n_columns; c += 2) {
        std::memcpy(to + c / 2 * kLanes * 4, from + c * 2, 4);
      }
      if (n_columns % 2 != 0) {
        std::memcpy(to + n_columns / 2 * kLanes * 4, from + (n_columns - 1) * 2, 2);
      }
      continue;
    }
    rowToFloat(part, source_row, row);
    std::uint32_t* to = words_.data() + product(tile * kLanes, n_columns_) + static_cast<std::size_t>(lane);
    for (std::size_t c = 0; c < n_columns; ++c) {
      std::memcpy(to + c * kLanes, &row[c], 4);
    }
  }
}

void DenseMatrix::multiply(const KernelTable& kernels, Share tiles, std::span<const float* const> x,
                           std::span<float* const> y) const {
  ProductArgs args;
  args.weights = words_.data();
  args.bias = bias_.data();
  args.n_columns = n_columns_;
  args.n_rows = n_rows_;
  args.tile_begin = tiles.begin;
  args.tile_end = tiles.end;
  args.n_tokens = static_cast<int>(x.size());
  args.x = x.data();
  args.y = y.data();
  (is_bf16_ ? kernels.product_bf16 : kernels.product_f32)(args);
}

// ---- experts ----

ExpertMatrix::ExpertMatrix(const ExpertMatrices& source, bool is_gated, ThreadPool& pool,
                           const PackStep& step) {
  const int n_experts = static_cast<int>(source.blocks.shape.at(0));
  n_rows_ = static_cast<int>(source.blocks.shape.at(1));
  n_columns_ = static_cast<int>(source.blocks.shape.at(2)) * kColumnBlock;
  n_tiles_ = roundUp(n_rows_, kLanes) / kLanes;
  check(!is_gated || n_rows_ % (2 * kLanes) == 0, "the inner width is a multiple of 16");
  requireFiniteScales(source.scales);
  const std::size_t n_rows_padded = product(n_experts, n_tiles_ * kLanes);
  codes_ = Buffer<std::uint32_t>(n_rows_padded * static_cast<std::size_t>(n_columns_ / 8), "expert weights");
  scales_ = Buffer<std::uint8_t>(n_rows_padded * static_cast<std::size_t>(n_columns_ / kColumnBlock),
                                 "expert scales");
  bias_ = Buffer<float>(n_rows_padded, "expert biases");
  const std::vector<float> bias = toFloat(source.bias);
  for (int expert = 0; expert < n_experts; ++expert) {
    pool.forRange(n_tiles_, [&](int begin, int end, int) {
      for (int tile = begin; tile < end; ++tile) {
        packTile(source, is_gated, expert, tile);
      }
    });
    tell(step,
         (source.blocks.bytes.size() + source.scales.bytes.size()) / static_cast<std::size_t>(n_experts));
  }
  for (int expert = 0; expert < n_experts; ++expert) {
    for (int row = 0; row < n_rows_; ++row) {
      // Gate rows of pair p are 2r, linear rows 2r + 1; pair p of tiles holds r = 16p .. 16p + 15.
      const int to = is_gated ? (row / 2 / kLanes * 2 + row % 2) * kLanes + row / 2 % kLanes : row;
      bias_[product(expert, n_tiles_ * kLanes) + static_cast<std::size_t>(to)] =
          bias[product(expert, n_rows_) + static_cast<std::size_t>(row)];
    }
  }
}

void ExpertMatrix::packTile(const ExpertMatrices& source, bool is_gated, int expert, int tile) {
  const auto n_blocks = static_cast<std::size_t>(n_columns_ / kColumnBlock);
  const std::size_t first_block = tileIndex(expert, tile) * n_blocks * kLanes;
  for (int lane = 0; lane < kLanes; ++lane) {
    const int row = is_gated ? (tile / 2 * kLanes + lane) * 2 + tile % 2 : tile * kLanes + lane;
    if (row >= n_rows_) {
      return;  // already zero
    }
    const std::size_t source_block = (product(expert, n_rows_) + static_cast<std::size_t>(row)) * n_blocks;
    const std::byte* from = source.blocks.bytes.data() + source_block * kMxfp4BlockBytes;
    const std::byte* from_scales = source.scales.bytes.data() + source_block;
    std::uint32_t* to = codes_.data() + first_block * 4 + static_cast<std::size_t>(lane);
    std::uint8_t* to_scales = scales_.data() + first_block + static_cast<std::size_t>(lane);
    for (std::size_t block = 0; block < n_blocks; ++block) {
      for (std::size_t word = 0; word < 4; ++word) {
        std::memcpy(to + (block * 4 + word) * kLanes, from + (block * 4 + word) * 4, 4);
      }
      to_scales[block * kLanes] = std::to_integer<std::uint8_t>(from_scales[block]);
    }
  }
}

ProductArgs ExpertMatrix::argsOf(int expert) const {
  const std::size_t first_lane = tileIndex(expert, 0) * kLanes;
  ProductArgs args;
  args.weights = codes_.data() + first_lane * static_cast<std::size_t>(n_columns_ / 8);
  args.scales = scales_.data() + first_lane * static_cast<std::size_t>(n_columns_ / kColumnBlock);
  args.bias = bias_.data() + first_lane;
  args.n_columns = n_columns_;
  args.n_rows = n_rows_;
  return args;
}

}  // namespace rs::cpu
