// SPDX-License-Identifier: Apache-2.0
//
// Whose text a token is in.
#include "core/experts/chat_text.h"

#include <catch2/catch.hpp>

#include "tests/unit/experts/toy_tokens.h"

namespace rs {
namespace {

struct Read {
  Voice voice;
  std::string text;
};

Read after(const std::string& text) {
  const ToyTokens tokens;
  ChatText chat(tokens);
  for (const int id : tokens.encodeChat(text)) {
    chat.read(id);
  }
  return {chat.voice(), chat.text()};
}

TEST_CASE("Roles and channels decide whose text it is") {
  CHECK(after("plain").voice == Voice::kText);
  CHECK(after("<|start|>user").voice == Voice::kHeader);
  CHECK(after("<|start|>user<|message|>Hi").voice == Voice::kUser);
  CHECK(after("<|start|>user<|message|>Hi").text == "Hi");
  CHECK(after("<|start|>assistant<|message|>").voice == Voice::kAnswer);
  CHECK(after("<|start|>assistant<|channel|>final<|message|>").voice == Voice::kAnswer);
  CHECK(after("<|channel|>final<|message|>").voice == Voice::kAnswer);
  CHECK(after("<|start|>assistant<|channel|>final <|constrain|>json<|message|>").voice == Voice::kAnswer);
  CHECK(after("<|start|>assistant<|channel|>analysis<|message|>").voice == Voice::kThought);
  CHECK(after("<|start|>assistant to=functions.f<|channel|>commentary<|message|>").voice == Voice::kThought);
  CHECK(after("<|start|>system<|message|>x").voice == Voice::kOther);
  CHECK(after("<|start|>functions.f to=assistant<|channel|>commentary<|message|>x").voice == Voice::kOther);
  CHECK(after("<|message|>x").voice == Voice::kOther);
}

TEST_CASE("A message ends where its end mark is read, and a document ends a chat") {
  CHECK(after("<|start|>user<|message|>Hi<|end|>").voice == Voice::kUser);
  CHECK(after("<|start|>user<|message|>Hi<|end|>x").voice == Voice::kHeader);
  CHECK(after("<|start|>user<|message|>Hi<|end|><|start|>").voice == Voice::kHeader);
  CHECK(after("<|start|>user<|message|>Hi<|endoftext|>so").voice == Voice::kText);
  CHECK(after("<|start|>user<|message|>Hi<|endoftext|>so").text == "so");
}

TEST_CASE("Only the end of a long text is kept, and the rest is counted") {
  const ToyTokens tokens;
  ChatText chat(tokens);
  std::string all;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i % 1000);
    chat.read(tokens.piece(piece));
    all += piece;
    REQUIRE(chat.dropped() + chat.text().size() == all.size());
    REQUIRE(chat.text() == all.substr(chat.dropped()));
    REQUIRE(chat.text().size() <= 8192);
  }
}

}  // namespace
}  // namespace rs
