// SPDX-License-Identifier: Apache-2.0
//
// How a verb talks to a person: data on stdout, messages and progress on stderr, colour only where it shows.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

namespace rs::app {

class Console {
 public:
  Console();

  bool is_quiet = false;
  bool is_verbose = false;
  bool wants_json = false;

  // One line on stderr; silent with --quiet.
  void note(const std::string& message) const;
  // One line on stderr, only with -v.
  void detail(const std::string& message) const;
  // A line that replaces itself, only on a terminal.
  void progress(const std::string& message) const;
  void endProgress() const;

  // An escape sequence such as "1;31" around text if stdout shows colour (terminal, no NO_COLOR).
  [[nodiscard]] std::string styled(std::string_view text, std::string_view style) const;
  [[nodiscard]] bool colours() const { return colours_; }
  [[nodiscard]] int columns() const;  // of the terminal; 100 elsewhere

  // Requested by Ctrl-C.
  [[nodiscard]] std::stop_token stopToken() const;

 private:
  bool colours_;
  bool shows_progress_;
};

// Writes data to stdout. Errors: Error{kIo} if stdout is gone or full.
void print(std::string_view text);

// Asks for Ctrl-C to request a stop; a second one ends the program.
void installInterrupt();

}  // namespace rs::app
