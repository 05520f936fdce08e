// SPDX-License-Identifier: Apache-2.0
#include "ui/session/session_link.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QPointer>
#include <QThreadPool>
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/routing/edit_json.h"
#include "sessions/places.h"
#include "sessions/session_reader.h"

namespace rs::ui {
namespace {

using Json = nlohmann::json;

constexpr const char* kActor = "user";
constexpr const char* kEdits = "edits";
constexpr const char* kVirtual = "virtual_experts";
constexpr const char* kWindowLayout = "window";
constexpr const char* kPromptLayout = "prompt";

std::string editsValue(const Steering& steering) {
  return Json::parse(editsToJson(steering.edits))["edits"].dump();
}

std::string virtualValue(const Steering& steering) {
  return Json(steering.virtual_experts).dump();
}

// A document into the steering that it is a part of. Absent: empty.
void apply(const std::string& kind, const std::optional<std::string>& value, Steering& steering) {
  if (kind == kEdits) {
    steering.edits = value.has_value() ? parseEdits(*value) : EditList();
  } else if (kind == kVirtual) {
    steering.virtual_experts =
        value.has_value() ? Json::parse(*value).get<std::vector<std::string>>() : std::vector<std::string>();
  }
}

bool isOfSteering(const sessions::Command& command) {
  return std::any_of(command.forward.begin(), command.forward.end(), [](const sessions::Change& change) {
    return change.kind == kEdits || change.kind == kVirtual;
  });
}

std::vector<std::byte> bytesOf(const QByteArray& data) {
  const auto* first = reinterpret_cast<const std::byte*>(data.constData());
  return {first, first + data.size()};
}

QByteArray arrayOf(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

QByteArray promptValue(const Prompt& prompt) {
  const Json json{{"mode", static_cast<int>(prompt.mode)},   {"text", prompt.text},
                  {"max_new_tokens", prompt.max_new_tokens}, {"temperature", prompt.sampling.temperature},
                  {"top_p", prompt.sampling.top_p},          {"seed", prompt.sampling.seed}};
  return QByteArray::fromStdString(json.dump());
}

std::optional<Prompt> promptOf(const QByteArray& value) {
  const Json json = Json::parse(value.toStdString(), nullptr, false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  Prompt prompt;
  prompt.mode = static_cast<PromptMode>(std::clamp(json.value("mode", 0), 0, 2));
  prompt.text = json.value("text", "");
  prompt.max_new_tokens = json.value("max_new_tokens", prompt.max_new_tokens);
  prompt.sampling = {json.value("temperature", 0.0), json.value("top_p", 1.0),
                     json.value("seed", std::uint64_t{0})};
  return prompt;
}

}  // namespace

// What a file holds, read behind the window.
struct SessionLink::Loaded {
  StoredRuns runs;
  Steering steering;
  std::vector<PastSteering> past;
  int n_done = 0;
  QByteArray layout;
  std::optional<Prompt> prompt;
  std::string error;
};

namespace {

// The steps of undo that the journal tells of, as a stack.
struct History {
  std::vector<PastSteering> steps;
  int n_done = 0;
  Steering now;
};

History historyOf(const std::vector<sessions::Command>& commands) {
  History history;
  for (const sessions::Command& command : commands) {
    if (!isOfSteering(command)) {
      continue;
    }
    const Steering before = history.now;
    for (const sessions::Change& change : command.forward) {
      apply(change.kind, change.value, history.now);
    }
    switch (command.kind) {
      case sessions::CommandKind::kDo:
        history.steps.resize(static_cast<std::size_t>(history.n_done));
        history.steps.push_back({QString::fromStdString(command.title), before, history.now});
        ++history.n_done;
        break;
      case sessions::CommandKind::kUndo:
        history.n_done = std::max(history.n_done - 1, 0);
        break;
      case sessions::CommandKind::kRedo:
        history.n_done = std::min(history.n_done + 1, static_cast<int>(history.steps.size()));
        break;
    }
  }
  return history;
}

}  // namespace

bool isSessionFile(const QString& path) {
  QFile file(path);
  if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly)) {
    return false;
  }
  // SQLite's header: its name, and at byte 68 the application's id, "RSCP".
  const QByteArray head = file.read(72);
  return head.startsWith("SQLite format 3") && head.size() == 72 && head.mid(68, 4) == QByteArray("RSCP");
}

SessionLink::SessionLink(Workbench& workbench, std::string app_version, QObject* parent)
    : QObject(parent), workbench_(workbench), app_version_(std::move(app_version)) {
  connect(&workbench_, &Workbench::changed, this, [this] { record(); });
  connect(&workbench_, &Workbench::steered, this,
          [this](SteeringStep step, const Steering& before, const Steering& after, const QString& label) {
            journal(step, before, after, label);
          });
}

SessionLink::~SessionLink() {
  close();
}

bool SessionLink::isUntitled() const {
  return path_.empty() || sessions::isUntitled(path_);
}

void SessionLink::openStore(const std::string& path, sessions::OpenMode mode) {
  sessions::StoreOptions options;
  options.path = path;
  options.mode = mode;
  options.app_version = app_version_;
  path_ = path;
  is_ready_ = false;
  is_read_only_ = false;
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
  for (const sessions::StoreEvent& event : store_->takeEvents()) {
    onEvent(event);
    if (store_ == nullptr) {
      return;
    }
  }
}

void SessionLink::onEvent(const sessions::StoreEvent& event) {
  switch (event.kind) {
    case sessions::StoreEventKind::kOpened:
      onOpened(*event.opened);
      break;
    case sessions::StoreEventKind::kSaved:
      if (const auto found = waiting_.find(event.ticket); found != waiting_.end()) {
        const auto then = std::move(found->second);
        waiting_.erase(found);
        then();
      }
      break;
    case sessions::StoreEventKind::kFailed:
      waiting_.erase(event.ticket);
      workbench_.tellError(QString::fromStdString(event.message));
      if (event.ticket == 0) {
        store_.reset();
        recorder_.reset();
        path_.clear();
        Q_EMIT changed();
      }
      break;
    case sessions::StoreEventKind::kDocuments:
    case sessions::StoreEventKind::kClosed:
      break;
  }
}

void SessionLink::onOpened(const sessions::Opened& opened_file) {
  path_ = opened_file.path;
  is_ready_ = true;
  is_read_only_ = opened_file.read_only != sessions::ReadOnlyReason::kNone;
  for (const std::string& note : opened_file.notes) {
    workbench_.warn(QString::fromStdString(note));
  }
  if (std::exchange(reads_once_open_, false)) {
    read(path_);
  } else {
    record();
  }
  Q_EMIT changed();
}

// Long runs take a moment: the window stays alive meanwhile.
void SessionLink::read(const std::string& path) {
  QPointer<SessionLink> alive(this);
  QThreadPool::globalInstance()->start([alive, path] {
    auto loaded = std::make_shared<Loaded>();
    try {
      sessions::SessionReader reader(path);
      loaded->runs = loadStoredRuns(reader);
      History history = historyOf(reader.commands());
      for (const sessions::Document& document : reader.documents()) {
        apply(document.kind, document.value, loaded->steering);
      }
      loaded->past = std::move(history.steps);
      loaded->n_done = history.n_done;
      if (const auto state = reader.layout(kWindowLayout); state.has_value()) {
        loaded->layout = arrayOf(*state);
      }
      if (const auto prompt = reader.layout(kPromptLayout); prompt.has_value()) {
        loaded->prompt = promptOf(arrayOf(*prompt));
      }
    } catch (const std::exception& error) {  // the border of the thread
      loaded->error = error.what();
    }
    QMetaObject::invokeMethod(
        qApp,
        [alive, path, loaded] {
          if (!alive.isNull() && alive->path_ == path) {
            alive->adopt(*loaded);
          }
        },
        Qt::QueuedConnection);
  });
}

void SessionLink::adopt(const Loaded& loaded) {
  if (!loaded.error.empty()) {
    workbench_.tellError(QString::fromStdString(loaded.error));
    return;
  }
  is_adopting_ = true;
  for (const std::string& problem : loaded.runs.problems) {
    workbench_.warn(QString::fromStdString(problem));
  }
  layout_ = loaded.layout;
  if (loaded.prompt.has_value()) {
    workbench_.setPrompt(*loaded.prompt);
  }
  workbench_.setStored(loaded.runs.runs, loaded.runs.names);
  workbench_.restoreSteering(loaded.steering, loaded.past, loaded.n_done);
  is_adopting_ = false;
  workbench_.note(tr("%1: %2 runs").arg(QFileInfo(path()).fileName()).arg(loaded.runs.runs.size()));
  Q_EMIT opened();
}

void SessionLink::record() {
  const auto model = workbench_.model();
  if (!is_ready_ || is_read_only_ || model == nullptr) {
    return;
  }
  for (const auto& run : workbench_.engine().snapshot()->runs) {
    recorder_->follow(*model, run);
  }
  if (recorder_->hasRuns() && !std::exchange(has_content_, true)) {
    store_->setLayout(kPromptLayout, bytesOf(promptValue(workbench_.prompt())));
  }
}

void SessionLink::journal(SteeringStep step, const Steering& before, const Steering& after,
                          const QString& label) {
  if (store_ == nullptr || is_read_only_ || is_adopting_) {
    return;
  }
  has_content_ = true;
  std::vector<sessions::Change> changes;
  switch (step) {
    case SteeringStep::kDone:
      if (before.edits != after.edits) {
        changes.push_back({kEdits, "", editsValue(after)});
      }
      if (before.virtual_experts != after.virtual_experts) {
        changes.push_back({kVirtual, "", virtualValue(after)});
      }
      store_->change(kActor, label.toStdString(), std::move(changes));
      break;
    case SteeringStep::kUndone:
      store_->undo(kActor);
      break;
    case SteeringStep::kRedone:
      store_->redo(kActor);
      break;
  }
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
  record();
  store_->setLayout(kPromptLayout, bytesOf(promptValue(workbench_.prompt())));
  const std::string target = QFileInfo(path).absoluteFilePath().toStdString();
  afterSaved(store_->saveCopy(target, false), [this, target] {
    const std::string before = path_;
    waiting_.clear();
    // The same runs by the same numbers are in the copy: the recorder goes on there.
    std::unique_ptr<RunRecorder> recorder = std::move(recorder_);
    recorder->release();
    store_.reset();
    openStore(target, sessions::OpenMode::kOpen);
    recorder->writeTo(*store_);
    recorder_ = std::move(recorder);
    has_content_ = true;
    if (before != target && sessions::isUntitled(before)) {
      sessions::discardUntitled(before);
    }
    sessions::addRecentFile(target);
    workbench_.note(tr("Saved as %1").arg(QString::fromStdString(target)));
    Q_EMIT changed();
  });
}

void SessionLink::saveCopyWithoutText(const QString& path) {
  if (store_ == nullptr) {
    return;
  }
  record();
  const std::string target = QFileInfo(path).absoluteFilePath().toStdString();
  afterSaved(store_->saveCopy(target, true), [this, target] {
    workbench_.note(tr("Wrote a copy without text to %1").arg(QString::fromStdString(target)));
  });
}

void SessionLink::setLayout(const QByteArray& state) {
  if (store_ != nullptr && is_ready_ && !is_read_only_ && has_content_) {
    store_->setLayout(kWindowLayout, bytesOf(state));
    store_->setLayout(kPromptLayout, bytesOf(promptValue(workbench_.prompt())));
  }
}

void SessionLink::close() {
  if (store_ == nullptr) {
    return;
  }
  if (is_ready_ && !is_read_only_) {
    record();
  }
  recorder_.reset();
  store_.reset();
  waiting_.clear();
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
