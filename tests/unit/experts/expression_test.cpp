// SPDX-License-Identifier: Apache-2.0
//
// Exact arithmetic and the expressions that reach it; goldens by tests/fixtures/experts/make_expressions.py.
#include "core/experts/calculator/expression.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "core/experts/calculator/big_int.h"

namespace rs {
namespace {

Outcome outcomeOf(const std::string& line) {
  std::vector<Lexeme> lexemes;
  std::vector<Candidate> candidates;
  lex(line, lexemes);
  findCandidates(line, lexemes, candidates);
  REQUIRE(candidates.size() == 1);
  return evaluate(line, lexemes, candidates[0], 12);
}

std::size_t candidateCount(const std::string& line) {
  std::vector<Lexeme> lexemes;
  std::vector<Candidate> candidates;
  lex(line, lexemes);
  findCandidates(line, lexemes, candidates);
  return candidates.size();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST_CASE("Random expressions have the value that Python's fractions give them") {
  std::ifstream file(std::string(RS_SOURCE_DIR) + "/tests/fixtures/experts/expressions.tsv");
  REQUIRE(file.good());
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const std::size_t tab = line.find('\t');
    const std::string expression = line.substr(0, tab);
    const std::string expected = line.substr(tab + 1);
    INFO(expression);
    const Outcome outcome = outcomeOf(expression);
    CHECK((outcome.hasValue() ? outcome.value : outcome.reason) == expected);
    // A bracket around the whole changes how it is written, not its value.
    if (outcome.hasValue()) {
      CHECK(outcomeOf("(" + expression + ")").value == expected);
      CHECK(outcomeOf(replaced(replaced(expression, "*", "\xC3\x97"), "/", "\xC3\xB7")).value == expected);
      CHECK(outcomeOf(replaced(expression, " ", "")).value == expected);
      CHECK(outcomeOf(outcome.expression).value == expected);
    }
  }
  CHECK(count == 500);
}

TEST_CASE("Big integers divide so that quotient times divisor plus remainder gives them back") {
  std::mt19937 random(7);
  const auto digits = [&](std::size_t n) {
    std::string text(n, '0');
    for (char& c : text) {
      c = static_cast<char>('0' + random() % 10);
    }
    text[0] = static_cast<char>('1' + random() % 9);
    return text;
  };
  for (int i = 0; i < 400; ++i) {
    const BigInt a = BigInt::fromDigits(digits(1 + random() % 120));
    const BigInt b = BigInt::fromDigits(digits(1 + random() % 60));
    const auto [quotient, rest] = BigInt::divide(a, b);
    INFO(a.text() << " / " << b.text());
    REQUIRE(quotient * b + rest == a);
    REQUIRE((rest - b).isNegative());
    REQUIRE_FALSE(rest.isNegative());
    REQUIRE(BigInt::divide(-a, b).first == -quotient);
  }
  // Limbs at their limits.
  const BigInt nines = BigInt::fromDigits(std::string(90, '9'));
  CHECK(BigInt::divide(nines * nines, nines) == std::pair(nines, BigInt(0)));
  CHECK(BigInt::divide(nines * nines - BigInt(1), nines) == std::pair(nines - BigInt(1), nines - BigInt(1)));
  CHECK(BigInt(INT64_MIN).text() == "-9223372036854775808");
  CHECK((BigInt(5) - BigInt(5)).text() == "0");
  CHECK_FALSE((-BigInt(0)).isNegative());
}

TEST_CASE("Expressions are written back in one normal form") {
  CHECK(outcomeOf("127*89").expression == "127 * 89");
  CHECK(outcomeOf("1,234  +  5,678,901").expression == "1234 + 5678901");
  CHECK(outcomeOf("(3+4) x -5").expression == "(3 + 4) * -5");
  CHECK(outcomeOf("007 times 2").expression == "7 * 2");
  CHECK(outcomeOf("84 divided by 7").expression == "84 / 7");
  CHECK(outcomeOf("subtract 3 from 10").expression == "10 - 3");
  CHECK(outcomeOf("sum of 1, 2, and 3").expression == "1 + 2 + 3");
}

TEST_CASE("Nouns and commands compute what they name") {
  CHECK(outcomeOf("the product of 127 and 89").value == "11303");
  CHECK(outcomeOf("the product of -127 and 89").value == "-11303");
  CHECK(outcomeOf("difference between 3 and 10").value == "7");
  CHECK(outcomeOf("difference of 3 and 10").value == "-7");
  CHECK(outcomeOf("quotient of 7 and 2").value == "3.5");
  CHECK(outcomeOf("multiply 12 by 7").value == "84");
  CHECK(outcomeOf("Add 3 to 4").value == "7");
  CHECK(outcomeOf("divide 84 by 7").value == "12");
  CHECK(outcomeOf("add 1, 2 and 1,000").value == "1003");
  CHECK(outcomeOf("divide 1 by 0").reason == "division by zero");
  CHECK(candidateCount("subtract 3 and 10") == 0);
  CHECK(candidateCount("the sum of 3") == 0);
  CHECK(candidateCount("the quotient of 1, 2 and 3") == 0);
}

TEST_CASE("What cannot be parsed has a reason and no value") {
  CHECK(outcomeOf("1.5 + 2").reason == "a number that is not whole");
  CHECK(outcomeOf("3 + + 4").reason == "an operator without a number beside it");
  CHECK(outcomeOf("12 34 + 5").reason == "two numbers without an operator between them");
  CHECK(outcomeOf("2(3 + 4)").reason == "a bracket without an operator beside it, or without its partner");
  CHECK(outcomeOf("((3 + 4) * (2").reason == "brackets that do not match");
  CHECK(outcomeOf(std::string(100, '(') + "1 + 1" + std::string(100, ')')).reason ==
        "brackets nested too deeply");
  CHECK(outcomeOf(std::string(999, '1') + " + 22").reason == "more than 1000 digits");
  CHECK(outcomeOf("3 + 4 *").reason == "an operator without a number beside it");
}

TEST_CASE("Thousands separators are not list commas") {
  CHECK(outcomeOf("1,234 * 1").value == "1234");
  CHECK(candidateCount("1,23 * 1") == 0);
  CHECK(candidateCount("1234,567 * 1") == 0);
  CHECK(candidateCount("3,5 + 2") == 0);
  CHECK(outcomeOf("1, 234 * 2").value == "468");
}

}  // namespace
}  // namespace rs
