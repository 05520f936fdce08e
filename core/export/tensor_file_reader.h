// SPDX-License-Identifier: Apache-2.0
//
// Reads the safetensors files that TensorFileWriter writes, and any other that holds plain numbers.
//
// Thread: const members from any thread. Lifetime: views live as long as the file they came from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/model/weights.h"

namespace rs {

class TensorFileReader {
 public:
  // Errors: Error{kModel} naming file, array, expected and found.
  explicit TensorFileReader(const std::string& path);

  [[nodiscard]] std::span<const TensorView> arrays() const { return arrays_; }
  [[nodiscard]] const TensorView* find(std::string_view name) const;  // null if there is none
  // The JSON text "routescope" of __metadata__, empty if the file has none.
  [[nodiscard]] const std::string& metadata() const { return metadata_; }

 private:
  MappedFile file_;
  std::vector<TensorView> arrays_;
  std::string metadata_;
};

// An i32 array. Errors: Error{kModel} for another dtype. For f32 see toFloat.
[[nodiscard]] std::vector<std::int32_t> toInts(const TensorView& array);

}  // namespace rs
