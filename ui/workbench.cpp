// SPDX-License-Identifier: Apache-2.0
#include "ui/workbench.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/routing/edit_json.h"
#include "ui/reading/decision_reading.h"
#include "ui/step_command.h"

namespace rs::ui {
namespace {

QString text(const std::string& message) {
  return QString::fromStdString(message);
}

// Of all their tokens: the routing of a stored run may be on its way yet.
int commonTokens(const RunSnapshot& a, const RunSnapshot& b) {
  if (a.tokens == nullptr || b.tokens == nullptr) {
    return 0;
  }
  const auto end =
      std::mismatch(a.tokens->begin(), a.tokens->end(), b.tokens->begin(), b.tokens->end()).first;
  return static_cast<int>(end - a.tokens->begin());
}

}  // namespace

Workbench::Workbench(std::unique_ptr<EngineClient> client, QObject* parent)
    : QObject(parent), engine_(std::move(client)) {
  connect(&engine_, &EngineBridge::snapshotChanged, this, [this] { onSnapshot(); });
  connect(&engine_, &EngineBridge::happened, this, [this](const Event& event) { onEvent(event); });
  connect(&engine_, &EngineBridge::failed, this, [this](const QString& message) { tellError(message); });
  connect(&engine_, &EngineBridge::pendingChanged, this, [this] {
    lookAhead();
    Q_EMIT changed();
  });
  for (const auto signal : {&CursorState::cursorChanged, &CursorState::hoverChanged,
                            &CursorState::selectionChanged, &CursorState::pinChanged}) {
    connect(&cursor_, signal, this, [this] { Q_EMIT changed(); });
  }
}

Workbench::~Workbench() {
  // The stack tells nobody any more: its commands point here.
  undo_.disconnect();
  undo_.clear();
}

std::vector<std::shared_ptr<const RunSnapshot>> Workbench::runs() const {
  std::vector<std::shared_ptr<const RunSnapshot>> all;
  for (const StoredRun& stored : stored_) {
    all.push_back(stored.run);
  }
  const auto live = liveRuns();
  all.insert(all.end(), live.begin(), live.end());
  return all;
}

std::vector<std::shared_ptr<const RunSnapshot>> Workbench::liveRuns() const {
  std::vector<std::shared_ptr<const RunSnapshot>> live = engine_.snapshot()->runs;
  std::erase_if(live, [this](const auto& run) { return run->id <= forgotten_up_to_; });
  return live;
}

const StoredRun* Workbench::storedRun(RunId id) const {
  const auto found = std::find_if(stored_.begin(), stored_.end(),
                                  [id](const StoredRun& stored) { return stored.run->id == id; });
  return found == stored_.end() ? nullptr : &*found;
}

std::shared_ptr<const TokenNames> Workbench::tokenizer() const {
  const auto info = model();
  const auto shown = runOfEngine();
  const StoredRun* stored = shown == nullptr ? nullptr : storedRun(shown->id);
  if (stored == nullptr || (info != nullptr && info->tokenizer_hash == stored->tokenizer_hash)) {
    return names_;
  }
  return stored->names;
}

std::string Workbench::modelHash() const {
  const auto info = model();
  const auto shown = runOfEngine();
  const StoredRun* stored = shown == nullptr ? nullptr : storedRun(shown->id);
  return stored != nullptr ? stored->model_hash : info != nullptr ? info->model_hash : std::string();
}

std::shared_ptr<const RunSnapshot> Workbench::findRun(RunId id) const {
  for (const auto& run : runs()) {
    if (run->id == id) {
      return run;
    }
  }
  return nullptr;
}

std::shared_ptr<const RunSnapshot> Workbench::run() const {
  auto shown = runOfEngine();
  return first_look_ != nullptr && first_look_->before() == shown ? first_look_->run() : shown;
}

std::shared_ptr<const RunSnapshot> Workbench::runOfEngine() const {
  auto shown = shown_ == 0 ? nullptr : findRun(shown_);
  if (shown != nullptr) {
    return shown;
  }
  const RunId newest = engine_.snapshot()->current;
  const auto current = newest <= 0 ? nullptr : findRun(newest);
  return current != nullptr || stored_.empty() ? current : stored_.back().run;
}

std::shared_ptr<const RunSnapshot> Workbench::reference() const {
  const auto shown = run();
  if (shown == nullptr) {
    return nullptr;
  }
  for (const RunId id : {reference_, baseline_, shown->parent}) {
    auto found = id == 0 || id == shown->id ? nullptr : findRun(id);
    if (found != nullptr) {
      return found;
    }
  }
  // The latest run of the same prompt that was steered otherwise.
  const auto all = runs();
  for (auto other = all.rbegin(); other != all.rend(); ++other) {
    if ((*other)->id != shown->id && (*other)->steering != shown->steering && shown->n_prompt > 0 &&
        commonTokens(*shown, **other) >= shown->n_prompt) {
      return *other;
    }
  }
  return nullptr;
}

void Workbench::showRun(RunId id) {
  const auto wanted = findRun(id);
  if (wanted == nullptr) {
    return;
  }
  shown_ = id;
  if (id > 0) {
    shown_ = 0;
    if (id != edited_) {
      baseline_ = id;
      edited_ = 0;
    }
    engine_.submit(SelectRun{id});
  }
  Q_EMIT changed();
}

void Workbench::setReference(RunId id) {
  reference_ = id;
  Q_EMIT changed();
}

void Workbench::swapRuns() {
  const auto shown = run();
  const auto other = reference();
  if (shown != nullptr && other != nullptr) {
    reference_ = shown->id;
    showRun(other->id);
  }
}

std::optional<SampledToken> Workbench::unaided(RunId id, int position) const {
  const auto found = unaided_.find({id, position});
  return found == unaided_.end() ? std::nullopt : std::optional(found->second);
}

void Workbench::setPrompt(const Prompt& prompt) {
  if (!(prompt == prompt_)) {
    prompt_ = prompt;
    Q_EMIT promptChanged();
  }
}

void Workbench::openModel(const OpenModel& request, const std::function<void()>& otherwise) {
  note(QStringLiteral("Opening %1").arg(text(request.model)));
  engine_.submit(request, [this, request, otherwise](const Outcome& outcome) {
    if (outcome.kind == Outcome::Kind::kFailed) {
      tellError(text(outcome.message));
    } else if (outcome.kind == Outcome::Kind::kCancelled) {
      note(QStringLiteral("Opening %1 was cancelled").arg(text(request.model)));
    }
    if (otherwise && outcome.kind != Outcome::Kind::kFinished) {
      otherwise();
    }
  });
}

void Workbench::setKeptBudget(std::uint64_t bytes) {
  engine_.submit(SetKeptBudget{bytes});
}

void Workbench::setStored(std::vector<StoredRun> runs) {
  stored_ = std::move(runs);
  if (!stored_.empty() && engine_.snapshot()->current <= forgotten_up_to_) {
    cursor_.move({stored_.back().n_rows - 1, 0, -1});
    cursor_.setFollows(true);
  }
  Q_EMIT changed();
}

void Workbench::growStored(const std::shared_ptr<const RunSnapshot>& run) {
  const auto found = std::find_if(stored_.begin(), stored_.end(),
                                  [&](const StoredRun& stored) { return stored.run->id == run->id; });
  if (found != stored_.end() && found->run->size() < run->size()) {
    found->run = run;
    Q_EMIT changed();
  }
}

void Workbench::restore(const Steering& now, Documents documents, const std::vector<Step>& past, int n_done) {
  is_restoring_ = true;
  undo_.clear();
  for (const Step& step : past) {
    undo_.push(new StepCommand(*this, step));
  }
  undo_.setIndex(n_done);
  steering_ = now;
  const std::uint64_t revision = documents_.revision();
  documents_ = std::move(documents);
  documents_.follow(revision);
  Q_EMIT steeringChanged();
  Q_EMIT documentsChanged();
  Q_EMIT changed();
  tellEngine();
  is_restoring_ = false;
}

void Workbench::setRegenerates(bool regenerates) {
  regenerates_ = regenerates;
  Q_EMIT changed();
}

QString Workbench::commandLine() const {
  const auto info = model();
  std::string line = "routescope generate";
  if (info != nullptr && !info->is_demo) {
    line += " --model " + shellQuoted(info->path);
  }
  line += " " + promptOptions(prompt_);
  if (!steering_.edits.empty()) {
    line += " --edits <(printf %s " + shellQuoted(editsToJson(steering_.edits)) + ")";
  }
  for (const std::string& specification : steering_.virtual_experts) {
    line += " --virtual " + shellQuoted(specification);
  }
  return text(line);
}

void Workbench::onSnapshot() {
  lookAhead();
  const auto shown = run();
  if (shown != nullptr && shown->size() > 0) {
    const ModelConfig& config = shown->trace->config();
    const StoredRun* stored = storedRun(shown->id);
    const int n_tokens = stored == nullptr ? shown->size() : stored->n_rows;
    cursor_.followTo(n_tokens - 1);
    cursor_.clamp(n_tokens, config.n_layers, config.n_experts + static_cast<int>(shown->column_names.size()));
  }
  const ModelInfo* info = model().get();
  if (info != announced_model_) {
    announced_model_ = info;
    unaided_.clear();
    names_ = info == nullptr || info->tokenizer == nullptr
                 ? nullptr
                 : std::make_shared<const TokenNames>(info->tokenizer);
    if (info != nullptr) {
      engine_.submit(SetSteering{steering_, false, false});
      note(QStringLiteral(
               "%1 is open: %2 layers, %3 experts in each, %4 for a token; %5 kernels, precision %6")
               .arg(text(info->name))
               .arg(info->config.n_layers)
               .arg(info->config.n_experts)
               .arg(info->config.top_k)
               .arg(text(info->isa),
                    info->precision == Precision::kExact ? QStringLiteral("exact") : QStringLiteral("fast")));
      Q_EMIT modelOpened();
    }
  }
  Q_EMIT changed();
}

void Workbench::onEvent(const Event& event) {
  if (const auto* effect = std::get_if<EditEffect>(&event)) {
    effect_ = *effect;
    Q_EMIT changed();
  } else if (const auto* answer_of = std::get_if<Contribution>(&event)) {
    keepContribution(*answer_of);
  } else if (const auto* answer = std::get_if<Unaided>(&event)) {
    for (std::size_t i = 0; i < answer->positions.size(); ++i) {
      unaided_[{answer->run, answer->positions[i]}] = answer->tokens[i];
    }
    Q_EMIT changed();
  } else if (const auto* old = std::get_if<RunStarted>(&event);
             old != nullptr && old->ticket <= forgotten_before_) {
    beginnings_.erase(old->ticket);
    forgotten_up_to_ = std::max(forgotten_up_to_, old->run);
    engine_.submit(DropRun{old->run});
  } else if (const auto* started = std::get_if<RunStarted>(&event);
             started != nullptr && beginnings_.erase(started->ticket) > 0) {
    baseline_ = started->run;
  } else if (const auto* cancelled = std::get_if<Cancelled>(&event)) {
    beginnings_.erase(cancelled->ticket);
  } else if (const auto* failure = std::get_if<Failed>(&event)) {
    beginnings_.erase(failure->ticket);
  } else if (const auto* finished = std::get_if<Finished>(&event);
             finished != nullptr && finished->run != 0) {
    Q_EMIT runEnded(finished->run);
  }
}

void Workbench::log(LogEntry::Kind kind, const QString& entry) {
  log_.push_back({kind, entry});
  Q_EMIT logged(log_.back());
}

void Workbench::note(const QString& entry) {
  log(LogEntry::Kind::kNote, entry);
}

void Workbench::warn(const QString& entry) {
  log(LogEntry::Kind::kWarning, entry);
}

void Workbench::tellError(const QString& entry) {
  log(LogEntry::Kind::kError, entry);
}

}  // namespace rs::ui
