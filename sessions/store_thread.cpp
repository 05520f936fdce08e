// SPDX-License-Identifier: Apache-2.0
#include "sessions/store_thread.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "core/base/text.h"

namespace rs::sessions {
namespace {

constexpr auto kUnsyncedAtMost = std::chrono::seconds(2);
constexpr std::size_t kJobsPerCommit = 64;
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

// Whatever a job throws, as a value: nothing leaves the thread.
StoreThread::Failure StoreThread::failureOf(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    return {ours->code(), ours->what()};
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {ErrorCode::kMemory, "saving: not enough memory"};
  }
  return {ErrorCode::kInternal, std::string("saving: internal error: ") + error.what()};
}

// The border of the thread: every exception ends here, or where its job does, and becomes an event.
void StoreThread::run() {
  std::optional<SessionFile> file;
  try {
    file.emplace(options_);
    if (file->canWrite()) {
      serve(*file);
      file->close();
    } else {
      StoreEvent event;
      event.opened = std::make_shared<Opened>(file->opened());
      {
        const std::lock_guard lock(mutex_);
        opened_ = event.opened;
      }
      report(std::move(event));
      refuseAll({ErrorCode::kIo,
                 "saving: the session is open for reading only" +
                     (file->opened().notes.empty() ? std::string() : ": " + file->opened().notes.back())});
    }
    report({StoreEventKind::kClosed, 0, {}, "", nullptr, {}, {}, 0});
  } catch (const std::exception& error) {
    const Failure failure = failureOf(error);
    {
      const std::lock_guard lock(mutex_);
      open_failure_ = failure;
    }
    reportFailure(failure, 0);
    refuseAll(failure);
  }
}

void StoreThread::refuseAll(const Failure& failure) {
  while (true) {
    std::unique_lock lock(mutex_);
    work_came_.wait(lock, [this] { return closes_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    const Job job = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= job.bytes;
    lock.unlock();
    finish(job, failure, std::nullopt);
  }
}

void StoreThread::serve(SessionFile& file) {
  Journal journal(file.connection());
  std::set<RunId> whole;
  Writing writing{file.connection(), journal, whole};
  StoreEvent event;
  event.opened = std::make_shared<Opened>(file.opened());
  event.undo = journal.state();
  {
    const std::lock_guard lock(mutex_);
    opened_ = event.opened;
    undo_ = journal.state();
    last_run_ = file.connection().number("SELECT max(run_id) FROM run");
  }
  report(std::move(event));
  for (std::vector<Job> jobs = nextJobs(file); !jobs.empty(); jobs = nextJobs(file)) {
    if (jobs.front().is_alone) {
      runAlone(writing, jobs.front());
    } else {
      commit(writing, std::move(jobs));
    }
    if (!unsynced_since_) {
      unsynced_since_ = Clock::now();
    }
    if (Clock::now() - *unsynced_since_ >= kUnsyncedAtMost) {
      sync(file);
    }
  }
}

// What is acknowledged is in the log and stays there if this fails, on a full disk say: it is tried again
// after the next request.
void StoreThread::sync(SessionFile& file) {
  unsynced_since_.reset();
  try {
    file.sync();
  } catch (const std::exception& error) {
    reportFailure(failureOf(error), 0);
  }
}

// Waits for work; empty: closing and nothing is left.
std::vector<Job> StoreThread::nextJobs(SessionFile& file) {
  std::unique_lock lock(mutex_);
  const auto hasWork = [this] { return closes_ || !queue_.empty(); };
  while (!hasWork()) {
    if (!unsynced_since_) {
      work_came_.wait(lock, hasWork);
    } else if (!work_came_.wait_until(lock, *unsynced_since_ + kUnsyncedAtMost, hasWork)) {
      lock.unlock();
      sync(file);
      lock.lock();
    }
  }
  std::vector<Job> jobs;
  while (!queue_.empty() && jobs.size() < kJobsPerCommit) {
    if (queue_.front().is_alone && !jobs.empty()) {
      break;
    }
    queued_bytes_ -= queue_.front().bytes;
    jobs.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (jobs.back().is_alone) {
      break;
    }
  }
  return jobs;
}

// A run of which something is missing gets no end, so that none that has ended has a gap.
void StoreThread::checkIsNotBehind(const Job& job, std::set<RunId>& behind) {
  if (job.begins_run) {
    behind.erase(job.run);
  }
  if (job.run != 0 && behind.count(job.run) != 0) {
    throw Error(ErrorCode::kIo, format("saving run %lld: what came before could not be saved",
                                       static_cast<long long>(job.run)));
  }
}

// All jobs in one transaction; one that fails takes back what it did and nothing else.
void StoreThread::commit(Writing& writing, std::vector<Job> jobs) {
  struct Result {
    std::optional<Failure> failure;
    std::optional<StoreEvent> changed;
  };
  std::vector<Result> results(jobs.size());
  std::set<RunId> behind = behind_;
  try {
    Transaction transaction(writing.connection);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      writing.connection.execute("SAVEPOINT request");
      try {
        checkIsNotBehind(jobs[i], behind);
        jobs[i].work(writing, results[i].changed);
      } catch (const std::exception& error) {
        if (!writing.connection.inTransaction()) {
          throw;  // SQLite has taken everything back: no job of this commit is in the file
        }
        results[i].failure = failureOf(error);
        results[i].changed.reset();
        behind.insert(jobs[i].run);
        writing.connection.execute("ROLLBACK TO request");
        writing.journal.reload();
      }
      if (results[i].changed) {
        results[i].changed->undo = writing.journal.state();
      }
      writing.connection.execute("RELEASE request");
    }
    transaction.commit();
  } catch (const std::exception& error) {
    try {
      writing.journal.reload();
    } catch (const std::exception& again) {
      // The file cannot be read any more: these fail, and so does everything after them.
      for (const Job& job : jobs) {
        finish(job, failureOf(again), std::nullopt);
      }
      throw;
    }
    if (jobs.size() > 1) {  // on a full disk the small ones may still fit
      for (Job& job : jobs) {
        commit(writing, std::vector<Job>{std::move(job)});
      }
      return;
    }
    results[0] = {failureOf(error), std::nullopt};
    behind.insert(jobs[0].run);
  }
  behind_ = std::move(behind);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    finish(jobs[i], std::move(results[i].failure), std::move(results[i].changed));
  }
}

void StoreThread::runAlone(Writing& writing, Job& job) {
  std::optional<Failure> failure;
  std::optional<StoreEvent> changed;
  try {
    job.work(writing, changed);
  } catch (const std::exception& error) {
    failure = failureOf(error);
  }
  finish(job, std::move(failure), std::move(changed));
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
