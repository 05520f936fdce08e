// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/kv_cache.h"

#include <algorithm>

namespace rs::cpu {
namespace {

constexpr int roundUp(int n, int multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace

LayerCache::LayerCache(const Dims& dims, int max_positions, int n_beyond) : dims_(dims) {
  const int everything = roundUp(max_positions, kKeyBlock);
  // The window begins anywhere in its first block.
  const int ring = roundUp(dims.window + n_beyond, kKeyBlock) + kKeyBlock;
  capacity_ = dims.window > 0 ? std::min(everything, ring) : everything;
  const std::size_t n_slots = static_cast<std::size_t>(dims.n_heads) * static_cast<std::size_t>(capacity_);
  keys_ = Buffer<float>(n_slots * static_cast<std::size_t>(dims.head_dim), "the cache of keys");
  values_ = Buffer<float>(n_slots * static_cast<std::size_t>(valueStride()), "the cache of values");
}

int LayerCache::valueStride() const {
  return roundUp(dims_.head_dim, kLanes);
}

void LayerCache::put(int head, int position, const float* key, const float* value) const {
  const std::size_t slot = static_cast<std::size_t>(head) * static_cast<std::size_t>(capacity_) +
                           static_cast<std::size_t>(position % capacity_);
  const auto dim = static_cast<std::size_t>(dims_.head_dim);
  float* to_key = keys_.data() + slot / kLanes * kLanes * dim + slot % kLanes;
  for (std::size_t d = 0; d < dim; ++d) {
    to_key[d * kLanes] = key[d];
  }
  std::copy(value, value + dim, values_.data() + slot * static_cast<std::size_t>(valueStride()));
}

void LayerCache::describe(int head, AttentionArgs& args) const {
  const std::size_t first = static_cast<std::size_t>(head) * static_cast<std::size_t>(capacity_);
  args.head_dim = dims_.head_dim;
  args.value_stride = valueStride();
  args.capacity = capacity_;
  args.window = dims_.window;
  args.keys = keys_.data() + first * static_cast<std::size_t>(dims_.head_dim);
  args.values = values_.data() + first * static_cast<std::size_t>(valueStride());
}

bool LayerCache::holdsWindowBefore(int n, int highest) const {
  const int oldest = dims_.window > 0 ? std::max(n - dims_.window + 1, 0) : 0;
  return n == 0 || highest - capacity_ <= oldest;
}

}  // namespace rs::cpu
