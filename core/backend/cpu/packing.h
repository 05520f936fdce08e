// SPDX-License-Identifier: Apache-2.0
//
// Weights repacked so that 16 rows lie interleaved and a vector lane owns a row. Rows and columns beyond the
// matrix are zero up to multiples of 16 and 32.
//
// Shape: bf16  [tile][columns / 2][16 rows][2]
//        f32   [tile][columns][16 rows]
//        MXFP4 [tile][columns / 32][4][16 rows] words of eight codes, [tile][columns / 32][16 rows] scales
// Thread: packing writes disjoint tiles; const members from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/backend/cpu/buffer.h"
#include "core/backend/cpu/kernels.h"
#include "core/backend/cpu/thread_pool.h"
#include "core/model/weights.h"

namespace rs::cpu {

// Told of the bytes of the file that were packed since the last call; what it throws ends the packing.
using PackStep = std::function<void(std::size_t bytes)>;

// A plain matrix, or several below one another with the same number of columns (each part begins a tile).
class DenseMatrix {
 public:
  DenseMatrix() = default;
  // parts: [rows, columns] each, biases beside them or empty. bf16 parts stay bf16, others become f32.
  // Errors: Error{kMemory}.
  DenseMatrix(std::span<const TensorView> parts, std::span<const TensorView> biases, ThreadPool& pool,
              const PackStep& step = {});

  [[nodiscard]] int nTiles() const { return n_tiles_; }
  [[nodiscard]] int nRows() const { return n_rows_; }        // up to the last row of the last part
  [[nodiscard]] int nColumns() const { return n_columns_; }  // rounded up
  [[nodiscard]] int partBegin(int part) const { return part_begin_[part]; }  // first row of a part
  [[nodiscard]] std::size_t weightBytes() const { return words_.size() * 4; }

  // y = W x + bias for tiles begin..end-1.
  void multiply(const KernelTable& kernels, Share tiles, std::span<const float* const> x,
                std::span<float* const> y) const;

 private:
  void packTile(const TensorView& part, int part_first_tile, int tile, std::span<float> row);

  bool is_bf16_ = false;
  int n_tiles_ = 0, n_rows_ = 0, n_columns_ = 0;
  int part_begin_[3] = {};
  Buffer<std::uint32_t> words_;
  Buffer<float> bias_;
};

// The same matrix of every expert of a layer.
class ExpertMatrix {
 public:
  ExpertMatrix() = default;
  // is_gated: rows alternate gate and linear in the file; here tiles do.
  // Errors: Error{kMemory}; Error{kModel} naming the tensor where a scale is not a number.
  ExpertMatrix(const ExpertMatrices& source, bool is_gated, ThreadPool& pool, const PackStep& step = {});

  [[nodiscard]] int nTiles() const { return n_tiles_; }
  [[nodiscard]] int nRows() const { return n_rows_; }
  [[nodiscard]] int nColumns() const { return n_columns_; }
  // Everything but tokens and tiles.
  [[nodiscard]] ProductArgs argsOf(int expert) const;

 private:
  void packTile(const ExpertMatrices& source, bool is_gated, int expert, int tile);
  [[nodiscard]] std::size_t tileIndex(int expert, int tile) const {
    return static_cast<std::size_t>(expert) * static_cast<std::size_t>(n_tiles_) +
           static_cast<std::size_t>(tile);
  }

  int n_tiles_ = 0, n_rows_ = 0, n_columns_ = 0;
  Buffer<std::uint32_t> codes_;
  Buffer<std::uint8_t> scales_;
  Buffer<float> bias_;  // [expert][tile * 16]
};

}  // namespace rs::cpu
