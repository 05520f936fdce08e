// SPDX-License-Identifier: Apache-2.0
#include "ui/session/run_recorder.h"

#include <algorithm>
#include <utility>

namespace rs::ui {
namespace {

// The same run, with more at its end or nothing new.
bool goesOn(const RunSnapshot& before, const RunSnapshot& now) {
  return before.steering == now.steering && now.tokens->size() >= before.tokens->size() &&
         now.size() >= before.size() &&
         std::equal(before.tokens->begin(), before.tokens->end(), now.tokens->begin());
}

bool hasNews(const RunSnapshot& before, const RunSnapshot& now) {
  return now.size() > before.size() || now.tokens->size() > before.tokens->size();
}

}  // namespace

RunRecorder::RunRecorder(sessions::SessionStore& store, std::string app_version)
    : store_(&store), app_version_(std::move(app_version)) {}

RunRecorder::Written* RunRecorder::open(const Entry& entry) {
  const auto found = entry.stored.empty() ? unfinished_.end() : unfinished_.find(entry.stored.back());
  return found == unfinished_.end() || found->second.end != 0 ? nullptr : &found->second;
}

void RunRecorder::begin(RunId id, const std::shared_ptr<const ModelInfo>& model,
                        const std::shared_ptr<const RunSnapshot>& run) {
  Entry& entry = entries_[id];
  Written written{id, model, run, {}, nullptr, 0};
  sessions::FollowedRun& more = written.more;
  if (!entry.stored.empty()) {
    // It was stored and has gone on, or was steered otherwise, since.
    const std::vector<std::int32_t>& before = *entry.last->tokens;
    const auto end =
        std::mismatch(before.begin(), before.end(), run->tokens->begin(), run->tokens->end()).first;
    more.parent = entry.stored.back();
    more.branch_position = static_cast<int>(end - before.begin());
    if (Written* superseded = open(entry)) {
      auto last = std::make_shared<RunSnapshot>(*superseded->last);
      last->state = RunState::kCancelled;
      write(*superseded, last);
    }
  } else if (const auto parent = entries_.find(run->parent);
             parent != entries_.end() && !parent->second.stored.empty()) {
    more.parent = parent->second.stored.back();
  }
  more.max_new_tokens = static_cast<int>(run->tokens->size()) - run->n_prompt;
  more.stop_ids = model->config.end_token_ids;
  more.n_valid_ids = model->tokenizer == nullptr ? 0 : model->tokenizer->vocabularySize();
  more.device = model->backend;
  more.app_version = app_version_;
  written.follower = std::make_unique<sessions::RunFollower>(*store_, *model, *run, more);
  more.again = written.follower->run();
  entry.stored.push_back(*more.again);
  unfinished_.emplace(*more.again, std::move(written));
}

void RunRecorder::write(Written& written, const std::shared_ptr<const RunSnapshot>& run) {
  written.last = run;
  if (written.follower == nullptr) {
    return;  // its file is gone: it is written with all others, once there is another
  }
  written.end = written.follower->follow(*run);
  if (written.end != 0) {
    written.follower.reset();
  }
}

void RunRecorder::follow(const std::shared_ptr<const ModelInfo>& model,
                         const std::shared_ptr<const RunSnapshot>& run) {
  if (run->tokens == nullptr || run->size() == 0 || run->stale.has_value()) {
    return;
  }
  Entry& entry = entries_[run->id];
  if (entry.last == run) {
    return;
  }
  const bool is_new = entry.last == nullptr || !goesOn(*entry.last, *run) ||
                      (open(entry) == nullptr && hasNews(*entry.last, *run));
  if (is_new) {
    begin(run->id, model, run);
  }
  entry.last = run;
  if (Written* written = open(entry)) {
    write(*written, run);
  }
}

void RunRecorder::saved(sessions::Ticket ticket) {
  std::erase_if(unfinished_, [ticket](const auto& one) { return one.second.end == ticket; });
}

void RunRecorder::again() {
  for (auto& [number, written] : unfinished_) {  // parents first: they have the smaller numbers
    written.follower =
        std::make_unique<sessions::RunFollower>(*store_, *written.model, *written.last, written.more);
    write(written, written.last);
  }
}

void RunRecorder::writeTo(sessions::SessionStore& store) {
  release();
  store_ = &store;
}

void RunRecorder::release() {
  for (auto& [number, written] : unfinished_) {
    written.follower.reset();
    written.end = 0;
  }
}

std::set<sessions::RunId> RunRecorder::unfinished() const {
  std::set<sessions::RunId> numbers;
  for (const auto& [number, written] : unfinished_) {
    numbers.insert(number);
  }
  return numbers;
}

std::vector<sessions::RunId> RunRecorder::storedIds(RunId run) const {
  const auto found = entries_.find(run);
  return found == entries_.end() ? std::vector<sessions::RunId>() : found->second.stored;
}

RunId RunRecorder::liveRun(sessions::RunId stored) const {
  for (const auto& [run, entry] : entries_) {
    if (std::find(entry.stored.begin(), entry.stored.end(), stored) != entry.stored.end()) {
      return run;
    }
  }
  return 0;
}

}  // namespace rs::ui
