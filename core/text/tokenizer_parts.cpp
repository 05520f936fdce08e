// SPDX-License-Identifier: Apache-2.0
//
// The checks that make a vocabulary one that can encode every text in exactly one way.
#include "core/text/tokenizer_parts.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/utf8.h"

namespace rs {

namespace {

// Far above any vocabulary; keeps a damaged id from asking for gigabytes.
constexpr std::int32_t kGreatestId = (1 << 22) - 1;

std::string quoted(std::string_view bytes) {
  constexpr std::size_t kShown = 60;
  return "'" + visibleText(bytes.substr(0, kShown)) + (bytes.size() > kShown ? "…'" : "'");
}

}  // namespace

void TokenizerParts::refuse(const std::string& why) const {
  throw Error(ErrorCode::kModel, what + ": " + why);
}

// FNV-1a; the length goes in too, so that moving a byte from one token to the next shows.
void TokenizerParts::mix(std::string_view bytes) {
  const auto step = [&](unsigned value) { hash_state = (hash_state ^ value) * 1099511628211ULL; };
  for (const char byte : bytes) {
    step(static_cast<unsigned char>(byte));
  }
  step(static_cast<unsigned>(bytes.size() & 0xFF));
}

void TokenizerParts::addToken(std::int32_t id, std::string_view bytes) {
  if (id > kGreatestId) {
    refuse(format("token %s has id %d, expected at most %d", quoted(bytes).c_str(), id, kGreatestId));
  }
  if (bytes.empty()) {
    refuse(format("token %d is empty", id));
  }
  if (!tokens.add(id, bytes)) {
    refuse(format("id %d is given to two tokens, %s and %s", id, quoted(tokens.bytes(id)).c_str(),
                  quoted(bytes).c_str()));
  }
}

void TokenizerParts::endOfTokens() {
  if (const auto id = tokens.buildIndex()) {
    refuse(format("token %s has two ids, %d and %d", quoted(tokens.bytes(*id)).c_str(),
                  tokens.find(tokens.bytes(*id)), *id));
  }
  for (unsigned byte = 0; byte < byte_tokens.size(); ++byte) {
    const char one = static_cast<char>(static_cast<unsigned char>(byte));
    byte_tokens[byte] = tokens.find({&one, 1});
    if (byte_tokens[byte] < 0) {
      refuse(format("byte 0x%02X has no token, so not every text could be encoded", byte));
    }
  }
}

void TokenizerParts::addMerge(std::string_view left, std::string_view right) {
  const auto idOf = [&](std::string_view part) {
    const std::int32_t id = tokens.find(part);
    if (id < 0) {
      refuse(format("merge %zu joins %s and %s, but the vocabulary has no token %s", merges.count(),
                    quoted(left).c_str(), quoted(right).c_str(), quoted(part).c_str()));
    }
    return id;
  };
  const std::int32_t left_id = idOf(left);
  const std::int32_t right_id = idOf(right);
  joined_.assign(left).append(right);
  const std::int32_t token = idOf(joined_);
  if (!merges.add(left_id, right_id, token)) {
    refuse(format("merge %zu, %s and %s, is listed twice", merges.count(), quoted(left).c_str(),
                  quoted(right).c_str()));
  }
  const std::int32_t pair[] = {left_id, right_id};
  mix({reinterpret_cast<const char*>(pair), sizeof pair});
}

void TokenizerParts::addSpecial(std::int32_t id, std::string_view text) {
  for (const SpecialToken& other : specials) {
    if (other.id == id || other.text == text) {
      refuse(format("special tokens %s (id %d) and %s (id %d) clash", quoted(other.text).c_str(), other.id,
                    quoted(text).c_str(), id));
    }
  }
  const std::int32_t known = tokens.find(text);
  if (known >= 0 && known != id) {
    refuse(format("special token %s has id %d, but the vocabulary gives it %d", quoted(text).c_str(), id,
                  known));
  }
  if (known < 0) {
    addToken(id, text);
  }
  specials.push_back({id, std::string(text)});
}

void TokenizerParts::finish() {
  std::sort(specials.begin(), specials.end(),
            [](const SpecialToken& a, const SpecialToken& b) { return a.id < b.id; });
  for (const SpecialToken& special : specials) {
    mix(special.text);
    specials_by_byte[static_cast<unsigned char>(special.text[0])].push_back(special.id);
  }
  for (auto& ids : specials_by_byte) {
    std::stable_sort(ids.begin(), ids.end(), [&](std::int32_t a, std::int32_t b) {
      return tokens.bytes(a).size() > tokens.bytes(b).size();
    });
  }
  for (std::int32_t id = 0; id < tokens.end(); ++id) {
    if (tokens.contains(id)) {
      mix({reinterpret_cast<const char*>(&id), sizeof id});
      mix(tokens.bytes(id));
    }
  }
  mix(whole_piece_first ? "whole piece first" : "merges only");
  hash = format("%016llx", static_cast<unsigned long long>(hash_state));
}

}  // namespace rs
