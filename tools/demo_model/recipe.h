// SPDX-License-Identifier: Apache-2.0
//
// What decides the demo model's training beside the text itself. resources/demo-model/recipe.json holds the
// recipe of the shipped model.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/torch/gptoss_trainer.h"
#include "tools/demo_model/text_source.h"
#include "tools/demo_model/vocabulary.h"

namespace rs::demo {

struct Recipe {
  std::uint64_t seed = 1;
  int tokens_per_step = 2240;
  double rate = 3e-3;  // learning rate between warm-up and decay
  int warmup = 100;    // steps of linear rise
  int decay_from = 0;  // first step of the linear fall to 0 at `steps`
  int steps = 0;
  int rounded_from = 0;  // first step with the weights rounded to MXFP4 and bf16
  double weight_decay = 0.05;
  double balance = 0.01;
  std::vector<std::pair<int, Mixture>> mixtures;  // from which step on

  // Errors: Error{kModel} naming the file and the key.
  static Recipe read(const std::string& path);
  [[nodiscard]] double rateAt(int step) const;
  [[nodiscard]] const Mixture& mixtureAt(int step) const;
};

// How much a target counts in the loss.
[[nodiscard]] float targetWeight(Domain domain, Kind kind);

// Appends a sample as one document.
void append(TrainBatch& batch, const Tokens& tokens, Domain domain);

}  // namespace rs::demo
