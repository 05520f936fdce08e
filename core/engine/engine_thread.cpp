// SPDX-License-Identifier: Apache-2.0
#include "core/engine/engine_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>
#include <variant>

#include "core/base/error.h"

namespace rs {
namespace {

// This thread, and those that it starts: where both cores are busy the thread that draws goes first.
void giveWayToOthers() {
  constexpr int kNiceness = 5;
  // What cannot be had is not needed: on an idle machine nothing changes.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness));
}

using Clock = std::chrono::steady_clock;

// At most 60 snapshots a second, and at most a twentieth of the time for making them.
constexpr std::chrono::milliseconds kShortestGap{16};
constexpr int kCostShare = 20;

template <class One>
bool is(const Command& command) {
  return std::holds_alternative<One>(command);
}

// New steering that re-runs takes the place of whatever goes through a run.
bool givesWayToSteering(const Command& command) {
  return is<StartRun>(command) || is<ContinueRun>(command) || is<BranchRun>(command) ||
         is<SetSteering>(command) || is<RerunFromEdit>(command) || is<AskContributions>(command);
}

bool breaksOff(const Command& command) {
  const auto* steering = std::get_if<SetSteering>(&command);
  return steering != nullptr && steering->reruns;
}

Failed failureOf(Ticket ticket, const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    return {ticket, ours->code(), ours->what()};
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {ticket, ErrorCode::kMemory, "working on a command: there is not enough memory"};
  }
  return {ticket, ErrorCode::kInternal, error.what()};
}

}  // namespace

EngineThread::EngineThread(ModelOpener opener, std::uint64_t kept_budget)
    : opener_(std::move(opener)), kept_budget_(kept_budget) {
  auto empty = std::make_shared<Snapshot>();
  empty->kept.budget = kept_budget_;
  snapshot_ = std::move(empty);
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

EngineThread::~EngineThread() {
  thread_.request_stop();
  cancel();
}

// ---- any thread ----

Ticket EngineThread::submit(Command command) {
  const std::lock_guard lock(mutex_);
  const Ticket ticket = ++last_ticket_;
  if (is<SetSteering>(command) && !queue_.empty() && is<SetSteering>(queue_.back().command)) {
    events_.emplace_back(Superseded{queue_.back().ticket, ticket});
    has_news_ = true;
    queue_.pop_back();
  }
  if (breaksOff(command) && queue_.empty() && current_.ticket != 0 && current_.gives_way) {
    current_.superseded_by = ticket;
    current_.stop.request_stop();
  }
  queue_.push_back({ticket, std::move(command)});
  has_work_.notify_one();
  return ticket;
}

void EngineThread::cancel() {
  const std::lock_guard lock(mutex_);
  for (const Queued& queued : queue_) {
    events_.emplace_back(Cancelled{queued.ticket, 0});
    has_news_ = true;
  }
  queue_.clear();
  if (current_.ticket != 0) {
    current_.superseded_by = 0;
    current_.stop.request_stop();
  }
  has_work_.notify_one();
}

std::shared_ptr<const Snapshot> EngineThread::latest() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::vector<Event> EngineThread::takeEvents() {
  const std::lock_guard lock(mutex_);
  has_news_ = false;
  was_woken_ = false;
  return std::exchange(events_, {});
}

void EngineThread::setWake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

// ---- the engine thread ----

void EngineThread::loop(const std::stop_token& stop) {
  giveWayToOthers();
  while (true) {
    Queued next;
    std::stop_token next_stop;
    {
      std::unique_lock lock(mutex_);
      const auto isDue = [&] { return !queue_.empty() || (has_news_ && !was_woken_); };
      if (!has_work_.wait(lock, stop, isDue) && stop.stop_requested()) {
        return;
      }
      if (!queue_.empty() && !stop.stop_requested()) {
        next = std::move(queue_.front());
        queue_.pop_front();
        current_ = {next.ticket, givesWayToSteering(next.command), {}, 0};
        next_stop = current_.stop.get_token();
      }
    }
    if (next.ticket != 0) {
      perform(next, next_stop);
    }
    wakeReader();
    if (stop.stop_requested()) {
      return;
    }
  }
}

void EngineThread::perform(const Queued& queued, const std::stop_token& stop) {
  Event end = Finished{queued.ticket, 0};
  try {
    std::get<Finished>(end).run = execute(queued, stop);
  } catch (const std::exception& error) {  // the border of the thread: an error becomes a value
    const auto* ours = dynamic_cast<const Error*>(&error);
    const bool is_stopped = ours != nullptr && ours->code() == ErrorCode::kCancelled && stop.stop_requested();
    end = is_stopped ? brokenOff(queued.ticket) : Event(failureOf(queued.ticket, error));
  }
  {
    const std::lock_guard lock(mutex_);
    current_ = {};
  }
  opening_.reset();
  pending_.push_back(std::move(end));
  publish();
}

Event EngineThread::brokenOff(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  if (current_.superseded_by != 0) {
    return Superseded{ticket, current_.superseded_by};
  }
  return Cancelled{ticket, bench_ == nullptr ? 0 : bench_->current()};
}

RunId EngineThread::execute(const Queued& queued, const std::stop_token& stop) {
  if (const auto* request = std::get_if<OpenModel>(&queued.command)) {
    open(queued.ticket, *request, stop);
    return 0;
  }
  if (is<CloseModel>(queued.command)) {
    closeModel();
    return 0;
  }
  if (const auto* budget = std::get_if<SetKeptBudget>(&queued.command)) {
    kept_budget_ = budget->bytes;
    if (bench_ == nullptr) {
      return 0;
    }
  }
  if (bench_ == nullptr) {
    throw Error(ErrorCode::kUsage, "working on runs: no model is open; open one first");
  }
  return bench_->perform(queued.ticket, queued.command, stop);
}

void EngineThread::closeModel() {
  if (bench_ != nullptr) {
    next_run_ = bench_->nextId();
    bench_.reset();
  }
}

void EngineThread::open(Ticket ticket, const OpenModel& request, const std::stop_token& stop) {
  const auto start = Clock::now();
  opening_ = Progress{ticket, "opening the model", "bytes", 0, 0, 0};
  onChange();
  OpenedModel opened = opener_(request, [&](std::int64_t done, std::int64_t total) {
    if (stop.stop_requested()) {
      throw Error(ErrorCode::kCancelled, "opening the model: stopped");
    }
    opening_->done = done;
    opening_->total = total;
    opening_->seconds = std::chrono::duration<double>(Clock::now() - start).count();
    onChange();
  });
  closeModel();  // only now: a model that cannot be opened takes nothing away
  WorkListener& listener = *this;
  bench_ = std::make_unique<Workbench>(std::move(opened), kept_budget_, next_run_, listener);
}

void EngineThread::onChange() {
  if (Clock::now() >= next_publication_) {
    publish();
  } else {
    wakeReader();
  }
}

void EngineThread::onEvent(Event event) {
  pending_.push_back(std::move(event));
}

void EngineThread::publish() {
  const auto start = Clock::now();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->kept.budget = kept_budget_;
  if (bench_ != nullptr) {
    bench_->fill(*snapshot);
  }
  if (opening_.has_value()) {
    snapshot->progress = opening_;
  }
  snapshot->revision = ++revision_;
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
    std::move(pending_.begin(), pending_.end(), std::back_inserter(events_));
    has_news_ = true;
  }
  pending_.clear();
  const auto end = Clock::now();
  next_publication_ = end + std::max<Clock::duration>(kShortestGap, (end - start) * kCostShare);
  wakeReader();
}

void EngineThread::wakeReader() {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    if (!has_news_ || was_woken_) {
      return;
    }
    was_woken_ = true;
    wake = wake_;
  }
  if (wake) {
    wake();
  }
}

}  // namespace rs
