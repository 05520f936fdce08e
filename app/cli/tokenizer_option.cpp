// SPDX-License-Identifier: Apache-2.0
#include "app/cli/tokenizer_option.h"

#include <CLI/CLI.hpp>

#include "app/wiring.h"
#include "core/base/error.h"

namespace rs::app {

void TokenizerOption::declare(CLI::App& app) {
  auto* model = app.add_option("--model", model_, "model directory, or demo")->capture_default_str();
  app.add_option("--tokenizer", file_, "a tokenizer.json instead of a model")->excludes(model);
}

std::shared_ptr<const Tokenizer> TokenizerOption::load() const {
  if (!file_.empty()) {
    return std::make_shared<const Tokenizer>(Tokenizer::fromFile(file_));
  }
  std::shared_ptr<const Tokenizer> tokenizer = loadTokenizer(modelPath(model_));
  if (tokenizer == nullptr) {
    throw Error(
        ErrorCode::kModel,
        "reading the tokenizer of a model: no tokenizer.json there; give one with --tokenizer FILE: " +
            model_);
  }
  return tokenizer;
}

}  // namespace rs::app
