// SPDX-License-Identifier: Apache-2.0
//
// Damaged copies of the nano model: each opens, or is refused with Error{kModel} and a message worth reading.
#include <catch2/catch.hpp>
#include <random>

#include "core/base/error.h"
#include "core/model/weights.h"
#include "tests/support/model_files.h"

using namespace rs;
using test::NanoCopy;

namespace {

// Whether it opened. Anything but Error{kModel} with a message fails the test.
bool opens(const NanoCopy& copy) {
  try {
    const auto weights = Weights::open(copy.path());
    // What opened can be used: every view lies inside its file.
    (void)toFloat(weights->embedding());
    (void)toFloat(weights->layer(weights->config().n_layers - 1).down.bias);
    return true;
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModel);
    CHECK(std::string(error.what()).size() > 20);
    for (const char* c = error.what(); *c != '\0'; ++c) {
      CHECK(static_cast<unsigned char>(*c) >= 0x20);
    }
    return false;
  }
}

std::string flipped(std::string text, std::size_t first, std::size_t last, std::mt19937& random) {
  const std::size_t n = 1 + random() % 4;
  for (std::size_t i = 0; i < n; ++i) {
    text[first + random() % (last - first)] = static_cast<char>(random());
  }
  return text;
}

}  // namespace

TEST_CASE("a model cut anywhere is refused") {
  const NanoCopy copy;
  const std::string whole = test::readBytes(copy.path("model.safetensors"));
  const std::size_t data = 8 + NanoCopy::headerLength(whole);
  for (std::size_t size = 0; size < data + 128; size += 64) {
    copy.write("model.safetensors", whole.substr(0, size));
    CHECK_FALSE(opens(copy));
  }
  for (std::size_t size = data; size < whole.size(); size += 9973) {
    copy.write("model.safetensors", whole.substr(0, size));
    CHECK_FALSE(opens(copy));
  }
  copy.write("model.safetensors", whole.substr(0, whole.size() - 1));
  CHECK_FALSE(opens(copy));
}

TEST_CASE("changed bytes in the header of the weights are refused or harmless") {
  const NanoCopy copy;
  const std::string whole = test::readBytes(copy.path("model.safetensors"));
  const std::size_t data = 8 + NanoCopy::headerLength(whole);
  std::mt19937 random(1);
  int n_refused = 0;
  for (int i = 0; i < 300; ++i) {
    copy.write("model.safetensors", flipped(whole, i % 10 == 0 ? 0 : 8, i % 10 == 0 ? 8 : data, random));
    n_refused += opens(copy) ? 0 : 1;
  }
  CHECK(n_refused > 250);
}

TEST_CASE("changed bytes in the configuration are refused or harmless") {
  const NanoCopy copy;
  std::mt19937 random(2);
  int n_refused = 0;
  for (const char* name : {"config.json", "generation_config.json"}) {
    const std::string whole = test::readBytes(copy.path(name));
    for (int i = 0; i < 200; ++i) {
      copy.write(name, flipped(whole, 0, whole.size(), random));
      n_refused += opens(copy) ? 0 : 1;
    }
    copy.write(name, whole);
  }
  CHECK(n_refused > 200);
}

TEST_CASE("digits exchanged for other digits are refused or harmless") {
  const NanoCopy copy;
  const std::string config = test::readBytes(copy.path("config.json"));
  const std::string weights = test::readBytes(copy.path("model.safetensors"));
  const std::size_t data = 8 + NanoCopy::headerLength(weights);
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    std::string text = i % 2 == 0 ? config : weights;
    const std::size_t last = i % 2 == 0 ? text.size() : data;
    const std::size_t at = text.find_first_of("0123456789", 8 + random() % (last - 8));
    if (at < last) {
      text[at] = static_cast<char>('0' + random() % 10);
    }
    copy.write("config.json", i % 2 == 0 ? text : config);
    copy.write("model.safetensors", i % 2 == 0 ? weights : text);
    (void)opens(copy);
  }
}

TEST_CASE("a changed index is refused or harmless") {
  const NanoCopy copy;
  copy.split("layers.1.", "model-00000-of-00001.safetensors", "model-00001-of-00001.safetensors");
  const std::string whole = test::readBytes(copy.path("model.safetensors.index.json"));
  std::mt19937 random(4);
  for (int i = 0; i < 100; ++i) {
    copy.write("model.safetensors.index.json", flipped(whole, 0, whole.size(), random));
    (void)opens(copy);
  }
}
