// SPDX-License-Identifier: Apache-2.0
//
// The demo model's training text: answers are true, held-out problems stay out, kinds fit the tokens.
#include <catch2/catch.hpp>
#include <cstdio>
#include <numeric>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/text/tokenizer.h"
#include "tools/demo_model/bigram.h"
#include "tools/demo_model/held_out.h"
#include "tools/demo_model/recipe.h"
#include "tools/demo_model/text_source.h"
#include "tools/demo_model/vocabulary.h"

using namespace rs;
using namespace rs::demo;

namespace {

const std::string kFolder = RS_SOURCE_DIR "/resources/demo-model/";

TextSource source(Part part) {
  return TextSource({{"dog", "noun.animal", "a barking mammal"},
                     {"cat", "noun.animal", "a purring mammal"},
                     {"oak", "noun.plant", "a tree with acorns"},
                     {"run", "verb.motion", "move fast on foot"}},
                    part);
}

constexpr Mixture kEven = {{1, 1, 1, 1, 1, 1, 0}, {}};

}  // namespace

TEST_CASE("the random numbers are splitmix64's") {
  Random random(0);
  CHECK(random.next() == 0xE220A8397B1DCDAFULL);
  CHECK(random.next() == 0x6E789E6AA1B965F4ULL);
}

TEST_CASE("equations in training samples are true and none of them is held out") {
  const TextSource training = source(Part::kTraining);
  int equations = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    Random random(i);
    const Sample s = training.sampleOf(Domain::kArithmetic, random);
    int a = 0;
    int b = 0;
    int c = 0;
    char op = 0;
    char end = 0;
    if (std::sscanf(s.text.c_str(), "%d %c %d = %d%c", &a, &op, &b, &c, &end) != 5 || end != '<' ||
        s.label == "two steps" || s.label == "div decimal") {
      continue;
    }
    ++equations;
    INFO(s.text);
    CHECK_FALSE(isHeldOut(op, a, b));
    CHECK(c == (op == '+' ? a + b : op == '-' ? a - b : op == '/' ? a / b : a * b));
  }
  CHECK(equations > 300);
}

TEST_CASE("a held-out sum is held out in both orders, and about one in twenty is") {
  int held_out = 0;
  for (int a = 10; a < 100; ++a) {
    for (int b = 10; b < 100; ++b) {
      held_out += isHeldOut('+', a, b) ? 1 : 0;
      CHECK(isHeldOut('+', a, b) == isHeldOut('+', b, a));
    }
  }
  CHECK(held_out > 8100 / 20 / 2);
  CHECK(held_out < 8100 / 20 * 2);
  CHECK_FALSE(isHeldOut('+', 3, 40));
}

TEST_CASE("held-out problems of two-digit operands come from the held-out part only") {
  for (std::uint64_t i = 0; i < 300; ++i) {
    Random random(i);
    const Sample s = arithmeticOf('*', 2, 2, {Part::kHeldOut, 0, 0, 1}, random);
    int a = 0;
    int b = 0;
    if (std::sscanf(s.text.c_str(), "%d * %d =", &a, &b) == 2) {
      CHECK(isHeldOut('*', a, b));
    }
  }
}

TEST_CASE("a sample depends on seed and number alone, and its kinds cover its bytes") {
  const TextSource training = source(Part::kTraining);
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Sample s = training.sample(5, i, kEven);
    CHECK(s.text == training.sample(5, i, kEven).text);
    CHECK(s.kinds.size() == s.text.size());
    CHECK(s.text.substr(s.question, s.answer.size()) == s.answer);
  }
  CHECK(training.sample(5, 1, kEven).text != training.sample(6, 1, kEven).text);
}

TEST_CASE("the vocabulary's ids are the tokenizer's on training text, and each id has a kind") {
  const Vocabulary vocabulary = Vocabulary::read(kFolder + "tokenizer.json");
  const Tokenizer tokenizer = Tokenizer::fromFile(kFolder + "tokenizer.json");
  const TextSource training = source(Part::kTraining);
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Sample s = training.sample(9, i, {{1, 1, 1, 1, 1, 1, 1}, {}});
    const Tokens tokens = vocabulary.encode(s);
    INFO(s.text);
    CHECK(tokens.ids == tokenizer.encode(s.text, Specials::kParse));
    CHECK(tokens.kinds.size() == tokens.ids.size());
  }
}

TEST_CASE("every string of one to three digits is one token") {
  const Tokenizer tokenizer = Tokenizer::fromFile(kFolder + "tokenizer.json");
  for (const char* digits : {"0", "7", "00", "42", "000", "007", "999"}) {
    CHECK(tokenizer.encode(digits).size() == 1);
  }
}

TEST_CASE("a small vocabulary is learned from its text") {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += " w" + std::string(1, static_cast<char>('a' + i % 26)) +
            std::string(1, static_cast<char>('a' + i / 26 % 26)) +
            std::string(1, static_cast<char>('a' + i / 676)) + "x";
  }
  const Vocabulary vocabulary = Vocabulary::train({text});
  Sample s;
  s.say(" waax");
  CHECK(vocabulary.encode(s).ids.size() < 5);
  CHECK_THROWS_AS(Vocabulary::train({"too little"}), std::exception);
}

TEST_CASE("the bigram's probabilities sum to one and follow the counts") {
  Bigram bigram(5);
  bigram.add(std::vector<std::int32_t>{0, 1, 2, 0, 1, 3, 0, 1});
  bigram.finish();
  for (const std::int32_t previous : {0, 1, 2, 4}) {
    double sum = 0;
    for (std::int32_t next = 0; next < 5; ++next) {
      sum += bigram.probability(previous, next);
    }
    CHECK(sum == Approx(1.0));
  }
  CHECK(bigram.probability(0, 1) > 0.5);
  CHECK(bigram.probability(0, 4) > 0);
}

TEST_CASE("the recipe's rate warms up, holds and falls to zero") {
  const std::string path = RS_BINARY_DIR "/recipe_test.json";
  const auto write = [&](const std::string& text) {
    writeFileAtomically(path, std::as_bytes(std::span(text)));
  };
  const std::string samples =
      R"("samples":{"arithmetic":1,"real_estate":1,"units":1,"dates":1,"code":1,"lists":1,"glosses":1}})";
  const std::string common =
      R"(,"tokens_per_step":9,"balance":0,"text_kept":1,"chats":1,"systems":1,"focus":1,)";
  write(
      R"({"seed":1,"warmup":10,"steps":200,"rounded_from":50,"weight_decay":0,"phases":[{"from_step":0,"rate":1)" +
      common + samples + R"(,{"from_step":100,"rate":1,"rate_end":0)" + common + samples + "]}");
  const Recipe recipe = Recipe::read(path);
  CHECK(recipe.rateAt(0) == Approx(0.1));
  CHECK(recipe.rateAt(50) == Approx(1));
  CHECK(recipe.rateAt(150) == Approx(0.5));
  write(R"({"seed":1})");
  CHECK_THROWS_AS(Recipe::read(path), Error);
}

TEST_CASE("held-out samples are read back as written, and damage is named") {
  HeldOut held_out;
  Sample s;
  s.domain = Domain::kUnits;
  s.label = "feet and inches";
  s.draw(2).say(" feet is ").solve(24).say(" inches.");
  s.variables = {{"given", 2}};
  held_out.samples.push_back({"text", s});
  held_out.bigram_perplexity["units"] = 3.5;
  const std::string path = RS_BINARY_DIR "/heldout_test.jsonl";
  std::string text = heldOutText(held_out);
  writeFileAtomically(path, std::as_bytes(std::span(text)));
  const HeldOut read = readHeldOut(path);
  REQUIRE(read.samples.size() == 1);
  CHECK(read.samples[0].sample.kinds == s.kinds);
  CHECK(read.samples[0].sample.answer == "24");
  CHECK(read.bigram_perplexity.at("units") == 3.5);
  text.resize(text.size() / 2);
  writeFileAtomically(path, std::as_bytes(std::span(text)));
  CHECK_THROWS_AS(readHeldOut(path), Error);
}
