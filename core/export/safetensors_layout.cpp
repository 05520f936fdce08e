// SPDX-License-Identifier: Apache-2.0
//
// The safetensors side of TensorFileWriter: header first, then the arrays one after the other.
#include <nlohmann/json.hpp>

#include "core/export/tensor_file_layout.h"

namespace rs {
namespace {

std::string headerText(const std::vector<ArraySpec>& arrays, const std::string& metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = {{"routescope", metadata}};
  std::uint64_t at = 0;
  for (const ArraySpec& array : arrays) {
    const std::uint64_t end = at + bytesOf(array);
    header[array.name] = {
        {"dtype", nameOf(array.dtype)}, {"shape", array.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string json = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  json.append((8 - json.size() % 8) % 8, ' ');  // so that the data starts aligned
  std::string text;
  appendNumber(text, static_cast<std::uint64_t>(json.size()));
  return text + json;
}

std::uint64_t dataBytes(const std::vector<ArraySpec>& arrays) {
  std::uint64_t bytes = 0;
  for (const ArraySpec& array : arrays) {
    bytes += bytesOf(array);
  }
  return bytes;
}

class SafetensorsLayout final : public TensorFileLayout {
 public:
  SafetensorsLayout(const std::string& path, const std::string& header, std::uint64_t data_bytes)
      : file_(path, header.size() + data_bytes) {
    file_.write(bytesOfText(header));
  }
  void beginArray(const ArraySpec& /*array*/) override {}
  void write(std::span<const std::byte> bytes) override { file_.write(bytes); }
  void endArray() override {}
  void finish() override { file_.finish(); }

 private:
  AtomicFile file_;
};

}  // namespace

std::unique_ptr<TensorFileLayout> makeSafetensorsLayout(const std::string& path,
                                                        const std::vector<ArraySpec>& arrays,
                                                        const std::string& metadata) {
  return std::make_unique<SafetensorsLayout>(path, headerText(arrays, metadata), dataBytes(arrays));
}

}  // namespace rs
