// SPDX-License-Identifier: Apache-2.0
//
// The text the demo model learns from: made from a seed, except for the glosses, which are WordNet's.
//
// Source: docs/demo-model.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/demo_model/sample.h"

namespace rs::demo {

// Which part of the world a sample is drawn from. Two-digit problems and glosses of the held-out part
// never occur in training, in any phrasing.
enum class Part : std::uint8_t { kTraining, kHeldOut };

// What is wanted beside the domain.
struct Wish {
  Part part = Part::kTraining;
  double chats = 1;    // factor on the share of arithmetic in chat form
  double systems = 1;  // factor on the share of chats that have a system message
  double focus = 1;    // factor on the share of small sums, differences and products
};

// Whether the two-operand problem belongs to the held-out part (5 % of those with two two-digit operands).
[[nodiscard]] bool isHeldOut(char op, int a, int b);

struct Gloss {
  std::string word;
  std::string topic;  // lexicographer file, e.g. noun.animal
  std::string text;
};

// Reads data.noun, data.verb, data.adj and data.adv of WordNet 3.0; offensive and very long entries are left
// out. Errors: Error{kModel} naming the file.
[[nodiscard]] std::vector<Gloss> readGlosses(const std::string& folder);

struct Mixture {
  double weight[kDomainCount] = {};  // share of samples of each domain
  Wish wish;
};

class TextSource {
 public:
  TextSource(std::vector<Gloss> glosses, Part part) : part_(part) { keepPart(std::move(glosses)); }

  // The sample of this seed and number, whatever was asked before. Thread: const.
  [[nodiscard]] Sample sample(std::uint64_t seed, std::uint64_t number, const Mixture& mixture) const;
  [[nodiscard]] Sample sampleOf(Domain domain, const Wish& wish, Random& random) const;
  [[nodiscard]] Sample sampleOf(Domain domain, Random& random) const {
    return sampleOf(domain, {part_, 1, 1, 1}, random);
  }

 private:
  void keepPart(std::vector<Gloss> glosses);
  [[nodiscard]] Sample gloss(const Wish& wish, Random& random) const;

  Part part_;
  std::vector<Gloss> glosses_;
};

// A class of problems of one operation and operand sizes, e.g. ('*', 2, 2): for measuring.
[[nodiscard]] Sample arithmeticOf(char op, int digits_a, int digits_b, const Wish& wish, Random& random);

// Makers of the domains.
[[nodiscard]] Sample arithmetic(const Wish& wish, Random& random);
[[nodiscard]] Sample realEstate(const Wish& wish, Random& random);
[[nodiscard]] Sample unitConversion(const Wish& wish, Random& random);
[[nodiscard]] Sample dateQuestion(const Wish& wish, Random& random);
[[nodiscard]] Sample code(Random& random);
[[nodiscard]] Sample list(Random& random);

// Harmony around a question and a final answer:
// <|start|>user<|message|>…<|end|><|start|>assistant…<|return|>.
[[nodiscard]] Sample chat(const Sample& question, const Sample& reply, const Wish& wish, Random& random);

}  // namespace rs::demo
