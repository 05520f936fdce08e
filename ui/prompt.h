// SPDX-License-Identifier: Apache-2.0
//
// What is asked of the model, and how it becomes tokens.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"

namespace rs::ui {

enum class PromptMode : std::uint8_t { kText, kChat, kIds };

struct Prompt {
  PromptMode mode = PromptMode::kText;
  std::string text;  // kIds: "1, 2, 3"
  int max_new_tokens = 16;
  Sampling sampling;
  friend bool operator==(const Prompt& a, const Prompt& b) {
    return a.mode == b.mode && a.text == b.text && a.max_new_tokens == b.max_new_tokens &&
           a.sampling.temperature == b.sampling.temperature && a.sampling.top_p == b.sampling.top_p &&
           a.sampling.seed == b.sampling.seed;
  }
};

// The prompt as tokens of this model.
//
// Errors: Error{kUsage} for an empty prompt, ids that do not parse or lie outside the vocabulary, and text
// for a
//         model without a tokenizer, each with what to do.
[[nodiscard]] std::vector<std::int32_t> promptTokens(const Prompt& prompt, const ModelInfo& model);

// The words of a shell that run the same prompt: --prompt '…' --max-tokens 16.
[[nodiscard]] std::string promptOptions(const Prompt& prompt);
// In single quotes, as a shell reads it.
[[nodiscard]] std::string shellQuoted(const std::string& text);

}  // namespace rs::ui
