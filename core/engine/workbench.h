// SPDX-License-Identifier: Apache-2.0
//
// The runs of one open model and everything that is done with them: begun, gone on with, branched, gone
// through again under new steering. What the cache and earlier traces hold is used again; the bits are those
// of a run from scratch. Synchronous; EngineThread puts thread, queue and events around it.
//
// Thread: one owner at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/engine/cache_record.h"
#include "core/engine/commands.h"
#include "core/engine/engine.h"
#include "core/engine/events.h"
#include "core/engine/forward.h"
#include "core/engine/live_run.h"

namespace rs {

struct OpenedModel {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const ModelInfo> info;
};

// How far an opening is, in bytes. Throws Error{kCancelled} when it shall end; let it pass.
using OpenProgress = std::function<void(std::int64_t done, std::int64_t total)>;
// Opens a model; called on the engine thread. Errors: any; each becomes a Failed event.
using ModelOpener = std::function<OpenedModel(const OpenModel& request, const OpenProgress& progress)>;

// Told while a command is at work.
class WorkListener {
 public:
  virtual ~WorkListener() = default;
  // Something changed that a snapshot would show; comes after every layer.
  virtual void onChange() = 0;
  virtual void onEvent(Event event) = 0;
};

inline constexpr std::uint64_t kDefaultKeptBudget = 256'000'000;

class Workbench final : private LayerListener {
 public:
  // first_id: of the next run. Lifetime: the listener outlives this object.
  Workbench(OpenedModel model, std::uint64_t kept_budget, RunId first_id, WorkListener& listener);
  ~Workbench() override;

  // Does one command, of those that concern runs, and returns the run that it made or went on with, 0 for
  // none.
  //
  // Errors: Error{kUsage} for what cannot be, before anything changes; Error{kCancelled} on a stop, what a
  // run
  //         has is kept; whatever a pass throws, after which the run is marked as failed.
  RunId perform(Ticket ticket, const Command& command, const std::stop_token& stop);

  // Everything but revision and progress of an opening. Cost: runs that have not changed are shared.
  void fill(Snapshot& snapshot);
  [[nodiscard]] RunId current() const { return current_; }
  [[nodiscard]] RunId nextId() const { return next_id_; }

 private:
  // Where a run that grows out of another begins to differ from it.
  struct Departure {
    int tokens = 0;    // shared from the start
    int layer = 0;     // the first that is steered otherwise; n_layers: none
    int position = 0;  // the first that is steered otherwise or has another token
    int start = 0;     // the layer whose kept input a pass can begin with
  };
  struct RowRange {
    int first = 0;
    int end = 0;
    int first_layer = 0;  // layers below are left out
  };
  // A second pass over a run that shows it as it goes on.
  struct Rerun {
    LiveRun* before = nullptr;  // null: none is at work
    LiveRun* after = nullptr;
    int layers_done = 0;  // of the chunk at work
  };
  // The chunk at work.
  struct AtWork {
    std::chrono::steady_clock::time_point start;  // of the whole
    RowRange rows;
    bool counts_rows = false;  // progress is that of reading
    bool is_kept = false;      // rows go into a trace
  };

  RunId perform(const StartRun& command, const std::stop_token& stop);
  RunId perform(const ContinueRun& command, const std::stop_token& stop);
  RunId perform(const BranchRun& command, const std::stop_token& stop);
  RunId perform(const SetSteering& command, const std::stop_token& stop);
  RunId perform(const RerunFromEdit& command, const std::stop_token& stop);
  RunId perform(const AskUnaided& command, const std::stop_token& stop);
  RunId perform(const AskContributions& command, const std::stop_token& stop);
  RunId perform(const SelectRun& command, const std::stop_token& stop);
  RunId perform(const DropRun& command, const std::stop_token& stop);
  RunId perform(const SetKeptBudget& command, const std::stop_token& stop);

  [[nodiscard]] const ModelConfig& config() const { return engine_->weights().config(); }
  [[nodiscard]] Backend& backend() { return engine_->backend(); }
  [[nodiscard]] int nValid() const;
  [[nodiscard]] LiveRun& need(RunId id, const char* what);
  [[nodiscard]] LiveRun& needCurrent(const char* what);
  LiveRun& add(std::unique_ptr<LiveRun> run);
  void checkTokens(std::span<const std::int32_t> tokens, const char* what) const;
  [[nodiscard]] std::shared_ptr<Steered> compile(const Steering& steering) const;
  [[nodiscard]] TraceRequest requestFor(const std::vector<Address>& extra, int n_positions) const;

  // ---- passes ----
  void reserveFor(int n_positions);
  // Rows of the run up to `end`, from a layer on whose input the trace holds.
  void passTo(LiveRun& run, int end, int first_layer, const std::stop_token& stop);
  // The cache holds this run before `position`, in the layers from first_layer on.
  void catchUp(const LiveRun& run, int position, int first_layer, const std::stop_token& stop);
  void runChunk(const LiveRun& run, const RowRange& rows, int n_logit_rows, const std::stop_token& stop);
  void score(LiveRun& run, int first_row, int n_rows);
  // The prompt, then tokens until as many are there as are wanted.
  void proceed(LiveRun& run, const std::stop_token& stop);
  void chooseNext(LiveRun& run, const std::stop_token& stop);
  [[nodiscard]] bool isEnd(std::int32_t token) const;
  // Sets the run's state by how the work ends; throws what it throws.
  template <class Work>
  void whileAtWork(LiveRun& run, const Work& work);
  void begin(const char* what, int n_tokens, bool counts_rows);
  void onLayer(int layer) override;

  // ---- a run out of another ----
  [[nodiscard]] Departure departureOf(const LiveRun& from, std::span<const std::int32_t> tokens,
                                      const Steered& steered) const;
  // A run over these tokens under this steering, its rows shared with `from` as far as they agree.
  [[nodiscard]] std::unique_ptr<LiveRun> derive(const LiveRun& from, std::vector<std::int32_t> tokens,
                                                std::shared_ptr<Steered> steered,
                                                const Departure& departure) const;
  // Runs up to `end` what `derive` could not share, from the layer on that was steered otherwise.
  void finishDerived(LiveRun& derived, const Departure& departure, int end, const std::stop_token& stop);
  RunId rerunAsItStands(LiveRun& run, std::shared_ptr<Steered> steered, bool replaces,
                        const std::stop_token& stop);
  [[nodiscard]] EditEffect effectOf(const LiveRun& before, const LiveRun& after,
                                    const Departure& departure) const;

  // ---- what others see ----
  void touch(LiveRun& run);
  void keepWithinBudget();
  [[nodiscard]] int rowsToCome(const LiveRun& run) const;
  void giveUp(LiveRun& run, const std::vector<int>& layers);

  std::shared_ptr<const ModelInfo> info_;
  std::unique_ptr<Engine> engine_;
  WorkListener& listener_;
  TokenDirections directions_;
  CacheRecord record_;
  int n_reserved_ = 0;
  std::vector<std::unique_ptr<LiveRun>> runs_;  // oldest first
  RunId current_ = 0;
  RunId next_id_;
  Steering steering_;
  std::uint64_t kept_budget_;
  Ticket ticket_ = 0;  // of the command at work
  std::optional<Progress> progress_;
  AtWork at_work_;
  Rerun rerun_;
};

template <class Work>
void Workbench::whileAtWork(LiveRun& run, const Work& work) {
  run.state = RunState::kRunning;
  touch(run);
  try {
    work();
  } catch (const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    const bool is_stopped = ours != nullptr && ours->code() == ErrorCode::kCancelled;
    run.state = is_stopped ? RunState::kCancelled : RunState::kFailed;
    run.end = RunEnd::kCancelled;
    run.error = is_stopped ? "" : error.what();
    touch(run);
    throw;
  }
  run.state = RunState::kDone;
  run.error.clear();
  touch(run);
}

}  // namespace rs
