// SPDX-License-Identifier: Apache-2.0
#include "core/engine/snapshot.h"

#include <algorithm>
#include <utility>

#include "core/engine/live_run.h"

namespace rs {

std::shared_ptr<const RunSnapshot> Snapshot::run(RunId id) const {
  const auto found = std::find_if(runs.begin(), runs.end(), [id](const auto& run) { return run->id == id; });
  return found == runs.end() ? nullptr : *found;
}

std::shared_ptr<const RunSnapshot> snapshotOf(const LiveRun& run, std::shared_ptr<const Trace> trace) {
  auto shown = std::make_shared<RunSnapshot>();
  shown->id = run.id;
  shown->parent = run.parent;
  shown->shared_with = run.shared_with;
  shown->state = run.state;
  shown->end = run.end;
  shown->error = run.error;
  shown->n_prompt = run.n_prompt;
  shown->tokens = std::make_shared<const std::vector<std::int32_t>>(run.tokens);
  shown->trace = trace == nullptr ? run.trace->view() : std::move(trace);
  shown->next = std::make_shared<const std::vector<NextToken>>(run.next);
  shown->logprobs = std::make_shared<const std::vector<float>>(run.logprobs);
  shown->steering = run.steered->steering();
  shown->sampling = run.sampling;
  shown->column_names = run.steered->columnNames();
  shown->firings = run.steered->log().firings;
  shown->abstentions = run.steered->log().abstentions;
  shown->stale = run.stale;
  shown->tokens_per_second = run.tokens_per_second;
  return shown;
}

}  // namespace rs
