// SPDX-License-Identifier: Apache-2.0
//
// What the window works on: the open model, prompt, runs, steering with its undo, and the shared cursor.
// Panes read it and call it; it alone gives commands to the engine.
//
// Thread: the window's.
#pragma once

#include <QObject>
#include <QString>
#include <QUndoStack>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "ui/cursor.h"
#include "ui/engine_bridge.h"
#include "ui/prompt.h"
#include "ui/reading/first_look.h"
#include "ui/reading/token_names.h"

namespace rs::ui {

struct LogEntry {
  enum class Kind { kNote, kWarning, kError };
  Kind kind = Kind::kNote;
  QString text;
};

// How a change of steering came about.
enum class SteeringStep : std::uint8_t { kDone, kUndone, kRedone };

// A step of undo as it was before the window was closed.
struct PastSteering {
  QString label;
  Steering before;
  Steering after;
};

class Workbench final : public QObject {
  Q_OBJECT
 public:
  explicit Workbench(std::unique_ptr<EngineClient> client, QObject* parent = nullptr);
  ~Workbench() override;

  [[nodiscard]] EngineBridge& engine() { return engine_; }
  [[nodiscard]] CursorState& cursor() { return cursor_; }
  [[nodiscard]] QUndoStack& undo() { return undo_; }

  // --- what there is to see ---
  [[nodiscard]] std::shared_ptr<const ModelInfo> model() const { return engine_.snapshot()->model; }
  // Null without a model that has one.
  [[nodiscard]] const TokenNames* tokenizer() const { return names_.get(); }
  // Runs of the session's file first (ids below 0), then those of the engine.
  [[nodiscard]] std::vector<std::shared_ptr<const RunSnapshot>> runs() const;
  [[nodiscard]] std::shared_ptr<const RunSnapshot> findRun(RunId id) const;  // null: there is none
  // Run B, shown in all panes; what the newest steering makes old is marked at once.
  [[nodiscard]] std::shared_ptr<const RunSnapshot> run() const;
  // The steering's first decisions, until the engine has run them. Null: nothing is waited for.
  [[nodiscard]] std::shared_ptr<const FirstLook> firstLook() const { return first_look_; }
  [[nodiscard]] std::shared_ptr<const RunSnapshot> reference() const;  // run A, compared with; null: none
  void showRun(RunId id);
  void setReference(RunId id);
  void swapRuns();
  [[nodiscard]] const std::optional<EditEffect>& effect() const { return effect_; }
  // The model's own next token at a position, once it was asked for.
  [[nodiscard]] std::optional<SampledToken> unaided(RunId run, int position) const;
  [[nodiscard]] const std::vector<LogEntry>& log() const { return log_; }
  [[nodiscard]] bool isBusy() const { return engine_.pending() > 0; }

  // --- prompt and runs ---
  [[nodiscard]] const Prompt& prompt() const { return prompt_; }
  void setPrompt(const Prompt& prompt);
  void openModel(const OpenModel& request);
  void startRun();
  void continueRun(int n_tokens);
  void stop();
  void rerunFromEdit();
  // Goes on from a token of the shown run; replacement: a token in its place, -1: the model chooses anew.
  void branchAt(int position, std::int32_t replacement = -1);
  void dropRun(RunId id);
  // All runs of the engine; the model stays.
  void forgetRuns();
  void askUnaided(const std::vector<int>& positions);
  void setKeptBudget(std::uint64_t bytes);

  // --- steering ---
  [[nodiscard]] const Steering& steering() const { return steering_; }
  // One undo step. False if the edits cannot be: then nothing changed and the reason was told.
  bool changeSteering(const Steering& next, const QString& label);
  bool addEdit(Edit edit, const QString& label);
  bool replaceEdit(std::size_t index, Edit edit, const QString& label);
  bool removeEdit(std::size_t index);
  // From the hijack gesture; at the cursor's layer, and its token unless `everywhere`.
  bool forceExpert(const Cursor& at, bool everywhere);
  bool banExpert(const Cursor& at, bool everywhere);
  bool addToLogit(const Cursor& at, double value, bool everywhere);
  // Takes away every edit that names this expert in this layer and token alone.
  bool clearEdits(const Cursor& at);
  // Takes this token out of every edit that names tokens.
  bool clearEditsOf(int token);
  // Whether an answer is generated anew after each change of steering; else its tokens stay as they are.
  [[nodiscard]] bool regenerates() const { return regenerates_; }
  void setRegenerates(bool regenerates);
  // The line of a shell that does what the window shows.
  [[nodiscard]] QString commandLine() const;

  // Lets every pane look again.
  void touch() { Q_EMIT changed(); }

  // --- what a session brings back ---
  // Runs of a file, beside those of the engine; names: of their tokens, where no model is open.
  void setStored(std::vector<std::shared_ptr<const RunSnapshot>> runs,
                 std::shared_ptr<const TokenNames> names);
  // The steps of undo up to now, and how many of them are done; the engine is told where they led to.
  void restoreSteering(const Steering& now, const std::vector<PastSteering>& past, int n_done);

  void note(const QString& text);
  void warn(const QString& text);
  void tellError(const QString& text);  // log and banner

 Q_SIGNALS:
  void changed();  // anything that panes show
  void steeringChanged();
  void steered(rs::ui::SteeringStep step, const rs::Steering& before, const rs::Steering& after,
               const QString& label);
  void promptChanged();
  void logged(const rs::ui::LogEntry& entry);
  void modelOpened();
  void runEnded(rs::RunId run);

 private:
  friend class SteeringCommand;
  void applySteering(SteeringStep step, const Steering& before, const Steering& after, const QString& label);
  void tellEngine();
  [[nodiscard]] std::shared_ptr<const RunSnapshot> runOfEngine() const;
  void lookAhead();
  void onSnapshot();
  void onEvent(const Event& event);
  void steerRun(const Steering& steering);
  void regenerate(const Steering& steering);
  void takeBack(const Outcome& outcome, const Steering& refused);
  void adopt(RunId edited);
  [[nodiscard]] bool hasAnswer() const;
  [[nodiscard]] Edit editAt(const EditOp& op, const Cursor& at, bool everywhere) const;
  void log(LogEntry::Kind kind, const QString& text);

  EngineBridge engine_;
  CursorState cursor_;
  QUndoStack undo_;
  Prompt prompt_;
  Steering steering_;
  bool regenerates_ = true;
  RunId shown_ = 0;              // of the session's file; 0: the engine's current one
  RunId reference_ = 0;          // chosen by hand; 0: what comes nearest to a run without the newest edits
  RunId baseline_ = 0;           // that edits start from; it stays as it is
  RunId edited_ = 0;             // that the newest edits made out of it; the next ones take its place
  std::set<Ticket> beginnings_;  // commands whose run is a new baseline
  int n_regenerating_ = 0;
  bool is_restoring_ = false;
  RunId awaited_ = 0;   // the run that was shown when the steering changed, until the engine has followed
  Steering looked_at_;  // by first_look_
  std::shared_ptr<const FirstLook> first_look_;
  std::optional<EditEffect> effect_;
  std::map<std::pair<RunId, int>, SampledToken> unaided_;
  std::vector<std::shared_ptr<const RunSnapshot>> stored_;
  std::vector<LogEntry> log_;
  std::shared_ptr<const TokenNames> names_;  // of the open model, else of the stored runs
  std::shared_ptr<const TokenNames> stored_names_;
  const ModelInfo* announced_model_ = nullptr;
};

}  // namespace rs::ui
