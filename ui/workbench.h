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
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "ui/cursor.h"
#include "ui/documents.h"
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

// A run of a session's file, and what the file knows of its model.
struct StoredRun {
  std::shared_ptr<const RunSnapshot> run;
  std::shared_ptr<const TokenNames> names;  // null: stored without text
  std::string model_hash;
  std::string tokenizer_hash;  // "": the model had none
  int n_rows = 0;              // positions whose routing is stored; run has the first of them
};

// How runs are called in the session's file, where notes and bookmarks find them again.
class RunNumbers {
 public:
  virtual ~RunNumbers() = default;
  // The newest last: a run that went on or was steered otherwise after its end is stored once more.
  [[nodiscard]] virtual std::vector<std::int64_t> numbersOf(RunId run) const = 0;
  [[nodiscard]] virtual RunId runOf(std::int64_t number) const = 0;
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
  // Of the shown run. Null: its model has none.
  [[nodiscard]] std::shared_ptr<const TokenNames> tokenizer() const;
  // Of the open model; null: it has none.
  [[nodiscard]] const TokenNames* modelTokenizer() const { return names_.get(); }
  // Of the model of the shown run, else of the open one; "": neither.
  [[nodiscard]] std::string modelHash() const;
  // What the user called experts of that model.
  [[nodiscard]] ExpertNames expertNames() const { return {documents_, modelHash()}; }
  // Runs of the session's file first (ids below 0), then those of the engine.
  [[nodiscard]] std::vector<std::shared_ptr<const RunSnapshot>> runs() const;
  // Those of the engine alone.
  [[nodiscard]] std::vector<std::shared_ptr<const RunSnapshot>> liveRuns() const;
  [[nodiscard]] std::shared_ptr<const RunSnapshot> findRun(RunId id) const;  // null: there is none
  // Run B, shown in all panes; what the newest steering makes old is marked at once.
  [[nodiscard]] std::shared_ptr<const RunSnapshot> run() const;
  // The steering's first decisions, until the engine has run them. Null: nothing is waited for.
  [[nodiscard]] std::shared_ptr<const FirstLook> firstLook() const { return first_look_; }
  [[nodiscard]] std::shared_ptr<const RunSnapshot> reference() const;  // run A, compared with; null: none
  [[nodiscard]] const StoredRun* storedRun(RunId id) const;            // null: it is none
  void showRun(RunId id);
  void setReference(RunId id);
  void swapRuns();
  [[nodiscard]] const std::optional<EditEffect>& effect() const { return effect_; }
  // What the edit alone does, given the others; null: nobody has measured it.
  [[nodiscard]] const EditEffect* contribution(std::size_t edit) const;
  // The model's own next token at a position, once it was asked for.
  [[nodiscard]] std::optional<SampledToken> unaided(RunId run, int position) const;
  [[nodiscard]] const std::vector<LogEntry>& log() const { return log_; }
  [[nodiscard]] bool isBusy() const { return engine_.pending() > 0; }

  // --- prompt and runs ---
  [[nodiscard]] const Prompt& prompt() const { return prompt_; }
  void setPrompt(const Prompt& prompt);
  // `otherwise` is called when it did not come to be open.
  void openModel(const OpenModel& request, const std::function<void()>& otherwise = {});
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
  // What each edit that is on does in the shown run: the run goes through once more without each of them.
  void askContributions();
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
  // One undo step for all of them; what changes nothing is left out.
  void changeDocuments(const std::vector<DocumentChange>& changes, const QString& label);
  void changeDocument(const std::string& kind, const std::string& key, std::optional<std::string> value,
                      const QString& label);
  [[nodiscard]] const Documents& documents() const { return documents_; }
  // Lifetime: numbers outlives its use here; null: there is no session.
  void setRunNumbers(const RunNumbers* numbers) { run_numbers_ = numbers; }
  [[nodiscard]] std::vector<std::int64_t> runNumbers(RunId run) const {
    return run_numbers_ == nullptr ? std::vector<std::int64_t>() : run_numbers_->numbersOf(run);
  }
  // Its run may be none of this window.
  [[nodiscard]] RunId runOfNumber(std::int64_t number) const {
    return run_numbers_ == nullptr ? 0 : run_numbers_->runOf(number);
  }
  // The line of a shell that does what the window shows.
  [[nodiscard]] QString commandLine() const;

  // Lets every pane look again.
  void touch() { Q_EMIT changed(); }

  // --- what a session brings back ---
  // Runs of a file, beside those of the engine.
  void setStored(std::vector<StoredRun> runs);
  // More of the rows of a run that is there: a longer beginning.
  void growStored(const std::shared_ptr<const RunSnapshot>& run);
  [[nodiscard]] const std::vector<StoredRun>& stored() const { return stored_; }
  // The steps of undo up to now, and how many of them are done; the engine is told where they led to.
  void restore(const Steering& now, Documents documents, const std::vector<Step>& past, int n_done);

  void note(const QString& text);
  void warn(const QString& text);
  void tellError(const QString& text);  // log and banner

 Q_SIGNALS:
  void changed();  // anything that panes show
  void steeringChanged();
  void documentsChanged();
  void stepped(rs::ui::StepKind kind, const rs::ui::Step& step);
  void promptChanged();
  void logged(const rs::ui::LogEntry& entry);
  void modelOpened();
  void runEnded(rs::RunId run);

 private:
  friend class StepCommand;
  void apply(StepKind kind, const Step& step);
  void tellEngine();
  [[nodiscard]] std::shared_ptr<const RunSnapshot> runOfEngine() const;
  // The shown run, if it is one of the file that the open model made; else null.
  [[nodiscard]] std::shared_ptr<const RunSnapshot> repeatable() const;
  // A run of the engine over the first tokens of one of the file, and on.
  void startFrom(const RunSnapshot& stored, int n_kept, const std::vector<std::int32_t>& more,
                 int max_new_tokens);
  void repeatStored();
  [[nodiscard]] bool isOfFile();
  void begin(StartRun start);
  void lookAhead();
  void onSnapshot();
  void onEvent(const Event& event);
  void keepContribution(const Contribution& answer);
  void steerRun(const Steering& steering);
  void regenerate(const Steering& steering);
  void takeBack(const Outcome& outcome, const Steering& refused);
  void adopt(RunId edited);
  [[nodiscard]] bool hasAnswer() const;
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
  Ticket forgotten_before_ = 0;  // runs that older commands begin are dropped
  RunId forgotten_up_to_ = 0;
  int n_regenerating_ = 0;
  bool is_restoring_ = false;
  RunId awaited_ = 0;  // the run that was shown when the steering changed, until the engine has followed
  std::shared_ptr<const FirstLook> first_look_;
  std::optional<EditEffect> effect_;
  std::vector<std::size_t> asked_contributions_;     // the edits that are being measured, in the order asked
  std::map<std::size_t, EditEffect> contributions_;  // by edit of the present steering
  std::map<std::pair<RunId, int>, SampledToken> unaided_;
  std::vector<StoredRun> stored_;
  Documents documents_;
  const RunNumbers* run_numbers_ = nullptr;
  std::vector<LogEntry> log_;
  std::shared_ptr<const TokenNames> names_;  // of the open model
  const ModelInfo* announced_model_ = nullptr;
};

}  // namespace rs::ui
