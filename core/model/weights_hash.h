// SPDX-License-Identifier: Apache-2.0
//
// What names a model: a hash of its configuration, its tensor table and a fixed sample of its weights.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/model/weights.h"

namespace rs {

// The part of a tensor that the hash reads: a block of 4 KiB in the middle of each of 8 equal slices, of an
// expert matrix of each expert's where there are more; a tensor no longer than its blocks as a whole. In
// order, without overlap.
[[nodiscard]] std::vector<std::span<const std::byte>> sampleOf(const TensorView& tensor);

// SHA-256, hexadecimal.
// Cost: reads the samples: 14 MB of gpt-oss 20b, in 3,500 places.
[[nodiscard]] std::string hashOfModel(const ModelConfig& config, std::span<const TensorView> tensors);

}  // namespace rs
