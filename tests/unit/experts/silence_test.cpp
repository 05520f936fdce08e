// SPDX-License-Identifier: Apache-2.0
//
// Texts with numbers and signs in them that ask for nothing.
#include <catch2/catch.hpp>

#include "core/experts/registry.h"
#include "tests/unit/experts/toy_tokens.h"

namespace rs {
namespace {

TEST_CASE("Text that does not ask for a value gets no push at any position") {
  constexpr const char* kTexts[] = {
      "The meeting is on 2024-11-25.",
      "The meeting on 2024-11-25 is",
      "What is 2024-11-25?",
      "2024-11-25 =",
      "They won 3-1.",
      "The score was 3-1 =",
      "a 3-1 lead is",
      "Call 555-123-4567.",
      "Call 555-123-4567 =",
      "My number is 555-1234. Is",
      "See pages 3-5.",
      "pages 3-5 =",
      "The range 3-5 is",
      "version 1.2.3 =",
      "Python 3.11 is",
      "What is version 1.2.3?",
      "a[3-1] =",
      "x = 3 + y",
      "x = 3 + y =",
      "y + 3 * 2 =",
      "f(3 + 4) =",
      "x3 + 4 =",
      "3x + 4 =",
      "id=3-1=",
      "if (x == 3 - 1) {",
      "assert 3 + 4 ==",
      "x += 3 - 4 =",
      "Add 1/2 cup of sugar.",
      "1/2 cup is",
      "Add 1/2 cup of milk and 3/4 cup of flour. What is it?",
      "Open 24/7 is",
      "open 24/7?",
      "http://example.com/3-1=4?",
      "http://example.com/a/127/89?",
      "What is http://example.com/12/7?",
      "- 3 apples\n- 4 pears\nWhat is",
      "1. First\n2. Second\n3. Third\n",
      "1, 2 + x =",
      "1, 2, 3 and 4 are numbers. What is",
      "The years 1939-1945 are",
      "World War II (1939-1945) is",
      "9:30-10:45 =",
      "It takes 5-7 days. How much is",
      "What is 5-7 days?",
      "What are pages 3-5?",
      "What is 10 percent of 3 + 4?",
      "20% of 3 + 4 =",
      "half of 3 + 4 =",
      "sqrt(16) + 9 =",
      "log 3 + 4 =",
      "5! + 3 =",
      "3,5 + 2 =",
      "What is 3 + y?",
      "What is x * 3?",
      "What is 3 apples + 4 apples?",
      "int x = 3 + 4;",
      "for i in range(3 - 1):",
      "def f(x): return x * 3 + 4 =",
      "The temperature fell 3 - 4 degrees.",
      "ISBN 978-3-16-148410-0 is",
      "$5 + $3 * 2 =",
      "2(3+4) * 5x =",
      "A = 5",
      "is",
      "=",
      "?",
      "5 =",
      "-5 =",
      "(5) =",
      "The answer is",
      "127 89 =",
      "3 + =",
      "+ 3 =",
      "<|start|>user<|message|>What is 127 * 89?<|end|>",
      "<|start|>user<|message|>127 * 89 =",
      "<|start|>user<|message|>Who won 3-1?<|end|><|start|>assistant<|channel|>final<|message|>",
      "<|start|>user<|message|>My phone is 555-123-4567<|end|><|start|>assistant<|channel|>final<|message|>",
      "<|start|>user<|message|>2024-11-25<|end|><|start|>assistant<|channel|>final<|message|>",
      "<|start|>user<|message|>Tell me about 9/11<|end|><|start|>assistant<|channel|>final<|message|>",
      "<|start|>user<|message|>Hello!<|end|><|start|>assistant<|channel|>final<|message|>The answer is",
      "<|start|>system<|message|>What is 127 * 89?<|end|><|start|>assistant<|channel|>final<|message|>",
      "<|start|>user<|message|>Write 2020-05-11 in "
      "words.<|end|><|start|>assistant<|channel|>final<|message|>",
      "The 2 to 3 hours between 9 and 12 are free.",
      "It was 20-30 degrees, so he took 2 of 3 coats. How much is it?",
      "In 2019, 3 of 10 people said so; in 2020, 4 of 10. What is the trend?",
      "for (int i = 0; i < 10 - 1; ++i) { sum = sum + 3 * i; }",
      "print(3 + 4)  # ",
      "SELECT a FROM t WHERE b = 3 - c;",
      "The ratio is 3:4 and the time 10:30 - 11:45. It is",
      "A 4x4 car, a 1920x1080 screen is",
      "The screen, 1920x1080, is",
      "A 2880\xC3\x97"
      "2880 matrix is big; 2880\xC3\x97"
      "2880 is",
      "bytes of 2880 / 2880 (=",
      "192.168.0.1/24 =",
      "E = mc^2 =",
      "Chapter 3 - 4: The end. What is it about?",
  };
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  for (const char* text : kTexts) {
    INFO(text);
    VirtualRun run(*calculator.expert, tokens);
    run.follow(tokens.encodeChat(text));
    CHECK(run.firings().empty());
    for (const Abstention& abstention : run.abstentions()) {
      // Only a text with an expression that cannot be worked out may be noted.
      CHECK_FALSE(abstention.reason.empty());
      CHECK(std::string_view(text).find('=') != std::string_view::npos);
    }
  }
}

TEST_CASE("A question that has its answer, right or wrong, is not answered again") {
  constexpr const char* kTexts[] = {
      "What is 127 * 89? 11303.",
      "What is 127 * 89? 11303. The answer is",
      "What is 127 * 89? 11203.\nA:",
      "What is 127 * 89? 7",
      "127 * 89 = 11303",
      "127 * 89 = 11303. So the answer is",
      "127 * 89 = 114",
      "3 + 4 = 7 and",
      "What is 127 * 89? That is a good question about numbers.",
      "What is 127 * 89?\nWhat is that?",
  };
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  for (const char* text : kTexts) {
    INFO(text);
    CHECK(continued(*calculator.expert, tokens, text).empty());
  }
}

TEST_CASE("A message of the user gets no push, whatever it asks") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  for (const char* role : {"user", "system", "developer", "functions.add to=assistant"}) {
    VirtualRun run(*calculator.expert, tokens);
    run.follow(tokens.encodeChat("<|start|>" + std::string(role) +
                                 "<|message|>What is 127 * 89? It is 127 * 89 = <|end|>"));
    INFO(role);
    CHECK(run.firings().empty());
  }
}

TEST_CASE("A question in plain text is forgotten after a while") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  std::string text = "What is 127 * 89?";
  for (int i = 0; i < 40; ++i) {
    text += " Many words go by.";
  }
  CHECK(continued(*calculator.expert, tokens, text + " The answer is").empty());
}

}  // namespace
}  // namespace rs
