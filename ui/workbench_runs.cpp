// SPDX-License-Identifier: Apache-2.0
//
// The workbench and its runs: begun, gone on with, branched, repeated after a session was opened, dropped.
#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "ui/reading/decision_reading.h"
#include "ui/workbench.h"

namespace rs::ui {
namespace {

bool isOutside(const RunSnapshot& run, int position) {
  return position < 0 || run.tokens == nullptr || position > static_cast<int>(run.tokens->size());
}

}  // namespace

void Workbench::startRun() {
  const auto info = model();
  if (info == nullptr) {
    tellError(
        QStringLiteral("running the prompt: no model is open; open one with Ctrl+O, or the demo model"));
    return;
  }
  StartRun start;
  try {
    start.tokens = promptTokens(prompt_, *info);
  } catch (const Error& error) {
    tellError(QString::fromStdString(error.what()));
    return;
  }
  start.max_new_tokens = prompt_.max_new_tokens;
  start.sampling = prompt_.sampling;
  reference_ = 0;
  begin(std::move(start));
}

void Workbench::begin(StartRun start) {
  start.extra = ownDecisionAddresses(model()->config);
  shown_ = 0;
  edited_ = 0;
  effect_.reset();
  contributions_.clear();
  cursor_.setFollows(true);
  beginnings_.insert(engine_.submit(std::move(start)));
}

std::shared_ptr<const RunSnapshot> Workbench::repeatable() const {
  const auto info = model();
  const auto shown = runOfEngine();
  const StoredRun* stored = shown == nullptr ? nullptr : storedRun(shown->id);
  return stored != nullptr && info != nullptr && info->model_hash == stored->model_hash ? shown : nullptr;
}

void Workbench::startFrom(const RunSnapshot& stored, int n_kept, const std::vector<std::int32_t>& more,
                          int max_new_tokens) {
  StartRun start;
  start.tokens.assign(stored.tokens->begin(), stored.tokens->begin() + n_kept);
  start.tokens.insert(start.tokens.end(), more.begin(), more.end());
  start.max_new_tokens = max_new_tokens;
  start.sampling = stored.sampling;
  reference_ = stored.id;
  begin(std::move(start));
}

// Under the newest steering; the stored run is what it is compared with.
void Workbench::repeatStored() {
  if (!beginnings_.empty()) {
    // A repetition under edits that are old by now.
    engine_.cancel();
    beginnings_.clear();
  }
  const auto stored = repeatable();
  const auto n_tokens = static_cast<int>(stored->tokens->size());
  const int n_kept = regenerates_ ? stored->n_prompt : n_tokens;
  startFrom(*stored, n_kept, {}, n_tokens - n_kept);
}

void Workbench::continueRun(int n_tokens) {
  if (run() == nullptr) {
    startRun();
    return;
  }
  if (const auto stored = repeatable(); stored != nullptr) {
    startFrom(*stored, static_cast<int>(stored->tokens->size()), {}, n_tokens);
    return;
  }
  if (isOfFile()) {
    return;
  }
  cursor_.setFollows(true);
  engine_.submit(ContinueRun{n_tokens});
}

void Workbench::stop() {
  if (isBusy()) {
    engine_.cancel();
  }
}

// Told, if so: only the model that made a run goes on with it.
bool Workbench::isOfFile() {
  const auto shown = runOfEngine();
  if (shown == nullptr || storedRun(shown->id) == nullptr) {
    return false;
  }
  tellError(
      QStringLiteral("going on with run s%1: it comes from the session's file and the model that made it is "
                     "not open; open that model, or run the prompt with the open one (F5)")
          .arg(-shown->id));
  return true;
}

void Workbench::rerunFromEdit() {
  if (repeatable() != nullptr) {
    repeatStored();
  } else if (run() != nullptr && !isOfFile()) {
    engine_.submit(RerunFromEdit{regenerates_});
  }
}

void Workbench::branchAt(int position, std::int32_t replacement) {
  const auto shown = run();
  if (shown == nullptr || isOutside(*shown, position)) {
    return;
  }
  if (const auto stored = repeatable(); stored != nullptr) {
    const std::vector<std::int32_t> more =
        replacement >= 0 ? std::vector<std::int32_t>{replacement} : std::vector<std::int32_t>();
    startFrom(*stored, position, more, std::max(prompt_.max_new_tokens, 1));
    return;
  }
  if (isOfFile()) {
    return;
  }
  BranchRun branch{shown->id, position, {}, std::max(prompt_.max_new_tokens, 1)};
  if (replacement >= 0) {
    branch.tokens = {replacement};
  }
  reference_ = shown->id;
  edited_ = 0;
  cursor_.setFollows(true);
  beginnings_.insert(engine_.submit(std::move(branch)));
}

void Workbench::dropRun(RunId id) {
  if (id > 0) {
    engine_.submit(DropRun{id});
  }
}

void Workbench::forgetRuns() {
  stop();
  for (const auto& run : engine_.snapshot()->runs) {
    engine_.submit(DropRun{run->id});
    forgotten_up_to_ = std::max(forgotten_up_to_, run->id);
  }
  // What was on its way is dropped as it begins.
  forgotten_before_ = engine_.newestTicket();
  shown_ = reference_ = baseline_ = edited_ = 0;
  effect_.reset();
  contributions_.clear();
}

void Workbench::askUnaided(const std::vector<int>& positions) {
  const auto shown = run();
  if (shown != nullptr && shown->id > 0 && !positions.empty()) {
    engine_.submit(AskUnaided{shown->id, positions});
  }
}

}  // namespace rs::ui
