// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <sstream>

#include "core/base/mapped_file.h"
#include "tools/demo_model/text_source.h"

namespace rs::demo {
namespace {

constexpr std::array<const char*, 45> kTopics = {
    "adj.all",          "adj.pert",           "adv.all",
    "noun.tops",        "noun.act",           "noun.animal",
    "noun.artifact",    "noun.attribute",     "noun.body",
    "noun.cognition",   "noun.communication", "noun.event",
    "noun.feeling",     "noun.food",          "noun.group",
    "noun.location",    "noun.motive",        "noun.object",
    "noun.person",      "noun.phenomenon",    "noun.plant",
    "noun.possession",  "noun.process",       "noun.quantity",
    "noun.relation",    "noun.shape",         "noun.state",
    "noun.substance",   "noun.time",          "verb.body",
    "verb.change",      "verb.cognition",     "verb.communication",
    "verb.competition", "verb.consumption",   "verb.contact",
    "verb.creation",    "verb.emotion",       "verb.motion",
    "verb.perception",  "verb.possession",    "verb.social",
    "verb.stative",     "verb.weather",       "adj.ppl"};

constexpr const char* kLeftOut[] = {"offensive", "slur",   "disparag", "obscene", "vulgar",  "derogat",
                                    "ethnic",    "sexual", "insult",   "slang",   "genital", "contempt"};
constexpr std::size_t kLongest = 170;

// 00002452 03 n 01 thing 0 … | gloss
bool parseLine(const std::string& line, Gloss& gloss) {
  const std::size_t bar = line.find(" | ");
  if (line.empty() || line[0] == ' ' || bar == std::string::npos) {
    return false;
  }
  std::istringstream fields(line.substr(0, bar));
  std::string offset;
  std::size_t file = 0;
  std::string kind;
  std::string count;
  fields >> offset >> file >> kind >> count >> gloss.word;
  if (!fields || file >= kTopics.size()) {
    return false;
  }
  gloss.topic = kTopics[file];
  gloss.word = gloss.word.substr(0, gloss.word.find('('));
  std::replace(gloss.word.begin(), gloss.word.end(), '_', ' ');
  gloss.text = line.substr(bar + 3);
  gloss.text.erase(gloss.text.find_last_not_of(" \r\n") + 1);
  const std::size_t example = gloss.text.find("; \"");
  if (example != std::string::npos && gloss.text.size() > 120) {
    gloss.text.erase(example);
  }
  const bool bad = std::any_of(std::begin(kLeftOut), std::end(kLeftOut),
                               [&](const char* word) { return gloss.text.find(word) != std::string::npos; });
  return !bad && gloss.text.size() <= kLongest;
}

bool heldOut(const Gloss& gloss) {
  std::uint64_t hash = 1469598103934665603ULL;
  for (const char c : gloss.text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return Random(hash).next() % 25 == 0;
}

}  // namespace

std::vector<Gloss> readGlosses(const std::string& folder) {
  std::vector<Gloss> glosses;
  for (const char* name : {"data.noun", "data.verb", "data.adj", "data.adv"}) {
    std::istringstream lines(readTextFile(folder + "/" + name));
    for (std::string line; std::getline(lines, line);) {
      Gloss gloss;
      if (parseLine(line, gloss)) {
        glosses.push_back(std::move(gloss));
      }
    }
  }
  return glosses;
}

void TextSource::keepPart(std::vector<Gloss> glosses) {
  for (Gloss& gloss : glosses) {
    if (heldOut(gloss) == (part_ == Part::kHeldOut)) {
      glosses_.push_back(std::move(gloss));
    }
  }
}

Sample TextSource::gloss(const Wish& wish, Random& random) const {
  const Gloss& g = random.pick(glosses_);
  Sample s;
  s.domain = Domain::kGlosses;
  s.label = g.topic;
  const int form = random.within(0, 9);
  if (form < 7) {
    return s.say("[")
        .draw(g.topic)
        .say("] ")
        .draw(g.word)
        .say(form < 5 ? ": " : " is ")
        .say(g.text)
        .say("<|endoftext|>");
  }
  Sample ask;
  ask.domain = s.domain;
  ask.label = s.label;
  ask.say(form < 9 ? "Define " : "What does ").draw(g.word).say(form < 9 ? "." : " mean?");
  Sample reply;
  reply.say(g.text);
  return chat(ask, reply, wish, random);
}

Sample TextSource::sampleOf(Domain domain, const Wish& wish, Random& random) const {
  switch (domain) {
    case Domain::kArithmetic:
      return arithmetic(wish, random);
    case Domain::kRealEstate:
      return realEstate(wish, random);
    case Domain::kUnits:
      return unitConversion(wish, random);
    case Domain::kDates:
      return dateQuestion(wish, random);
    case Domain::kCode:
      return code(random);
    case Domain::kLists:
      return list(random);
    default:
      return gloss(wish, random);
  }
}

Sample TextSource::sample(std::uint64_t seed, std::uint64_t number, const Mixture& mixture) const {
  Random random(Random(seed * 0x9E3779B97F4A7C15ULL ^ number).next());
  double total = 0;
  for (const double weight : mixture.weight) {
    total += weight;
  }
  double at = static_cast<double>(random.next() >> 11) * 0x1p-53 * total;
  int domain = 0;
  while (domain + 1 < kDomainCount && at >= mixture.weight[domain]) {
    at -= mixture.weight[domain++];
  }
  return sampleOf(static_cast<Domain>(domain),
                  {part_, mixture.wish.chats, mixture.wish.systems, mixture.wish.focus}, random);
}

}  // namespace rs::demo
