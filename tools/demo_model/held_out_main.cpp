// SPDX-License-Identifier: Apache-2.0
//
// rs_demo_held_out: draws the held-out samples, and trains the bigram on the text that the model was trained
// on.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "tools/demo_model/bigram.h"
#include "tools/demo_model/held_out.h"
#include "tools/demo_model/recipe.h"

namespace rs::demo {
namespace {

constexpr std::uint64_t kSeed = 4242;
constexpr int kPerClass = 240;
constexpr int kPerDomain = 150;
constexpr Wish kHeldOutWish = {Part::kHeldOut, 1, 0.3, 1};

struct Class {
  char op;
  int digits_a, digits_b;
};
constexpr Class kClasses[] = {{'*', 1, 1}, {'+', 1, 1}, {'+', 2, 2}, {'-', 2, 2},
                              {'*', 2, 1}, {'*', 2, 2}, {'*', 3, 2}, {'/', 1, 1}};

// The very samples of the training, in their order.
Bigram trainBigram(const Recipe& recipe, const TextSource& source, const Vocabulary& vocabulary,
                   long long& tokens) {
  Bigram bigram(kVocabulary);
  std::uint64_t number = 0;
  for (int step = 0; step < recipe.steps; ++step) {
    const Phase& phase = recipe.phaseAt(step);
    for (std::size_t count = 0; count < static_cast<std::size_t>(phase.tokens_per_step);) {
      const auto ids = vocabulary.encode(source.sample(recipe.seed, number++, phase.mixture)).ids;
      bigram.add(ids);
      count += ids.size();
      tokens += static_cast<long long>(ids.size());
    }
  }
  bigram.finish();
  return bigram;
}

void perplexities(const Bigram& bigram, const Vocabulary& vocabulary, HeldOut& held_out) {
  std::map<std::string, std::pair<double, double>> sums;
  for (const auto& [purpose, sample] : held_out.samples) {
    if (purpose != "text") {
      continue;
    }
    const Tokens tokens = vocabulary.encode(sample);
    auto& [loss, count] = sums[domainName(sample.domain)];
    for (std::size_t i = 1; i < tokens.ids.size(); ++i) {
      if (tokens.kinds[i] != Kind::kDrawn) {
        loss -= std::log(bigram.probability(tokens.ids[i - 1], tokens.ids[i]));
        count += 1;
      }
    }
  }
  for (const auto& [domain, sum] : sums) {
    held_out.bigram_perplexity[domain] = std::exp(sum.first / sum.second);
  }
}

void draw(const TextSource& source, HeldOut& held_out) {
  Random random(kSeed);
  for (const Class& c : kClasses) {
    for (int i = 0; i < kPerClass; ++i) {
      held_out.samples.push_back(
          {"accuracy", arithmeticOf(c.op, c.digits_a, c.digits_b, kHeldOutWish, random)});
    }
  }
  for (int d = 0; d < kDomainCount; ++d) {
    for (int i = 0; i < kPerDomain; ++i) {
      held_out.samples.push_back({"text", source.sampleOf(static_cast<Domain>(d), kHeldOutWish, random)});
    }
  }
}

void make(char** argv) {
  const Recipe recipe = Recipe::read(argv[1]);
  const Vocabulary vocabulary = Vocabulary::read(argv[2]);
  const auto glosses = readGlosses(argv[3]);
  HeldOut held_out;
  draw(TextSource(glosses, Part::kHeldOut), held_out);
  const TextSource training(glosses, Part::kTraining);
  perplexities(trainBigram(recipe, training, vocabulary, held_out.bigram_tokens), vocabulary, held_out);
  const std::string text = heldOutText(held_out);
  writeFileAtomically(argv[4], std::as_bytes(std::span(text)));
}

}  // namespace
}  // namespace rs::demo

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: rs_demo_held_out RECIPE_JSON TOKENIZER_JSON WORDNET_FOLDER OUTPUT_JSONL\n");
    return 2;
  }
  try {
    rs::demo::make(argv);
    return 0;
  } catch (const rs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return rs::exitStatus(error.code());
  }
}
