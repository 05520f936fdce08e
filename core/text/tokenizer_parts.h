// SPDX-License-Identifier: Apache-2.0
//
// What a tokenizer consists of. A reader of some file format adds the parts in this order: tokens,
// endOfTokens(), merges, specials, finish(). Everything that could make the ids wrong is refused here,
// whatever the format was.
//
// Errors: Error{kModel} naming the source and the token.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/token_table.h"
#include "core/text/tokenizer.h"

namespace rs {

struct TokenizerParts {
  explicit TokenizerParts(std::string source) : what(std::move(source)) {}

  void addToken(std::int32_t id, std::string_view bytes);
  void endOfTokens();
  void addMerge(std::string_view left, std::string_view right);
  void addSpecial(std::int32_t id, std::string_view text);
  void finish();

  std::string what;
  TokenTable tokens;
  MergeTable merges;
  std::vector<SpecialToken> specials;  // by id
  bool whole_piece_first = false;      // a piece that is a token is not split (ignore_merges)
  std::array<std::int32_t, 256> byte_tokens{};
  // Specials by their first byte, longest first.
  std::array<std::vector<std::int32_t>, 256> specials_by_byte;
  std::uint64_t hash_state = 14695981039346656037ULL;
  std::string hash;

 private:
  [[noreturn]] void refuse(const std::string& why) const;
  void mix(std::string_view bytes);
  std::string joined_;
};

}  // namespace rs
