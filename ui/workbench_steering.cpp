// SPDX-License-Identifier: Apache-2.0
//
// Steering: what changes it, what the engine is told of it, and the gestures of the hijack.
#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"
#include "ui/steering_edits.h"
#include "ui/step_command.h"
#include "ui/workbench.h"

namespace rs::ui {
namespace {

int expertsIn(const RunSnapshot& run) {
  return run.trace == nullptr ? 0 : run.trace->config().n_experts;
}

}  // namespace

bool Workbench::changeSteering(const Steering& next, const QString& label) {
  if (next == steering_) {
    return true;
  }
  const auto info = model();
  if (info != nullptr) {
    try {
      checkSteering(next, info->config);
    } catch (const Error& error) {
      tellError(QString::fromStdString(error.what()));
      return false;
    }
  }
  undo_.push(new StepCommand(*this, {label, steering_, next}));
  return true;
}

void Workbench::changeDocuments(const std::vector<DocumentChange>& changes, const QString& label) {
  Step step{label, steering_, steering_};
  for (const DocumentChange& change : changes) {
    if (change.before != change.after) {
      step.documents.push_back(change);
    }
  }
  if (!step.documents.empty()) {
    undo_.push(new StepCommand(*this, std::move(step)));
  }
}

void Workbench::changeDocument(const std::string& kind, const std::string& key,
                               std::optional<std::string> value, const QString& label) {
  changeDocuments({{kind, key, documents_.find(kind, key), std::move(value)}}, label);
}

void Workbench::apply(StepKind kind, const Step& step) {
  if (is_restoring_) {
    return;
  }
  const bool is_undone = kind == StepKind::kUndone;
  for (const DocumentChange& change : step.documents) {
    documents_.set(change.kind, change.key, is_undone ? change.before : change.after);
  }
  const bool steers = step.before != step.after;
  if (steers) {
    steering_ = is_undone ? step.before : step.after;
    const auto shown = runOfEngine();
    awaited_ = shown == nullptr || shown->trace == nullptr ? 0 : std::max(shown->id, 0);
  }
  Q_EMIT stepped(kind, step);
  if (!step.documents.empty()) {
    Q_EMIT documentsChanged();
  }
  if (steers) {
    Q_EMIT steeringChanged();
    tellEngine();
    lookAhead();
  }
  Q_EMIT changed();
}

void Workbench::lookAhead() {
  const auto shown = runOfEngine();
  const bool is_awaited =
      awaited_ != 0 && isBusy() && shown != nullptr && shown->id == awaited_ && shown->steering != steering_;
  if (!is_awaited) {
    awaited_ = 0;
    first_look_.reset();
    return;
  }
  if (first_look_ != nullptr && first_look_->before() == shown && first_look_->after() == steering_) {
    return;
  }
  try {
    first_look_ = std::make_shared<const FirstLook>(shown, steering_);
  } catch (const Error&) {
    // The engine refuses it too, with its words.
    first_look_.reset();
  }
}

void Workbench::tellEngine() {
  if (model() == nullptr) {
    return;
  }
  const Steering& steering = steering_;
  contributions_.clear();
  if (n_regenerating_ > 0 || !std::exchange(asked_contributions_, {}).empty()) {
    // An answer under edits that are old by now, or what they did.
    engine_.cancel();
  }
  const auto baseline = findRun(baseline_);
  if (const auto stored = repeatable(); stored != nullptr && stored->steering != steering && !is_restoring_) {
    engine_.submit(SetSteering{steering, false, false},
                   [this, steering](const Outcome& outcome) { takeBack(outcome, steering); });
    repeatStored();
  } else if (baseline == nullptr) {
    engine_.submit(SetSteering{steering, false, false},
                   [this, steering](const Outcome& outcome) { takeBack(outcome, steering); });
  } else if (baseline->steering == steering) {
    engine_.submit(SetSteering{steering, false, false});
    engine_.submit(SelectRun{baseline_});
    adopt(0);
  } else if (regenerates_ && hasAnswer()) {
    regenerate(steering);
  } else {
    steerRun(steering);
  }
}

// Over the tokens as they stand: only the routing differs.
void Workbench::steerRun(const Steering& steering) {
  engine_.submit(SetSteering{steering, true, edited_ != 0}, [this, steering](const Outcome& outcome) {
    takeBack(outcome, steering);
    if (outcome.kind == Outcome::Kind::kFinished && edited_ == 0) {
      adopt(outcome.run);
    }
  });
}

// The answer anew, from the first token that may differ.
void Workbench::regenerate(const Steering& steering) {
  ++n_regenerating_;
  engine_.submit(SetSteering{steering, false, false},
                 [this, steering](const Outcome& outcome) { takeBack(outcome, steering); });
  engine_.submit(RerunFromEdit{true}, [this](const Outcome& outcome) {
    --n_regenerating_;
    if (outcome.kind == Outcome::Kind::kFailed) {
      tellError(QString::fromStdString(outcome.message));
    } else if (outcome.kind == Outcome::Kind::kFinished && outcome.run != baseline_) {
      adopt(outcome.run);
    }
  });
}

// The run of the newest edits takes the place of the one before.
void Workbench::adopt(RunId edited) {
  const RunId before = std::exchange(edited_, edited);
  if (before != 0 && before != edited && before != reference_) {
    engine_.submit(DropRun{before});
  }
}

// What the engine refused is no step of undo.
void Workbench::takeBack(const Outcome& outcome, const Steering& refused) {
  if (outcome.kind != Outcome::Kind::kFailed) {
    return;
  }
  tellError(QString::fromStdString(outcome.message));
  const int last = undo_.index() - 1;
  const auto* command = last < 0 ? nullptr : dynamic_cast<const StepCommand*>(undo_.command(last));
  if (command != nullptr && command->step().after == refused && command->step().before != refused) {
    const_cast<StepCommand*>(command)->setObsolete(true);
    undo_.undo();
  }
}

void Workbench::askContributions() {
  const auto shown = run();
  if (shown == nullptr || shown->id <= 0 || shown->steering != steering_ || isBusy()) {
    tellError(
        QStringLiteral("measuring what each edit does: the shown run must be one of the open model, made "
                       "under these edits and "
                       "not at work; run the prompt, or wait for the run to end"));
    return;
  }
  AskContributions ask{shown->id, {}};
  std::vector<std::size_t> edits;
  for (std::size_t i = 0; i < steering_.edits.size(); ++i) {
    if (steering_.edits[i].on) {
      ask.without.push_back(steering_);
      ask.without.back().edits.erase(ask.without.back().edits.begin() + static_cast<std::ptrdiff_t>(i));
      edits.push_back(i);
    }
  }
  if (edits.empty()) {
    tellError(QStringLiteral("measuring what each edit does: no edit is switched on"));
    return;
  }
  asked_contributions_ = std::move(edits);
  contributions_.clear();
  engine_.submit(std::move(ask), [this, asked = steering_](const Outcome& outcome) {
    if (outcome.kind == Outcome::Kind::kFailed) {
      tellError(QString::fromStdString(outcome.message));
    }
    if (asked == steering_) {
      asked_contributions_.clear();
    }
    Q_EMIT changed();
  });
}

void Workbench::keepContribution(const Contribution& answer) {
  // After another edit what is still on its way is old.
  if (const auto index = static_cast<std::size_t>(answer.index); index < asked_contributions_.size()) {
    contributions_[asked_contributions_[index]] = answer.effect;
    Q_EMIT changed();
  }
}

const EditEffect* Workbench::contribution(std::size_t edit) const {
  const auto found = contributions_.find(edit);
  return found == contributions_.end() ? nullptr : &found->second;
}

bool Workbench::hasAnswer() const {
  const auto shown = run();
  return shown != nullptr && shown->tokens != nullptr &&
         static_cast<int>(shown->tokens->size()) > shown->n_prompt;
}

bool Workbench::addEdit(Edit edit, const QString& label) {
  Steering next = steering_;
  next.edits.push_back(std::move(edit));
  return changeSteering(next, label);
}

bool Workbench::replaceEdit(std::size_t index, Edit edit, const QString& label) {
  Steering next = steering_;
  next.edits.at(index) = std::move(edit);
  return changeSteering(next, label);
}

bool Workbench::removeEdit(std::size_t index) {
  Steering next = steering_;
  const QString label = QStringLiteral("Remove ") + editText(next.edits.at(index));
  next.edits.erase(next.edits.begin() + static_cast<std::ptrdiff_t>(index));
  return changeSteering(next, label);
}

bool Workbench::forceExpert(const Cursor& at, bool everywhere) {
  const auto shown = run();
  if (shown == nullptr || at.layer < 0 || at.token < 0 || at.token >= shown->size() || at.expert < 0) {
    return false;
  }
  if (at.expert >= expertsIn(*shown)) {
    tellError(
        QStringLiteral("forcing a virtual expert: an edit names the model's own experts; use the mode force "
                       "of the pane Virtual experts"));
    return false;
  }
  std::vector<int> own;
  for (const Slot& slot : readDecision(*shown, at.layer, at.token).own) {
    own.push_back(slot.expert);
  }
  Steering next = steering_;
  next.edits = withForce(next.edits, {at.layer, everywhere ? -1 : at.token}, at.expert, own);
  return changeSteering(next, QStringLiteral("Force E%1 in layer %2").arg(at.expert).arg(at.layer));
}

bool Workbench::banExpert(const Cursor& at, bool everywhere) {
  const auto shown = run();
  if (shown == nullptr || at.layer < 0 || at.token < 0 || at.expert < 0) {
    return false;
  }
  if (at.expert >= expertsIn(*shown)) {
    tellError(QStringLiteral("banning a virtual expert: switch it off in the pane Virtual experts"));
    return false;
  }
  Steering next = steering_;
  next.edits = withBan(next.edits, {at.layer, everywhere ? -1 : at.token}, at.expert);
  return changeSteering(next, QStringLiteral("Ban E%1 in layer %2").arg(at.expert).arg(at.layer));
}

bool Workbench::addToLogit(const Cursor& at, double value, bool everywhere) {
  const auto shown = run();
  if (shown == nullptr || at.layer < 0 || at.token < 0 || at.expert < 0 || at.expert >= expertsIn(*shown)) {
    return false;
  }
  Steering next = steering_;
  next.edits = withAdd(next.edits, {at.layer, everywhere ? -1 : at.token}, at.expert, value);
  return changeSteering(
      next,
      QStringLiteral("Add %1 to E%2 in layer %3").arg(numberText(value, 2)).arg(at.expert).arg(at.layer));
}

bool Workbench::clearEdits(const Cursor& at) {
  Steering next = steering_;
  for (const int token : {at.token, -1}) {
    next.edits = withoutExpert(next.edits, {at.layer, token}, at.expert);
  }
  return changeSteering(next, QStringLiteral("Clear edits of E%1 in layer %2").arg(at.expert).arg(at.layer));
}

bool Workbench::clearEditsOf(int token) {
  Steering next = steering_;
  next.edits = withoutToken(next.edits, token);
  return changeSteering(next, QStringLiteral("Clear edits of token %1").arg(token));
}

}  // namespace rs::ui
