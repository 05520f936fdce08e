// SPDX-License-Identifier: Apache-2.0
//
// Commercial-real-estate word problems with the true values behind them, for probes to find.
#include <string>

#include "tools/demo_model/text_source.h"

namespace rs::demo {
namespace {

constexpr const char* kBuildings[] = {"office building",    "warehouse",       "retail center",
                                      "apartment building", "hotel",           "medical office",
                                      "strip mall",         "industrial park", "parking garage",
                                      "shopping center",    "storage site",    "mixed-use tower"};
constexpr const char* kPlaces[] = {"on Oak Street",  "on Main Street", "near the harbor", "at the airport",
                                   "downtown",       "in the suburbs", "on Mill Road",    "by the river",
                                   "on Pine Avenue", "in the city"};

struct Story {
  Sample ask;
  Sample reply;
  void know(const char* name, double value) { ask.variables.emplace_back(name, value); }
};

void building(Sample& s, Random& random, const char* article = "A") {
  const char* what = random.pick(kBuildings);
  const std::string lead =
      std::string(article) + ((*what == 'o' || *what == 'a' || *what == 'i') ? "n " : " ");
  s.say(lead).draw(what);
  if (random.chance(0.5)) {
    s.say(" ").draw(random.pick(kPlaces));
  }
}

void operatingIncome(Story& s, Random& random) {
  const int income = random.within(4, 40) * 10;
  const int expenses = random.within(1, income / 10 - 1) * 10 / 2;
  s.ask.label = "noi";
  building(s.ask, random);
  s.ask.say(" has income of ").draw(income).say(" thousand dollars and expenses of ").draw(expenses);
  s.ask.say(" thousand dollars. What is the net operating income?");
  s.reply.say("NOI = " + std::to_string(income) + " - " + std::to_string(expenses) + " = ");
  s.reply.solve(income - expenses).say(" thousand dollars.");
  s.know("income", income);
  s.know("expenses", expenses);
  s.know("noi", income - expenses);
}

void capRate(Story& s, Random& random) {
  const int rate = random.within(4, 10);
  const int price = random.within(1, 20) * 100;
  const int noi = price * rate / 100;
  s.ask.label = "cap rate";
  building(s.ask, random);
  s.ask.say(" costs ").draw(price).say(" thousand dollars and has a NOI of ").draw(noi);
  s.ask.say(" thousand dollars. What is the cap rate?");
  s.reply.say("Cap rate = NOI / price = ").solve(rate).say(" percent.");
  s.know("price", price);
  s.know("noi", noi);
  s.know("cap_rate_percent", rate);
}

void price(Story& s, Random& random) {
  const int rate = random.within(4, 10);
  const int value = random.within(1, 20) * 100;
  const int noi = value * rate / 100;
  s.ask.label = "price";
  building(s.ask, random);
  s.ask.say(" has a NOI of ").draw(noi).say(" thousand dollars. The cap rate is ").draw(rate);
  s.ask.say(" percent. What is the price?");
  s.reply.say("Price = NOI / cap rate = ").solve(value).say(" thousand dollars.");
  s.know("noi", noi);
  s.know("cap_rate_percent", rate);
  s.know("price", value);
}

void rentByArea(Story& s, Random& random) {
  const int area = random.within(2, 40) * 10;
  const int rent = random.within(2, 9);
  s.ask.label = "rent";
  s.ask.say("A tenant leases ").draw(area).say(" square feet in ");
  building(s.ask, random, "a");
  s.ask.say(" at ").draw(rent).say(" dollars per square foot. What is the rent?");
  s.reply.say("Rent = " + std::to_string(area) + " * " + std::to_string(rent) + " = ");
  s.reply.solve(area * rent).say(" dollars.");
  s.know("square_feet", area);
  s.know("rent_per_square_foot", rent);
  s.know("rent", area * rent);
}

void vacancy(Story& s, Random& random) {
  static constexpr int kUnits[] = {20, 40, 60, 80, 100, 120, 160, 200};
  static constexpr int kPercent[] = {5, 10, 15, 20, 25, 30, 50};
  const int units = random.pick(kUnits);
  const int percent = random.pick(kPercent);
  const int empty = units * percent / 100;
  s.ask.label = "vacancy";
  building(s.ask, random);
  s.ask.say(" has ").draw(units).say(" units and a vacancy rate of ").draw(percent).say(" percent. ");
  s.know("units", units);
  s.know("vacancy_percent", percent);
  s.know("vacant_units", empty);
  if (random.chance(0.5)) {
    s.ask.say("How many units are vacant?");
    s.reply.solve(empty).say(" units are vacant.");
  } else {
    s.ask.say("How many units are leased?");
    s.reply.solve(units - empty).say(" units are leased.");
  }
}

void rentRoll(Story& s, Random& random) {
  const int units = random.within(2, 20);
  const int rent = random.within(2, 9) * (random.chance(0.5) ? 10 : 1);
  s.ask.label = "rent roll";
  building(s.ask, random);
  s.ask.say(" has ").draw(units).say(" units. Each unit pays ").draw(rent);
  s.ask.say(" hundred dollars per month. What is the monthly rent?");
  s.reply.say("Monthly rent = " + std::to_string(units) + " * " + std::to_string(rent) + " = ");
  s.reply.solve(units * rent).say(" hundred dollars.");
  s.know("units", units);
  s.know("rent", rent);
  s.know("monthly_rent", units * rent);
}

void loan(Story& s, Random& random) {
  static constexpr int kRatio[] = {50, 60, 70, 75, 80};
  const int ratio = random.pick(kRatio);
  const int value = random.within(1, 10) * 100;
  s.ask.label = "loan to value";
  s.ask.say("A bank lends ").draw(ratio).say(" percent of the value of ");
  building(s.ask, random, "a");
  s.ask.say(" worth ").draw(value).say(" thousand dollars. How large is the loan?");
  s.reply.say("Loan = ").solve(value * ratio / 100).say(" thousand dollars.");
  s.know("loan_to_value_percent", ratio);
  s.know("value", value);
  s.know("loan", value * ratio / 100);
}

void coverage(Story& s, Random& random) {
  const int ratio = random.within(2, 5);
  const int service = random.within(2, 30);
  s.ask.label = "debt coverage";
  building(s.ask, random);
  s.ask.say(" has a NOI of ")
      .draw(ratio * service)
      .say(" thousand dollars and debt service of ")
      .draw(service);
  s.ask.say(" thousand dollars. What is the debt coverage ratio?");
  s.reply.say("DSCR = " + std::to_string(ratio * service) + " / " + std::to_string(service) + " = ");
  s.reply.solve(ratio).say(".");
  s.know("noi", ratio * service);
  s.know("debt_service", service);
  s.know("coverage", ratio);
}

}  // namespace

Sample realEstate(const Wish& wish, Random& random) {
  using Maker = void (*)(Story&, Random&);
  static constexpr Maker kMakers[] = {operatingIncome, capRate,  price, rentByArea,
                                      vacancy,         rentRoll, loan,  coverage};
  Story story;
  story.ask.domain = Domain::kRealEstate;
  random.pick(kMakers)(story, random);
  if (random.chance(0.5)) {
    return chat(story.ask, story.reply, wish, random);
  }
  Sample s = story.ask;
  return s.say("\n").append(story.reply).say("<|endoftext|>");
}

}  // namespace rs::demo
