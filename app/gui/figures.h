// SPDX-License-Identifier: Apache-2.0
//
// Figures without a window: the only verb that starts Qt, offscreen, so that it needs no display.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/console.h"

namespace rs::app {

// The command line of `routescope figure`, as it was typed.
struct FigureCall {
  std::string session;
  std::string view;
  std::string model;  // whose tokenizer gives the text of candidates; "": the bundled one if it is the run's
  std::optional<std::int64_t> run;
  std::string reference;  // a number, none, or "": the run it was made from
  std::string size;
  std::string title;
  std::string out;
  std::string from;     // a file with a recipe
  std::string printed;  // recipe, data, caption, command: on stdout
  // Of the kind of figure and the page: names without dashes in front, and values.
  std::vector<std::pair<std::string, std::string>> options;
};

// Every kind of figure with its options, and the sizes, for --help.
[[nodiscard]] std::string figureHelp();

// Errors: Error{kUnsupported} in a build without Qt; Error{kUsage}, Error{kModel}, Error{kIo}.
int makeFigure(const FigureCall& call, const Console& console);

}  // namespace rs::app
