// SPDX-License-Identifier: Apache-2.0
//
// A run as the engine thread works on it; what others see of it is a RunSnapshot.
//
// Thread: the engine thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"
#include "core/engine/steered.h"

namespace rs {

struct LiveRun {
  RunId id = 0;
  RunId parent = 0;
  int shared_with = 0;
  RunState state = RunState::kRunning;
  RunEnd end = RunEnd::kPromptDone;
  std::string error;
  int n_prompt = 0;
  int n_wanted = 0;  // tokens that it has been asked to reach
  bool stops_at_end = true;
  bool scores_prompt = true;
  std::vector<Address> extra;
  Sampling sampling;
  std::vector<std::int32_t> tokens;
  std::unique_ptr<Trace> trace;  // never null
  std::vector<NextToken> next;   // beside the rows of the trace
  std::vector<float> logprobs;   // beside tokens
  std::shared_ptr<Steered> steered;
  std::optional<StaleFrom> stale;
  double tokens_per_second = 0;
  std::shared_ptr<const RunSnapshot> shown;  // as it is now; null: has changed since

  [[nodiscard]] int size() const { return trace->size(); }
  // From this position on the model is asked what follows.
  [[nodiscard]] int firstScored() const { return scores_prompt ? 0 : n_prompt - 1; }
};

// What a run shows of itself. trace: null for its own.
[[nodiscard]] std::shared_ptr<const RunSnapshot> snapshotOf(const LiveRun& run,
                                                            std::shared_ptr<const Trace> trace = nullptr);

}  // namespace rs
