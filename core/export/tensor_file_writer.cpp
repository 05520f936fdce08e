// SPDX-License-Identifier: Apache-2.0
#include "core/export/tensor_file_writer.h"

#include <bit>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/export/tensor_file_layout.h"

namespace rs {
namespace {

static_assert(std::endian::native == std::endian::little, "both formats are little-endian");

constexpr const char* kSafetensorsEnding = ".safetensors";
constexpr const char* kNpzEnding = ".npz";

std::string endingOf(const std::string& path) {
  return std::filesystem::path(path).extension().string();
}

std::unique_ptr<TensorFileLayout> makeLayout(const std::string& path, const std::vector<ArraySpec>& arrays,
                                             const std::string& metadata) {
  if (endingOf(path) == kSafetensorsEnding) {
    return makeSafetensorsLayout(path, arrays, metadata);
  }
  if (endingOf(path) == kNpzEnding) {
    return makeNpzLayout(path, arrays, metadata);
  }
  throw Error(ErrorCode::kUsage, "writing arrays: expected a name that ends in .safetensors or .npz, found " +
                                     inQuotes(std::filesystem::path(path).filename().string()));
}

}  // namespace

std::uint64_t bytesOf(const ArraySpec& array) {
  std::uint64_t bytes = sizeOf(array.dtype);
  for (const std::int64_t extent : array.shape) {
    check(extent >= 0, "an array has no negative extent");
    check(!__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes),
          "the bytes of an array fit 64 bits");
  }
  return bytes;
}

bool isTensorFilePath(const std::string& path) {
  return endingOf(path) == kSafetensorsEnding || endingOf(path) == kNpzEnding;
}

TensorFileWriter::TensorFileWriter(const std::string& path, std::vector<ArraySpec> arrays,
                                   const std::string& metadata)
    : arrays_(std::move(arrays)) {
  std::set<std::string> names;
  for (const ArraySpec& array : arrays_) {
    check(array.dtype == DType::kF32 || array.dtype == DType::kI32, "arrays are f32 or i32");
    check(names.insert(array.name).second, "every array has its own name");
  }
  layout_ = makeLayout(path, arrays_, metadata);
  current_ = static_cast<std::size_t>(-1);
  nextArray();
}

TensorFileWriter::~TensorFileWriter() = default;

// Opens the next array that has bytes to come; empty ones are complete at once.
void TensorFileWriter::nextArray() {
  for (++current_; current_ < arrays_.size(); ++current_) {
    layout_->beginArray(arrays_[current_]);
    remaining_ = bytesOf(arrays_[current_]);
    if (remaining_ != 0) {
      return;
    }
    layout_->endArray();
  }
}

void TensorFileWriter::writeBytes(DType dtype, std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return;
  }
  check(current_ < arrays_.size() && arrays_[current_].dtype == dtype && bytes.size() <= remaining_,
        "values belong to the array whose turn it is");
  layout_->write(bytes);
  remaining_ -= bytes.size();
  if (remaining_ == 0) {
    layout_->endArray();
    nextArray();
  }
}

void TensorFileWriter::finish() {
  check(current_ == arrays_.size(), "every array is complete");
  layout_->finish();
}

}  // namespace rs
