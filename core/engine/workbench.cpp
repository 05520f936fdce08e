// SPDX-License-Identifier: Apache-2.0
//
// The workbench: runs and the commands on them. workbench_pass.cpp holds the passes, workbench_rerun.cpp what
// makes a run out of another.
#include "core/engine/workbench.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/kept_inputs.h"

namespace rs {

Workbench::Workbench(OpenedModel model, std::uint64_t kept_budget, RunId first_id, WorkListener& listener)
    : info_(std::move(model.info)),
      engine_(std::move(model.engine)),
      listener_(listener),
      directions_(engine_->sharedWeights()),
      record_(engine_->weights().config().n_layers),
      next_id_(first_id),
      kept_budget_(kept_budget) {}

Workbench::~Workbench() = default;

int Workbench::nValid() const {
  return info_->tokenizer == nullptr ? config().vocab : info_->tokenizer->vocabularySize();
}

LiveRun& Workbench::need(RunId id, const char* what) {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [id](const auto& run) { return run->id == id; });
  if (found == runs_.end()) {
    throw Error(ErrorCode::kUsage, format("%s: there is no run %d", what, id));
  }
  return **found;
}

LiveRun& Workbench::needCurrent(const char* what) {
  if (current_ == 0) {
    throw Error(ErrorCode::kUsage, std::string(what) + ": there is no current run; start or choose one");
  }
  return need(current_, what);
}

void Workbench::checkTokens(std::span<const std::int32_t> tokens, const char* what) const {
  if (tokens.empty()) {
    throw Error(ErrorCode::kUsage, std::string(what) + ": it has no tokens; give at least one");
  }
  if (tokens.size() > static_cast<std::size_t>(config().max_positions)) {
    throw Error(ErrorCode::kUsage, format("%s: it has %zu tokens, the model takes at most %d", what,
                                          tokens.size(), config().max_positions));
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] < 0 || tokens[i] >= config().vocab) {
      throw Error(ErrorCode::kUsage,
                  format("%s: token %zu has id %d, expected 0..%d", what, i, tokens[i], config().vocab - 1));
    }
  }
}

std::shared_ptr<Steered> Workbench::compile(const Steering& steering) const {
  return std::make_shared<Steered>(steering, engine_->weights(), info_->tokenizer);
}

TraceRequest Workbench::requestFor(const std::vector<Address>& extra, int n_positions) const {
  TraceRequest request{{}, LogitsWanted::kLast};
  const auto add = [&](Address address) {
    if (std::find(request.addresses.begin(), request.addresses.end(), address) == request.addresses.end()) {
      request.addresses.push_back(address);
    }
  };
  for (int layer = 0; layer < config().n_layers; ++layer) {
    for (const Site site :
         {Site::kRouterLogitsRaw, Site::kRouterLogits, Site::kExpertIndices, Site::kExpertWeights}) {
      add({site, layer});
    }
  }
  for (const Address& address : extra) {
    add(address);
  }
  for (const int layer : keptLayers(config(), n_positions, kept_budget_)) {
    add(inputOf(layer));
  }
  return request;
}

LiveRun& Workbench::add(std::unique_ptr<LiveRun> run) {
  run->id = next_id_++;
  current_ = run->id;
  runs_.push_back(std::move(run));
  listener_.onEvent(RunStarted{ticket_, current_});
  return *runs_.back();
}

RunId Workbench::perform(Ticket ticket, const Command& command, const std::stop_token& stop) {
  ticket_ = ticket;
  const auto endWork = [&] { progress_.reset(); };
  try {
    const RunId run = std::visit(
        [&](const auto& one) -> RunId {
          using One = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<One, OpenModel> || std::is_same_v<One, CloseModel>) {
            check(false, "opening and closing is not up to the runs of a model");
            return 0;
          } else {
            return perform(one, stop);
          }
        },
        command);
    endWork();
    return run;
  } catch (...) {  // told by whoever asked
    endWork();
    throw;
  }
}

RunId Workbench::perform(const StartRun& command, const std::stop_token& stop) {
  checkTokens(command.tokens, "starting a run");
  for (const Address& address : command.extra) {
    if (infoOf(address.site).is_layered && (address.layer < 0 || address.layer >= config().n_layers)) {
      throw Error(ErrorCode::kUsage,
                  format("starting a run: %s is outside the model, expected a layer in 0..%d",
                         address.text().c_str(), config().n_layers - 1));
    }
  }
  auto run = std::make_unique<LiveRun>();
  run->steered = compile(steering_);
  run->tokens = command.tokens;
  run->n_prompt = static_cast<int>(command.tokens.size());
  run->n_wanted = run->n_prompt + std::max(command.max_new_tokens, 0);
  run->stops_at_end = command.stops_at_end;
  run->scores_prompt = command.scores_prompt;
  run->extra = command.extra;
  run->sampling = command.sampling;
  const int n_positions = std::min(run->n_wanted, config().max_positions);
  run->trace = std::make_unique<Trace>(config(), run->steered->program(),
                                       requestFor(command.extra, n_positions), n_positions);
  LiveRun& added = add(std::move(run));
  keepWithinBudget();
  proceed(added, stop);
  return added.id;
}

RunId Workbench::perform(const ContinueRun& command, const std::stop_token& stop) {
  LiveRun& run = needCurrent("going on with a run");
  if (run.stale.has_value()) {
    static_cast<void>(rerunAsItStands(run, compile(steering_), true, stop));  // the one that was broken off
  }
  run.n_wanted =
      std::max(static_cast<int>(run.tokens.size()), run.n_prompt) + std::max(command.max_new_tokens, 0);
  keepWithinBudget();
  proceed(run, stop);
  return run.id;
}

RunId Workbench::perform(const BranchRun& command, const std::stop_token& stop) {
  constexpr const char* kWhat = "branching a run";
  const LiveRun& from = need(command.from, kWhat);
  const auto n_from = static_cast<int>(from.tokens.size());
  if (command.position < 0 || command.position > n_from) {
    throw Error(ErrorCode::kUsage,
                format("%s: expected a position in 0..%d, found %d", kWhat, n_from, command.position));
  }
  std::vector<std::int32_t> tokens(from.tokens.begin(), from.tokens.begin() + command.position);
  tokens.insert(tokens.end(), command.tokens.begin(), command.tokens.end());
  checkTokens(tokens, kWhat);
  auto steered = compile(steering_);
  steered->read(tokens, directions_);
  const Departure departure = departureOf(from, tokens, *steered);
  std::unique_ptr<LiveRun> run = derive(from, std::move(tokens), std::move(steered), departure);
  run->n_prompt = command.tokens.empty() ? std::min(from.n_prompt, command.position)
                                         : static_cast<int>(run->tokens.size());
  run->n_wanted = static_cast<int>(run->tokens.size()) + std::max(command.max_new_tokens, 0);
  LiveRun& added = add(std::move(run));
  keepWithinBudget();
  whileAtWork(added, [&] {
    begin("branching", departure.tokens, true);
    finishDerived(added, departure, departure.tokens, stop);
  });
  proceed(added, stop);
  return added.id;
}

RunId Workbench::perform(const SelectRun& command, const std::stop_token& /*stop*/) {
  current_ = need(command.run, "choosing a run").id;
  listener_.onChange();
  return current_;
}

RunId Workbench::perform(const DropRun& command, const std::stop_token& /*stop*/) {
  const RunId id = need(command.run, "dropping a run").id;
  std::erase_if(runs_, [id](const auto& run) { return run->id == id; });
  if (current_ == id) {
    current_ = runs_.empty() ? 0 : runs_.back()->id;
  }
  listener_.onChange();
  return 0;
}

RunId Workbench::perform(const SetKeptBudget& command, const std::stop_token& /*stop*/) {
  kept_budget_ = command.bytes;
  keepWithinBudget();
  listener_.onChange();
  return 0;
}

int Workbench::rowsToCome(const LiveRun& run) const {
  return run.id == current_ ? std::max(run.size(), std::min(run.n_wanted, config().max_positions))
                            : run.size();
}

void Workbench::giveUp(LiveRun& run, const std::vector<int>& layers) {
  std::vector<Address> addresses;
  for (const int layer : layers) {
    if (std::find(run.extra.begin(), run.extra.end(), inputOf(layer)) == run.extra.end()) {
      addresses.push_back(inputOf(layer));
    }
  }
  if (!addresses.empty()) {
    run.trace->drop(addresses);
    touch(run);
  }
}

// Runs that are not the current one give their inputs up first, the oldest before the others.
void Workbench::keepWithinBudget() {
  const auto bytes = [this] {
    std::uint64_t sum = 0;
    for (const auto& run : runs_) {
      sum += keptBytes(*run->trace, rowsToCome(*run));
    }
    return sum;
  };
  for (const auto& run : runs_) {
    if (run->id != current_ && bytes() > kept_budget_) {
      giveUp(*run, keptLayersOf(*run->trace));
    }
  }
  if (current_ != 0 && bytes() > kept_budget_) {
    LiveRun& run = need(current_, "keeping within the budget");
    const std::vector<int> stay = keptLayers(config(), rowsToCome(run), kept_budget_);
    std::vector<int> leave = keptLayersOf(*run.trace);
    std::erase_if(leave, [&](int layer) { return std::find(stay.begin(), stay.end(), layer) != stay.end(); });
    giveUp(run, leave);
  }
}

void Workbench::touch(LiveRun& run) {
  run.shown = nullptr;
  listener_.onChange();
}

void Workbench::fill(Snapshot& snapshot) {
  snapshot.model = info_;
  snapshot.current = current_;
  snapshot.steering = steering_;
  snapshot.progress = progress_;
  snapshot.kept = {0, kept_budget_, {}};
  snapshot.runs.clear();
  for (const auto& run : runs_) {
    snapshot.kept.bytes += keptBytes(*run->trace, run->size());
    if (run->id == current_) {
      snapshot.kept.layers = keptLayersOf(*run->trace);
    }
    if (rerun_.before == run.get() && rerun_.after != nullptr) {
      snapshot.runs.push_back(
          snapshotOf(*run, rerun_.after->trace->viewOver(*run->trace, rerun_.layers_done)));
      continue;
    }
    if (run->shown == nullptr) {
      run->shown = snapshotOf(*run);
    }
    snapshot.runs.push_back(run->shown);
  }
}

}  // namespace rs
