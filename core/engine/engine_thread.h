// SPDX-License-Identifier: Apache-2.0
//
// The engine behind its door: one thread that owns model, cache, edits and runs, takes commands in order and
// publishes what came of them.
//
// Thread: as EngineClient. The destructor breaks off what is at work and waits for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/engine/client.h"
#include "core/engine/workbench.h"

namespace rs {

class EngineThread final : public EngineClient, private WorkListener {
 public:
  explicit EngineThread(ModelOpener opener, std::uint64_t kept_budget = kDefaultKeptBudget);
  ~EngineThread() override;

  Ticket submit(Command command) override;
  void cancel() override;
  [[nodiscard]] std::shared_ptr<const Snapshot> latest() const override;
  [[nodiscard]] std::vector<Event> takeEvents() override;
  void setWake(std::function<void()> wake) override;

 private:
  struct Queued {
    Ticket ticket = 0;
    Command command;
  };
  // The command at work.
  struct Current {
    Ticket ticket = 0;       // 0: none
    bool gives_way = false;  // a newer SetSteering breaks it off
    std::stop_source stop;
    Ticket superseded_by = 0;
  };

  void loop(const std::stop_token& stop);
  void perform(const Queued& queued, const std::stop_token& stop);
  RunId execute(const Queued& queued, const std::stop_token& stop);
  void open(Ticket ticket, const OpenModel& request, const std::stop_token& stop);
  void closeModel();
  [[nodiscard]] Event brokenOff(Ticket ticket);
  void onChange() override;
  void onEvent(Event event) override;
  // Shows the present state and the events that belong to it.
  void publish();
  void wakeReader();

  const ModelOpener opener_;
  std::function<void()> wake_;

  // ---- of the engine thread ----
  std::uint64_t kept_budget_;
  std::unique_ptr<Workbench> bench_;  // null: no model is open
  RunId next_run_ = 1;
  std::optional<Progress> opening_;
  std::vector<Event> pending_;  // until the next snapshot
  std::uint64_t revision_ = 0;
  std::chrono::steady_clock::time_point next_publication_;

  // ---- shared ----
  mutable std::mutex mutex_;
  std::condition_variable_any has_work_;
  std::deque<Queued> queue_;
  Current current_;
  Ticket last_ticket_ = 0;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<Event> events_;
  bool has_news_ = false;   // since the last takeEvents
  bool was_woken_ = false;  // since the last takeEvents

  std::jthread thread_;  // last: it ends before anything it uses
};

}  // namespace rs
