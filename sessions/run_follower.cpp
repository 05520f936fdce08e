// SPDX-License-Identifier: Apache-2.0
#include "sessions/run_follower.h"

#include <cmath>

#include "core/base/error.h"
#include "core/routing/edit_json.h"

namespace rs::sessions {
namespace {

RunSetup setupOf(const ModelInfo& model, const RunSnapshot& snapshot, const FollowedRun& more) {
  const auto n_prompt = static_cast<std::size_t>(snapshot.n_prompt);
  check(snapshot.tokens != nullptr && snapshot.tokens->size() >= n_prompt, "a snapshot has its prompt");
  RunSetup setup;
  setup.model = {model.name,
                 model.model_hash,
                 model.tokenizer_hash,
                 model.config.n_layers,
                 model.config.n_experts,
                 model.config.top_k,
                 model.config.vocab};
  setup.provenance = {model.precision == Precision::kExact ? "exact" : "fast", model.backend, model.isa,
                      more.device, more.app_version};
  setup.parent = more.parent;
  if (more.parent) {
    setup.branch_position = more.branch_position.value_or(snapshot.shared_with);
  }
  setup.prompt.assign(snapshot.tokens->begin(),
                      snapshot.tokens->begin() + static_cast<std::ptrdiff_t>(n_prompt));
  setup.max_new_tokens = more.max_new_tokens;
  setup.sampling = snapshot.sampling;
  setup.stop_ids = more.stop_ids;
  setup.n_valid_ids = more.n_valid_ids;
  setup.edits_json = snapshot.steering.edits.empty() ? "" : editsToJson(snapshot.steering.edits);
  setup.virtual_experts = snapshot.steering.virtual_experts;
  return setup;
}

std::optional<double> known(const RunSnapshot& snapshot, std::size_t position) {
  if (snapshot.logprobs == nullptr || position >= snapshot.logprobs->size() ||
      std::isnan((*snapshot.logprobs)[position])) {
    return std::nullopt;
  }
  return static_cast<double>((*snapshot.logprobs)[position]);
}

}  // namespace

RunFollower::RunFollower(SessionStore& store, const ModelInfo& model, const RunSnapshot& snapshot,
                         const FollowedRun& more)
    : recorder_(store, setupOf(model, snapshot, more), tokenBytesOf(model.tokenizer), more.again) {}

void RunFollower::addTokens(const RunSnapshot& snapshot) {
  const std::vector<std::int32_t>& tokens = *snapshot.tokens;
  for (auto position = static_cast<std::size_t>(recorder_.size()); position < tokens.size(); ++position) {
    recorder_.add(tokens[position], std::nullopt);
  }
}

void RunFollower::addProbabilities(const RunSnapshot& snapshot) {
  for (int position = n_seen_; position < recorder_.size(); ++position) {
    open_.push_back({position});
  }
  n_seen_ = recorder_.size();
  std::erase_if(open_, [&](Open& open) {
    const auto position = static_cast<std::size_t>(open.position);
    if (const auto logprob = open.has_logprob ? std::nullopt : known(snapshot, position); logprob) {
      recorder_.learn(open.position, logprob, std::nullopt);
      open.has_logprob = true;
    }
    if (!open.has_next && snapshot.next != nullptr && position < snapshot.next->size() &&
        (*snapshot.next)[position].entropy >= 0) {
      recorder_.predicted(open.position, (*snapshot.next)[position]);
      open.has_next = true;
    }
    return open.has_logprob && open.has_next;
  });
}

Ticket RunFollower::follow(const RunSnapshot& snapshot) {
  if (end_ != 0) {
    return end_;
  }
  const bool goes_on = snapshot.state == RunState::kRunning || snapshot.state == RunState::kPaused;
  if (snapshot.stale && goes_on) {
    return 0;
  }
  addTokens(snapshot);
  addProbabilities(snapshot);
  if (goes_on) {
    if (snapshot.trace != nullptr) {
      recorder_.append(*snapshot.trace);
    }
    return 0;
  }
  if (snapshot.state == RunState::kFailed || snapshot.trace == nullptr) {
    end_ = recorder_.fail(snapshot.error);
    return end_;
  }
  end_ =
      recorder_.finish(*snapshot.trace, snapshot.firings, snapshot.abstentions,
                       snapshot.state == RunState::kCancelled ? Ending::kCancelled : endingOf(snapshot.end));
  return end_;
}

}  // namespace rs::sessions
