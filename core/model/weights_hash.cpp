// SPDX-License-Identifier: Apache-2.0
#include "core/model/weights_hash.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "core/base/sha256.h"
#include "core/base/text.h"

namespace rs {
namespace {

constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kLeastBlocks = 8;

std::string configText(const ModelConfig& c) {
  std::string text =
      format("routescope model 2\n%d %d %d %d %d %d %d %d %d %d %d\n", c.n_layers, c.hidden, c.inner,
             c.n_heads, c.n_kv_heads, c.head_dim, c.n_experts, c.top_k, c.vocab, c.window, c.max_positions);
  text += format("%.17g %.17g %.17g %.17g %.17g %d %d %.17g %.17g\n", c.norm_eps, c.rope_theta, c.yarn.factor,
                 c.yarn.beta_fast, c.yarn.beta_slow, c.yarn.original_positions,
                 static_cast<int>(c.yarn.rounds_ramp_ends), c.swiglu_limit, c.swiglu_alpha);
  for (const bool is_sliding : c.is_sliding) {
    text += is_sliding ? 's' : 'f';
  }
  return text;
}

// Asks the system to bring in just these bytes of a mapped file. Asked for before any is read, they come
// side by side, and what lies around stays on the disk. Only a hint.
void announceReading(std::span<const std::byte> bytes) {
  if (!bytes.empty()) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t before = reinterpret_cast<std::uintptr_t>(bytes.data()) % page;  // whole pages only
    ::madvise(const_cast<std::byte*>(bytes.data() - before), bytes.size() + before, MADV_WILLNEED);
  }
}

}  // namespace

std::vector<std::span<const std::byte>> sampleOf(const TensorView& tensor) {
  const std::span<const std::byte> bytes = tensor.bytes;
  const bool is_of_experts = tensor.shape.size() == 4;  // [experts, rows, blocks, bytes]
  const std::size_t n_blocks =
      std::max(kLeastBlocks, is_of_experts ? static_cast<std::size_t>(tensor.shape[0]) : 0);
  if (bytes.size() / kBlockBytes < n_blocks) {
    return {bytes};
  }
  std::vector<std::span<const std::byte>> blocks;
  const std::size_t slice = bytes.size() / n_blocks;
  for (std::size_t i = 0; i < n_blocks; ++i) {
    blocks.push_back(bytes.subspan(i * slice + (slice - kBlockBytes) / 2, kBlockBytes));
  }
  return blocks;
}

std::string hashOfModel(const ModelConfig& config, std::span<const TensorView> tensors) {
  for (const TensorView& tensor : tensors) {
    for (const auto& block : sampleOf(tensor)) {
      announceReading(block);
    }
  }
  Sha256 hash;
  hash.add(configText(config));
  for (const TensorView& tensor : tensors) {
    hash.add("\n" + tensor.name + " " + nameOf(tensor.dtype) + " " + shapeText(tensor.shape) + " " +
             tensor.file + " " + std::to_string(tensor.offset) + "\n");
    for (const auto& block : sampleOf(tensor)) {
      hash.add(block);
    }
  }
  return hash.finish();
}

}  // namespace rs
