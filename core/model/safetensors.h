// SPDX-License-Identifier: Apache-2.0
//
// Reads the table of a safetensors file and checks every entry before anybody follows it.
//
// Source: format of the safetensors library: u64 little-endian header length, JSON, data without holes.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/model/weights.h"

namespace rs {

struct SafetensorsTable {
  std::vector<TensorView> tensors;              // by offset, then name
  std::map<std::string, std::string> metadata;  // "__metadata__"
};

// The table of a whole file in memory. Views point into `bytes`; `file` is its name without directory.
//
// Errors: Error{kModel} naming file and tensor, with expected and found: a header that is no strict JSON,
//         too long or repeated, dtypes and shapes this program cannot hold, offsets that are outside the
//         file, overlap, leave holes or do not fit dtype and shape.
[[nodiscard]] SafetensorsTable readSafetensors(std::span<const std::byte> bytes, const std::string& file);

}  // namespace rs
