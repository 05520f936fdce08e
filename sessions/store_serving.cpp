// SPDX-License-Identifier: Apache-2.0
//
// What the writing thread does: opens the file, commits, and refuses what cannot be written.
#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "core/base/text.h"
#include "sessions/store_thread.h"

namespace rs::sessions {
namespace {

constexpr auto kUnsyncedAtMost = std::chrono::seconds(2);
constexpr std::size_t kJobsPerCommit = 64;

}  // namespace

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

StoreThread::Failure StoreThread::readOnlyFailure(const Opened& opened) {
  const std::string why = opened.notes.empty() ? std::string() : ": " + opened.notes.back();
  return {ErrorCode::kIo, opened.read_only == ReadOnlyReason::kNotNow
                              ? "saving" + why
                              : "saving: the session is open for reading only" + why};
}

// The border of the thread: every exception ends here, or where its job does, and becomes an event.
void StoreThread::run() {
  std::optional<SessionFile> file;
  try {
    file.emplace(options_);
    std::vector<Job> jobs;
    if (file->opened().read_only == ReadOnlyReason::kNotNow) {
      jobs = waitForRoom(file);
    } else if (!file->canWrite()) {
      announce(file->opened(), {}, 0);
    }
    if (file->canWrite()) {
      serve(*file, std::move(jobs));
      file->close();
    } else {
      refuseAll(readOnlyFailure(file->opened()));
    }
    report({StoreEventKind::kClosed, 0, {}, "", nullptr, {}, {}, 0});
  } catch (const std::exception& error) {
    const Failure failure = failureOf(error);
    reportFailure(failure, 0);
    {
      const std::lock_guard lock(mutex_);
      open_failure_ = failure;
    }
    work_done_.notify_all();
    refuseAll(failure);
  }
}

void StoreThread::announce(const Opened& opened, const UndoState& undo, RunId last_run) {
  StoreEvent event;
  event.opened = std::make_shared<Opened>(opened);
  event.undo = undo;
  {
    const std::lock_guard lock(mutex_);
    opened_ = event.opened;
    undo_ = undo;
    last_run_ = last_run;
    events_.push_back(std::move(event));  // is there once waitOpened() returns
  }
  work_done_.notify_all();
  if (wake_) {
    wake_();
  }
}

StoreThread::Found StoreThread::foundIn(Connection& connection, const Journal& journal) {
  return {connection.number("SELECT max(run_id) FROM run"), journal.last()};
}

// Every lot of requests tries once more to write, and fails where that still cannot be. Returns the lot with
// which it could; empty: closing, or another program has written to the file.
std::vector<Job> StoreThread::waitForRoom(std::optional<SessionFile>& file) {
  Found found;
  {
    const auto reader = openForReading(file->opened().path);
    const Journal journal(*reader);
    found = foundIn(*reader, journal);
    announce(file->opened(), journal.state(), found.run);
  }
  for (std::vector<Job> jobs = nextJobs(nullptr); !jobs.empty(); jobs = nextJobs(nullptr)) {
    try {
      openAgain(file, found);
    } catch (const std::exception& error) {
      for (Job& job : jobs) {
        refuse(job, failureOf(error));
      }
      throw;
    }
    if (file->canWrite()) {
      return jobs;
    }
    for (Job& job : jobs) {
      refuse(job, readOnlyFailure(file->opened()));
    }
    if (file->opened().read_only == ReadOnlyReason::kChanged) {
      break;
    }
  }
  return {};
}

// What the window has continues what was found at first: over the changes of another it is not written.
void StoreThread::openAgain(std::optional<SessionFile>& file, const Found& found) {
  StoreOptions options = options_;
  options.path = file->opened().path;
  options.mode = OpenMode::kOpen;
  options.salvages = false;
  file.emplace(options);
  if (file->canWrite() && foundIn(file->connection(), Journal(file->connection())) != found) {
    file->giveUp(ReadOnlyReason::kChanged,
                 "another program wrote to it while there was no room: open for reading only; save it "
                 "elsewhere to go on");
    announce(file->opened(), {}, 0);
  }
}

void StoreThread::refuseAll(const Failure& failure) {
  for (std::vector<Job> jobs = nextJobs(nullptr); !jobs.empty(); jobs = nextJobs(nullptr)) {
    for (Job& job : jobs) {
      refuse(job, failure);
    }
  }
}

// A copy only reads.
void StoreThread::refuse(Job& job, const Failure& failure) {
  if (!job.is_alone || opened_ == nullptr) {
    finish(job, failure, std::nullopt);
    return;
  }
  try {
    Connection reader(opened_->path, Access::kRead);
    Journal journal(reader);
    std::set<RunId> none;
    Writing writing{reader, journal, none};
    runAlone(writing, job);
  } catch (const std::exception& error) {
    finish(job, failureOf(error), std::nullopt);
  }
}

// jobs: those with which it could be opened; none: nobody knows yet that it is.
void StoreThread::serve(SessionFile& file, std::vector<Job> jobs) {
  Journal journal(file.connection());
  if (jobs.empty()) {
    announce(file.opened(), journal.state(), foundIn(file.connection(), journal).run);
    jobs = nextJobs(&file);
  }
  std::set<RunId> whole;
  Writing writing{file.connection(), journal, whole};
  for (; !jobs.empty(); jobs = nextJobs(&file)) {
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

// Waits for work; empty: closing and nothing is left. file: null unless it is written.
std::vector<Job> StoreThread::nextJobs(SessionFile* file) {
  std::unique_lock lock(mutex_);
  const auto hasWork = [this] { return closes_ || !queue_.empty(); };
  while (!hasWork()) {
    if (file == nullptr || !unsynced_since_) {
      work_came_.wait(lock, hasWork);
    } else if (!work_came_.wait_until(lock, *unsynced_since_ + kUnsyncedAtMost, hasWork)) {
      lock.unlock();
      sync(*file);
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
  const std::set<RunId> whole = writing.whole;
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
    writing.whole = whole;  // what had ended in this transaction only has not
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

}  // namespace rs::sessions
