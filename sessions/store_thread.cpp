// SPDX-License-Identifier: Apache-2.0
#include "sessions/store_thread.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace rs::sessions {
namespace {

constexpr std::size_t kRememberedFailures = 1024;

}  // namespace

StoreThread::StoreThread(StoreOptions options, std::function<void()> wake)
    : options_(std::move(options)), wake_(std::move(wake)), thread_([this] { run(); }) {}

StoreThread::~StoreThread() {
  {
    const std::lock_guard lock(mutex_);
    closes_ = true;
  }
  work_came_.notify_one();
  thread_.join();
}

Ticket StoreThread::trySubmit(Job& job) {
  const std::lock_guard lock(mutex_);
  // One request alone may be larger than what may wait: else it could never be saved.
  const bool is_too_much = !queue_.empty() && queued_bytes_ + job.bytes > options_.max_queued_bytes;
  if (queue_.size() >= options_.max_queued || is_too_much) {
    return 0;
  }
  job.ticket = ++last_ticket_;
  const Ticket ticket = job.ticket;
  queued_bytes_ += job.bytes;
  queue_.push_back(std::move(job));
  work_came_.notify_one();
  return ticket;
}

Ticket StoreThread::submit(Job job) {
  if (const Ticket ticket = trySubmit(job); ticket != 0) {
    return ticket;
  }
  Ticket ticket = 0;
  Failure failure{ErrorCode::kIo, ""};
  {
    const std::lock_guard lock(mutex_);
    ticket = ++last_ticket_;
    failure.message =
        format("saving: %zu requests (%s) already wait for the disk; this one was not taken, try again",
               queue_.size(), bytesText(queued_bytes_).c_str());
    failures_[ticket] = failure;
  }
  reportFailure(failure, ticket);
  return ticket;
}

void StoreThread::report(StoreEvent event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  work_done_.notify_all();
  if (wake_) {
    wake_();
  }
}

void StoreThread::reportFailure(const Failure& failure, Ticket ticket) {
  StoreEvent event;
  event.kind = StoreEventKind::kFailed;
  event.ticket = ticket;
  event.code = failure.code;
  event.message = failure.message;
  report(std::move(event));
}

void StoreThread::finish(const Job& job, std::optional<Failure> failure, std::optional<StoreEvent> changed) {
  StoreEvent event;
  event.kind = failure ? StoreEventKind::kFailed : StoreEventKind::kSaved;
  event.ticket = job.ticket;
  {
    const std::lock_guard lock(mutex_);
    if (failure) {
      event.code = failure->code;
      event.message = failure->message;
      failures_[job.ticket] = std::move(*failure);
      if (failures_.size() > kRememberedFailures) {
        failures_.erase(failures_.begin());
      }
    }
    if (changed) {
      undo_ = changed->undo;
      changed->ticket = job.ticket;
      events_.push_back(std::move(*changed));
    }
    event.undo = undo_;
    events_.push_back(std::move(event));
    done_up_to_ = std::max(done_up_to_, job.ticket);
  }
  work_done_.notify_all();
  if (wake_) {
    wake_();
  }
}

Opened StoreThread::waitOpened() {
  std::unique_lock lock(mutex_);
  work_done_.wait(lock, [this] { return opened_ != nullptr || open_failure_.has_value(); });
  if (opened_ == nullptr) {
    throw Error(open_failure_->code, open_failure_->message);
  }
  return *opened_;
}

void StoreThread::wait(Ticket ticket) {
  std::unique_lock lock(mutex_);
  work_done_.wait(lock, [&] { return failures_.count(ticket) != 0 || done_up_to_ >= ticket; });
  if (const auto found = failures_.find(ticket); found != failures_.end()) {
    const Failure failure = found->second;
    failures_.erase(found);
    throw Error(failure.code, failure.message);
  }
}

void StoreThread::flush() {
  std::unique_lock lock(mutex_);
  const Ticket last = queue_.empty() ? last_ticket_ : queue_.back().ticket;
  work_done_.wait(lock, [&] { return done_up_to_ >= last || failures_.count(last) != 0; });
}

std::vector<StoreEvent> StoreThread::takeEvents() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

UndoState StoreThread::undoState() const {
  const std::lock_guard lock(mutex_);
  return undo_;
}

void StoreThread::reserveRun(RunId run) {
  const std::lock_guard lock(mutex_);
  check(opened_ != nullptr, "a run is begun after the session is open");
  last_run_ = std::max(last_run_, run);
}

RunId StoreThread::newRun() {
  const std::lock_guard lock(mutex_);
  check(opened_ != nullptr, "a run is begun after the session is open");
  return ++last_run_;
}

}  // namespace rs::sessions
