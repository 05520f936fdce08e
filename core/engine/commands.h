// SPDX-License-Identifier: Apache-2.0
//
// What the engine thread can be asked for. Plain values; each is checked when its turn comes, and a bad one
// becomes a Failed event that says what was wrong.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/engine/snapshot.h"

namespace rs {

// Replaces the model that is open: its runs and the steering leave the snapshot. The old one stays until the
// new one is ready, so that a model that cannot be opened, or a cancel, takes nothing away; where memory is
// short, close it first.
struct OpenModel {
  std::string model = "demo";  // as after --model
  std::string device = "cpu";
  std::string precision = "exact";
  int threads = 0;  // 0: one for each core; for a model so small that threads would only wait, one
};

struct CloseModel {};

// Begins a run under the present steering and makes it the current one.
struct StartRun {
  std::vector<std::int32_t> tokens;
  int max_new_tokens = 0;
  Sampling sampling;
  bool stops_at_end = true;    // at the end-of-text or end-of-answer tokens
  std::vector<Address> extra;  // captured beside the group router and the kept layer inputs
  bool scores_prompt = true;   // NextToken and logprobs at every position of the prompt too
};

// Goes on with the current run under the run's own steering: a number of tokens more (1: a step). A cancelled
// run goes on where it ended; a re-run that was broken off is finished first.
struct ContinueRun {
  int max_new_tokens = 1;
};

// A new current run that shares the tokens before `position` with another and goes on from there.
// tokens: what stands at `position` and after; empty: the model chooses. Present steering holds from the
// start, so a branch under other steering shares less.
struct BranchRun {
  RunId from = 0;
  int position = 0;
  std::vector<std::int32_t> tokens;
  int max_new_tokens = 0;
};

// New steering. The one before it in the queue is replaced by it. If it re-runs and nothing else waits before
// it, the work on a run breaks off for it (Superseded); the run keeps its tokens, is paused, and ContinueRun
// goes on.
// reruns: the current run is gone through again from the first layer and position that the change touches,
// over its tokens as they stand, as a new run whose parent is the old one (or in its place if `replaces`).
struct SetSteering {
  Steering steering;
  bool reruns = true;
  bool replaces = true;
};

// The current run again under the present steering, from the first layer and position that differ; its
// generated tokens are chosen anew from the first position whose prediction may have changed.
struct RerunFromEdit {
  bool regenerates = true;
};

// What the model says at these positions without any steering: a pass of its own. Answered by Unaided.
struct AskUnaided {
  RunId run = 0;
  std::vector<int> positions;  // ascending
};

// What the run does that it would not under each of these: gone through over its tokens as they stand and
// compared. The run stays as it is. Answered by as many Contributions, in order.
struct AskContributions {
  RunId run = 0;
  std::vector<Steering> without;
};

// Makes a run the current one.
struct SelectRun {
  RunId run = 0;
};

struct DropRun {
  RunId run = 0;
};

// For kept layer inputs, in bytes; takes effect with the next pass.
struct SetKeptBudget {
  std::uint64_t bytes = 0;
};

using Command = std::variant<OpenModel, CloseModel, StartRun, ContinueRun, BranchRun, SetSteering,
                             RerunFromEdit, AskUnaided, AskContributions, SelectRun, DropRun, SetKeptBudget>;

}  // namespace rs
