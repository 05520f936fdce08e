// SPDX-License-Identifier: Apache-2.0
//
// The inner loops of the CPU backend, one table of functions for each instruction set. A vector has 16 lanes
// of f32 everywhere, in whatever registers the machine has; in a matrix product a lane owns an output row, so
// the sum over columns has one order, whatever the tile of tokens.
//
// Only raw pointers here: the sources behind this header must not instantiate anything from the standard
// library, whose copy for a newer machine the linker might keep for all.
//
// Thread: pure functions of their arguments. Shape: "tile" = 16 rows of a packed matrix (packing.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/backend/precision.h"

namespace rs::cpu {

enum class Isa;

inline constexpr int kLanes = 16;
inline constexpr int kColumnBlock = 32;     // columns of one partial sum
inline constexpr int kKeyBlock = 64;        // keys of one softmax step, aligned to absolute positions
inline constexpr int kMaxQueryRows = 8;     // queries that share one reading of the keys
inline constexpr int kMaxHeadStride = 256;  // head_dim rounded up to lanes

// y[t][row] = bias[row] + sum over columns of w[row][column] * x[t][column], for the rows of some tiles.
// Per block of 32 columns: even columns and odd columns in two chains, their sum added to the total (for
// MXFP4 times the block's scale; with integer products the block's sum is exact).
struct ProductArgs {
  const void* weights = nullptr;         // packed
  const std::uint8_t* scales = nullptr;  // MXFP4 only
  const float* bias = nullptr;           // [tiles * 16] or null
  int n_columns = 0;                     // multiple of 32
  int n_rows = 0;                        // rows of the whole matrix: nothing is written beyond
  int tile_begin = 0, tile_end = 0;
  int n_tokens = 0;
  const float* const* x = nullptr;  // [n_tokens] rows of n_columns
  float* const* y = nullptr;        // [n_tokens] rows of n_rows
};

// Gate and linear rows in alternating tiles: y has n_rows / 2 values, those of the gated activation.
struct GatedArgs {
  ProductArgs product;
  float limit = 0;
  float alpha = 0;
};

// Some queries of one key head, all of one token or of several.
struct AttentionArgs {
  int n_queries = 0;                   // at most kMaxQueryRows
  int head_dim = 0, value_stride = 0;  // value_stride: multiple of 16
  int capacity = 0;                    // key slots of the ring, multiple of kKeyBlock
  int window = 0;                      // 0: all earlier keys
  float scale = 0;
  const float* keys = nullptr;    // [capacity / 16][head_dim][16]
  const float* values = nullptr;  // [capacity][value_stride]
  const float* query[kMaxQueryRows] = {};
  int position[kMaxQueryRows] = {};
  float sink[kMaxQueryRows] = {};  // logit
  float* out[kMaxQueryRows] = {};  // [head_dim]
  float* sink_mass[kMaxQueryRows] = {};
};

struct KernelTable {
  void (*product_bf16)(const ProductArgs&);
  void (*product_f32)(const ProductArgs&);
  // x holds prepared rows.
  void (*product_mxfp4)(const ProductArgs&);
  void (*gated_mxfp4)(const GatedArgs&);
  // Makes a row what the MXFP4 products read: n values of room, in place if out == x. Null: they read the row
  // itself. Range: n multiple of 32.
  void (*prepare)(const float* x, int n, float* out);
  // out = x / rms(x) * gain. Range: n multiple of 32.
  void (*rms_norm)(const float* x, const float* gain, float eps, int n, float* out);
  void (*attention)(const AttentionArgs&);
  // sum[i] += weight * x[i]. Range: n multiple of 16.
  void (*add_scaled)(const float* x, float weight, int n, float* sum);
  // For tests. Range: n multiple of 16.
  void (*exp)(const float* x, int n, float* out);
};

[[nodiscard]] const KernelTable& kernelsOf(Isa isa, Precision precision);

}  // namespace rs::cpu
