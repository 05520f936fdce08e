// SPDX-License-Identifier: Apache-2.0
//
// The calculator through the project's tokenizer and the demo model's vocabulary.
#include <catch2/catch.hpp>

#include "core/experts/registry.h"
#include "core/experts/tokenizer_text.h"
#include "core/text/tokenizer.h"

namespace rs {
namespace {

TEST_CASE("With the demo model's tokenizer the answer comes in its own tokens") {
  const auto tokenizer = std::make_shared<const Tokenizer>(
      Tokenizer::fromFile(std::string(RS_SOURCE_DIR) + "/resources/demo-model/tokenizer.json"));
  const TokenizerText tokens(tokenizer);
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  const auto pieces = [&](const char* prompt) {
    VirtualRun run(*calculator.expert, tokens);
    run.follow(tokenizer->encode(prompt, Specials::kParse));
    std::string text;
    while (const Firing* firing = run.firingAt(run.size() - 1)) {
      text += "[" + std::string(tokens.bytes(firing->token)) + "]";
      run.append(firing->token);
    }
    return text;
  };
  CHECK(pieces("127 * 89 =") == "[ ][113][03]");
  CHECK(pieces("127 * 89 = ") == "[113][03]");
  CHECK(pieces("127*89=") == "[113][03]");
  CHECK(pieces("What is 127 * 89?") == "[ ][113][03]");
  CHECK(pieces("3 - 10 =") == "[ -][7]");
  CHECK(pieces("7 / 2 =") == "[ ][3][.][5]");
  CHECK(
      pieces(
          "<|start|>user<|message|>What is 127 * 89?<|end|><|start|>assistant<|channel|>final<|message|>") ==
      "[113][03]");
  CHECK(pieces("How many days are in September? ").empty());
}

}  // namespace
}  // namespace rs
