// SPDX-License-Identifier: Apache-2.0
#include "core/export/tensor_file_reader.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/model/safetensors.h"

namespace rs {

TensorFileReader::TensorFileReader(const std::string& path) : file_(path) {
  SafetensorsTable table = readSafetensors(file_.bytes(), std::filesystem::path(path).filename().string());
  arrays_ = std::move(table.tensors);
  metadata_ = table.metadata["routescope"];
}

const TensorView* TensorFileReader::find(std::string_view name) const {
  const auto found = std::find_if(arrays_.begin(), arrays_.end(),
                                  [&](const TensorView& array) { return array.name == name; });
  return found == arrays_.end() ? nullptr : &*found;
}

std::vector<std::int32_t> toInts(const TensorView& array) {
  if (array.dtype != DType::kI32) {
    throw Error(ErrorCode::kModel, "reading " + printable(array.file) + ": array " + inQuotes(array.name) +
                                       ": expected dtype I32, found " + nameOf(array.dtype));
  }
  std::vector<std::int32_t> values(array.bytes.size() / sizeof(std::int32_t));
  if (!values.empty()) {
    std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  }
  return values;
}

}  // namespace rs
