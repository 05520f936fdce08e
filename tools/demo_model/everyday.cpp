// SPDX-License-Identifier: Apache-2.0
//
// Unit conversions and dates.
#include <algorithm>
#include <array>
#include <string>

#include "tools/demo_model/text_source.h"

namespace rs::demo {
namespace {

struct Conversion {
  const char* from;
  const char* to;
  int factor;
  int most;
};

constexpr Conversion kConversions[] = {{"kilometers", "meters", 1000, 20},
                                       {"meters", "centimeters", 100, 30},
                                       {"centimeters", "millimeters", 10, 90},
                                       {"kilograms", "grams", 1000, 20},
                                       {"liters", "milliliters", 1000, 20},
                                       {"hours", "minutes", 60, 12},
                                       {"minutes", "seconds", 60, 12},
                                       {"days", "hours", 24, 10},
                                       {"weeks", "days", 7, 20},
                                       {"years", "months", 12, 12},
                                       {"feet", "inches", 12, 12},
                                       {"yards", "feet", 3, 40},
                                       {"pounds", "ounces", 16, 10},
                                       {"gallons", "quarts", 4, 25},
                                       {"dollars", "cents", 100, 30},
                                       {"tons", "kilograms", 1000, 20},
                                       {"dozens", "pieces", 12, 12},
                                       {"square yards", "square feet", 9, 20},
                                       {"quarts", "pints", 2, 50},
                                       {"decades", "years", 10, 50}};

constexpr std::array<const char*, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                              "Friday", "Saturday", "Sunday"};
constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
constexpr std::array<int, 12> kLength = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

Sample finish(const Sample& ask, const Sample& reply, const Wish& wish, Random& random) {
  if (random.chance(0.5)) {
    return chat(ask, reply, wish, random);
  }
  Sample s = ask;
  return s.say(" ").append(reply).say("<|endoftext|>");
}

std::string twoDigits(int number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

void weekday(Sample& ask, Sample& reply, Random& random) {
  const int day = random.within(0, 6);
  const int step = random.within(1, 10);
  const bool back = random.chance(0.4);
  ask.label = "weekday";
  ask.say("What day is ").draw(step).say(step == 1 ? " day " : " days ").say(back ? "before " : "after ");
  ask.draw(kDays[static_cast<std::size_t>(day)]).say("?");
  reply.solve(kDays[static_cast<std::size_t>((day + (back ? 70 - step : step)) % 7)]).say(".");
}

void nextDay(Sample& ask, Sample& reply, Random& random) {
  const auto month = static_cast<std::size_t>(random.within(0, 11));
  const int length = kLength[month];
  const int day = random.chance(0.3) ? length : random.within(1, length);
  const bool wraps = day == length;
  ask.label = "next day";
  ask.say("What is the day after ").draw(kMonths[month]).say(" ").draw(day).say("?");
  reply.solve(std::string(kMonths[(month + (wraps ? 1U : 0U)) % 12]) + " " +
              std::to_string(wraps ? 1 : day + 1));
  reply.say(".");
}

void monthLength(Sample& ask, Sample& reply, Random& random) {
  const auto month = static_cast<std::size_t>(random.within(0, 11));
  ask.label = "month length";
  ask.say("How many days are in ").draw(kMonths[month]);
  if (month == 1) {
    const int year = random.within(1990, 2040);
    ask.say(" ").draw(year).say("?");
    reply.solve(year % 4 == 0 ? 29 : 28).say(".");
  } else {
    ask.say("?");
    reply.solve(kLength[month]).say(".");
  }
}

void written(Sample& ask, Sample& reply, Random& random) {
  const int year = random.within(1950, 2049);
  const int month = random.within(1, 12);
  const int day = random.within(1, 28);
  ask.label = "written date";
  ask.say("Write ")
      .draw(year)
      .say("-")
      .draw(twoDigits(month))
      .say("-")
      .draw(twoDigits(day))
      .say(" in words.");
  reply.solve(std::string(kMonths[static_cast<std::size_t>(month - 1)]) + " " + std::to_string(day) + ", " +
              std::to_string(year));
  reply.say(".");
}

void daysBetween(Sample& ask, Sample& reply, Random& random) {
  const int from = random.within(1, 27);
  const int to = random.within(from + 1, 28);
  const char* month = random.pick(kMonths);
  ask.label = "days between";
  ask.say("How many days are there from ")
      .draw(month)
      .say(" ")
      .draw(from)
      .say(" to ")
      .say(month)
      .say(" ")
      .draw(to);
  ask.say("?");
  reply.solve(to - from).say(".");
}

}  // namespace

Sample unitConversion(const Wish& wish, Random& random) {
  Sample ask;
  Sample reply;
  ask.domain = Domain::kUnits;
  if (random.chance(0.08)) {
    const int celsius = random.within(-4, 20) * 5;
    ask.label = "temperature";
    ask.say("Convert ").draw(celsius).say(" degrees Celsius to Fahrenheit.");
    reply.solve(celsius * 9 / 5 + 32).say(" degrees Fahrenheit.");
    return finish(ask, reply, wish, random);
  }
  const Conversion& c = random.pick(kConversions);
  const int count = random.within(2, c.most);
  const bool back = random.chance(0.3);
  const int given = back ? count * c.factor : count;
  const int result = back ? count : count * c.factor;
  const std::string from = back ? c.to : c.from;
  const std::string to = back ? c.from : c.to;
  ask.label = std::string(c.from) + " and " + c.to;
  ask.variables = {{"given", given}, {"result", result}};
  switch (random.within(0, 2)) {
    case 0:
      ask.say("Convert ").draw(given).say(" ").draw(from).say(" to ").draw(to).say(".");
      break;
    case 1:
      ask.say("How many ").draw(to).say(" are ").draw(given).say(" ").draw(from).say("?");
      break;
    default: {
      Sample s;
      s.domain = ask.domain;
      s.label = ask.label;
      s.variables = ask.variables;
      s.draw(given).say(" ").draw(from).say(" is ").solve(result).say(" ").draw(to).say(".");
      return s.say("<|endoftext|>");
    }
  }
  reply.solve(result).say(" " + to + ".");
  return finish(ask, reply, wish, random);
}

Sample dateQuestion(const Wish& wish, Random& random) {
  using Maker = void (*)(Sample&, Sample&, Random&);
  static constexpr Maker kMakers[] = {weekday, nextDay, monthLength, written, daysBetween};
  Sample ask;
  Sample reply;
  ask.domain = Domain::kDates;
  random.pick(kMakers)(ask, reply, random);
  return finish(ask, reply, wish, random);
}

}  // namespace rs::demo
