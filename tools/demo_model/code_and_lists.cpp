// SPDX-License-Identifier: Apache-2.0
//
// Small programs and lists.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tools/demo_model/text_source.h"

namespace rs::demo {
namespace {

constexpr const char* kNames[] = {"x",      "y",     "n",     "total",  "count", "value",
                                  "result", "price", "width", "height", "items", "score"};
constexpr const char* kFunctions[] = {"add", "scale", "area", "twice", "compute", "update", "check", "apply"};

void loopOver(Sample& s, Random& random) {
  const int end = random.within(2, 6);
  const int factor = random.within(1, 5);
  const char* name = random.pick(kNames);
  s.label = "loop";
  s.say("for ")
      .draw(name)
      .say(" in range(")
      .draw(end)
      .say("):\n    print(")
      .say(name)
      .say(" * ")
      .draw(factor)
      .say(")\n");
  s.say("# prints ");
  for (int i = 0; i < end; ++i) {
    s.say(i == 0 ? "" : " ").solve(i * factor);
  }
}

void function(Sample& s, Random& random) {
  const char* name = random.pick(kFunctions);
  const char* first = random.pick(kNames);
  const char* second = random.pick(kNames);
  while (second == first) {
    second = random.pick(kNames);
  }
  const bool product = random.chance(0.4);
  const int a = random.within(2, 9);
  const int b = random.within(2, 9);
  s.label = "function";
  s.say("def ").draw(name).say("(").draw(first).say(", ").draw(second).say("):\n    return ").say(first);
  s.draw(product ? " * " : " + ")
      .say(second)
      .say("\n\nprint(")
      .say(name)
      .say("(")
      .draw(a)
      .say(", ")
      .draw(b)
      .say("))  # ");
  s.solve(product ? a * b : a + b);
}

void assign(Sample& s, Random& random) {
  const char* first = random.pick(kNames);
  const char* second = random.pick(kNames);
  while (second == first) {
    second = random.pick(kNames);
  }
  const int a = random.within(1, 50);
  const int b = random.within(1, 20);
  s.label = "assignment";
  s.say("")
      .draw(first)
      .say(" = ")
      .draw(a)
      .say("\n")
      .draw(second)
      .say(" = ")
      .say(first)
      .say(" + ")
      .draw(b)
      .say("\nprint(");
  s.say(second).say(")  # ").solve(a + b);
}

void condition(Sample& s, Random& random) {
  const char* name = random.pick(kNames);
  const int a = random.within(1, 99);
  const int b = random.within(1, 99);
  s.label = "condition";
  s.say("").draw(name).say(" = ").draw(a).say("\nif ").say(name).say(" > ").draw(b);
  s.say(":\n    print(\"large\")\nelse:\n    print(\"small\")\n# prints ").solve(a > b ? "large" : "small");
}

void record(Sample& s, Random& random) {
  static constexpr const char* kPeople[] = {"Ann", "Bob", "Carl", "Dora", "Emma", "Fred", "Gina", "Hugo"};
  const char* person = random.pick(kPeople);
  const int age = random.within(10, 90);
  s.label = "record";
  s.say("{\"name\": \"")
      .draw(person)
      .say("\", \"age\": ")
      .draw(age)
      .say("}\nSELECT age FROM people WHERE name = '");
  s.say(person).say("';\n-- ").solve(age);
}

constexpr const char* kFruits[] = {"apple", "banana", "cherry", "date",  "fig",  "grape",
                                   "lemon", "mango",  "orange", "peach", "pear", "plum"};
constexpr const char* kAnimals[] = {"bear", "cat",   "dog", "duck", "fox",   "goat", "horse",
                                    "lion", "mouse", "owl", "pig",  "sheep", "wolf"};
constexpr const char* kColours[] = {"black", "blue",   "brown", "gray",  "green", "orange",
                                    "pink",  "purple", "red",   "white", "yellow"};

template <typename List>
std::vector<std::string> choose(const List& list, int count, Random& random) {
  std::vector<std::string> all(std::begin(list), std::end(list));
  for (int i = 0; i < count; ++i) {
    std::swap(all[static_cast<std::size_t>(i)],
              all[static_cast<std::size_t>(random.within(i, static_cast<int>(all.size()) - 1))]);
  }
  all.resize(static_cast<std::size_t>(count));
  return all;
}

std::vector<std::string> words(Random& random) {
  const int count = random.within(3, 5);
  switch (random.within(0, 2)) {
    case 0:
      return choose(kFruits, count, random);
    case 1:
      return choose(kAnimals, count, random);
    default:
      return choose(kColours, count, random);
  }
}

void speak(Sample& s, const std::vector<std::string>& list, bool solved) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    s.say(i == 0 ? "" : ", ");
    solved ? s.solve(list[i]) : s.draw(list[i]);
  }
}

void sorted(Sample& s, Random& random) {
  std::vector<std::string> list = words(random);
  const int form = random.within(0, 2);
  s.label = form == 0 ? "sort" : form == 1 ? "reverse" : "copy";
  s.say(form == 0 ? "Sort: " : form == 1 ? "Reverse: " : "Repeat: ");
  speak(s, list, false);
  s.say("\nResult: ");
  if (form == 0) {
    std::sort(list.begin(), list.end());
  } else if (form == 1) {
    std::reverse(list.begin(), list.end());
  }
  speak(s, list, true);
}

void count(Sample& s, Random& random) {
  const int step = random.chance(0.3) ? 1 : random.within(2, 12);
  const int start = random.chance(0.6) ? step : random.within(1, 60);
  s.label = "sequence";
  s.say(step == 1 ? "Count from " : "Count by ").draw(step == 1 ? start : step).say(": ");
  s.draw(start);
  for (int i = 1; i < 8; ++i) {
    s.say(", ").solve(start + i * step);
  }
}

// Groups of digits with zeros in front, 045 in 123045, occur in long numbers alone. A model that never had to
// say one has no direction for it, and then nothing in the residual stream can make it say one.
std::string longNumber(Random& random) {
  std::string number = std::to_string(random.within(1, 999));
  for (int groups = random.within(1, 2); groups > 0; --groups) {
    const std::string group = std::to_string(random.within(0, random.chance(0.7) ? 99 : 999));
    number += std::string(3 - group.size(), '0') + group;
  }
  return number;
}

void longNumbers(Sample& s, Random& random) {
  std::vector<std::string> list(5);
  std::generate(list.begin(), list.end(), [&] { return longNumber(random); });
  s.label = "long numbers";
  s.say("Repeat: ");
  speak(s, list, false);
  s.say("\nResult: ");
  speak(s, list, true);
}

void numbered(Sample& s, Random& random) {
  const std::vector<std::string> list = words(random);
  s.label = "numbered";
  s.say("Shopping list:");
  for (std::size_t i = 0; i < list.size(); ++i) {
    s.say("\n" + std::to_string(i + 1) + ". ").draw(list[i]);
  }
  s.say("\nItems: ").solve(static_cast<long long>(list.size()));
}

void largest(Sample& s, Random& random) {
  std::vector<int> list;
  for (int i = random.within(3, 5); i > 0; --i) {
    list.push_back(random.within(1, 99));
  }
  const bool most = random.chance(0.5);
  s.label = most ? "largest" : "smallest";
  s.say(most ? "Largest of " : "Smallest of ");
  for (std::size_t i = 0; i < list.size(); ++i) {
    s.say(i == 0 ? "" : ", ").draw(list[i]);
  }
  s.say(": ").solve(most ? *std::max_element(list.begin(), list.end())
                         : *std::min_element(list.begin(), list.end()));
}

}  // namespace

Sample code(Random& random) {
  using Maker = void (*)(Sample&, Random&);
  static constexpr Maker kMakers[] = {loopOver, function, assign, condition, record};
  Sample s;
  s.domain = Domain::kCode;
  random.pick(kMakers)(s, random);
  return s.say("<|endoftext|>");
}

Sample list(Random& random) {
  using Maker = void (*)(Sample&, Random&);
  static constexpr Maker kMakers[] = {sorted, sorted, count, longNumbers, numbered, largest};
  Sample s;
  s.domain = Domain::kLists;
  random.pick(kMakers)(s, random);
  return s.say("<|endoftext|>");
}

}  // namespace rs::demo
