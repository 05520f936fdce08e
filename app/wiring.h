// SPDX-License-Identifier: Apache-2.0
//
// Puts the parts together: finds the model, opens weights and tokenizer, chooses the backend. The only place
// besides the verbs that knows every part.
#pragma once

#include <memory>
#include <string>

#include "core/engine/client.h"
#include "core/engine/engine.h"
#include "core/engine/workbench.h"
#include "core/text/tokenizer.h"

namespace rs::app {

struct ModelRequest {
  std::string model = "demo";
  std::string device = "cpu";
  std::string precision = "exact";
  int threads = 0;
};

struct LoadedModel {
  std::string name;  // without any path
  bool is_demo = false;
  std::shared_ptr<const Weights> weights;
  std::shared_ptr<const Tokenizer> tokenizer;  // null: the model has none
  std::unique_ptr<Engine> engine;

  // Errors: Error{kModel} saying how to run without one.
  [[nodiscard]] const Tokenizer& needTokenizer() const;
};

// The directory or file that a MODEL argument names; "demo" is the bundled model.
// Errors: Error{kModel} naming where it was looked for.
[[nodiscard]] std::string modelPath(const std::string& model);

// Where the program's own files lie: $ROUTESCOPE_RESOURCES, beside the executable, or in the source tree.
// Errors: Error{kModel} naming the places.
[[nodiscard]] std::string resourcePath(const std::string& relative);

// Errors: Error{kModel}, Error{kUsage} for a bad device or precision, Error{kUnsupported}, Error{kMemory}.
// progress: told how far it is, in bytes; what it throws ends the loading.
[[nodiscard]] LoadedModel loadModel(const ModelRequest& request, const OpenProgress& progress = {});

// The engine behind its door, with no model open yet. The window's, and whoever else wants a thread of its
// own for the engine.
[[nodiscard]] std::unique_ptr<EngineClient> makeEngineClient();

// The model's tokenizer, or null if the directory has none. Errors: Error{kModel} if it is damaged.
[[nodiscard]] std::shared_ptr<const Tokenizer> loadTokenizer(const std::string& model_path);

}  // namespace rs::app
