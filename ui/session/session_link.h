// SPDX-License-Identifier: Apache-2.0
//
// The session that the window works in: runs and edits go into its file as they are made, and come back when
// it is opened. A window always has one; until it is saved under a name it is an untitled one, which a crash
// leaves behind to be recovered.
//
// Thread: the window's.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "sessions/store.h"
#include "ui/session/run_recorder.h"
#include "ui/session/runs_on_demand.h"
#include "ui/session/stored_session.h"
#include "ui/workbench.h"

namespace rs::ui {

class SessionLink final : public QObject, private RunNumbers {
  Q_OBJECT
 public:
  // Lifetime: the workbench outlives the link.
  SessionLink(Workbench& workbench, std::string app_version, QObject* parent = nullptr);
  // Writes what is left and closes the file; an untitled session with nothing in it is removed.
  ~SessionLink() override;

  // A fresh untitled session. What was open is closed.
  void startUntitled();
  // Reads a session and goes on in it. The events `opened` or an error in the log end it.
  void open(const QString& path);
  // Under a name from now on; where there was no session, all that the window has.
  void saveAs(const QString& path);
  void saveCopy(const QString& path, bool without_text);
  // .csv, .json or .safetensors, by the ending.
  void exportRun(RunId run, const QString& path);
  void close();

  // What the file may grow to; 0: as the disk allows. From the next file on.
  void setFileLimit(std::int64_t bytes) { file_limit_ = bytes; }

  [[nodiscard]] bool isOpen() const { return store_ != nullptr; }
  // Its file is looked at, or brought up to date: a long one takes a while.
  [[nodiscard]] bool isOpening() const { return store_ != nullptr && !is_ready_; }
  [[nodiscard]] QString path() const { return QString::fromStdString(path_); }
  [[nodiscard]] bool isUntitled() const;
  [[nodiscard]] bool isReadOnly() const { return is_read_only_; }
  // Whether every step up to now is durable.
  [[nodiscard]] bool isSaved() const { return journal_tickets_.empty(); }
  // Whether nothing that could not be written waits for its next try.
  [[nodiscard]] bool isCaughtUp() const { return is_ready_ && !missed_ && !is_behind_; }
  // Whether more of the runs that are looked at is on its way.
  [[nodiscard]] bool isReading() const { return rest_of_runs_.isReading(); }
  // Of the window, beside runs and edits. Empty: none was stored.
  [[nodiscard]] QByteArray layout() const { return layout_; }
  void setLayout(const QByteArray& state);
  // Of the newest run of the file that was opened; no hash: a new session, or one without runs.
  [[nodiscard]] const WantedModel& wantedModel() const { return wanted_model_; }
  // The numbers in the file of a run of the workbench, the newest last.
  [[nodiscard]] std::vector<sessions::RunId> numbersOf(RunId run) const override;
  // Writes what there is to write, waiting for it, and says what would be lost all the same if the session
  // were left now. Empty: nothing.
  [[nodiscard]] QString lossAtLeaving();
  // The same if another model took the place of the one whose runs are here.
  [[nodiscard]] QString lossWithModel() const;
  // Calls once everything up to now is in the file. False: there is no session, nothing is called.
  bool onceStored(std::function<void()> then);

 Q_SIGNALS:
  void opened();
  void changed();  // path, read only, opening

 private:
  [[nodiscard]] RunId runOf(sessions::RunId number) const override;
  void openStore(const std::string& path, sessions::OpenMode mode, std::set<sessions::RunId> goes_on = {});
  void drain();
  void onOpened(const sessions::Opened& opened);
  void onEvent(const sessions::StoreEvent& event);
  void record();
  void followLive();
  void storePlace();
  void onFailure(const sessions::StoreEvent& event);
  void catchUp();
  void tellCaughtUp();
  void onOpenFailed(const QString& message);
  [[nodiscard]] bool owesToOpening() const;
  void writeThrough();
  void writeRest();
  void tellReadOnly();
  [[nodiscard]] QString whyNothingIsSaved() const;
  void saveNewAs(const std::string& target);
  void saveReadOnlyAs(const std::string& target);
  void continueIn(const std::string& target, std::unique_ptr<RunRecorder> recorder);
  void goOnIn(const std::string& target, std::unique_ptr<RunRecorder> recorder);
  void keepRunsOf(const ModelInfo& model);
  void journal(StepKind kind, const Step& step);
  [[nodiscard]] static std::vector<sessions::Change> changesOf(const Step& step);
  [[nodiscard]] std::vector<sessions::Document> allDocuments() const;
  void speakValues(const std::string& title);
  void read(const std::string& path);
  void adopt(const StoredSession& loaded);
  void afterSaved(sessions::Ticket ticket, std::function<void()> then);

  Workbench& workbench_;
  std::string app_version_;
  std::string path_;
  std::string came_from_;  // the file before, until the one that is being opened is open
  std::unique_ptr<sessions::SessionStore> store_;
  int n_stores_ = 0;  // made so far
  std::unique_ptr<RunRecorder> recorder_;
  std::map<sessions::Ticket, std::function<void()>> waiting_;
  std::shared_ptr<const ModelInfo> model_;  // that made live_
  std::vector<std::shared_ptr<const RunSnapshot>> live_;
  QByteArray layout_;
  bool is_read_only_ = false;
  bool is_ready_ = false;     // the store said that it is open
  bool has_content_ = false;  // something that is worth a file
  bool reads_once_open_ = false;
  std::set<sessions::Ticket> journal_tickets_;
  bool speaks_values_ = false;  // a step could not be written: from then on all documents are, not steps
  std::int64_t file_limit_ = 0;
  bool has_told_read_only_ = false;
  bool missed_ = false;           // the file that is being opened lacks steps that the window has
  bool knows_documents_ = false;  // the window has all documents of the file
  bool is_behind_ = false;        // something could not be written, and that was told
  QTimer retry_;                  // active: something could not be written and is tried again when it ends
  WantedModel wanted_model_;
  QTimer rest_;
  RunsOnDemand rest_of_runs_;
};

// Whether a file is a session, even a damaged one.
[[nodiscard]] bool isSessionFile(const QString& path);

}  // namespace rs::ui
