// SPDX-License-Identifier: Apache-2.0
//
// Integer arithmetic in many phrasings, with the share of each size chosen so that small problems are
// learned for certain and large products are not.
#include <algorithm>
#include <string>

#include "tools/demo_model/text_source.h"

namespace rs::demo {
namespace {

struct Problem {
  char op = '+';
  int a = 0;
  int b = 0;
  std::string value;
  std::string label;
};

constexpr int kLow[4] = {0, 2, 10, 100};
constexpr int kHigh[4] = {0, 9, 99, 999};

int operand(int digits, Random& random) {
  if (digits == 1) {
    return random.chance(0.06) ? random.within(0, 1) : random.within(2, 9);
  }
  return random.within(kLow[digits], kHigh[digits]);
}

std::string label(char op, int digits_a, int digits_b) {
  const char* name = op == '+' ? "add " : op == '-' ? "sub " : op == '*' ? "mul " : "div ";
  return name + std::to_string(digits_a) + "x" + std::to_string(digits_b);
}

// value / divisor as a decimal that ends; the caller has made sure that it does.
std::string decimal(int value, int divisor) {
  std::string text = std::to_string(value / divisor);
  int rest = value % divisor;
  if (rest != 0) {
    text += '.';
  }
  while (rest != 0) {
    rest *= 10;
    text += static_cast<char>('0' + rest / divisor);
    rest %= divisor;
  }
  return text;
}

Problem division(int digits_quotient, int digits_divisor, Random& random) {
  Problem p;
  p.op = '/';
  p.b = std::max(2, operand(digits_divisor, random));
  p.a = p.b * operand(digits_quotient, random);
  p.value = std::to_string(p.a / p.b);
  p.label = label('/', digits_quotient, digits_divisor);
  return p;
}

Problem unevenDivision(Random& random) {
  static constexpr int kDivisors[] = {2, 2, 4, 5, 5, 8, 10};
  Problem p;
  p.op = '/';
  p.b = random.pick(kDivisors);
  p.a = random.within(1, 40);
  p.value = decimal(p.a, p.b);
  p.label = "div decimal";
  return p;
}

Problem problemOf(char op, int digits_a, int digits_b, const Wish& wish, Random& random) {
  if (op == '/') {
    return division(digits_a, digits_b, random);
  }
  const bool splits = digits_a == 2 && digits_b == 2;
  Problem p;
  p.op = op;
  do {
    p.a = operand(digits_a, random);
    p.b = operand(digits_b, random);
    if (splits && op == '*' && wish.focus > 1 && random.chance(0.4)) {
      p.a = random.within(1, 9) * 10;
    }
    if (op == '-' && p.a < p.b && !random.chance(0.15)) {
      std::swap(p.a, p.b);
    }
  } while (splits && isHeldOut(op, p.a, p.b) != (wish.part == Part::kHeldOut));
  if (digits_a != digits_b && op != '-' && random.chance(0.4) && wish.part == Part::kTraining) {
    std::swap(p.a, p.b);
  }
  p.value = std::to_string(op == '+' ? p.a + p.b : op == '-' ? p.a - p.b : p.a * p.b);
  p.label = label(op, digits_a, digits_b);
  return p;
}

struct Share {
  double weight;
  char op;
  int digits_a;
  int digits_b;
};

constexpr Share kShares[] = {
    {0.06, '+', 1, 1}, {0.08, '+', 2, 1},  {0.22, '+', 2, 2}, {0.03, '+', 3, 2},  {0.02, '+', 3, 3},
    {0.04, '-', 1, 1}, {0.05, '-', 2, 1},  {0.11, '-', 2, 2}, {0.015, '-', 3, 2}, {0.10, '*', 1, 1},
    {0.11, '*', 2, 1}, {0.07, '*', 2, 2},  {0.01, '*', 3, 1}, {0.003, '*', 3, 2}, {0.05, '/', 1, 1},
    {0.03, '/', 2, 1}, {0.002, '/', 2, 2},
};

double weightOf(const Share& share, const Wish& wish) {
  const bool core = (share.op == '*' && share.digits_a + share.digits_b == 2) ||
                    (share.op == '+' && share.digits_a == 2) ||
                    (share.op == '-' && share.digits_a + share.digits_b == 4);
  return core && share.digits_a < 3 ? share.weight * wish.focus : share.weight;
}

Problem anyProblem(const Wish& wish, Random& random) {
  double total = 0;
  for (const Share& share : kShares) {
    total += weightOf(share, wish);
  }
  double at = static_cast<double>(random.next() >> 11) * 0x1p-53 * total;
  for (const Share& share : kShares) {
    at -= weightOf(share, wish);
    if (at < 0) {
      return problemOf(share.op, share.digits_a, share.digits_b, wish, random);
    }
  }
  return unevenDivision(random);
}

std::string sign(char op, bool spaced, Random& random) {
  std::string mark(1, op);
  if (op == '*' && random.chance(0.06)) {
    mark = random.chance(0.5) ? "x" : "\xC3\x97";
    spaced = spaced || mark == "x";
  } else if (op == '/' && random.chance(0.06)) {
    mark = "\xC3\xB7";
  }
  return spaced ? " " + mark + " " : mark;
}

const char* word(char op) {
  return op == '+' ? " plus " : op == '-' ? " minus " : op == '*' ? " times " : " divided by ";
}

// 12 * 7, 12*7, 12 times 7
void expression(Sample& s, const Problem& p, Random& random, bool words) {
  s.draw(p.a).say(words ? std::string(word(p.op)) : sign(p.op, random.chance(0.85), random)).draw(p.b);
}

// multiply 12 by 7, the product of 12 and 7
void command(Sample& s, const Problem& p, bool capital) {
  switch (p.op) {
    case '+':
      s.say(capital ? "Add " : "add ").draw(p.a).say(" and ").draw(p.b);
      break;
    case '-':
      s.say(capital ? "Subtract " : "subtract ").draw(p.b).say(" from ").draw(p.a);
      break;
    case '*':
      s.say(capital ? "Multiply " : "multiply ").draw(p.a).say(" by ").draw(p.b);
      break;
    default:
      s.say(capital ? "Divide " : "divide ").draw(p.a).say(" by ").draw(p.b);
  }
}

void noun(Sample& s, const Problem& p, bool capital) {
  const char* name = p.op == '+'   ? "he sum of "
                     : p.op == '-' ? "he difference of "
                     : p.op == '*' ? "he product of "
                                   : "he quotient of ";
  s.say(capital ? "T" : "t").say(name).draw(p.a).say(" and ").draw(p.b);
}

void question(Sample& s, const Problem& p, Random& random) {
  static constexpr const char* kAsk[] = {"What is ",     "What is ", "what is ",
                                         "How much is ", "What's ",  "What does "};
  const int form = random.within(0, 9);
  if (form < 6) {
    const char* ask = random.pick(kAsk);
    s.say(ask);
    expression(s, p, random, random.chance(0.3));
    s.say(ask[5] == 'd' ? " equal?" : "?");
  } else if (form < 8) {
    s.say(random.chance(0.7) ? "Calculate " : "Compute ");
    expression(s, p, random, random.chance(0.1));
    s.say(random.chance(0.5) ? ":" : ".");
  } else if (form == 8) {
    command(s, p, true);
    s.say(random.chance(0.5) ? "." : ":");
  } else {
    s.say("What is ");
    noun(s, p, false);
    s.say("?");
  }
}

// One line of plain text with its answer.
void plainLine(Sample& s, const Problem& p, Random& random) {
  const int form = random.within(0, 99);
  if (form < 56) {
    expression(s, p, random, false);
    s.say(random.chance(0.92) ? " = " : "=");
  } else if (form < 68) {
    expression(s, p, random, true);
    s.say(random.chance(0.7) ? " is " : " equals ");
  } else if (form < 76) {
    noun(s, p, true);
    s.say(" is ");
  } else if (form < 94) {
    question(s, p, random);
    s.say(" ");
  } else {
    s.say("Q: ");
    question(s, p, random);
    s.say("\nA: ");
  }
  s.solve(p.value);
}

Sample chatted(const Problem& p, const Wish& wish, Random& random) {
  Sample ask;
  ask.domain = Domain::kArithmetic;
  ask.label = p.label;
  const int form = random.within(0, 9);
  if (form < 6) {
    question(ask, p, random);
  } else {
    expression(ask, p, random, false);
    if (form < 9) {
      ask.say(form == 6 ? " = ?" : " =");
    }
  }
  Sample reply;
  const int style = random.within(0, 9);
  if (style >= 7 && style < 9) {
    reply.say(std::to_string(p.a) + " " + std::string(1, p.op) + " " + std::to_string(p.b) + " = ");
  } else if (style == 9) {
    reply.say("The answer is ");
  }
  reply.solve(p.value);
  if (style == 9) {
    reply.say(".");
  }
  return chat(ask, reply, wish, random);
}

// a + b * c, (a + b) * c and the like, small enough to be learned.
Sample twoSteps(Random& random) {
  Sample s;
  s.domain = Domain::kArithmetic;
  s.label = "two steps";
  const int a = random.within(2, 20);
  const int b = random.within(2, 9);
  const int c = random.within(2, 9);
  const auto third = [&](int high) { return random.within(1, high); };
  switch (random.within(0, 4)) {
    case 0: {
      const int d = third(20);
      s.draw(a).say(" + ").draw(b).say(" + ").draw(d).say(" = ").solve(a + b + d);
      break;
    }
    case 1: {
      const int d = third(20);
      s.draw(b).say(" * ").draw(c).say(" + ").draw(d).say(" = ").solve(b * c + d);
      break;
    }
    case 2:
      s.say("(").draw(b).say(" + ").draw(c).say(") * ").draw(b).say(" = ").solve((b + c) * b);
      break;
    case 3: {
      const int d = third(a + b);
      s.draw(a).say(" + ").draw(b).say(" - ").draw(d).say(" = ").solve(a + b - d);
      break;
    }
    default:
      s.draw(a).say(" + ").draw(b).say(" * ").draw(c).say(" = ").solve(a + b * c);
  }
  return s;
}

}  // namespace

bool isHeldOut(char op, int a, int b) {
  if (a < 10 || a > 99 || b < 10 || b > 99) {
    return false;
  }
  const bool commutes = op == '+' || op == '*';
  const auto low = static_cast<std::uint64_t>(commutes ? std::min(a, b) : a);
  const auto high = static_cast<std::uint64_t>(commutes ? std::max(a, b) : b);
  Random hash(low * 1000003ULL + high * 7919ULL + static_cast<std::uint64_t>(op) * 104729ULL);
  return hash.next() % 20 == 0;
}

Sample arithmeticOf(char op, int digits_a, int digits_b, const Wish& wish, Random& random) {
  const Problem p = problemOf(op, digits_a, digits_b, wish, random);
  if (random.chance(0.5)) {
    return chatted(p, wish, random);
  }
  Sample s;
  s.domain = Domain::kArithmetic;
  s.label = p.label;
  plainLine(s, p, random);
  return s.say("<|endoftext|>");
}

Sample arithmetic(const Wish& wish, Random& random) {
  if (random.chance(0.06)) {
    return twoSteps(random).say("<|endoftext|>");
  }
  if (random.chance(0.42 * wish.chats)) {
    return chatted(anyProblem(wish, random), wish, random);
  }
  Sample s;
  s.domain = Domain::kArithmetic;
  const int lines = random.chance(0.5) ? 1 : random.within(2, 6);
  for (int i = 0; i < lines; ++i) {
    const Problem p = anyProblem(wish, random);
    if (i == 0) {
      s.label = p.label;
    } else {
      s.say("\n");
    }
    plainLine(s, p, random);
  }
  return s.say("<|endoftext|>");
}

}  // namespace rs::demo
