// SPDX-License-Identifier: Apache-2.0
//
// The one exception type. Thrown where work cannot go on; caught once, at a thread or program border.
#pragma once

#include <stdexcept>
#include <string>

namespace rs {

// Each code is one row of docs/errors.md and maps to one exit status (docs of the command line).
enum class ErrorCode {
  kUsage,        // an option, edit, token id, address or prompt that cannot be: exit 2
  kModel,        // a model or data file is missing, damaged, foreign or inconsistent: exit 3
  kIo,           // reading or writing something else failed: exit 1
  kUnsupported,  // understood, but this build or machine cannot do it: exit 1
  kMemory,       // not enough memory: exit 4
  kDevice,       // the compute device failed: exit 4
  kNumeric,      // a value that must be finite is not: exit 1
  kTolerance,    // a comparison went beyond the limit asked for: exit 5
  kCancelled,    // the user stopped it: exit 130
  kInternal,     // a bug of ours: exit 1
};

class Error : public std::runtime_error {
 public:
  // message: what was attempted, on which object, expected, found, what to do; paths and prompts last.
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

[[nodiscard]] int exitStatus(ErrorCode code);

// A claim about our own code; false is a bug, never the fault of a file, a prompt or a click.
void check(bool holds, const char* what);

}  // namespace rs
