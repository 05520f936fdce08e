// SPDX-License-Identifier: Apache-2.0
//
// What the file formats of TensorFileWriter have in common, for their implementations only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/export/atomic_file.h"
#include "core/export/tensor_file_writer.h"

namespace rs {

class TensorFileLayout {
 public:
  virtual ~TensorFileLayout() = default;
  virtual void beginArray(const ArraySpec& array) = 0;
  virtual void write(std::span<const std::byte> bytes) = 0;
  virtual void endArray() = 0;
  virtual void finish() = 0;
};

[[nodiscard]] std::uint64_t bytesOf(const ArraySpec& array);

[[nodiscard]] std::unique_ptr<TensorFileLayout> makeSafetensorsLayout(const std::string& path,
                                                                      const std::vector<ArraySpec>& arrays,
                                                                      const std::string& metadata);
[[nodiscard]] std::unique_ptr<TensorFileLayout> makeNpzLayout(const std::string& path,
                                                              const std::vector<ArraySpec>& arrays,
                                                              const std::string& metadata);

// Little-endian bytes of an unsigned number.
template <typename T>
void appendNumber(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

[[nodiscard]] inline std::span<const std::byte> bytesOfText(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace rs
