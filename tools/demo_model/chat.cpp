// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/text_source.h"

namespace rs::demo {
namespace {

// What the command line renders for --chat, so that the model has met it.
constexpr const char* kDefaultSystem =
    "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n\n"
    "Reasoning: medium\n\n# Valid channels: analysis, commentary, final. Channel must be included for every "
    "message.";

}  // namespace

Sample chat(const Sample& question, const Sample& reply, const Wish& wish, Random& random) {
  Sample out;
  out.domain = question.domain;
  out.label = question.label;
  const int system = random.within(0, 99);
  if (system < 9 * wish.systems) {
    out.say("<|start|>system<|message|>").say(kDefaultSystem).say("<|end|>");
  } else if (system < 30 * wish.systems) {
    out.say("<|start|>system<|message|>Answer briefly.<|end|>");
  }
  out.say("<|start|>user<|message|>").append(question).say("<|end|><|start|>assistant");
  out.say("<|channel|>final<|message|>").append(reply).say("<|return|>");
  return out;
}

}  // namespace rs::demo
