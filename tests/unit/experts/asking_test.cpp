// SPDX-License-Identifier: Apache-2.0
//
// Texts that ask, and what they become when each push decides the next token.
#include <catch2/catch.hpp>

#include "core/experts/registry.h"
#include "tests/unit/experts/toy_tokens.h"

namespace rs {
namespace {

struct Case {
  const char* prompt;
  const char* answer;
};

void expectAll(std::span<const Case> cases) {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  for (const Case& expected : cases) {
    INFO(expected.prompt);
    CHECK(continued(*calculator.expert, tokens, expected.prompt) == expected.answer);
  }
}

TEST_CASE("An expression before an equals sign is answered, with a space where the text has spaces") {
  constexpr Case kCases[] = {
      {"127 * 89 =", " 11303"},
      {"127 * 89 = ", "11303"},
      {"127*89=", "11303"},
      {"127*89= ", "11303"},
      {"127 * 89 =\n", "11303"},
      {"127 x 89 =", " 11303"},
      {"127x89=", "11303"},
      {"127 \xC3\x97 89 =", " 11303"},
      {"127 \xC3\xB7 4 =", " 31.75"},
      {"127 \xE2\x88\x92 200 =", " -73"},
      {"3-10=", "-7"},
      {"3 - 10 = ", "-7"},
      {"-5 + 3 =", " -2"},
      {"3 * -4 =", " -12"},
      {"(3 + 4) * 5 - 2 =", " 33"},
      {"((2+3)*4)/5 =", " 4"},
      {"7 / 2 =", " 3.5"},
      {"7/2=", "3.5"},
      {"1 / 8 =", " 0.125"},
      {"1,234 * 2 =", " 2468"},
      {"99999999999999999999 * 99999999999999999999 =", " 9999999999999999999800000000000000000001"},
      {"100-20-30=", "50"},
      {"1 + 1 = 2, 2 + 3 =", " 5"},
      {"2 + 3 * 4 = 2 + 12 =", " 14"},
      {"12 * 7 = 84\n127 * 89 =", " 11303"},
      {"(as in 127 * 89 =", " 11303"},
      {"**127 * 89** =", " 11303"},
      {"127 * 89 = **", "11303"},
      {"\\(127 \\times 89 =", " 11303"},
      {"| 127 * 89 =", " 11303"},
      {"- 3 + 4 =", " 7"},
      {"1. 3 + 4 =", " 7"},
      {"1) 3 + 4 =", " 7"},
      {"a) 3 + 4 =", " 7"},
      {"We know that 3 + 4 =", " 7"},
  };
  expectAll(kCases);
}

TEST_CASE("Words after an expression ask like an equals sign") {
  constexpr Case kCases[] = {
      {"127 times 89 is", " 11303"},
      {"127 times 89 is ", "11303"},
      {"127 times 89 is:", " 11303"},
      {"127 times 89 equals", " 11303"},
      {"127 times 89 is equal to", " 11303"},
      {"So 127 multiplied by 89 is", " 11303"},
      {"84 divided by 7 gives", " 12"},
      {"7 plus 8 minus 2 equals", " 13"},
      {"127 * 89 is", " 11303"},
      {"The answer to 3 + 4 is", " 7"},
      {"The answer to 3-4 is", " -1"},
      {"The value of 7/2 is", " 3.5"},
      {"The product of 127 and 89 is", " 11303"},
      {"The sum of 1, 2 and 3 is", " 6"},
      {"The difference of 3 and 10 is", " -7"},
      {"The difference between 10 and 3 is", " 7"},
  };
  expectAll(kCases);
}

TEST_CASE("Questions and commands are answered after their end") {
  constexpr Case kCases[] = {
      {"What is 127 * 89?", " 11303"},
      {"What is 127 * 89? ", "11303"},
      {"What is 127 * 89?\n", "11303"},
      {"what is 127*89?", " 11303"},
      {"What's 127 times 89?", " 11303"},
      {"How much is 127 x 89?", " 11303"},
      {"What does 12 * 7 equal?", " 84"},
      {"What is the product of 127 and 89?", " 11303"},
      {"What is the difference between 3 and 10?", " 7"},
      {"What is the value of 7-3?", " 4"},
      {"Can you tell me what 127 * 89 is?", " 11303"},
      {"Can you please calculate 127 * 89 for me?", " 11303"},
      {"What do you get if you multiply 12 by 7?", " 84"},
      {"I have a question. What is 12 + 7?", " 19"},
      {"127 * 89?", " 11303"},
      {"127 * 89 = ?", " 11303"},
      {"Calculate 127 * 89:", " 11303"},
      {"Calculate 127 * 89.", " 11303"},
      {"Compute: 127 * 89\n", "11303"},
      {"Multiply 127 by 89.", " 11303"},
      {"Subtract 3 from 10:", " 7"},
      {"Work out (12 + 7) * 3.", " 57"},
  };
  expectAll(kCases);
}

TEST_CASE("Words that lead in an answer are answered while the question is open") {
  constexpr Case kCases[] = {
      {"What is 127 * 89?\nA:", " 11303"},
      {"Q: What is 127 * 89?\nA: ", "11303"},
      {"Question: What is 127*89?\nAnswer:", " 11303"},
      {"User: What is 127 * 89?\nAssistant:", " 11303"},
      {"What is 127 * 89? The answer is", " 11303"},
      {"What is 127 * 89? The answer is **", "11303"},
      {"What is 127 * 89? It is", " 11303"},
      {"What is 127 * 89? That's", " 11303"},
      {"What is 127 * 89? That's equal to", " 11303"},
      {"What is 127 * 89? 127 * 89 =", " 11303"},
      {"What is 127 * 89? The product of 127 and 89 is", " 11303"},
      {"What is 3 + 4? 7. What is 127 * 89? It is", " 11303"},
  };
  expectAll(kCases);
}

TEST_CASE("In a chat the answer to the user's question begins the final message") {
  const std::string question = "<|start|>user<|message|>What is 127 * 89?<|end|><|start|>assistant";
  const std::string final = "<|channel|>final<|message|>";
  const auto ask = [&](const std::string& text) {
    return "<|start|>system<|message|>Be brief.<|end|><|start|>user<|message|>" + text +
           "<|end|><|start|>assistant" + final;
  };
  const std::string prompts[] = {
      question + final,
      question + "<|message|>",
      question + "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant" + final,
      ask("127 * 89"),
      ask("127*89 ="),
      ask("127 * 89 = ?"),
      ask("What is 127 * 89"),
      ask("Calculate 127 * 89. Only the number, please."),
      ask("Please compute the following:\n\n127 * 89\n\nThanks!"),
      ask("Hi, what is the product of 127 and 89?"),
  };
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  for (const std::string& prompt : prompts) {
    INFO(prompt);
    CHECK(continued(*calculator.expert, tokens, prompt) == "11303");
    CHECK(continued(*calculator.expert, tokens, prompt + "The answer is") == " 11303");
    CHECK(continued(*calculator.expert, tokens, prompt + "127 * 89 =") == " 11303");
    CHECK(continued(*calculator.expert, tokens, prompt + "Sure! Here is the result:\n\n**") == "11303");
  }
  CHECK(continued(*calculator.expert, tokens, ask("7/2")) == "3.5");
  CHECK(continued(*calculator.expert, tokens, ask("3-10")) == "-7");
  CHECK(continued(*calculator.expert, tokens, question + "<|channel|>analysis<|message|>127 * 89 =") ==
        " 11303");
}

TEST_CASE("A second question in a chat is answered by its own value") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  const std::string chat =
      "<|start|>user<|message|>What is 3 + 4?<|end|><|start|>assistant<|channel|>final<|message|>7<|end|>"
      "<|start|>user<|message|>And 127 * 89?<|end|><|start|>assistant<|channel|>final<|message|>";
  CHECK(continued(*calculator.expert, tokens, chat) == "11303");
}

}  // namespace
}  // namespace rs
