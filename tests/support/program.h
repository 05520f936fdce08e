// SPDX-License-Identifier: Apache-2.0
//
// Runs the built program as a person would, and keeps what it said.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace rs::test {

struct Invocation {
  std::vector<std::string> arguments;
  std::string input;                                  // of stdin
  std::vector<std::string> environment;               // "NAME=value", beside an environment without surprises
  std::chrono::milliseconds interrupt_after{0};       // Ctrl-C this long after the first output; 0: none
  std::chrono::milliseconds interrupt_from_start{0};  // Ctrl-C this long after the start; 0: none
  bool closes_output = false;                         // nobody reads stdout
  bool on_terminal = false;                           // stdout is a terminal
};

struct Outcome {
  int status = -1;  // 128 + n if signal n ended it
  std::string out, err;
};

// Errors: a program that takes longer than two minutes is killed and has status 128 + 9.
[[nodiscard]] Outcome runProgram(const Invocation& invocation);
[[nodiscard]] Outcome runProgram(const std::vector<std::string>& arguments);

}  // namespace rs::test
