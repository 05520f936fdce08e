// SPDX-License-Identifier: Apache-2.0
//
// The only object of the window that touches the engine: commands out, snapshots and events in as signals.
//
// Thread: the window's; the engine's wake becomes one queued call.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/engine/client.h"

namespace rs::ui {

// How a command ended.
struct Outcome {
  enum class Kind { kFinished, kFailed, kCancelled, kSuperseded };
  Kind kind = Kind::kFinished;
  RunId run = 0;
  ErrorCode code = ErrorCode::kInternal;  // kFailed
  std::string message;                    // kFailed
};

class EngineBridge final : public QObject {
  Q_OBJECT
 public:
  using Done = std::function<void(const Outcome&)>;

  // Range: no command was submitted to the client before.
  explicit EngineBridge(std::unique_ptr<EngineClient> client, QObject* parent = nullptr);
  ~EngineBridge() override;

  // `done` is called once, from the event loop. Without it a failure is told by `failed`.
  Ticket submit(Command command, Done done = {});
  void cancel() { client_->cancel(); }
  [[nodiscard]] Ticket newestTicket() const { return newest_; }  // 0: nothing was submitted
  // Never null; the newest that was announced by snapshotChanged.
  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // Commands that have not ended.
  [[nodiscard]] int pending() const { return static_cast<int>(waiting_.size()); }

 Q_SIGNALS:
  // At most about 30 times a second, however fast the engine is.
  void snapshotChanged();
  void happened(const rs::Event& event);
  void failed(const QString& message);
  void pendingChanged(int pending);

 private:
  void drain();
  void publish();
  void deliver(const Event& event);
  void finish(Ticket ticket, const Outcome& outcome);

  std::shared_ptr<const Snapshot> snapshot_;
  std::map<Ticket, Done> waiting_;
  Ticket newest_ = 0;
  QElapsedTimer since_publish_;
  QTimer publish_timer_;
  std::unique_ptr<EngineClient> client_;  // last: its thread ends before the members it wakes
};

}  // namespace rs::ui
