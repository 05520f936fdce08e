// SPDX-License-Identifier: Apache-2.0
//
// What goes into the session's file and comes back from it: runs, steps, documents, and where the window was.
#include <QFileInfo>
#include <utility>

#include "ui/behind.h"
#include "ui/session/session_link.h"
#include "ui/session/stored_session.h"

namespace rs::ui {
namespace {

constexpr const char* kActor = "user";

}  // namespace

// Long runs take a moment: the window stays alive meanwhile.
void SessionLink::read(const std::string& path) {
  struct Loaded {
    StoredSession session;
    std::string problem;
  };
  const auto load = [path] {
    Loaded loaded;
    try {
      loaded.session = loadSession(path);
    } catch (const std::exception& error) {  // the border of the thread
      loaded.problem = error.what();
    }
    return loaded;
  };
  runBehind(*this, load, [this, path](const Loaded& loaded) {
    if (path_ != path) {
      return;
    }
    if (!loaded.problem.empty()) {
      workbench_.tellError(QString::fromStdString(loaded.problem));
    } else {
      adopt(loaded.session);
    }
  });
}

void SessionLink::adopt(const StoredSession& loaded) {
  for (const std::string& problem : loaded.runs.problems) {
    workbench_.warn(QString::fromStdString(problem));
  }
  layout_ = loaded.layout;
  wanted_model_ = loaded.model;
  if (loaded.prompt.has_value()) {
    workbench_.setPrompt(*loaded.prompt);
  }
  workbench_.setStored(loaded.runs.runs);
  workbench_.restore(loaded.steering, loaded.documents, loaded.past, loaded.n_done);
  if (loaded.place.has_value()) {
    workbench_.showRun(-static_cast<RunId>(loaded.place->shown));
    workbench_.setReference(-static_cast<RunId>(loaded.place->reference));
    workbench_.cursor().move(loaded.place->cursor);
  }
  knows_documents_ = true;
  rest_of_runs_.setFile(path_);
  workbench_.note(tr("%1: %2 runs").arg(QFileInfo(path()).fileName()).arg(loaded.runs.runs.size()));
  Q_EMIT opened();
}

void SessionLink::record() {
  const auto model = workbench_.model();
  if (!is_ready_ || model == nullptr) {
    return;
  }
  if (is_read_only_) {
    if (!workbench_.liveRuns().empty()) {
      tellReadOnly();
    }
    return;
  }
  if (model_ != nullptr && model_ != model) {
    followLive();  // while a full disk is waited for they were not
    keepRunsOf(*model_);
  }
  model_ = model;
  live_ = workbench_.liveRuns();
  if (retry_.isActive()) {
    return;
  }
  followLive();
  if (recorder_->hasRuns() && !std::exchange(has_content_, true)) {
    storePlace();
  }
}

void SessionLink::followLive() {
  for (const auto& run : live_) {
    recorder_->follow(model_, run);
  }
}

// The runs of a model that was closed are those of the file from now on.
void SessionLink::keepRunsOf(const ModelInfo& model) {
  std::vector<StoredRun> runs = workbench_.stored();
  const auto names =
      model.tokenizer == nullptr ? nullptr : std::make_shared<const TokenNames>(model.tokenizer);
  for (const auto& run : std::exchange(live_, {})) {
    const std::vector<sessions::RunId> ids = numbersOf(run->id);
    if (ids.empty() || run->stale.has_value()) {
      continue;
    }
    auto kept = std::make_shared<RunSnapshot>(*run);
    const std::vector<sessions::RunId> parents = numbersOf(run->parent);
    kept->id = -static_cast<RunId>(ids.back());
    kept->parent = run->parent == 0 || parents.empty() ? 0 : -static_cast<RunId>(parents.back());
    runs.push_back({kept, names, model.model_hash, model.tokenizer_hash, kept->size()});
  }
  model_ = nullptr;
  workbench_.setStored(std::move(runs));
}

void SessionLink::storePlace() {
  if (store_ == nullptr || !is_ready_ || is_read_only_ || !has_content_) {
    return;
  }
  rest_.stop();
  store_->setLayout(kPromptLayout, bytesOf(promptValue(workbench_.prompt())));
  const auto storedOf = [this](const std::shared_ptr<const RunSnapshot>& run) {
    const auto ids = run == nullptr ? std::vector<sessions::RunId>() : numbersOf(run->id);
    return ids.empty() ? 0 : ids.back();
  };
  store_->setLayout(kPlaceLayout,
                    bytesOf(placeValue({workbench_.cursor().cursor(), storedOf(workbench_.run()),
                                        storedOf(workbench_.reference())})));
}

std::vector<sessions::RunId> SessionLink::numbersOf(RunId run) const {
  if (run < 0) {
    return {-static_cast<sessions::RunId>(run)};
  }
  return recorder_ == nullptr ? std::vector<sessions::RunId>() : recorder_->storedIds(run);
}

RunId SessionLink::runOf(sessions::RunId number) const {
  const RunId live = recorder_ == nullptr ? 0 : recorder_->liveRun(number);
  return live != 0 && workbench_.findRun(live) != nullptr ? live : -static_cast<RunId>(number);
}

void SessionLink::journal(StepKind kind, const Step& step) {
  if (store_ == nullptr || is_read_only_) {
    tellReadOnly();
    return;
  }
  has_content_ = true;
  sessions::Ticket ticket = 0;
  if (speaks_values_) {
    speakValues(step.label.toStdString());
    return;
  }
  if (kind == StepKind::kDone) {
    ticket = store_->change(kActor, step.label.toStdString(), changesOf(step));
  } else {
    ticket = kind == StepKind::kUndone ? store_->undo(kActor) : store_->redo(kActor);
  }
  journal_tickets_.insert(ticket);
}

std::vector<sessions::Change> SessionLink::changesOf(const Step& step) {
  std::vector<sessions::Change> changes;
  if (step.before.edits != step.after.edits) {
    changes.push_back({kEditsKind, "", editsValue(step.after)});
  }
  if (step.before.virtual_experts != step.after.virtual_experts) {
    changes.push_back({kVirtualKind, "", virtualValue(step.after)});
  }
  for (const DocumentChange& change : step.documents) {
    changes.push_back({change.kind, change.key, change.after});
  }
  return changes;
}

std::vector<sessions::Document> SessionLink::allDocuments() const {
  std::vector<sessions::Document> documents{{kEditsKind, "", editsValue(workbench_.steering())},
                                            {kVirtualKind, "", virtualValue(workbench_.steering())}};
  for (const auto& [kind, values] : workbench_.documents().all()) {
    for (const auto& [key, value] : values) {
      documents.push_back({kind, key, value});
    }
  }
  return documents;
}

// Everything as it is now: whatever the file missed before, it has afterwards, and what was removed meanwhile
// it has no more. Before the file was read nothing says what was removed.
void SessionLink::speakValues(const std::string& title) {
  std::vector<sessions::Document> documents = allDocuments();
  if (knows_documents_) {
    journal_tickets_.insert(store_->setDocuments(kActor, title, std::move(documents)));
    return;
  }
  std::vector<sessions::Change> changes;
  for (sessions::Document& document : documents) {
    changes.push_back({std::move(document.kind), std::move(document.key), std::move(document.value)});
  }
  journal_tickets_.insert(store_->change(kActor, title, std::move(changes)));
}

void SessionLink::setLayout(const QByteArray& state) {
  if (store_ != nullptr && is_ready_ && !is_read_only_ && has_content_) {
    store_->setLayout(kWindowLayout, bytesOf(state));
    storePlace();
  }
}

}  // namespace rs::ui
