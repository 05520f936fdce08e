// SPDX-License-Identifier: Apache-2.0
#include "ui/session/session_link.h"

#include <QFileInfo>
#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "sessions/copy.h"
#include "sessions/export.h"
#include "sessions/places.h"
#include "sessions/session_reader.h"
#include "ui/behind.h"
#include "ui/session/stored_session.h"

namespace rs::ui {
namespace {

constexpr const char* kActor = "user";

std::vector<std::byte> bytesOf(const QByteArray& data) {
  const auto* first = reinterpret_cast<const std::byte*>(data.constData());
  return {first, first + data.size()};
}

// A window that is moved or typed in is written down when it rests.
constexpr int kRestMilliseconds = 500;
// Until what could not be written is tried again.
constexpr int kRetryMilliseconds = 5000;

}  // namespace

bool isSessionFile(const QString& path) {
  try {
    return sessions::isSession(path.toStdString());
  } catch (const Error&) {  // what cannot be read is told by whoever opens it
    return false;
  }
}

SessionLink::SessionLink(Workbench& workbench, std::string app_version, QObject* parent)
    : QObject(parent), workbench_(workbench), app_version_(std::move(app_version)), rest_of_runs_(workbench) {
  connect(&workbench_, &Workbench::changed, this, [this] { record(); });
  connect(&workbench_, &Workbench::stepped, this,
          [this](StepKind kind, const Step& step) { journal(kind, step); });
  workbench_.setRunNumbers(this);
  rest_.setSingleShot(true);
  rest_.setInterval(kRestMilliseconds);
  retry_.setSingleShot(true);
  retry_.setInterval(kRetryMilliseconds);
  connect(&retry_, &QTimer::timeout, this, [this] { catchUp(); });
  connect(&rest_, &QTimer::timeout, this, [this] { storePlace(); });
  connect(&workbench_, &Workbench::promptChanged, &rest_, qOverload<>(&QTimer::start));
  connect(&workbench_.cursor(), &CursorState::cursorChanged, &rest_, qOverload<>(&QTimer::start));
}

SessionLink::~SessionLink() {
  workbench_.setRunNumbers(nullptr);
  close();
}

bool SessionLink::isUntitled() const {
  return path_.empty() || sessions::isUntitled(path_);
}

void SessionLink::openStore(const std::string& path, sessions::OpenMode mode,
                            std::set<sessions::RunId> goes_on) {
  sessions::StoreOptions options;
  options.path = path;
  options.mode = mode;
  options.app_version = app_version_;
  options.max_file_bytes = file_limit_;
  options.goes_on = std::move(goes_on);
  path_ = path;
  is_ready_ = false;
  is_read_only_ = false;
  has_told_read_only_ = false;
  store_ = std::make_unique<sessions::SessionStore>(std::move(options), [this] {
    QMetaObject::invokeMethod(
        this, [this] { drain(); }, Qt::QueuedConnection);
  });
  recorder_ = std::make_unique<RunRecorder>(*store_, app_version_);
}

void SessionLink::startUntitled() {
  close();
  try {
    openStore(sessions::newUntitledPath(), sessions::OpenMode::kOpenOrCreate);
    knows_documents_ = true;
  } catch (const Error& error) {
    path_.clear();
    workbench_.tellError(tr("starting a session: %1; nothing of this window is saved")
                             .arg(QString::fromStdString(error.what())));
  }
  Q_EMIT changed();
}

void SessionLink::open(const QString& path) {
  close();
  openStore(QFileInfo(path).absoluteFilePath().toStdString(), sessions::OpenMode::kOpen);
  has_content_ = true;
  reads_once_open_ = true;
}

void SessionLink::drain() {
  if (store_ == nullptr) {
    return;
  }
  const sessions::SessionStore* const store = store_.get();
  for (const sessions::StoreEvent& event : store_->takeEvents()) {
    onEvent(event);
    if (store_.get() != store) {
      return;  // tickets are those of one store
    }
  }
}

void SessionLink::onEvent(const sessions::StoreEvent& event) {
  switch (event.kind) {
    case sessions::StoreEventKind::kOpened:
      onOpened(*event.opened);
      break;
    case sessions::StoreEventKind::kSaved:
      journal_tickets_.erase(event.ticket);
      recorder_->saved(event.ticket);
      tellCaughtUp();
      if (const auto found = waiting_.find(event.ticket); found != waiting_.end()) {
        const auto then = std::move(found->second);
        waiting_.erase(found);
        then();
      }
      break;
    case sessions::StoreEventKind::kFailed:
      onFailure(event);
      break;
    case sessions::StoreEventKind::kDocuments:
    case sessions::StoreEventKind::kClosed:
      break;
  }
}

void SessionLink::onFailure(const sessions::StoreEvent& event) {
  if (!is_ready_) {  // it cannot be opened
    workbench_.tellError(QString::fromStdString(event.message));
    store_.reset();
    recorder_.reset();
    path_.clear();
    Q_EMIT changed();
    return;
  }
  if (waiting_.erase(event.ticket) > 0) {  // a copy, which is asked for again by who wants it
    workbench_.tellError(QString::fromStdString(event.message));
    return;
  }
  // Undo in the file and undo in the window are no longer the same steps.
  const bool is_step = journal_tickets_.erase(event.ticket) > 0;
  speaks_values_ = speaks_values_ || is_step;
  if (!std::exchange(is_behind_, true)) {
    workbench_.tellError(
        tr("%1. What is new is kept in the window and tried again every %2 s. Make room, or save the session "
           "elsewhere")
            .arg(QString::fromStdString(event.message))
            .arg(kRetryMilliseconds / 1000));
  }
  if (!retry_.isActive()) {
    retry_.start();
  }
}

// Writes anew what could not be written: the documents as they are, and the runs that are not whole.
void SessionLink::catchUp() {
  if (store_ == nullptr || !is_ready_ || is_read_only_) {
    return;
  }
  if (speaks_values_) {
    speakValues("catch up after a failure");
  }
  recorder_->again();
  record();
}

void SessionLink::tellCaughtUp() {
  if (is_behind_ && !retry_.isActive() && isSaved() && recorder_->unfinished().empty()) {
    is_behind_ = false;
    workbench_.note(tr("Everything is saved again"));
  }
}

void SessionLink::tellReadOnly() {
  if (is_ready_ && is_read_only_ && !std::exchange(has_told_read_only_, true)) {
    workbench_.tellError(
        tr("saving to %1: it is open for reading only, so what is done from here on is kept in the "
           "window alone; File, Save session as … keeps it")
            .arg(path()));
  }
}

void SessionLink::onOpened(const sessions::Opened& opened_file) {
  path_ = opened_file.path;
  is_ready_ = true;
  is_read_only_ = opened_file.read_only != sessions::ReadOnlyReason::kNone;
  if (opened_file.is_salvaged) {  // nobody should overlook what was lost
    workbench_.tellError(QString::fromStdString(join(opened_file.notes, "; ")));
  } else {
    for (const std::string& note : opened_file.notes) {
      workbench_.warn(QString::fromStdString(note));
    }
  }
  if (std::exchange(reads_once_open_, false)) {
    read(path_);
  } else if (std::exchange(missed_, false)) {
    speaks_values_ = true;
    catchUp();
  } else {
    recorder_->again();
    record();
  }
  Q_EMIT changed();
}

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
  if (retry_.isActive()) {
    return;
  }
  if (model_ != nullptr && model_ != model) {
    keepRunsOf(*model_);
  }
  model_ = model;
  live_ = workbench_.liveRuns();
  for (const auto& run : live_) {
    recorder_->follow(model, run);
  }
  if (recorder_->hasRuns() && !std::exchange(has_content_, true)) {
    storePlace();
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

void SessionLink::afterSaved(sessions::Ticket ticket, std::function<void()> then) {
  if (ticket != 0) {
    waiting_[ticket] = std::move(then);
  }
}

void SessionLink::saveAs(const QString& path) {
  if (store_ == nullptr) {
    workbench_.tellError(tr("saving %1: there is no session").arg(path));
    return;
  }
  const std::string target = QFileInfo(path).absoluteFilePath().toStdString();
  if (is_read_only_) {
    saveReadOnlyAs(target);
    return;
  }
  record();
  storePlace();
  afterSaved(store_->saveCopy(target, false), [this, target] {
    const std::string before = path_;
    missed_ = is_behind_ || speaks_values_ || !journal_tickets_.empty();
    // The same runs by the same numbers are in the copy: the recorder goes on there.
    recorder_->release();
    continueIn(target, std::move(recorder_));
    if (before != target && sessions::isUntitled(before)) {
      sessions::discardUntitled(before);
    }
  });
}

// recorder: null begins anew.
void SessionLink::continueIn(const std::string& target, std::unique_ptr<RunRecorder> recorder) {
  waiting_.clear();
  journal_tickets_.clear();
  retry_.stop();
  is_behind_ = false;
  store_.reset();
  openStore(target, sessions::OpenMode::kOpen,
            recorder == nullptr ? std::set<sessions::RunId>() : recorder->unfinished());
  if (recorder != nullptr) {
    recorder->writeTo(*store_);
    recorder_ = std::move(recorder);
  }
  rest_of_runs_.setFile(target);
  has_content_ = true;
  try {
    sessions::addRecentFile(target);
  } catch (const Error& error) {  // a list that is not kept is no reason to stop
    workbench_.warn(QString::fromStdString(error.what()));
  }
  workbench_.note(tr("Saved as %1").arg(QString::fromStdString(target)));
  Q_EMIT changed();
}

// What was done since it was opened is only in the window: it is written once the copy is open.
void SessionLink::saveReadOnlyAs(const std::string& target) {
  try {
    sessions::saveCopy(path_, target, false);
  } catch (const Error& error) {
    workbench_.tellError(QString::fromStdString(error.what()));
    return;
  }
  recorder_.reset();
  missed_ = true;
  continueIn(target, nullptr);
}

void SessionLink::saveCopy(const QString& path, bool without_text) {
  if (store_ == nullptr) {
    workbench_.tellError(tr("saving a copy to %1: there is no session").arg(path));
    return;
  }
  record();
  storePlace();
  const std::string target = QFileInfo(path).absoluteFilePath().toStdString();
  afterSaved(store_->saveCopy(target, without_text), [this, target, without_text] {
    workbench_.note((without_text ? tr("Wrote a copy without text to %1") : tr("Wrote a copy to %1"))
                        .arg(QString::fromStdString(target)));
  });
}

void SessionLink::exportRun(RunId run, const QString& path) {
  record();
  const std::vector<sessions::RunId> ids = numbersOf(run);
  if (store_ == nullptr || ids.empty()) {
    workbench_.tellError(
        tr("exporting run %1 to %2: the session does not hold it yet; let it end first").arg(run).arg(path));
    return;
  }
  const auto write = [this, from = path_, id = ids.back(), target = path.toStdString()] {
    const auto work = [from, id, target] {
      try {
        sessions::SessionReader reader(from);
        sessions::exportRun(reader, id, target);
        return QString();
      } catch (const std::exception& error) {  // the border of the thread
        return QString::fromLocal8Bit(error.what());
      }
    };
    runBehind(*this, work, [this, target](const QString& problem) {
      if (problem.isEmpty()) {
        workbench_.note(tr("Exported to %1").arg(QString::fromStdString(target)));
      } else {
        workbench_.tellError(problem);
      }
    });
  };
  onceStored(write);
}

bool SessionLink::onceStored(std::function<void()> then) {
  record();
  if (store_ == nullptr) {
    return false;
  }
  if (is_read_only_) {
    then();
  } else {
    // The store works in order: what the runs had until now is in the file then.
    afterSaved(store_->setLayout(kPromptLayout, bytesOf(promptValue(workbench_.prompt()))), std::move(then));
  }
  return true;
}

void SessionLink::setLayout(const QByteArray& state) {
  if (store_ != nullptr && is_ready_ && !is_read_only_ && has_content_) {
    store_->setLayout(kWindowLayout, bytesOf(state));
    storePlace();
  }
}

// What is to be written before it closes needs an open file.
void SessionLink::waitReady() {
  try {
    const sessions::Opened opened_file = store_->waitOpened();
    is_ready_ = true;
    is_read_only_ = opened_file.read_only != sessions::ReadOnlyReason::kNone;
  } catch (const Error& error) {
    workbench_.tellError(QString::fromStdString(error.what()));
  }
}

void SessionLink::close() {
  if (store_ == nullptr) {
    return;
  }
  const bool is_owing = missed_ || !recorder_->unfinished().empty();
  if (!is_ready_ && (is_owing || !workbench_.liveRuns().empty())) {
    waitReady();
    if (is_owing) {
      speaks_values_ = speaks_values_ || std::exchange(missed_, false);
      catchUp();
    }
  }
  if (is_ready_ && !is_read_only_) {
    record();
    if (rest_.isActive()) {
      storePlace();
    }
  }
  rest_.stop();
  if (retry_.isActive()) {
    retry_.stop();
    catchUp();
  }
  rest_of_runs_.setFile({});
  recorder_.reset();
  store_.reset();
  waiting_.clear();
  journal_tickets_.clear();
  live_.clear();
  model_ = nullptr;
  speaks_values_ = false;
  knows_documents_ = false;
  is_behind_ = false;
  wanted_model_ = {};
  if (!has_content_ && sessions::isUntitled(path_)) {
    sessions::discardUntitled(path_);
  }
  path_.clear();
  layout_.clear();
  has_content_ = false;
  reads_once_open_ = false;
  is_ready_ = false;
}

}  // namespace rs::ui
