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

struct Phase {
  int from_step = 0;
  int tokens_per_step = 2240;
  double rate = 3e-3;      // learning rate at its first step
  double rate_end = 3e-3;  // and, in a straight line, where the next phase begins
  double balance = 0.01;
  double text_kept = 1;  // share of the plain text targets learned from; their weight makes up for it
  Mixture mixture;
};

struct Recipe {
  std::uint64_t seed = 1;
  int warmup = 100;  // steps of linear rise
  int steps = 0;
  int rounded_from = 0;  // first step with the weights rounded to MXFP4 and bf16
  double weight_decay = 0.05;
  std::vector<Phase> phases;

  // Errors: Error{kModel} naming the file and the key.
  static Recipe read(const std::string& path);
  [[nodiscard]] double rateAt(int step) const;
  [[nodiscard]] const Phase& phaseAt(int step) const;
};

// How much a target counts in the loss.
[[nodiscard]] float targetWeight(Domain domain, Kind kind);

// Appends a sample as one document.
void append(TrainBatch& batch, const Tokens& tokens, Domain domain);

}  // namespace rs::demo
