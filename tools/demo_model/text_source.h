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
};

class TextSource {
 public:
  TextSource(std::vector<Gloss> glosses, Part part) : part_(part) { keepPart(std::move(glosses)); }

  // The sample of this seed and number, whatever was asked before. Thread: const.
  [[nodiscard]] Sample sample(std::uint64_t seed, std::uint64_t number, const Mixture& mixture) const;
  [[nodiscard]] Sample sampleOf(Domain domain, Random& random) const;

 private:
  void keepPart(std::vector<Gloss> glosses);
  [[nodiscard]] Sample gloss(Random& random) const;

  Part part_;
  std::vector<Gloss> glosses_;
};

// A class of problems of one operation and operand sizes, e.g. ('*', 2, 2): for measuring.
[[nodiscard]] Sample arithmeticOf(char op, int digits_a, int digits_b, Part part, Random& random);

// Makers of the domains.
[[nodiscard]] Sample arithmetic(Part part, Random& random);
[[nodiscard]] Sample realEstate(Random& random);
[[nodiscard]] Sample unitConversion(Random& random);
[[nodiscard]] Sample dateQuestion(Random& random);
[[nodiscard]] Sample code(Random& random);
[[nodiscard]] Sample list(Random& random);

// Harmony around a question and a final answer:
// <|start|>user<|message|>…<|end|><|start|>assistant…<|return|>.
[[nodiscard]] Sample chat(const Sample& question, const Sample& reply, Random& random);

}  // namespace rs::demo
