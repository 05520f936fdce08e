// SPDX-License-Identifier: Apache-2.0
//
// Keys and values of earlier tokens in f32, one layer each: a ring for sliding layers, everything for the
// others. Keys lie transposed in groups of 16 positions, so that a vector lane owns a key.
//
// Thread: put() for different positions or heads from different threads.
#pragma once

#include "core/backend/cpu/buffer.h"
#include "core/backend/cpu/kernels.h"

namespace rs::cpu {

class LayerCache {
 public:
  struct Dims {
    int n_heads = 0;  // key heads
    int head_dim = 0;
    int window = 0;  // 0: keeps everything
  };
  LayerCache() = default;
  // n_beyond: positions held beyond the window: the chunk at work, and those one can go back.
  // Errors: Error{kMemory}.
  LayerCache(const Dims& dims, int max_positions, int n_beyond);

  void put(int head, int position, const float* key, const float* value) const;
  // Fills what an attention call needs to know of this cache.
  void describe(int head, AttentionArgs& args) const;

  // Whether the keys that a query at position n sees are all there when positions up to `highest` - 1 have
  // been written.
  [[nodiscard]] bool holdsWindowBefore(int n, int highest) const;

 private:
  [[nodiscard]] int valueStride() const;

  Dims dims_;
  int capacity_ = 0;
  Buffer<float> keys_;    // [head][capacity / 16][head_dim][16]
  Buffer<float> values_;  // [head][capacity][stride]
};

}  // namespace rs::cpu
