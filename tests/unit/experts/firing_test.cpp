// SPDX-License-Identifier: Apache-2.0
//
// The record of firings and abstentions, token by token, and that it depends on the tokens read alone.
#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "core/experts/registry.h"
#include "tests/unit/experts/toy_tokens.h"

namespace rs {
namespace {

bool same(const Firing& a, const Firing& b) {
  return a.position == b.position && a.token == b.token && a.trigger == b.trigger &&
         a.expression == b.expression && a.value == b.value && a.answer_index == b.answer_index &&
         a.n_answer_tokens == b.n_answer_tokens;
}

bool sameRecords(const VirtualRun& a, const VirtualRun& b) {
  const auto equal = [](const Abstention& x, const Abstention& y) {
    return x.position == y.position && x.trigger == y.trigger && x.reason == y.reason;
  };
  return std::equal(a.firings().begin(), a.firings().end(), b.firings().begin(), b.firings().end(), same) &&
         std::equal(a.abstentions().begin(), a.abstentions().end(), b.abstentions().begin(),
                    b.abstentions().end(), equal);
}

TEST_CASE("Each token of the answer is one firing with its place in the answer") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  VirtualRun run(*calculator.expert, tokens);
  run.follow(tokens.encode("So 127 * 89 = 11303."));  // So|_|127|_*|_|89|_=|_|113|03|.
  REQUIRE(run.firings().size() == 3);
  constexpr int kPositions[] = {6, 7, 8};
  constexpr std::string_view kPieces[] = {" ", "113", "03"};
  for (int i = 0; i < 3; ++i) {
    const Firing& firing = run.firings()[static_cast<std::size_t>(i)];
    CHECK(firing.position == kPositions[i]);
    CHECK(tokens.bytes(firing.token) == kPieces[i]);
    CHECK(firing.answer_index == i);
    CHECK(firing.n_answer_tokens == 3);
    CHECK(firing.trigger == "127 * 89 =");
    CHECK(firing.expression == "127 * 89");
    CHECK(firing.value == "11303");
    CHECK(run.firingAt(firing.position) == &firing);
  }
  CHECK(run.firingAt(5) == nullptr);
  CHECK(run.firingAt(9) == nullptr);
}

TEST_CASE("An answer that was begun in other groups is finished digit by digit right") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  const auto after = [&](std::initializer_list<const char*> pieces) {
    VirtualRun run(*calculator.expert, tokens);
    run.follow(tokens.encode("127 * 89 ="));
    for (const char* piece : pieces) {
      run.append(tokens.piece(piece));
    }
    std::string text;
    while (const Firing* firing = run.firingAt(run.size() - 1)) {
      text += tokens.bytes(firing->token);
      run.append(firing->token);
    }
    return text;
  };
  CHECK(after({" ", "1"}) == "1303");
  CHECK(after({" ", "11", "3"}) == "03");
  CHECK(after({" ", "113", "0"}) == "3");
  CHECK(after({"1"}) == "1303");
  CHECK(after({" ", "11", ","}) == "303");
  CHECK(after({" ", "12"}).empty());
  CHECK(after({" ", "113", "04"}).empty());
  CHECK(after({" ", "113", "03", "5"}).empty());
  CHECK(after({" about"}).empty());
}

TEST_CASE("Where there is no value to push the reason is said once") {
  const ToyTokens tokens;
  const auto reason = [&](const char* specification, const char* text) {
    const NamedVirtualExpert calculator = makeVirtualExpert(specification);
    VirtualRun run(*calculator.expert, tokens);
    run.follow(tokens.encodeChat(text));
    CHECK(run.firings().empty());
    REQUIRE(run.abstentions().size() == 1);
    return run.abstentions()[0].reason;
  };
  CHECK(reason("calculator", "1 / 3 = ") == "its decimals do not end within 12 digits");
  CHECK(reason("calculator", "1 / 8192 = ") == "its decimals do not end within 12 digits");
  CHECK(reason("calculator:decimals=2", "1 / 8 = ") == "its decimals do not end within 2 digits");
  CHECK(reason("calculator:decimals=0", "1 / 2 = ") == "its decimals do not end within 0 digits");
  CHECK(reason("calculator", "5 / 0 =") == "division by zero");
  CHECK(reason("calculator", "What is 5 / (3 - 3)?") == "division by zero");
  CHECK(reason("calculator", "1.5 + 2 =") == "a number that is not whole");
  CHECK(reason("calculator", "2(3 + 4) =").starts_with("a bracket without an operator"));
  CHECK(reason("calculator", "12 34 + 5 =") == "two numbers without an operator between them");
  CHECK(reason("calculator",
               "<|start|>user<|message|>What is 3 + 4? What is 5 * 6?<|end|><|start|>assistant<|message|>") ==
        "the message asks for 2 values");
}

TEST_CASE("Two expressions without a value in one line are two abstentions") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  VirtualRun run(*calculator.expert, tokens);
  run.follow(tokens.encode("1 / 3 = and 1 / 7 ="));
  CHECK(run.firings().empty());
  CHECK(run.abstentions().size() == 2);
}

TEST_CASE("With the option ends the token that ends the answer is pushed where it is known") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator:ends=yes");
  CHECK(continued(*calculator.expert, tokens, "127 * 89 =") == " 11303\n");
  const std::string chat =
      "<|start|>user<|message|>What is 127 * 89?<|end|><|start|>assistant<|channel|>final<|message|>";
  CHECK(continued(*calculator.expert, tokens, chat) == "11303<|return|>");
  CHECK(continued(*calculator.expert, tokens, chat + "The answer is") == " 11303");
}

// Texts made of pieces that ask, answer, deviate and interrupt.
std::vector<int> randomTokens(const ToyTokens& tokens, std::mt19937& random) {
  static constexpr const char* kPieces[] = {"127",
                                            " *",
                                            " ",
                                            "89",
                                            " =",
                                            "113",
                                            "03",
                                            "\n",
                                            "?",
                                            "What",
                                            " is",
                                            " the",
                                            " answer",
                                            ".",
                                            ",",
                                            "-",
                                            " product",
                                            " of",
                                            " and",
                                            "Calculate",
                                            ":",
                                            "(",
                                            ")",
                                            "/",
                                            "7",
                                            " times",
                                            "<|start|>",
                                            "user",
                                            "<|message|>",
                                            "assistant",
                                            "<|end|>",
                                            "final",
                                            "<|channel|>",
                                            "**",
                                            "3",
                                            " equals",
                                            "What is 3 + 4?",
                                            "127 * 89 = ",
                                            "1 / 3 =",
                                            "\xC3\x97"};
  std::vector<int> ids;
  const std::size_t length = 5 + random() % 60;
  while (ids.size() < length) {
    for (const int id : tokens.encodeChat(kPieces[random() % std::size(kPieces)])) {
      ids.push_back(id);
    }
  }
  return ids;
}

TEST_CASE("A prefix, any chunks, and a rewind give the records of reading everything at once") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  std::mt19937 random(11);
  std::size_t firings = 0;
  VirtualRun used(*calculator.expert, tokens);
  for (int round = 0; round < 3000; ++round) {
    const std::vector<int> ids = randomTokens(tokens, random);
    VirtualRun whole(*calculator.expert, tokens);
    whole.follow(ids);
    firings += whole.firings().size();

    used.follow(ids);  // a run that was about something else before
    REQUIRE(sameRecords(used, whole));

    VirtualRun chunked(*calculator.expert, tokens);
    for (std::size_t end = 0; end < ids.size();) {
      end = std::min(ids.size(), end + 1 + random() % 7);
      chunked.follow(std::span(ids).first(end));
    }
    REQUIRE(sameRecords(chunked, whole));

    // What a prefix says does not depend on what follows.
    const std::size_t cut = random() % ids.size();
    VirtualRun prefix(*calculator.expert, tokens);
    prefix.follow(std::span(ids).first(cut));
    for (int position = 0; position < static_cast<int>(cut); ++position) {
      const Firing* a = prefix.firingAt(position);
      const Firing* b = whole.firingAt(position);
      REQUIRE((a == nullptr) == (b == nullptr));
      REQUIRE((a == nullptr || same(*a, *b)));
    }
    used.follow(std::span(ids).first(cut));
    REQUIRE(sameRecords(used, prefix));
  }
  CHECK(firings > 500);
}

TEST_CASE("Long texts stay cheap, and what lies far back is forgotten without harm") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  std::string text;
  for (int i = 0; i < 4000; ++i) {
    text += i % 11 == 0 ? " what 12 - 4 of it is" : " and on it goes";
  }
  const std::vector<int> ids = tokens.encode(text + ". 127 * 89 =");
  const auto begin = std::chrono::steady_clock::now();
  VirtualRun run(*calculator.expert, tokens);
  run.follow(ids);
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
  CHECK(run.firings().size() == 1);
  CHECK(taken.count() / static_cast<double>(ids.size()) < 200);  // 50 us, with room for a busy machine
}

TEST_CASE("An answer of a thousand digits is pushed to its end") {
  const ToyTokens tokens;
  const NamedVirtualExpert calculator = makeVirtualExpert("calculator");
  const std::string nines(450, '9');
  const std::string square = std::string(449, '9') + "8" + std::string(449, '0') + "1";
  CHECK(continued(*calculator.expert, tokens, nines + " * " + nines + " =") == " " + square);
  CHECK(continued(*calculator.expert, tokens, "What is " + nines.substr(0, 250) + " + 1?") ==
        " 1" + std::string(250, '0'));
}

}  // namespace
}  // namespace rs
