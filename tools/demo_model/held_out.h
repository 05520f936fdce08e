// SPDX-License-Identifier: Apache-2.0
//
// The held-out samples that the demo model is measured on: one JSON object a line, the first one about the
// rival.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/demo_model/sample.h"

namespace rs::demo {

struct HeldOutSample {
  std::string purpose;  // "accuracy": the answers of a class; "text": perplexity and routing of a domain
  Sample sample;
};

struct HeldOut {
  std::map<std::string, double> bigram_perplexity;  // by domain, over the tokens that were not drawn
  long long bigram_tokens = 0;                      // it was trained on
  std::vector<HeldOutSample> samples;
};

[[nodiscard]] std::string heldOutText(const HeldOut& held_out);
// Errors: Error{kModel} naming file and line.
[[nodiscard]] HeldOut readHeldOut(const std::string& path);

}  // namespace rs::demo
