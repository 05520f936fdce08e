// SPDX-License-Identifier: Apache-2.0
#include "core/model/weights.h"

#include <cstring>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "core/model/float16.h"
#include "core/model/mxfp4.h"
#include "core/model/weights_hash.h"

namespace rs {
namespace {

// Elements first .. first + out.size() of a plain tensor. The file gives no alignment, hence memcpy.
void widen(const TensorView& tensor, std::size_t first, std::span<float> out) {
  if (out.empty()) {
    return;
  }
  const std::byte* from = tensor.bytes.data() + first * sizeOf(tensor.dtype);
  switch (tensor.dtype) {
    case DType::kF32:
      std::memcpy(out.data(), from, out.size_bytes());
      return;
    case DType::kF16:
    case DType::kBf16:
      for (float& value : out) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, from, sizeof bits);
        value = tensor.dtype == DType::kBf16 ? fromBf16(bits) : fromF16(bits);
        from += sizeof bits;
      }
      return;
    default:
      throw Error(ErrorCode::kModel, "reading tensor " + inQuotes(tensor.name) +
                                         " as numbers: expected F32, F16 or BF16, found " +
                                         nameOf(tensor.dtype) + " (in " + printable(tensor.file) + ")");
  }
}

}  // namespace

std::vector<float> toFloat(const TensorView& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeOf(tensor.dtype));
  widen(tensor, 0, values);
  return values;
}

void rowToFloat(const TensorView& tensor, std::int64_t row, std::span<float> out) {
  check(tensor.shape.size() == 2 && row >= 0 && row < tensor.shape[0], "row inside its tensor");
  check(out.size() == static_cast<std::size_t>(tensor.shape[1]), "row has room for its values");
  widen(tensor, static_cast<std::size_t>(row) * out.size(), out);
}

void requireFiniteScales(const TensorView& scales) {
  for (std::size_t i = 0; i < scales.bytes.size(); ++i) {
    const auto scale = std::to_integer<unsigned>(scales.bytes[i]);
    if (scale > kMxfp4MaxScale) {
      const std::size_t row = i / static_cast<std::size_t>(scales.shape[2]);
      const auto n_rows = static_cast<std::size_t>(scales.shape[1]);
      throw Error(
          ErrorCode::kModel,
          format("reading tensor %s: expected scale bytes up to %u, found %u at expert %zu, row %zu (in %s)",
                 inQuotes(scales.name).c_str(), static_cast<unsigned>(kMxfp4MaxScale), scale, row / n_rows,
                 row % n_rows, printable(scales.file).c_str()));
    }
  }
}

const std::string& Weights::hash() const {
  std::call_once(hash_->once, [this] { hash_->text = hashOfModel(config_, tensors_); });
  return hash_->text;
}

std::uint64_t Weights::totalBytes() const {
  std::uint64_t bytes = 0;
  for (const TensorView& tensor : tensors_) {
    bytes += tensor.bytes.size();
  }
  return bytes;
}

}  // namespace rs
