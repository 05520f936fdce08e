// SPDX-License-Identifier: Apache-2.0
//
// figure: a picture of a stored run for paper, the same bytes as from the window.
#include <CLI/CLI.hpp>

#include "app/cli/verb.h"
#include "app/gui/figures.h"
#include "core/base/error.h"

namespace rs::app {
namespace {

class FigureVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    app_ = &app;
    app.add_option("--session", call_.session, "session file");
    app.add_option("--run", call_.run, "which run; default the last");
    app.add_option("--reference", call_.reference,
                   "run to compare with, or none; default the run that it was made from");
    app.add_option("--model", call_.model,
                   "the model of the run: its tokenizer gives the text of candidates");
    app.add_option("--view", call_.view, "which figure, see below");
    app.add_option("--size", call_.size, "a preset, or width x height (pt, mm, cm or in)");
    app.add_option("--title", call_.title, "a line above the picture; papers want none");
    app.add_option("--out", call_.out, "file to write: .pdf, .svg or .png");
    app.add_option("--from", call_.from,
                   "make a figure again by the recipe in this .pdf, .svg, .png or .json");
    app.add_option("--print", call_.printed, "recipe, data, caption or command, on stdout");
    app.allow_extras();  // the options of the figure: which there are depends on --view
    app.footer(figureHelp);
  }

  int run(Console& console) override {
    readExtras();
    if (call_.out.empty() && call_.printed.empty()) {
      throw Error(ErrorCode::kUsage,
                  "drawing a figure: expected --out FILE (.pdf, .svg, .png), found none (see --help)");
    }
    if (!call_.from.empty()) {
      checkAlone();
    } else if (call_.session.empty() || call_.view.empty()) {
      throw Error(ErrorCode::kUsage, std::string("drawing a figure: expected --session FILE and --view KIND, "
                                                 "found no ") +
                                         (call_.session.empty() ? "session" : "kind") + " (see --help)");
    }
    return makeFigure(call_, console);
  }

 private:
  // --name value or --name=value, again and again.
  void readExtras() {
    const std::vector<std::string> words = app_->remaining();
    for (auto word = words.begin(); word != words.end(); ++word) {
      if (word->rfind("--", 0) != 0 || word->size() < 3) {
        throw Error(ErrorCode::kUsage, "reading options: unknown argument " + *word + " (see --help)");
      }
      const std::size_t equals = word->find('=');
      std::string name = word->substr(2, equals == std::string::npos ? equals : equals - 2);
      if (equals != std::string::npos) {
        call_.options.emplace_back(std::move(name), word->substr(equals + 1));
      } else if (std::next(word) == words.end()) {
        throw Error(ErrorCode::kUsage, "reading options: expected a value after --" + name);
      } else {
        call_.options.emplace_back(std::move(name), *++word);
      }
    }
  }

  // The recipe says everything else.
  void checkAlone() const {
    for (const char* name : {"--view", "--run", "--reference", "--size", "--title"}) {
      if (app_->count(name) > 0) {
        throw Error(
            ErrorCode::kUsage,
            std::string("making a figure again: expected --from alone with --session and --out, found ") +
                name);
      }
    }
    if (!call_.options.empty()) {
      throw Error(ErrorCode::kUsage,
                  "making a figure again: expected --from alone with --session and --out, found --" +
                      call_.options.front().first);
    }
  }

  CLI::App* app_ = nullptr;
  FigureCall call_;
};

}  // namespace

VerbInfo figureVerb() {
  return describeVerb<FigureVerb>("figure", "draw a stored run for a paper: PDF, SVG or PNG");
}

}  // namespace rs::app
