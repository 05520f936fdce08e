// SPDX-License-Identifier: Apache-2.0
//
// The writing thread of a store: a bounded queue of jobs in, commits, events out.
//
// Thread: public members from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "sessions/journal.h"
#include "sessions/session_file.h"
#include "sessions/sqlite/connection.h"
#include "sessions/store.h"

namespace rs::sessions {

// What a job may use, on the writing thread.
struct Writing {
  Connection& connection;
  Journal& journal;
  std::set<RunId>& whole;  // begun again and found to have ended: nothing of them is written twice
};

struct Job {
  std::size_t bytes = 0;
  // Fills the event that tells what changed, if documents did. May be called again after it has thrown.
  std::function<void(Writing&, std::optional<StoreEvent>& changed)> work;
  bool is_alone = false;  // not within a transaction
  RunId run = 0;          // that it writes; 0: none
  bool begins_run = false;
  Ticket ticket = 0;  // given when it is queued
};

class StoreThread {
 public:
  StoreThread(StoreOptions options, std::function<void()> wake);
  // Writes what is queued and closes the file.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  // Queues a job; a full queue makes it a failure at once.
  Ticket submit(Job job);
  // 0: the queue is full, the job stays.
  Ticket trySubmit(Job& job);

  Opened waitOpened();
  void wait(Ticket ticket);
  void flush();
  [[nodiscard]] std::vector<StoreEvent> takeEvents();
  [[nodiscard]] UndoState undoState() const;
  // Range: the session is open.
  [[nodiscard]] RunId newRun();
  // No new run gets this number.
  void reserveRun(RunId run);

 private:
  using Clock = std::chrono::steady_clock;
  struct Failure {
    ErrorCode code;
    std::string message;
  };
  // The newest that the file held when it was opened.
  struct Found {
    RunId run = 0;
    CommandId command = 0;
    friend bool operator==(const Found&, const Found&) = default;
  };

  void report(StoreEvent event);
  void reportFailure(const Failure& failure, Ticket ticket);

  // On the writing thread.
  static Failure failureOf(const std::exception& error);
  static Failure readOnlyFailure(const Opened& opened);
  void run();
  void serve(SessionFile& file, std::vector<Job> jobs);
  void announce(const Opened& opened, const UndoState& undo, RunId last_run);
  static Found foundIn(Connection& connection, const Journal& journal);
  std::vector<Job> waitForRoom(std::optional<SessionFile>& file);
  void openAgain(std::optional<SessionFile>& file, const Found& found);
  void refuseAll(const Failure& failure);
  void refuse(Job& job, const Failure& failure);
  std::vector<Job> nextJobs(SessionFile* file);
  void sync(SessionFile& file);
  static void checkIsNotBehind(const Job& job, std::set<RunId>& behind);
  void commit(Writing& writing, std::vector<Job> jobs);
  void runAlone(Writing& writing, Job& job);
  void finish(const Job& job, std::optional<Failure> failure, std::optional<StoreEvent> changed);

  const StoreOptions options_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable work_came_, work_done_;
  std::deque<Job> queue_;
  std::size_t queued_bytes_ = 0;
  bool closes_ = false;
  Ticket last_ticket_ = 0;
  Ticket done_up_to_ = 0;
  std::map<Ticket, Failure> failures_;  // that nobody has asked for yet
  std::vector<StoreEvent> events_;
  std::shared_ptr<const Opened> opened_;
  std::optional<Failure> open_failure_;
  RunId last_run_ = 0;
  UndoState undo_;

  // Of the writing thread alone.
  std::optional<Clock::time_point> unsynced_since_;
  std::set<RunId> behind_;  // runs of which something could not be written
  std::thread thread_;      // last: it uses what is above
};

}  // namespace rs::sessions
