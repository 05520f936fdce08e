// SPDX-License-Identifier: Apache-2.0
#include "ui/session/session_link.h"

#include <QFileInfo>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "sessions/places.h"

namespace rs::ui {
namespace {

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
  ++n_stores_;
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
    missed_ = workbench_.steering() != Steering{} || !workbench_.documents().all().empty();
  } catch (const Error& error) {
    path_.clear();
    workbench_.tellError(
        tr("starting a session: %1. Nothing of this window is saved; File, Save session as … keeps it")
            .arg(QString::fromStdString(error.what())));
  }
  Q_EMIT changed();
}

void SessionLink::open(const QString& path) {
  const std::string before = path_;
  close();
  openStore(QFileInfo(path).absoluteFilePath().toStdString(), sessions::OpenMode::kOpen);
  came_from_ = before;
  has_content_ = true;
  reads_once_open_ = true;
  Q_EMIT changed();
}

void SessionLink::drain() {
  if (store_ == nullptr) {
    return;
  }
  const int store = n_stores_;
  for (const sessions::StoreEvent& event : store_->takeEvents()) {
    onEvent(event);
    if (store_ == nullptr || n_stores_ != store) {
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

// Back to the file that was open before, if there is one: what the window has goes on there.
void SessionLink::onOpenFailed(const QString& message) {
  const std::string before = std::exchange(came_from_, {});
  workbench_.tellError(
      before.empty() && !reads_once_open_
          ? tr("%1. Nothing of this window is saved; File, Save session as … keeps it").arg(message)
          : message);
  store_.reset();
  if (before.empty() || !QFileInfo::exists(QString::fromStdString(before))) {
    recorder_.reset();
    path_.clear();
    has_content_ = false;
    reads_once_open_ = false;
    knows_documents_ = false;
  } else if (reads_once_open_) {
    openStore(before, sessions::OpenMode::kOpen);
  } else {
    goOnIn(before, std::move(recorder_));
    missed_ = true;
  }
  Q_EMIT changed();
}

void SessionLink::onFailure(const sessions::StoreEvent& event) {
  if (!is_ready_ && event.ticket == 0) {
    onOpenFailed(QString::fromStdString(event.message));
    return;
  }
  if (!is_ready_) {  // more was asked for than could wait
    missed_ = true;
    return;
  }
  if (waiting_.erase(event.ticket) > 0) {  // a copy, which is asked for again by who wants it
    workbench_.tellError(QString::fromStdString(event.message));
    return;
  }
  // Undo in the file and undo in the window are no longer the same steps.
  const bool is_step = journal_tickets_.erase(event.ticket) > 0;
  speaks_values_ = speaks_values_ || is_step;
  if (is_read_only_) {  // it became so after this was asked for
    tellReadOnly();
    return;
  }
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

// Writes anew what could not be written: the documents as they are, the runs that are not whole, and where
// the window is.
void SessionLink::catchUp() {
  if (store_ == nullptr || !is_ready_ || is_read_only_) {
    return;
  }
  if (speaks_values_) {
    speakValues("catch up after a failure");
  }
  recorder_->again();
  record();
  storePlace();
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
  // What cannot be written for now is like a disk that gets full: each request tries again.
  is_read_only_ = opened_file.read_only != sessions::ReadOnlyReason::kNone &&
                  opened_file.read_only != sessions::ReadOnlyReason::kNotNow;
  if (const std::string before = std::exchange(came_from_, {});
      before != path_ && sessions::isUntitled(before) && !reads_once_open_) {
    sessions::discardUntitled(before);  // all of it is here
  }
  if (opened_file.is_salvaged) {  // nobody should overlook what was lost
    workbench_.tellError(QString::fromStdString(join(opened_file.notes, "; ")));
  } else {
    for (const std::string& note : opened_file.notes) {
      workbench_.warn(QString::fromStdString(note));
    }
  }
  if (std::exchange(reads_once_open_, false)) {
    read(path_);
  } else if (is_read_only_) {
    if (missed_ || is_behind_) {
      tellReadOnly();
    }
    record();
  } else if (std::exchange(missed_, false)) {
    speaks_values_ = true;
    catchUp();
  } else {
    recorder_->again();
    record();
  }
  Q_EMIT changed();
}

// Whether the window may have something that the file lacks which is being opened.
bool SessionLink::owesToOpening() const {
  return store_ != nullptr && !is_ready_ &&
         (missed_ || !came_from_.empty() || !recorder_->unfinished().empty() ||
          !workbench_.liveRuns().empty());
}

// Waits for everything to be written, or to fail.
void SessionLink::writeThrough() {
  while (owesToOpening()) {
    try {
      static_cast<void>(store_->waitOpened());
    } catch (const Error&) {  // an event says so too
    }
    drain();
  }
  if (store_ == nullptr || !is_ready_ || is_read_only_) {
    return;
  }
  record();
  if (rest_.isActive()) {
    storePlace();
  }
  store_->flush();
  drain();
}

// What could not be written is known for certain once the store has come to the end of its queue; by then
// there may be room for it. Or the queue ended in another file.
void SessionLink::writeRest() {
  writeThrough();
  if (is_behind_ && is_ready_) {
    retry_.stop();
    catchUp();
  }
  if (is_behind_ || !is_ready_) {
    writeThrough();
  }
}

// Empty: it is, or will be.
QString SessionLink::whyNothingIsSaved() const {
  if (store_ == nullptr) {
    return tr("There is no session file, so what was done in this window is not saved.");
  }
  return is_read_only_
             ? tr("%1 is open for reading only, so what was done in this window is not saved.").arg(path())
             : QString();
}

QString SessionLink::lossAtLeaving() {
  writeRest();
  const bool has_done_something = store_ == nullptr ? !workbench_.liveRuns().empty() : has_told_read_only_;
  if (const QString why = whyNothingIsSaved(); !why.isEmpty()) {
    return has_done_something ? why : QString();
  }
  return is_behind_
             ? tr("%1 could not be written, so the newest part of what was done is not saved.").arg(path())
             : QString();
}

QString SessionLink::lossWithModel() const {
  return workbench_.liveRuns().empty() ? QString() : whyNothingIsSaved();
}

void SessionLink::close() {
  if (store_ == nullptr) {
    return;
  }
  reads_once_open_ = false;  // there will be no window to show it
  waiting_.clear();
  writeRest();
  rest_.stop();
  retry_.stop();
  rest_of_runs_.setFile({});
  recorder_.reset();
  store_.reset();
  journal_tickets_.clear();
  live_.clear();
  model_ = nullptr;
  speaks_values_ = false;
  knows_documents_ = false;
  is_behind_ = false;
  missed_ = false;
  came_from_.clear();
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
