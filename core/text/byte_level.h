// SPDX-License-Identifier: Apache-2.0
//
// The byte alphabet of byte-level BPE files: 256 printable characters, one for each byte. Bytes 33-126,
// 161-172 and 174-255 stand for themselves, the others, in order, for U+0100 and up.
//
// Thread: pure functions.
// Source: GPT-2's vocabulary files.
#pragma once

#include <string>
#include <string_view>

namespace rs {

// Appends the bytes that the characters stand for; false, with `bytes` as it was, when one is not in the
// alphabet.
[[nodiscard]] bool appendFromByteLevel(std::string_view characters, std::string& bytes);

[[nodiscard]] std::string toByteLevel(std::string_view bytes);

}  // namespace rs
