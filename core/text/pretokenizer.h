// SPDX-License-Identifier: Apache-2.0
//
// Splits text into the pieces that byte-level BPE then encodes one by one, exactly as o200k's pattern does.
// The seven alternatives, first match wins:
//   1  P? U* L+ S?      P  one character other than CR, LF, letter, number
//   2  P? U+ L* S?      U  Lu Lt Lm Lo M    L  Ll Lm Lo M    S  's 't 're 've 'm 'll 'd in any case
//   3  N{1,3}           N  Nd Nl No
//   4  ' '? X+ [\r\n/]* X  anything but white space, letters and numbers
//   5  \s* [\r\n]+
//   6  \s+ (?!\S)
//   7  \s+
// A byte that is not part of valid UTF-8 counts as one character of no class (an X, and a P).
//
// Thread: pure functions.
// Cost: linear in the text; no allocation in pieceEnd.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace rs {

// The pattern as tokenizer.json spells it. A file with another one is refused: its ids would be wrong.
extern const std::string_view kO200kPattern;

// Where the piece that begins at `begin` (< text.size()) ends. The pattern never looks back, so `begin` may
// be any earlier result.
[[nodiscard]] std::size_t pieceEnd(std::string_view text, std::size_t begin);

// The pieces in order; joined they are the text. Lifetime: views into `text`.
[[nodiscard]] std::vector<std::string_view> splitPieces(std::string_view text);

}  // namespace rs
