// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as tokenizer.json: refused by Error, or a tokenizer that gives text back as it was.
#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/text/tokenizer.h"

// libFuzzer's name, not ours.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  try {
    const rs::Tokenizer tokenizer = rs::Tokenizer::fromJson(json, "fuzzed tokenizer");
    const auto ids = tokenizer.encode(json, rs::Specials::kParse);
    rs::check(tokenizer.decode(ids) == json, "decoding gives the text back");
  } catch (const rs::Error& error) {
    rs::check(error.code() == rs::ErrorCode::kModel, "a damaged file is the model's fault");
  }
  return 0;
}
