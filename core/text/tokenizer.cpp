// SPDX-License-Identifier: Apache-2.0
//
// Encoding: specials (if asked), pieces, merges. Decoding: the bytes in a row.
#include "core/text/tokenizer.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/text/bpe.h"
#include "core/text/pretokenizer.h"
#include "core/text/tokenizer_json.h"
#include "core/text/tokenizer_parts.h"

namespace rs {

namespace {

struct FoundSpecial {
  std::size_t begin = std::string_view::npos;
  std::int32_t id = -1;
};

// The leftmost special from `begin` on, the longest of those that begin there.
FoundSpecial nextSpecial(const TokenizerParts& parts, std::string_view text, std::size_t begin) {
  for (std::size_t at = begin; at < text.size(); ++at) {
    for (const std::int32_t id : parts.specials_by_byte[static_cast<unsigned char>(text[at])]) {
      if (text.substr(at).starts_with(parts.tokens.bytes(id))) {
        return {at, id};
      }
    }
  }
  return {};
}

void encodePlain(const TokenizerParts& parts, std::string_view text, BpeMerger& merger,
                 std::vector<std::int32_t>& ids) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = pieceEnd(text, begin);
    const std::string_view piece = text.substr(begin, end - begin);
    const std::int32_t whole = parts.whole_piece_first ? parts.tokens.find(piece) : -1;
    if (whole >= 0) {
      ids.push_back(whole);
    } else {
      merger.merge(piece, ids);
    }
    begin = end;
  }
}

}  // namespace

Tokenizer Tokenizer::fromFile(const std::string& path) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  const MappedFile file(path);
  const auto bytes = file.bytes();
  if (bytes.size() > kMostBytes) {
    throw Error(ErrorCode::kModel, "a tokenizer file has " + bytesText(bytes.size()) + ", expected at most " +
                                       bytesText(kMostBytes) + ": " + path);
  }
  return fromJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "tokenizer " + path);
}

Tokenizer Tokenizer::fromJson(std::string_view json, const std::string& what) {
  return Tokenizer(readTokenizerJson(json, what));
}

Tokenizer::Tokenizer(TokenizerParts parts)
    : parts_(std::make_unique<const TokenizerParts>(std::move(parts))) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&& other) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&& other) noexcept = default;

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, Specials specials) const {
  std::vector<std::int32_t> ids;
  encode(text, specials, ids);
  return ids;
}

void Tokenizer::encode(std::string_view text, Specials specials, std::vector<std::int32_t>& ids) const {
  BpeMerger merger(parts_->merges, parts_->byte_tokens);
  std::size_t begin = 0;
  while (specials == Specials::kParse) {
    const FoundSpecial found = nextSpecial(*parts_, text, begin);
    if (found.id < 0) {
      break;
    }
    encodePlain(*parts_, text.substr(begin, found.begin - begin), merger, ids);
    ids.push_back(found.id);
    begin = found.begin + parts_->tokens.bytes(found.id).size();
  }
  encodePlain(*parts_, text.substr(begin), merger, ids);
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    bytes += tokenBytes(id);
  }
  return bytes;
}

std::string_view Tokenizer::tokenBytes(std::int32_t id) const {
  if (!contains(id)) {
    throw Error(ErrorCode::kUsage,
                format("token id %d has no text: the tokenizer knows ids 0 to %d", id, vocabularySize() - 1));
  }
  return parts_->tokens.bytes(id);
}

bool Tokenizer::contains(std::int32_t id) const {
  return parts_->tokens.contains(id);
}

bool Tokenizer::isSpecial(std::int32_t id) const {
  const auto at = std::lower_bound(specials().begin(), specials().end(), id,
                                   [](const SpecialToken& a, std::int32_t b) { return a.id < b; });
  return at != specials().end() && at->id == id;
}

std::optional<std::int32_t> Tokenizer::findSpecial(std::string_view text) const {
  for (const SpecialToken& special : specials()) {
    if (special.text == text) {
      return special.id;
    }
  }
  return std::nullopt;
}

std::int32_t Tokenizer::specialId(std::string_view text) const {
  if (const auto id = findSpecial(text)) {
    return *id;
  }
  std::vector<std::string> names;
  for (const SpecialToken& special : specials()) {
    names.push_back(special.text);
  }
  throw Error(ErrorCode::kModel,
              parts_->what + ": no special token '" + std::string(text) + "'" + didYouMean(text, names));
}

const std::vector<SpecialToken>& Tokenizer::specials() const {
  return parts_->specials;
}

std::int32_t Tokenizer::vocabularySize() const {
  return parts_->tokens.end();
}

std::size_t Tokenizer::mergeCount() const {
  return parts_->merges.count();
}

const std::string& Tokenizer::hash() const {
  return parts_->hash;
}

}  // namespace rs
