// SPDX-License-Identifier: Apache-2.0
//
// Writes named arrays and one JSON text to .safetensors or .npz, streaming, whole or not at all.
//
//   TensorFileWriter writer(path, {{"tokens", DType::kI32, {24}}, {"embed", DType::kF32, {24, 64}}}, json);
//   writer.write(tokens);
//   writer.write(first_rows);
//   writer.write(other_rows);
//   writer.finish();
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/weights.h"

namespace rs {

class TensorFileLayout;

struct ArraySpec {
  std::string name;
  DType dtype = DType::kF32;  // kF32 or kI32
  std::vector<std::int64_t> shape;
};

class TensorFileWriter {
 public:
  // The ending of the path chooses the format. In safetensors `metadata` is the value of "routescope" in
  // __metadata__, in npz an array of bytes of that name.
  //
  // Errors: Error{kUsage} for another ending; Error{kIo} if the file cannot be made or is larger than the
  // room
  //         on the disk. Also from write and finish. The target stays as it was.
  TensorFileWriter(const std::string& path, std::vector<ArraySpec> arrays, const std::string& metadata);
  ~TensorFileWriter();  // without finish(): nothing stays behind
  TensorFileWriter(const TensorFileWriter&) = delete;
  TensorFileWriter& operator=(const TensorFileWriter&) = delete;

  // The next values, row-major: arrays in the order they were named, each in as many pieces as it comes in.
  void write(std::span<const float> values) { writeBytes(DType::kF32, std::as_bytes(values)); }
  void write(std::span<const std::int32_t> values) { writeBytes(DType::kI32, std::as_bytes(values)); }

  // Every array must be complete.
  void finish();

 private:
  void writeBytes(DType dtype, std::span<const std::byte> bytes);
  void nextArray();

  std::vector<ArraySpec> arrays_;
  std::unique_ptr<TensorFileLayout> layout_;
  std::size_t current_ = 0;      // index into arrays_
  std::uint64_t remaining_ = 0;  // bytes of the current array
};

// Whether TensorFileWriter knows the ending of a path.
[[nodiscard]] bool isTensorFilePath(const std::string& path);

}  // namespace rs
