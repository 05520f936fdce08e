// SPDX-License-Identifier: Apache-2.0
//
// Options that several verbs share, and what they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/wiring.h"
#include "core/engine/snapshot.h"

namespace CLI {
class App;
}

namespace rs::app {

// --model --device --precision --threads --chunk --edits --virtual --help-edits --help-virtual
struct ModelOptions {
  ModelRequest request;
  int chunk = kTraceBlock;
  std::string edits_file;
  std::vector<std::string> virtual_experts;  // NAME[:option=value,…]

  void declare(CLI::App& app);
  [[nodiscard]] bool changesRouting() const { return !edits_file.empty() || !virtual_experts.empty(); }
};

// --prompt --prompt-file --tokens --chat --system --date --specials
struct PromptOptions {
  std::string text;
  std::string file;
  std::string tokens;
  std::string date;
  std::string system = "auto";
  bool is_chat = false;
  bool parses_specials = false;

  void declare(CLI::App& app);
  // Errors: Error{kUsage} for none or two sources, an unreadable list or an id outside the vocabulary;
  // Error{kModel} for a file that is not there.
  [[nodiscard]] std::vector<std::int32_t> read(const LoadedModel& model) const;
  // The same with a tokenizer alone, whose ids are the vocabulary. is_demo: it is the bundled model's.
  [[nodiscard]] std::vector<std::int32_t> read(const Tokenizer& tokenizer, bool is_demo) const;

 private:
  void requireOneSource() const;
  [[nodiscard]] std::vector<std::int32_t> encode(const Tokenizer& tokenizer, bool is_demo) const;
};

// "12,7,300" or a file of little-endian int32. Errors: Error{kUsage}; Error{kModel} for a file that is not
// there.
[[nodiscard]] std::vector<std::int32_t> readTokenList(const std::string& text, int vocab);

// Compiles edits and virtual experts into the engine. n_positions: length of the longest run that follows.
// Returns the edits as canonical JSON text for provenance, "" for none.
std::string applyEdits(const ModelOptions& options, LoadedModel& model, int n_positions);
void installProgram(const Steering& steering, LoadedModel& model, int n_positions);

}  // namespace rs::app
