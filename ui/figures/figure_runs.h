// SPDX-License-Identifier: Apache-2.0
//
// What figures are made of: a run of a session file and, for some, another to compare it with. The window and
// the command line read the same file, so that both make the same figure.
//
// Thread: any; reading a long run takes a moment, so not the window's.
#pragma once

#include <QString>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"
#include "sessions/types.h"
#include "ui/reading/token_names.h"

namespace rs::figures {

// What is read of a session beside the text and steering of the run.
struct Needs {
  bool routing = true;    // of run and reference
  bool run_list = false;  // all runs, without their tokens
  [[nodiscard]] bool covers(Needs other) const {
    return (routing || !other.routing) && (run_list || !other.run_list);
  }
};

struct FigureRuns {
  std::shared_ptr<const RunSnapshot> run;        // not null; routing: at least one token routed
  std::shared_ptr<const RunSnapshot> reference;  // run A; null: none
  std::shared_ptr<const ui::TokenNames> names;   // null: the session holds no text
  sessions::RunId run_id = 0;
  std::optional<sessions::RunId> reference_id;
  std::string session_uuid;
  std::string session_file;  // without its folder
  sessions::ModelFacts model;
  sessions::Provenance provenance;
  std::vector<sessions::StoredRun> all_runs;  // run_list: oldest first, without prompts
  Needs read;                                 // what was read

  [[nodiscard]] int layers() const { return model.n_layers; }
  [[nodiscard]] int experts() const { return model.n_experts; }
  [[nodiscard]] QString tokenText(int position) const;
  [[nodiscard]] QString idText(std::int32_t id) const;
  [[nodiscard]] QString expertText(int expert) const;
  // Errors: Error{kUsage} saying how to name one.
  [[nodiscard]] const RunSnapshot& needReference(const std::string& figure) const;
};

// Which run to compare with.
struct ReferenceChoice {
  enum class How { kParent, kNone, kRun };
  How how = How::kParent;  // the run that this one was made from, if there is one
  sessions::RunId run = 0;
};
// "none", a number, or "": the parent. Errors: Error{kUsage}.
[[nodiscard]] ReferenceChoice parseReference(const std::string& text);

// The tokenizer of a model, for the text of tokens that the session does not hold (candidates); null where it
// is not at hand. One of another hash is not used.
using TokenizerFinder = std::function<std::shared_ptr<const Tokenizer>(const sessions::ModelFacts& model)>;

// run: none: the last. Errors: Error{kModel}, Error{kIo} as SessionReader; Error{kUsage} for a run that is
// not there or holds nothing.
[[nodiscard]] FigureRuns loadFigureRuns(const std::string& session, std::optional<sessions::RunId> run,
                                        ReferenceChoice reference, const TokenizerFinder& tokenizer,
                                        Needs needs = {});

}  // namespace rs::figures
