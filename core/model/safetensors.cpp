// SPDX-License-Identifier: Apache-2.0
#include "core/model/safetensors.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/strict_json.h"
#include "core/base/text.h"

namespace rs {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // what the format's own library accepts
constexpr std::size_t kMaxRank = 8;
constexpr std::size_t kMaxJsonDepth = 8;

struct DTypeRow {
  DType dtype;
  const char* name;
  std::size_t size;
};
constexpr DTypeRow kDTypes[] = {{DType::kF32, "F32", 4}, {DType::kF16, "F16", 2}, {DType::kBf16, "BF16", 2},
                                {DType::kF64, "F64", 8}, {DType::kU8, "U8", 1},   {DType::kI8, "I8", 1},
                                {DType::kI32, "I32", 4}, {DType::kI64, "I64", 8}};

const DTypeRow& rowOf(DType dtype) {
  for (const DTypeRow& row : kDTypes) {
    if (row.dtype == dtype) {
      return row;
    }
  }
  throw Error(ErrorCode::kInternal, "a dtype without a name");
}

// Reads the entries of one header; knows the file's name for its messages.
class TableReader {
 public:
  TableReader(std::span<const std::byte> data, std::uint64_t data_begin, const std::string& file)
      : data_(data), data_begin_(data_begin), file_(file) {}

  [[nodiscard]] TensorView entry(const std::string& name, const json& value) const {
    if (!value.is_object()) {
      fail(name, "expected an object with dtype, shape and data_offsets, found " + shown(value));
    }
    TensorView view;
    view.name = name;
    view.file = file_;
    view.dtype = dtype(name, member(name, value, "dtype"));
    view.shape = shape(name, member(name, value, "shape"));
    const std::uint64_t size = bytesOf(view);
    const json& offsets = member(name, value, "data_offsets");
    const bool is_pair = offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() &&
                         offsets[1].is_number_unsigned();
    if (!is_pair) {
      fail(name, "data_offsets: expected two byte positions, found " + shown(offsets));
    }
    const auto begin = offsets[0].get<std::uint64_t>();
    const auto end = offsets[1].get<std::uint64_t>();
    if (begin > end || end > data_.size()) {
      fail(name,
           format("data_offsets: expected a range within the %zu bytes of data, found %s; the file may be "
                  "cut short",
                  data_.size(), shown(offsets).c_str()));
    }
    if (end - begin != size) {
      fail(name, format("expected %llu bytes for %s %s, found %llu", static_cast<unsigned long long>(size),
                        nameOf(view.dtype), shapeText(view.shape).c_str(),
                        static_cast<unsigned long long>(end - begin)));
    }
    view.bytes = data_.subspan(begin, size);
    view.offset = data_begin_ + begin;
    return view;
  }

  // Every byte of data belongs to exactly one tensor. Needs the tensors by offset.
  void requireNoHoles(const std::vector<TensorView>& tensors) const {
    std::uint64_t at = data_begin_;
    for (const TensorView& tensor : tensors) {
      if (tensor.offset != at) {
        fail(tensor.name,
             format("expected its data at byte %llu, where the tensor before it ends, found %llu "
                    "(%s)",
                    static_cast<unsigned long long>(at), static_cast<unsigned long long>(tensor.offset),
                    tensor.offset < at ? "they overlap" : "a hole"));
      }
      at += tensor.bytes.size();
    }
    const std::uint64_t file_size = data_begin_ + data_.size();
    if (at != file_size) {
      throw Error(ErrorCode::kModel,
                  format("reading %s: expected %llu bytes, where the last tensor ends, found %llu",
                         printable(file_).c_str(), static_cast<unsigned long long>(at),
                         static_cast<unsigned long long>(file_size)));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& tensor, const std::string& what) const {
    throw Error(ErrorCode::kModel,
                "reading " + printable(file_) + ": tensor " + inQuotes(tensor) + ": " + what);
  }

  [[nodiscard]] const json& member(const std::string& name, const json& value, const char* key) const {
    const auto found = value.find(key);
    if (found == value.end()) {
      fail(name, std::string("expected the key ") + key + ", found none");
    }
    return *found;
  }

  [[nodiscard]] DType dtype(const std::string& name, const json& value) const {
    std::vector<std::string> known;
    for (const DTypeRow& row : kDTypes) {
      if (value.is_string() && value.get_ref<const std::string&>() == row.name) {
        return row.dtype;
      }
      known.emplace_back(row.name);
    }
    fail(name, "dtype: expected one of " + join(known, ", ") + ", found " + shown(value));
  }

  [[nodiscard]] std::vector<std::int64_t> shape(const std::string& name, const json& value) const {
    if (!value.is_array() || value.size() > kMaxRank) {
      fail(name, format("shape: expected at most %zu numbers, found %s", kMaxRank, shown(value).c_str()));
    }
    std::vector<std::int64_t> extents;
    std::uint64_t elements = 1;
    for (const json& extent : value) {
      // A tensor with more elements than the file has bytes is refused here, so no product can overflow.
      const std::uint64_t n = extent.is_number_unsigned() ? extent.get<std::uint64_t>() : data_.size() + 1;
      if (n > data_.size() || (n != 0 && elements > data_.size() / n)) {
        fail(name, format("shape: expected at most the %zu elements that fit the file, found %s",
                          data_.size(), shown(value).c_str()));
      }
      elements *= n;
      extents.push_back(static_cast<std::int64_t>(n));
    }
    return extents;
  }

  [[nodiscard]] static std::uint64_t bytesOf(const TensorView& view) {
    std::uint64_t elements = 1;
    for (const std::int64_t extent : view.shape) {
      elements *= static_cast<std::uint64_t>(extent);
    }
    return elements * sizeOf(view.dtype);
  }

  std::span<const std::byte> data_;
  std::uint64_t data_begin_;
  const std::string& file_;
};

std::map<std::string, std::string> readMetadata(const json& value, const std::string& what) {
  std::map<std::string, std::string> metadata;
  if (!value.is_object()) {
    throw Error(ErrorCode::kModel, what + ": __metadata__: expected an object, found " + shown(value));
  }
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) {
      throw Error(ErrorCode::kModel,
                  what + ": __metadata__ " + inQuotes(key) + ": expected text, found " + shown(text));
    }
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

// The header's length, once it is known to lie inside the file.
std::uint64_t headerLength(std::span<const std::byte> bytes, const std::string& what) {
  if (bytes.size() < kLengthBytes) {
    throw Error(ErrorCode::kModel, format("%s: expected a safetensors header, found %zu bytes in all",
                                          what.c_str(), bytes.size()));
  }
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  const std::uint64_t most = std::min<std::uint64_t>(kMaxHeaderBytes, bytes.size() - kLengthBytes);
  if (length < 2 || length > most) {
    throw Error(
        ErrorCode::kModel,
        format("%s: expected a header of 2 to %llu bytes, found a length of %llu; the file is cut short "
               "or not safetensors",
               what.c_str(), static_cast<unsigned long long>(most), static_cast<unsigned long long>(length)));
  }
  return length;
}

}  // namespace

std::size_t sizeOf(DType dtype) {
  return rowOf(dtype).size;
}
const char* nameOf(DType dtype) {
  return rowOf(dtype).name;
}

SafetensorsTable readSafetensors(std::span<const std::byte> bytes, const std::string& file) {
  const std::string what = "reading " + printable(file);
  const std::uint64_t length = headerLength(bytes, what);
  const auto* text = reinterpret_cast<const char*>(bytes.data()) + kLengthBytes;
  const json header =
      parseStrictJson({text, length}, what + ": header", {kMaxJsonDepth, kMaxHeaderBytes, ErrorCode::kModel});
  if (!header.is_object()) {
    throw Error(ErrorCode::kModel, what + ": header: expected a JSON object, found " + shown(header));
  }
  const TableReader reader(bytes.subspan(kLengthBytes + length), kLengthBytes + length, file);
  SafetensorsTable table;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      table.metadata = readMetadata(value, what);
    } else {
      table.tensors.push_back(reader.entry(name, value));
    }
  }
  std::sort(table.tensors.begin(), table.tensors.end(), [](const TensorView& a, const TensorView& b) {
    return std::tuple(a.offset, a.bytes.size(), std::string_view(a.name)) <
           std::tuple(b.offset, b.bytes.size(), std::string_view(b.name));
  });
  reader.requireNoHoles(table.tensors);
  return table;
}

}  // namespace rs
