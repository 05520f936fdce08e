// SPDX-License-Identifier: Apache-2.0
//
// Any bytes: the pieces are not empty and join to the input; the text made valid stays as it is.
#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/text/pretokenizer.h"
#include "core/text/utf8.h"

// libFuzzer's name, not ours.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string joined;
  for (const std::string_view piece : rs::splitPieces(text)) {
    rs::check(!piece.empty(), "a piece has at least one byte");
    joined += piece;
  }
  rs::check(joined == text, "the pieces join to the input");
  const std::string valid = rs::validUtf8(text);
  rs::check(rs::isValidUtf8(valid) && rs::validUtf8(valid) == valid, "valid text stays as it is");
  return 0;
}
