// SPDX-License-Identifier: Apache-2.0
//
// What the engine thread shows to whoever looks: immutable values, published whole. Two views that hold the
// same snapshot never disagree.
//
// Thread: any; everything reachable from a Snapshot is const and stays as it is.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/model/config.h"
#include "core/routing/edit.h"
#include "core/text/tokenizer.h"
#include "core/trace/trace.h"

namespace rs {

using Ticket = std::uint64_t;  // one a command, ascending from 1
using RunId = std::int32_t;    // one a run, ascending from 1; 0: none

struct ModelInfo {
  std::string name;  // without any path
  std::string path;
  bool is_demo = false;
  ModelConfig config;
  std::string backend;  // "cpu"
  std::string isa;      // "avx512vnni"
  Precision precision = Precision::kExact;
  int threads = 0;
  std::string model_hash;
  std::string tokenizer_hash;                  // "" without a tokenizer
  std::shared_ptr<const Tokenizer> tokenizer;  // null: the model has none, prompts are token ids
};

// What steers the routing of a run: the list of edits, then high-level virtual experts as NAME[:option=…].
struct Steering {
  EditList edits;
  std::vector<std::string> virtual_experts;
  friend bool operator==(const Steering&, const Steering&) = default;
};

struct Candidate {
  std::int32_t id = -1;  // -1: there are fewer
  float logprob = 0;     // natural logarithm, temperature 1
};
inline constexpr int kCandidates = 10;

// What the model says at one position about the token that follows.
struct NextToken {
  std::array<Candidate, kCandidates> best;  // likeliest first
  float entropy = 0;                        // nats
};

// kPaused: gave way to steering before it had come to its end. Every run but a running one can be gone on
// with.
enum class RunState : std::uint8_t { kRunning, kPaused, kDone, kCancelled, kFailed };

// From this layer and position on a run still shows values from before the newest steering; what the model
// says about next tokens is old from this position on.
struct StaleFrom {
  int layer = 0;
  int position = 0;
};

struct RunSnapshot {
  RunId id = 0;
  RunId parent = 0;     // the run it was branched from or re-run after an edit
  int shared_with = 0;  // positions that it shares with its parent
  RunState state = RunState::kRunning;
  RunEnd end = RunEnd::kPromptDone;  // once it is done
  std::string error;                 // once it has failed
  int n_prompt = 0;
  // All tokens: those of the trace, and the newest one, which no layer has seen yet.
  std::shared_ptr<const std::vector<std::int32_t>> tokens;
  // Rows 0..size()-1, of the router group and router_logits_raw at least.
  std::shared_ptr<const Trace> trace;
  // Beside the trace's positions, where it was asked for; entropy -1 where it was not.
  std::shared_ptr<const std::vector<NextToken>> next;
  // Natural logarithm of each token's share given those before it, beside tokens; NaN where nobody asked.
  std::shared_ptr<const std::vector<float>> logprobs;
  Steering steering;
  Sampling sampling;
  std::vector<std::string> column_names;  // of the ids E, E+1, …: virtual experts in order
  std::vector<FiringRecord> firings;
  std::vector<AbstentionRecord> abstentions;
  std::optional<StaleFrom> stale;
  double tokens_per_second = 0;  // of the part that ran last

  [[nodiscard]] int size() const { return trace == nullptr ? 0 : trace->size(); }
};

struct Progress {
  Ticket ticket = 0;
  std::string what;  // "opening the model", "reading the prompt", "generating"
  std::string unit;  // "bytes", "tokens", "layers"
  std::int64_t done = 0;
  std::int64_t total = 0;  // 0: not known
  double seconds = 0;      // since it began
};

// Layer inputs kept so that an edit re-runs from its layer and position on, not from the start.
struct KeptInputs {
  std::uint64_t bytes = 0;
  std::uint64_t budget = 0;
  std::vector<int> layers;  // whose inputs the current run holds, ascending
};

struct Snapshot {
  std::uint64_t revision = 0;
  std::shared_ptr<const ModelInfo> model;                // null: none is open
  std::vector<std::shared_ptr<const RunSnapshot>> runs;  // oldest first
  RunId current = 0;                                     // the run that Step, Continue and edits go to
  Steering steering;                                     // of the next pass
  KeptInputs kept;
  std::optional<Progress> progress;  // of the command at work

  // Null if there is no such run.
  [[nodiscard]] std::shared_ptr<const RunSnapshot> run(RunId id) const;
};

}  // namespace rs
