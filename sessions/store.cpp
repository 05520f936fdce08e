// SPDX-License-Identifier: Apache-2.0
#include "sessions/store.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/text.h"
#include "sessions/copy.h"
#include "sessions/journal.h"
#include "sessions/run_writer.h"
#include "sessions/session_file.h"

namespace rs::sessions {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kUnsyncedAtMost = std::chrono::seconds(2);
constexpr std::size_t kJobsPerCommit = 64;
constexpr std::size_t kRememberedFailures = 1024;

// What a job may use, on the writing thread.
struct Writing {
  Connection& connection;
  Journal& journal;
};

struct Job {
  Ticket ticket = 0;
  std::size_t bytes = 0;
  bool is_alone = false;  // not within a transaction
  // Fills the event that tells what changed, if documents did.
  std::function<void(Writing&, std::optional<StoreEvent>& changed)> work;
};

struct Failed {
  ErrorCode code;
  std::string message;
};

// Whatever a job throws, as a value: nothing leaves the thread.
Failed failureOf(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    return {ours->code(), ours->what()};
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {ErrorCode::kMemory, "saving: not enough memory"};
  }
  return {ErrorCode::kInternal, std::string("saving: internal error: ") + error.what()};
}

std::size_t sizeOf(const std::vector<Change>& changes) {
  std::size_t sum = 0;
  for (const Change& change : changes) {
    sum += change.kind.size() + change.key.size() + (change.value ? change.value->size() : 0);
  }
  return sum;
}

void applyJournal(Writing& writing, CommandId id, std::optional<StoreEvent>& changed) {
  if (id != 0) {
    changed.emplace();
    changed->kind = StoreEventKind::kDocuments;
    changed->command = id;
    changed->changes = readCommands(writing.connection, id - 1, 1).at(0).forward;
  }
}

}  // namespace

struct SessionStore::Impl {
  Impl(StoreOptions given, std::function<void()> wake_given)
      : options(std::move(given)), wake(std::move(wake_given)), thread([this] { run(); }) {}

  // -- any thread
  Ticket submit(Job job);
  Ticket trySubmit(Job& job);  // 0: full, the job stays
  void report(StoreEvent event);

  // -- the writing thread
  void run();
  void serve(SessionFile& file);
  void refuseAll(const Failed& failure);
  std::vector<Job> nextJobs(SessionFile& file);
  void sync(SessionFile& file);
  void commit(Writing& writing, std::vector<Job> jobs);
  void runAlone(Writing& writing, Job& job);
  void finish(const Job& job, std::optional<Failed> failure, std::optional<StoreEvent> changed);

  const StoreOptions options;
  const std::function<void()> wake;

  mutable std::mutex mutex;
  std::condition_variable work_came, work_done;
  std::deque<Job> queue;
  std::size_t queued_bytes = 0;
  bool closes = false;
  Ticket last_ticket = 0;
  Ticket done_up_to = 0;
  std::map<Ticket, Failed> failures;
  std::vector<StoreEvent> events;
  std::shared_ptr<const Opened> opened;
  std::optional<Failed> open_failure;
  std::optional<Failed> refusal;  // why every request fails from now on
  RunId last_run = 0;
  UndoState undo;
  std::optional<Clock::time_point> unsynced_since;  // of the writing thread alone

  std::thread thread;  // last: it uses what is above
};

Ticket SessionStore::Impl::trySubmit(Job& job) {
  const std::lock_guard lock(mutex);
  // One request alone may be larger than what may wait: else it could never be saved.
  const bool is_too_much = !queue.empty() && queued_bytes + job.bytes > options.max_queued_bytes;
  if (queue.size() >= options.max_queued || is_too_much) {
    return 0;
  }
  job.ticket = ++last_ticket;
  const Ticket ticket = job.ticket;
  queued_bytes += job.bytes;
  queue.push_back(std::move(job));
  work_came.notify_one();
  return ticket;
}

Ticket SessionStore::Impl::submit(Job job) {
  if (const Ticket ticket = trySubmit(job); ticket != 0) {
    return ticket;
  }
  StoreEvent event;
  event.kind = StoreEventKind::kFailed;
  event.code = ErrorCode::kIo;
  {
    const std::lock_guard lock(mutex);
    event.ticket = ++last_ticket;
    event.message =
        format("saving: %zu requests (%s) already wait for the disk; this one was not taken, try again",
               queue.size(), bytesText(queued_bytes).c_str());
    failures[event.ticket] = Failed{event.code, event.message};
  }
  const Ticket ticket = event.ticket;
  report(std::move(event));
  return ticket;
}

void SessionStore::Impl::report(StoreEvent event) {
  {
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
  }
  work_done.notify_all();
  if (wake) {
    wake();
  }
}

// The border of the thread: every exception ends here, or where its job does, and becomes an event.
void SessionStore::Impl::run() {
  std::optional<SessionFile> file;
  try {
    file.emplace(options);
    if (file->canWrite()) {
      serve(*file);
      file->close();
    } else {
      StoreEvent event;
      event.opened = std::make_shared<Opened>(file->opened());
      {
        const std::lock_guard lock(mutex);
        opened = event.opened;
      }
      report(std::move(event));
      refuseAll({ErrorCode::kIo,
                 "saving: the session is open for reading only" +
                     (file->opened().notes.empty() ? std::string() : ": " + file->opened().notes.back())});
    }
    report({StoreEventKind::kClosed, 0, {}, "", nullptr, {}, {}, 0});
  } catch (const std::exception& error) {
    const Failed failure = failureOf(error);
    StoreEvent event;
    event.kind = StoreEventKind::kFailed;
    event.code = failure.code;
    event.message = failure.message;
    {
      const std::lock_guard lock(mutex);
      open_failure = failure;
    }
    report(std::move(event));
    refuseAll(failure);
  }
}

void SessionStore::Impl::refuseAll(const Failed& failure) {
  while (true) {
    std::unique_lock lock(mutex);
    work_came.wait(lock, [this] { return closes || !queue.empty(); });
    if (queue.empty()) {
      return;
    }
    const Job job = std::move(queue.front());
    queue.pop_front();
    queued_bytes -= job.bytes;
    lock.unlock();
    finish(job, failure, std::nullopt);
  }
}

void SessionStore::Impl::serve(SessionFile& file) {
  Journal journal(file.connection());
  Writing writing{file.connection(), journal};
  StoreEvent event;
  event.opened = std::make_shared<Opened>(file.opened());
  event.undo = journal.state();
  {
    const std::lock_guard lock(mutex);
    opened = event.opened;
    undo = journal.state();
    last_run = file.connection().number("SELECT max(run_id) FROM run");
  }
  report(std::move(event));
  for (std::vector<Job> jobs = nextJobs(file); !jobs.empty(); jobs = nextJobs(file)) {
    if (jobs.front().is_alone) {
      runAlone(writing, jobs.front());
    } else {
      commit(writing, std::move(jobs));
    }
    if (!unsynced_since) {
      unsynced_since = Clock::now();
    }
    if (Clock::now() - *unsynced_since >= kUnsyncedAtMost) {
      sync(file);
    }
  }
}

// What is acknowledged is in the log and stays there if this fails, on a full disk say: it is tried again
// after the next request.
void SessionStore::Impl::sync(SessionFile& file) {
  unsynced_since.reset();
  try {
    file.sync();
  } catch (const std::exception& error) {
    const Failed failure = failureOf(error);
    StoreEvent event;
    event.kind = StoreEventKind::kFailed;
    event.code = failure.code;
    event.message = failure.message;
    report(std::move(event));
  }
}

// Waits for work; empty: closing and nothing is left.
std::vector<Job> SessionStore::Impl::nextJobs(SessionFile& file) {
  std::unique_lock lock(mutex);
  const auto hasWork = [this] { return closes || !queue.empty(); };
  while (!hasWork()) {
    if (!unsynced_since) {
      work_came.wait(lock, hasWork);
    } else if (!work_came.wait_until(lock, *unsynced_since + kUnsyncedAtMost, hasWork)) {
      lock.unlock();
      sync(file);
      lock.lock();
    }
  }
  std::vector<Job> jobs;
  while (!queue.empty() && jobs.size() < kJobsPerCommit) {
    if (queue.front().is_alone && !jobs.empty()) {
      break;
    }
    queued_bytes -= queue.front().bytes;
    jobs.push_back(std::move(queue.front()));
    queue.pop_front();
    if (jobs.back().is_alone) {
      break;
    }
  }
  return jobs;
}

// All jobs in one transaction; one that fails takes back what it did and nothing else.
void SessionStore::Impl::commit(Writing& writing, std::vector<Job> jobs) {
  struct Result {
    std::optional<Failed> failure;
    std::optional<StoreEvent> changed;
  };
  std::vector<Result> results(jobs.size());
  try {
    Transaction transaction(writing.connection);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      writing.connection.execute("SAVEPOINT request");
      try {
        jobs[i].work(writing, results[i].changed);
      } catch (const std::exception& error) {
        if (!writing.connection.inTransaction()) {
          throw;  // SQLite has taken everything back: no job of this commit is in the file
        }
        results[i].failure = failureOf(error);
        results[i].changed.reset();
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
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    finish(jobs[i], std::move(results[i].failure), std::move(results[i].changed));
  }
}

void SessionStore::Impl::runAlone(Writing& writing, Job& job) {
  std::optional<Failed> failure;
  std::optional<StoreEvent> changed;
  try {
    job.work(writing, changed);
  } catch (const std::exception& error) {
    failure = failureOf(error);
  }
  finish(job, std::move(failure), std::move(changed));
}

void SessionStore::Impl::finish(const Job& job, std::optional<Failed> failure,
                                std::optional<StoreEvent> changed) {
  StoreEvent event;
  event.kind = failure ? StoreEventKind::kFailed : StoreEventKind::kSaved;
  event.ticket = job.ticket;
  {
    const std::lock_guard lock(mutex);
    if (failure) {
      event.code = failure->code;
      event.message = failure->message;
      failures[job.ticket] = std::move(*failure);
      if (failures.size() > kRememberedFailures) {
        failures.erase(failures.begin());
      }
    }
    if (changed) {
      undo = changed->undo;
      changed->ticket = job.ticket;
      events.push_back(std::move(*changed));
    }
    event.undo = undo;
    events.push_back(std::move(event));
    done_up_to = std::max(done_up_to, job.ticket);
  }
  work_done.notify_all();
  if (wake) {
    wake();
  }
}

SessionStore::SessionStore(StoreOptions options, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(wake))) {}

SessionStore::~SessionStore() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closes = true;
  }
  impl_->work_came.notify_one();
  impl_->thread.join();
}

Opened SessionStore::waitOpened() {
  std::unique_lock lock(impl_->mutex);
  impl_->work_done.wait(lock, [this] { return impl_->opened != nullptr || impl_->open_failure.has_value(); });
  if (impl_->opened == nullptr) {
    throw Error(impl_->open_failure->code, impl_->open_failure->message);
  }
  return *impl_->opened;
}

void SessionStore::wait(Ticket ticket) {
  std::unique_lock lock(impl_->mutex);
  const auto failed = [&] { return impl_->failures.find(ticket); };
  impl_->work_done.wait(lock,
                        [&] { return failed() != impl_->failures.end() || impl_->done_up_to >= ticket; });
  const auto found = failed();
  if (found != impl_->failures.end()) {
    const Failed failure = found->second;
    impl_->failures.erase(found);
    throw Error(failure.code, failure.message);
  }
}

void SessionStore::flush() {
  std::unique_lock lock(impl_->mutex);
  const Ticket last = impl_->queue.empty() ? impl_->last_ticket : impl_->queue.back().ticket;
  impl_->work_done.wait(lock, [&] { return impl_->done_up_to >= last || impl_->failures.count(last) != 0; });
}

std::vector<StoreEvent> SessionStore::takeEvents() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->events, {});
}

Ticket SessionStore::change(std::string actor, std::string title, std::vector<Change> changes) {
  const std::size_t bytes = sizeOf(changes);
  return impl_->submit({0, bytes, false,
                        [actor = std::move(actor), title = std::move(title), changes = std::move(changes)](
                            Writing& writing, std::optional<StoreEvent>& changed) {
                          applyJournal(writing, writing.journal.apply(actor, title, changes), changed);
                        }});
}

Ticket SessionStore::undo(std::string actor) {
  return impl_->submit(
      {0, 0, false, [actor = std::move(actor)](Writing& writing, std::optional<StoreEvent>& changed) {
         applyJournal(writing, writing.journal.undo(actor), changed);
       }});
}

Ticket SessionStore::redo(std::string actor) {
  return impl_->submit(
      {0, 0, false, [actor = std::move(actor)](Writing& writing, std::optional<StoreEvent>& changed) {
         applyJournal(writing, writing.journal.redo(actor), changed);
       }});
}

UndoState SessionStore::undoState() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->undo;
}

SessionStore::Begun SessionStore::beginRun(RunSetup setup) {
  Begun begun;
  {
    const std::lock_guard lock(impl_->mutex);
    check(impl_->opened != nullptr, "a run is begun after the session is open");
    begun.run = ++impl_->last_run;
  }
  const std::size_t bytes = setup.prompt.size() * sizeof(std::int32_t) + setup.edits_json.size();
  begun.ticket = impl_->submit(
      {0, bytes, false, [run = begun.run, setup = std::move(setup)](Writing& writing, auto& /*changed*/) {
         insertRun(writing.connection, run, setup, writing.journal.last());
       }});
  return begun;
}

Ticket SessionStore::append(RunBatch& batch) {
  const std::size_t bytes = batch.bytes();
  auto shared = std::make_shared<RunBatch>(std::move(batch));
  Job job{0, bytes, false,
          [shared](Writing& writing, auto& /*changed*/) { insertBatch(writing.connection, *shared); }};
  const Ticket ticket = impl_->trySubmit(job);
  batch = ticket == 0 ? std::move(*shared) : RunBatch();
  return ticket;
}

Ticket SessionStore::endRun(RunId run, Ending ending, std::string failure) {
  return impl_->submit({0, failure.size(), false,
                        [run, ending, failure = std::move(failure)](Writing& writing, auto& /*changed*/) {
                          sessions::endRun(writing.connection, run, ending, failure);
                        }});
}

Ticket SessionStore::setLayout(std::string key, std::vector<std::byte> bytes) {
  const std::size_t size = bytes.size();
  return impl_->submit(
      {0, size, false, [key = std::move(key), bytes = std::move(bytes)](Writing& writing, auto& /*changed*/) {
         writing.connection
             .prepare(
                 "INSERT INTO layout (key, bytes) VALUES (?, ?) "
                 "ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes")
             .run(key, std::span<const std::byte>(bytes));
       }});
}

Ticket SessionStore::saveCopy(std::string path, bool without_text) {
  return impl_->submit(
      {0, 0, true, [path = std::move(path), without_text](Writing& writing, auto& /*changed*/) {
         sessions::saveCopy(writing.connection, path, without_text);
       }});
}

}  // namespace rs::sessions
