// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine.h"

#include <filesystem>
#include <iterator>

#include "core/backend/cpu/cpu_backend.h"
#include "core/engine/workbench.h"
#include "core/routing/edit_json.h"

namespace rs::test {
namespace {

class Silent final : public WorkListener {
 public:
  void onChange() override {}
  void onEvent(Event /*event*/) override {}
};

OpenedModel openAt(const std::string& path) {
  const auto weights = Weights::open(path);
  auto backend = makeCpuBackend(weights, {Precision::kExact, 1, "", {}});
  auto info = std::make_shared<ModelInfo>();
  info->name = std::filesystem::path(path).filename().string();
  info->path = path;
  info->config = weights->config();
  info->backend = backend->name();
  info->isa = backend->isa();
  info->threads = 1;
  info->model_hash = weights->hash();
  const std::string tokenizer = path + "/tokenizer.json";
  if (std::filesystem::exists(tokenizer)) {
    info->tokenizer = std::make_shared<const Tokenizer>(Tokenizer::fromFile(tokenizer));
    info->tokenizer_hash = info->tokenizer->hash();
  }
  return {std::make_unique<Engine>(std::move(backend), weights), std::move(info)};
}

}  // namespace

Ticket FakeEngine::submit(Command command) {
  const Ticket ticket = submitted_.size() + 1;
  submitted_.emplace_back(ticket, std::move(command));
  return ticket;
}

std::vector<Event> FakeEngine::takeEvents() {
  was_woken_ = false;
  return std::exchange(events_, {});
}

void FakeEngine::show(std::shared_ptr<const Snapshot> snapshot, std::vector<Event> events) {
  auto next = std::make_shared<Snapshot>(*snapshot);
  next->revision = snapshot_->revision + 1;
  snapshot_ = std::move(next);
  std::move(events.begin(), events.end(), std::back_inserter(events_));
  if (wake_ && !std::exchange(was_woken_, true)) {
    wake_();
  }
}

std::shared_ptr<const Snapshot> record(const Recording& recording) {
  Silent listener;
  OpenedModel opened = openAt(recording.model);
  StartRun start;
  if (!recording.capture.empty()) {
    start.extra = parseAddresses(recording.capture, opened.info->config);
  }
  Workbench bench(std::move(opened), kDefaultKeptBudget, 1, listener);
  start.tokens = recording.tokens;
  start.max_new_tokens = recording.max_new_tokens;
  start.stops_at_end = false;
  static_cast<void>(bench.perform(1, start, {}));
  if (!recording.edits.empty()) {
    static_cast<void>(bench.perform(2, SetSteering{{parseEdits(recording.edits), {}}, true, false}, {}));
  }
  auto snapshot = std::make_shared<Snapshot>();
  bench.fill(*snapshot);
  snapshot->revision = 1;
  return snapshot;
}

}  // namespace rs::test
