// SPDX-License-Identifier: Apache-2.0
#include "core/model/safetensors.h"

#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "tests/support/model_files.h"

using namespace rs;
using test::safetensors;

namespace {

SafetensorsTable read(const std::string& file) {
  return readSafetensors(std::as_bytes(std::span(file)), "x.safetensors");
}

std::string refusal(const std::string& file) {
  try {
    (void)read(file);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModel);
    CHECK_THAT(error.what(), Catch::Contains("x.safetensors"));
    return error.what();
  }
  return "accepted";
}

std::string entry(const std::string& name, const std::string& shape, int begin, int end,
                  const std::string& dtype = "F32") {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

}  // namespace

TEST_CASE("a table lists its tensors by offset, with views into the file") {
  const std::string file =
      safetensors("{\"__metadata__\":{\"format\":\"pt\"}," + entry("b", "[2]", 8, 16) + "," +
                      entry("a", "[]", 16, 18, "BF16") + "," + entry("c", "[8]", 0, 8, "U8") + "," +
                      entry("z", "[3,0]", 0, 0) + "}   ",
                  18);
  const SafetensorsTable table = read(file);
  REQUIRE(table.tensors.size() == 4);
  CHECK(table.tensors[0].name == "z");
  CHECK(table.tensors[1].name == "c");
  CHECK(table.tensors[2].name == "b");
  CHECK(table.tensors[2].shape == std::vector<std::int64_t>{2});
  CHECK(table.tensors[3].dtype == DType::kBf16);
  CHECK(table.tensors[3].offset == file.size() - 2);
  CHECK(reinterpret_cast<const char*>(table.tensors[3].bytes.data()) == file.data() + file.size() - 2);
  CHECK(table.metadata.at("format") == "pt");
  CHECK(read(safetensors("{}", 0)).tensors.empty());
}

TEST_CASE("a file too short for its header is told so") {
  CHECK_THAT(refusal(""), Catch::Contains("found 0 bytes in all"));
  CHECK_THAT(refusal("1234567"), Catch::Contains("found 7 bytes in all"));
  CHECK_THAT(refusal(std::string(8, '\xff')), Catch::Contains("found a length of 18446744073709551615"));
  CHECK_THAT(refusal(std::string("\x03\0\0\0\0\0\0\0{}", 10)), Catch::Contains("found a length of 3"));
  CHECK_THAT(refusal(std::string("\x01\0\0\0\0\0\0\0{}", 10)), Catch::Contains("found a length of 1"));
}

TEST_CASE("a header that is not one strict JSON object is refused") {
  CHECK_THAT(refusal(safetensors("[]", 0)), Catch::Contains("expected a JSON object, found []"));
  CHECK_THAT(refusal(safetensors("{\"a\":", 0)), Catch::Contains("expected JSON"));
  CHECK_THAT(refusal(safetensors("{} x", 0)), Catch::Contains("expected JSON"));
  CHECK_THAT(refusal(safetensors("{\"a\xff\":1}", 0)), Catch::Contains("expected JSON"));
  CHECK_THAT(refusal(safetensors("{" + entry("a", "[1]", 0, 4) + "," + entry("a", "[1]", 0, 4) + "}", 4)),
             Catch::Contains("every key once, found 'a' twice"));
  CHECK_THAT(refusal(safetensors("{\"a\":" + std::string(100'000, '['), 0)),
             Catch::Contains("nested at most 8"));
  CHECK_THAT(refusal(safetensors("{\"a\":1e999}", 0)), Catch::Contains("range of a double"));
  CHECK_THAT(refusal(safetensors(R"({"__metadata__":{"a":1}})", 0)),
             Catch::Contains("expected text, found 1"));
  CHECK_THAT(refusal(safetensors(R"({"__metadata__":[]})", 0)),
             Catch::Contains("expected an object, found []"));
}

TEST_CASE("an entry without its three keys, or with other types in them, is refused by name") {
  CHECK_THAT(refusal(safetensors(R"({"t":3})", 0)), Catch::Contains("'t'") && Catch::Contains("found 3"));
  CHECK_THAT(refusal(safetensors(R"({"t":{"shape":[],"data_offsets":[0,4]}})", 4)),
             Catch::Contains("key dtype"));
  CHECK_THAT(refusal(safetensors(R"({"t":{"dtype":"F32","data_offsets":[0,4]}})", 4)),
             Catch::Contains("key shape"));
  CHECK_THAT(refusal(safetensors(R"({"t":{"dtype":"F32","shape":[]}})", 4)),
             Catch::Contains("key data_offsets"));
  CHECK_THAT(refusal(safetensors("{" + entry("t", "[4]", 0, 4, "F8_E4M3") + "}", 4)),
             Catch::Contains("expected one of F32, F16") && Catch::Contains("found \"F8_E4M3\""));
  for (const char* shape : {"[-1]", "[1.5]", "[\"1\"]", "{}", "4", "[1,1,1,1,1,1,1,1,1]", "[null]"}) {
    CHECK_THAT(refusal(safetensors("{" + entry("t", shape, 0, 4) + "}", 4)),
               Catch::Contains("shape: expected"));
  }
  for (const char* offsets : {"[0]", "[0,4,8]", "[-1,3]", "[0.0,4.0]", "null", "{}", "[\"0\",4]"}) {
    const std::string header =
        std::string(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":)") + offsets + "}}";
    CHECK_THAT(refusal(safetensors(header, 4)), Catch::Contains("expected two byte positions"));
  }
}

TEST_CASE("shapes and offsets beyond the file are refused, whatever they multiply to") {
  for (const char* shape :
       {"[4294967296,4294967296]", "[18446744073709551615]", "[99999999999999999999]", "[5,1]"}) {
    CHECK_THAT(refusal(safetensors("{" + entry("t", shape, 0, 4) + "}", 4)),
               Catch::Contains("elements that fit the file"));
  }
  CHECK_THAT(refusal(safetensors("{" + entry("t", "[2]", 0, 8) + "}", 4)),
             Catch::Contains("may be cut short"));
  CHECK_THAT(refusal(safetensors("{" + entry("t", "[1]", 4, 0) + "}", 4)), Catch::Contains("data_offsets"));
  CHECK_THAT(refusal(safetensors("{" + entry("t", "[1]", 0, 3) + "}", 3)),
             Catch::Contains("expected 4 bytes for F32 [1], found 3"));
}

TEST_CASE("data that overlaps, has holes or goes on after the last tensor is refused") {
  CHECK_THAT(refusal(safetensors("{" + entry("a", "[2]", 0, 8) + "," + entry("b", "[2]", 4, 12) + "}", 12)),
             Catch::Contains("'b'") && Catch::Contains("overlap"));
  CHECK_THAT(refusal(safetensors("{" + entry("a", "[1]", 0, 4) + "," + entry("b", "[1]", 0, 4) + "}", 4)),
             Catch::Contains("overlap"));
  CHECK_THAT(refusal(safetensors("{" + entry("a", "[1]", 0, 4) + "," + entry("b", "[1]", 8, 12) + "}", 12)),
             Catch::Contains("a hole"));
  CHECK_THAT(refusal(safetensors("{" + entry("a", "[1]", 4, 8) + "}", 8)), Catch::Contains("a hole"));
  CHECK_THAT(refusal(safetensors("{" + entry("a", "[1]", 0, 4) + "}", 5)),
             Catch::Contains("where the last tensor ends"));
  CHECK_THAT(refusal(safetensors("{}", 1)), Catch::Contains("where the last tensor ends"));
}

TEST_CASE("a hostile name is shown without its control characters") {
  const std::string message = refusal(safetensors("{\"a\\u001b[2J\\n" + std::string(500, 'x') + "\":3}", 0));
  CHECK_THAT(message, Catch::Contains("a\\x1b[2J\\x0ax"));
  CHECK(message.size() < 300);
}
