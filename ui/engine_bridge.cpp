// SPDX-License-Identifier: Apache-2.0
#include "ui/engine_bridge.h"

#include <QString>
#include <algorithm>
#include <utility>

namespace rs::ui {
namespace {

constexpr int kFrameMilliseconds = 33;

}  // namespace

EngineBridge::EngineBridge(std::unique_ptr<EngineClient> client, QObject* parent)
    : QObject(parent), client_(std::move(client)) {
  snapshot_ = client_->latest();
  since_publish_.start();
  publish_timer_.setSingleShot(true);
  connect(&publish_timer_, &QTimer::timeout, this, [this] { publish(); });
  client_->setWake([this] {
    QMetaObject::invokeMethod(
        this, [this] { drain(); }, Qt::QueuedConnection);
  });
}

EngineBridge::~EngineBridge() = default;

Ticket EngineBridge::submit(Command command, Done done) {
  const Ticket ticket = client_->submit(std::move(command));
  newest_ = ticket;
  waiting_.emplace(ticket, std::move(done));
  Q_EMIT pendingChanged(pending());
  return ticket;
}

void EngineBridge::drain() {
  const std::vector<Event> events = client_->takeEvents();
  // An event speaks of a snapshot that is there already: show it before anybody acts on the event.
  const bool has_end = std::any_of(events.begin(), events.end(), [](const Event& event) {
    return !std::holds_alternative<TokenReady>(event) && !std::holds_alternative<RunStarted>(event);
  });
  if (has_end || since_publish_.elapsed() >= kFrameMilliseconds) {
    publish();
  } else if (!publish_timer_.isActive()) {
    publish_timer_.start(kFrameMilliseconds - static_cast<int>(since_publish_.elapsed()));
  }
  for (const Event& event : events) {
    deliver(event);
  }
}

void EngineBridge::publish() {
  publish_timer_.stop();
  since_publish_.restart();
  std::shared_ptr<const Snapshot> newest = client_->latest();
  if (newest->revision != snapshot_->revision) {
    snapshot_ = std::move(newest);
    Q_EMIT snapshotChanged();
  }
}

void EngineBridge::deliver(const Event& event) {
  Q_EMIT happened(event);
  if (const auto* finished = std::get_if<Finished>(&event)) {
    finish(finished->ticket, {Outcome::Kind::kFinished, finished->run, {}, {}});
  } else if (const auto* failure = std::get_if<Failed>(&event)) {
    finish(failure->ticket, {Outcome::Kind::kFailed, 0, failure->code, failure->message});
  } else if (const auto* cancelled = std::get_if<Cancelled>(&event)) {
    finish(cancelled->ticket, {Outcome::Kind::kCancelled, cancelled->run, {}, {}});
  } else if (const auto* superseded = std::get_if<Superseded>(&event)) {
    finish(superseded->ticket, {Outcome::Kind::kSuperseded, 0, {}, {}});
  }
}

void EngineBridge::finish(Ticket ticket, const Outcome& outcome) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) {
    return;
  }
  const Done done = std::move(found->second);
  waiting_.erase(found);
  Q_EMIT pendingChanged(pending());
  if (done) {
    done(outcome);
  } else if (outcome.kind == Outcome::Kind::kFailed) {
    Q_EMIT failed(QString::fromStdString(outcome.message));
  }
}

}  // namespace rs::ui
