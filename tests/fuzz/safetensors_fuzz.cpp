// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a safetensors file: refused with Error{kModel}, or a table whose views lie inside the file,
// one after the other.
#include <cstdint>
#include <span>

#include "core/base/error.h"
#include "core/model/safetensors.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const rs::SafetensorsTable table = rs::readSafetensors(bytes, "fuzz.safetensors");
    std::uint64_t end = 0;
    for (const rs::TensorView& tensor : table.tensors) {
      rs::check(tensor.offset >= end, "tensors do not overlap");
      end = tensor.offset + tensor.bytes.size();
      rs::check(end <= size, "a tensor lies inside the file");
      rs::check(tensor.bytes.empty() || tensor.bytes.data() == bytes.data() + tensor.offset,
                "a view points where the offset says");
    }
    rs::check(table.tensors.empty() || end == size, "the last tensor ends the file");
  } catch (const rs::Error& error) {
    rs::check(error.code() == rs::ErrorCode::kModel, "a bad file is an error of the file");
  }
  return 0;
}
