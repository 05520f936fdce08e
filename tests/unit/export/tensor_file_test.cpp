// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/export/crc32.h"
#include "core/export/tensor_file_reader.h"
#include "core/export/tensor_file_writer.h"
#include "tests/support/temporary_directory.h"

using namespace rs;
using test::TemporaryDirectory;

namespace {

const std::string kMetadata = R"({"schema": 1, "text": "ü \"quoted\""})";

std::vector<float> ramp(std::size_t n) {
  std::vector<float> values(n);
  std::iota(values.begin(), values.end(), -3.0F);
  return values;
}

void writeSample(const std::string& path) {
  TensorFileWriter writer(path,
                          {{"tokens", DType::kI32, {3}},
                           {"empty", DType::kF32, {0, 4}},
                           {"resid_post.0", DType::kF32, {3, 4}},
                           {"scalar", DType::kF32, {}},
                           {"none", DType::kI32, {0}}},
                          kMetadata);
  writer.write(std::vector<std::int32_t>{7, -1, 299});
  const std::vector<float> values = ramp(12);
  writer.write(std::span(values).first(5));  // pieces need not be rows
  writer.write(std::span(values).subspan(5));
  writer.write(std::vector<float>{0.5F});
  writer.finish();
}

template <typename T>
T numberAt(const std::string& text, std::size_t at) {
  T value{};
  REQUIRE(at + sizeof(T) <= text.size());
  std::memcpy(&value, text.data() + at, sizeof value);
  return value;
}

// A ZIP reader of its own, from the end of the file backwards as real ones work: name -> content.
std::map<std::string, std::string> unzip(const std::string& zip) {
  std::map<std::string, std::string> members;
  const std::size_t locator = zip.size() - 22 - 20;
  REQUIRE(zip.substr(zip.size() - 22, 4) == "PK\x05\x06");
  REQUIRE(zip.substr(locator, 4) == "PK\x06\x07");
  const auto record = numberAt<std::uint64_t>(zip, locator + 8);
  REQUIRE(zip.substr(record, 4) == "PK\x06\x06");
  REQUIRE(record + 12 + numberAt<std::uint64_t>(zip, record + 4) == locator);
  const auto n_members = numberAt<std::uint64_t>(zip, record + 24);
  auto at = numberAt<std::uint64_t>(zip, record + 48);
  for (std::uint64_t i = 0; i < n_members; ++i) {
    REQUIRE(zip.substr(at, 4) == "PK\x01\x02");
    const auto name_length = numberAt<std::uint16_t>(zip, at + 28);
    const auto extra_length = numberAt<std::uint16_t>(zip, at + 30);
    const std::string name = zip.substr(at + 46, name_length);
    const std::size_t extra = at + 46 + name_length;
    REQUIRE(numberAt<std::uint16_t>(zip, extra) == 1);
    const auto size = numberAt<std::uint64_t>(zip, extra + 4);
    const auto local = numberAt<std::uint64_t>(zip, extra + 20);
    REQUIRE(zip.substr(local, 4) == "PK\x03\x04");
    const std::size_t data =
        local + 30 + numberAt<std::uint16_t>(zip, local + 26) + numberAt<std::uint16_t>(zip, local + 28);
    const std::string content = zip.substr(data, size);
    Crc32 crc;
    crc.add(std::as_bytes(std::span(content)));
    CHECK(numberAt<std::uint32_t>(zip, at + 16) == crc.value());
    CHECK(numberAt<std::uint32_t>(zip, local + 14) == crc.value());
    members[name] = content;
    at = extra + extra_length;
  }
  CHECK(at == record);
  return members;
}

}  // namespace

TEST_CASE("arrays written to safetensors read back with name, shape, values and metadata") {
  const TemporaryDirectory directory;
  writeSample(directory.path("a.safetensors"));
  const TensorFileReader reader(directory.path("a.safetensors"));
  CHECK(reader.arrays().size() == 5);
  CHECK(reader.metadata() == kMetadata);
  REQUIRE(reader.find("tokens") != nullptr);
  CHECK(toInts(*reader.find("tokens")) == std::vector<std::int32_t>{7, -1, 299});
  REQUIRE(reader.find("resid_post.0") != nullptr);
  CHECK(reader.find("resid_post.0")->shape == std::vector<std::int64_t>{3, 4});
  CHECK(toFloat(*reader.find("resid_post.0")) == ramp(12));
  CHECK(toFloat(*reader.find("scalar")) == std::vector<float>{0.5F});
  CHECK(toFloat(*reader.find("empty")).empty());
  CHECK(toInts(*reader.find("none")).empty());
  CHECK(reader.find("resid_post.1") == nullptr);
  CHECK(directory.fileCount() == 1);
}

TEST_CASE("the data of a safetensors file starts at a multiple of eight bytes") {
  const TemporaryDirectory directory;
  writeSample(directory.path("a.safetensors"));
  CHECK(numberAt<std::uint64_t>(readTextFile(directory.path("a.safetensors")), 0) % 8 == 0);
}

TEST_CASE("arrays written to npz are members of a ZIP archive that numpy understands") {
  const TemporaryDirectory directory;
  writeSample(directory.path("a.npz"));
  const auto members = unzip(readTextFile(directory.path("a.npz")));
  REQUIRE(members.size() == 6);
  const std::string& array = members.at("resid_post.0.npy");
  CHECK(array.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t data = 10 + std::size_t{numberAt<std::uint16_t>(array, 8)};
  CHECK(data % 64 == 0);
  CHECK(array[data - 1] == '\n');
  CHECK_THAT(array.substr(10),
             Catch::StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"));
  CHECK(array.size() == data + 48);
  CHECK(numberAt<float>(array, data + 44) == 8.0F);
  CHECK_THAT(members.at("tokens.npy").substr(10),
             Catch::StartsWith("{'descr': '<i4', 'fortran_order': False, "
                               "'shape': (3,), }"));
  CHECK_THAT(members.at("scalar.npy").substr(10), Catch::Contains("'shape': (), }"));
  const std::string& metadata = members.at("routescope.npy");
  CHECK(metadata.substr(metadata.size() - kMetadata.size()) == kMetadata);
}

TEST_CASE("equal arrays give equal files in both formats") {
  const TemporaryDirectory directory;
  for (const std::string ending : {".npz", ".safetensors"}) {
    writeSample(directory.path("a" + ending));
    writeSample(directory.path("b" + ending));
    CHECK(readTextFile(directory.path("a" + ending)) == readTextFile(directory.path("b" + ending)));
  }
}

TEST_CASE("a writer that is left before the end leaves nothing behind") {
  const TemporaryDirectory directory;
  for (const std::string ending : {".npz", ".safetensors"}) {
    TensorFileWriter writer(directory.path("a" + ending), {{"x", DType::kF32, {2}}}, "{}");
    writer.write(std::vector<float>{1});
    CHECK_THROWS_AS(writer.finish(), Error);  // one value is missing
  }
  CHECK(directory.fileCount() == 0);
}

TEST_CASE("values of another type or beyond the array are a bug, not a file") {
  const TemporaryDirectory directory;
  TensorFileWriter writer(directory.path("a.npz"), {{"x", DType::kF32, {2}}}, "{}");
  CHECK_THROWS_AS(writer.write(std::vector<std::int32_t>{1, 2}), Error);
  CHECK_THROWS_AS(writer.write(ramp(3)), Error);
}

TEST_CASE("another ending and a file larger than the disk are refused before anything is written") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(TensorFileWriter(directory.path("a.h5"), {}, ""),
                    Catch::Contains(".safetensors or .npz") && Catch::Contains("'a.h5'"));
  for (const std::string ending : {".npz", ".safetensors"}) {
    CHECK_THROWS_WITH(
        TensorFileWriter(directory.path("a" + ending), {{"x", DType::kF32, {1LL << 40, 1LL << 18}}}, ""),
        Catch::Contains("needs 1.2 EB"));
  }
  CHECK(directory.fileCount() == 0);
  CHECK(isTensorFilePath("x.npz"));
  CHECK_FALSE(isTensorFilePath("x.csv"));
}

TEST_CASE("integers are read only from an integer array and the message names it") {
  const TemporaryDirectory directory;
  writeSample(directory.path("a.safetensors"));
  const TensorFileReader reader(directory.path("a.safetensors"));
  CHECK_THROWS_WITH(toInts(*reader.find("scalar")),
                    Catch::Contains("'scalar'") && Catch::Contains("found F32"));
  CHECK_THROWS_AS(TensorFileReader(directory.path("none.safetensors")), Error);
}

TEST_CASE("the stored reference of the nano model is a file this program reads") {
  const TensorFileReader reader(RS_SOURCE_DIR "/tests/fixtures/nano/reference/plain.safetensors");
  REQUIRE(reader.find("logits") != nullptr);
  CHECK(reader.find("logits")->shape == std::vector<std::int64_t>{24, 300});
  CHECK(toInts(*reader.find("expert_indices.1")).size() == 48);
  CHECK(reader.metadata().empty());
}
