// SPDX-License-Identifier: Apache-2.0
//
// Measures the demo model on the held-out samples with the program's own engine, and writes the card.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/text/tokenizer.h"
#include "tools/demo_model/held_out.h"

namespace rs::demo {

struct Accuracy {
  int right = 0;
  int count = 0;
  // Wilson's 95 % interval of the share.
  [[nodiscard]] double low() const;
  [[nodiscard]] double high() const;
};

struct Perplexity {
  double model = 0;
  double bigram = 0;
  long long tokens = 0;
};

struct LayerLoad {
  double least = 0;  // of all experts, as a multiple of the uniform load
  double most = 0;
};

// How much knowing the expert tells about the domain, in bits, over all layers; and after shuffling the
// domains among the samples.
struct DomainRouting {
  double information = 0;
  double shuffled_mean = 0;
  double shuffled_most = 0;
  int shuffles = 0;
};

struct Measurement {
  std::map<std::string, Accuracy> accuracy;      // by class
  std::map<std::string, Perplexity> perplexity;  // by domain
  std::vector<LayerLoad> loads;                  // by layer
  DomainRouting routing;
  std::string large_product;  // what the model says after "127 * 89 = "
};

[[nodiscard]] Accuracy measureClass(Engine& engine, const Tokenizer& tokenizer, const HeldOut& held_out,
                                    const std::string& label);
[[nodiscard]] Measurement measure(Engine& engine, const Tokenizer& tokenizer, const HeldOut& held_out);
// facts: lines about training to put first.
[[nodiscard]] std::string cardText(const Measurement& measurement, const std::string& facts);

}  // namespace rs::demo
