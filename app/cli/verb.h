// SPDX-License-Identifier: Apache-2.0
//
// A verb of the command line: one file in app/cli/verbs and one line in registered.inc.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "app/cli/console.h"

namespace CLI {
class App;
}

namespace rs::app {

class Verb {
 public:
  virtual ~Verb() = default;
  // Adds the verb's options; --json, --quiet and -v are there already.
  virtual void declare(CLI::App& options) = 0;
  // Returns the exit status. Errors are thrown and become message and status in main.
  virtual int run(Console& console) = 0;
};

struct VerbInfo {
  std::string_view name;
  std::string_view summary;  // one sentence, shown in help
  std::unique_ptr<Verb> (*create)();
};

// In the order of registered.inc.
[[nodiscard]] std::span<const VerbInfo> allVerbs();

// What every verb file ends with: VerbInfo traceVerb() { return describeVerb<Trace>("trace", "…"); }
template <typename T>
[[nodiscard]] VerbInfo describeVerb(std::string_view name, std::string_view summary) {
  return {name, summary, []() -> std::unique_ptr<Verb> { return std::make_unique<T>(); }};
}

}  // namespace rs::app
