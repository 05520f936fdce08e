// SPDX-License-Identifier: Apache-2.0
//
// Model files that a test takes apart: the nano fixture copied to a directory of its own, and safetensors
// made from a header written by hand.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "tests/support/temporary_directory.h"

namespace rs::test {

[[nodiscard]] inline std::string readBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

[[nodiscard]] inline std::string safetensors(const std::string& header, std::size_t data_bytes) {
  std::string file;
  for (std::size_t i = 0; i < 8; ++i) {
    file += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  }
  return file + header + std::string(data_bytes, '\0');
}

// A copy of the nano model whose files a test may change.
class NanoCopy {
 public:
  NanoCopy() {
    for (const char* name : {"config.json", "generation_config.json", "model.safetensors"}) {
      directory_.write(name, readBytes(source(name)));
    }
  }
  [[nodiscard]] static std::string source(const std::string& name) {
    return RS_SOURCE_DIR "/tests/fixtures/nano/" + name;
  }
  [[nodiscard]] std::string path(const std::string& name = "") const { return directory_.path(name); }
  void write(const std::string& name, const std::string& content) const { directory_.write(name, content); }
  void remove(const std::string& name) const { std::filesystem::remove(path(name)); }

  // Replaces one key of config.json; null stands for absent there.
  void setConfig(const std::string& key, const nlohmann::json& value) const {
    nlohmann::json config = nlohmann::json::parse(readBytes(path("config.json")));
    config[key] = value;
    write("config.json", config.dump());
  }

  // Makes two shards and an index: tensors whose names hold `part` go to the second.
  void split(const std::string& part, const std::string& first, const std::string& second) const {
    const std::string whole = readBytes(path("model.safetensors"));
    const std::size_t length = headerLength(whole);
    const std::string files[2] = {first, second};
    nlohmann::json headers[2];
    std::string data[2];
    nlohmann::json index = {{"metadata", {{"total_size", 171176}}}};
    const nlohmann::json table = nlohmann::json::parse(whole.substr(8, length));
    for (const auto& [name, entry] : table.items()) {
      if (name == "__metadata__") {
        continue;
      }
      const std::size_t at = name.find(part) == std::string::npos ? 0 : 1;
      const std::size_t begin = entry["data_offsets"][0];
      const std::size_t size = entry["data_offsets"][1].get<std::size_t>() - begin;
      headers[at][name] = entry;
      headers[at][name]["data_offsets"] = {data[at].size(), data[at].size() + size};
      data[at] += whole.substr(8 + length + begin, size);
      index["weight_map"][name] = files[at];
    }
    remove("model.safetensors");
    write(first, safetensors(headers[0].dump(), 0) + data[0]);
    write(second, safetensors(headers[1].dump(), 0) + data[1]);
    write("model.safetensors.index.json", index.dump());
  }

  // Changes the header of model.safetensors as text; the data stays.
  void editHeader(const std::string& from, const std::string& to) const {
    const std::string whole = readBytes(path("model.safetensors"));
    const std::size_t length = headerLength(whole);
    std::string header = whole.substr(8, length);
    const std::size_t at = header.find(from);
    if (at == std::string::npos) {
      throw std::logic_error("the header has no " + from);
    }
    header.replace(at, from.size(), to);
    write("model.safetensors", safetensors(header, 0) + whole.substr(8 + length));
  }

  [[nodiscard]] static std::size_t headerLength(const std::string& file) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      length |= std::size_t{static_cast<unsigned char>(file[i])} << (8 * i);
    }
    return length;
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace rs::test
