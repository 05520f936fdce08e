// SPDX-License-Identifier: Apache-2.0
//
// Any tokens as a completion: refused by Error, or messages of valid text, the same ones as a stream gives;
// and any text as a conversation.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/text/harmony_json.h"
#include "core/text/harmony_parser.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"

namespace {

const rs::Tokenizer& tokenizer() {
  static const rs::Tokenizer small =
      rs::Tokenizer::fromFile(std::string(RS_SOURCE_DIR) + "/tests/fixtures/text/tokenizer.json");
  return small;
}

void parse(const std::vector<std::int32_t>& ids, rs::harmony::ParseOptions options) {
  rs::harmony::Parser parser(tokenizer(), options);
  try {
    for (const std::int32_t id : ids) {
      parser.push(id);
      rs::check(rs::isValidUtf8(parser.lastDelta().value_or("")), "a delta is valid text");
    }
    parser.finish();
  } catch (const rs::Error& error) {
    rs::check(error.code() == rs::ErrorCode::kUsage, "tokens that are no Harmony are refused as such");
    return;
  }
  for (const auto& message : parser.messages()) {
    rs::check(rs::isValidUtf8(rs::harmony::messageToJson(message).dump()), "messages are valid text");
  }
}

void renderText(const std::string& text) {
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  constexpr std::size_t kShortEnoughToNest = 4096;
  if (json.is_discarded() || text.size() > kShortEnoughToNest) {
    return;
  }
  try {
    static_cast<void>(rs::harmony::render(tokenizer(), rs::harmony::conversationFromJson(json)));
  } catch (const rs::Error& error) {
    rs::check(error.code() == rs::ErrorCode::kUsage, "a bad conversation is the user's");
  }
}

}  // namespace

// libFuzzer's name, not ours.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  // The first byte chooses role and strictness; each other one below 0xE0 is a byte, above it a special
  // token.
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<std::int32_t> ids;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const auto& specials = tokenizer().specials();
    ids.push_back(byte >= 0xE0 ? specials[(byte - 0xE0U) % specials.size()].id
                               : tokenizer().encode(std::string(1, c))[0]);
  }
  rs::harmony::ParseOptions options;
  options.strict = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) {
    options.role = static_cast<rs::harmony::Role>((data[0] >> 2) % 5);
  }
  parse(ids, options);
  parse(tokenizer().encode(text, rs::Specials::kParse), options);
  renderText(text);
  return 0;
}
