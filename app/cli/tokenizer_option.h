// SPDX-License-Identifier: Apache-2.0
//
// Verbs that need a tokenizer and no weights: --tokenizer FILE, or that of a model directory.
#pragma once

#include <memory>
#include <string>

#include "core/text/tokenizer.h"

namespace CLI {
class App;
}

namespace rs::app {

class TokenizerOption {
 public:
  void declare(CLI::App& app);
  // Errors: Error{kModel} when there is none or it is damaged.
  [[nodiscard]] std::shared_ptr<const Tokenizer> load() const;
  // Whether it is the tokenizer of the bundled model.
  [[nodiscard]] bool isDemo() const { return file_.empty() && model_ == "demo"; }

 private:
  std::string file_;
  std::string model_ = "demo";
};

}  // namespace rs::app
