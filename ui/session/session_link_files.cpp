// SPDX-License-Identifier: Apache-2.0
//
// Other files that are made of a session: under a name, a copy, an exported run.
#include <QFileInfo>
#include <utility>

#include "core/base/error.h"
#include "sessions/copy.h"
#include "sessions/export.h"
#include "sessions/places.h"
#include "sessions/session_reader.h"
#include "ui/behind.h"
#include "ui/session/session_link.h"
#include "ui/session/stored_session.h"

namespace rs::ui {

void SessionLink::afterSaved(sessions::Ticket ticket, std::function<void()> then) {
  if (ticket != 0) {
    waiting_[ticket] = std::move(then);
  }
}

void SessionLink::saveAs(const QString& path) {
  const std::string target = QFileInfo(path).absoluteFilePath().toStdString();
  if (store_ == nullptr) {
    saveNewAs(target);
    return;
  }
  if (is_read_only_) {
    saveReadOnlyAs(target);
    return;
  }
  record();
  storePlace();
  afterSaved(store_->saveCopy(target, false), [this, target] {
    missed_ = is_behind_ || speaks_values_ || !journal_tickets_.empty();
    // The same runs by the same numbers are in the copy: the recorder goes on there.
    recorder_->release();
    continueIn(target, std::move(recorder_));
  });
}

// recorder: null begins anew.
void SessionLink::continueIn(const std::string& target, std::unique_ptr<RunRecorder> recorder) {
  const std::string before = path_;
  goOnIn(target, std::move(recorder));
  came_from_ = before;
  try {
    sessions::addRecentFile(target);
  } catch (const Error& error) {  // a list that is not kept is no reason to stop
    workbench_.warn(QString::fromStdString(error.what()));
  }
  workbench_.note(tr("Saved as %1").arg(QString::fromStdString(target)));
  Q_EMIT changed();
}

void SessionLink::goOnIn(const std::string& target, std::unique_ptr<RunRecorder> recorder) {
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
}

// There was no session: one is begun there that misses everything so far.
void SessionLink::saveNewAs(const std::string& target) {
  try {
    sessions::saveEmpty(target, app_version_);
  } catch (const Error& error) {
    workbench_.tellError(QString::fromStdString(error.what()));
    return;
  }
  knows_documents_ = true;
  missed_ = true;
  continueIn(target, nullptr);
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

}  // namespace rs::ui
