// SPDX-License-Identifier: Apache-2.0
//
// Byte-level BPE with o200k's splitting pattern: text to token ids and back, exactly as tiktoken does it.
//
// Thread: const members from any thread.
// Units: text and bytes are UTF-8 or any other bytes; encoding never fails and never changes a byte.
// Errors: Error{kModel} when a file is not such a tokenizer, Error{kUsage} for an id that has no text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rs {

// What the spelling of a special token in a text stands for.
enum class Specials {
  kAsText,  // itself, letter by letter: the only right choice for text from outside
  kParse,   // the token; the text between two of them is encoded as if alone
};

struct SpecialToken {
  std::int32_t id = 0;
  std::string text;
};

struct TokenizerParts;

class Tokenizer {
 public:
  // Reads a tokenizer.json of the Hugging Face library.
  // Cost: about 0.25 s for 200,000 tokens and 446,000 merges.
  static Tokenizer fromFile(const std::string& path);
  // `what` names the source in messages.
  static Tokenizer fromJson(std::string_view json, const std::string& what);
  explicit Tokenizer(TokenizerParts parts);
  ~Tokenizer();
  Tokenizer(Tokenizer&& other) noexcept;
  Tokenizer& operator=(Tokenizer&& other) noexcept;

  // Cost: n log n in the longest piece, linear in the text otherwise.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text,
                                                 Specials specials = Specials::kAsText) const;
  // Appends to `ids`.
  void encode(std::string_view text, Specials specials, std::vector<std::int32_t>& ids) const;

  // The bytes of all tokens in a row; specials as they are spelled. May be broken UTF-8: see utf8.h.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const;
  // Lifetime: a view into the tokenizer.
  [[nodiscard]] std::string_view tokenBytes(std::int32_t id) const;
  // Whether an id has text. A model may have more rows than its tokenizer has tokens.
  [[nodiscard]] bool contains(std::int32_t id) const;

  [[nodiscard]] bool isSpecial(std::int32_t id) const;
  [[nodiscard]] std::optional<std::int32_t> findSpecial(std::string_view text) const;
  // Errors: Error{kModel} naming the nearest specials the tokenizer has.
  [[nodiscard]] std::int32_t specialId(std::string_view text) const;
  [[nodiscard]] const std::vector<SpecialToken>& specials() const;  // by id

  // One past the greatest id.
  [[nodiscard]] std::int32_t vocabularySize() const;
  [[nodiscard]] std::size_t mergeCount() const;
  // 16 hexadecimal digits over tokens, merges and specials; spacing and order of the file do not matter.
  [[nodiscard]] const std::string& hash() const;

 private:
  std::unique_ptr<const TokenizerParts> parts_;
};

}  // namespace rs
