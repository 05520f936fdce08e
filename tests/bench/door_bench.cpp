// SPDX-License-Identifier: Apache-2.0
//
// Measures the door to the engine on the demo model: from new steering to new logits, by the layer and
// position of the edit, with and without kept layer inputs; and how long a cancelled command still runs.
//
//   door_bench [prompt tokens] [edits] [threads]      in the root of the sources
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "core/backend/cpu/cpu_backend.h"
#include "core/base/text.h"
#include "core/engine/engine_thread.h"
#include "core/routing/edit_json.h"
#include "core/stats/quantile.h"

namespace rs {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// What a measurement took: on the wall, and of processors, which the other work of a machine hardly changes.
struct Taken {
  std::vector<double> wall, cpu;  // milliseconds
};

class Stopwatch {
 public:
  void stop(Taken& taken) const {
    taken.wall.push_back(millisecondsSince(wall_));
    taken.cpu.push_back(processorTime() - cpu_);
  }

 private:
  static double processorTime() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
  }
  Clock::time_point wall_ = Clock::now();
  double cpu_ = processorTime();
};

// Waits at the door as a window does.
class Waiter {
 public:
  explicit Waiter(EngineClient& client) : client_(client) {
    client.setWake([this] {
      const std::lock_guard lock(mutex_);
      has_news_ = true;
      woken_.notify_one();
    });
  }
  // Until the command has ended.
  Event end(Ticket ticket) {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        woken_.wait(lock, [this] { return has_news_; });
        has_news_ = false;
      }
      for (const Event& event : client_.takeEvents()) {
        if (ends(event, ticket)) {
          return event;
        }
      }
    }
  }

 private:
  static bool ends(const Event& event, Ticket ticket) {
    if (const auto* failed = std::get_if<Failed>(&event)) {
      std::fprintf(stderr, "%s\n", failed->message.c_str());
      std::exit(1);
    }
    const auto* finished = std::get_if<Finished>(&event);
    const auto* cancelled = std::get_if<Cancelled>(&event);
    return (finished != nullptr && finished->ticket == ticket) ||
           (cancelled != nullptr && cancelled->ticket == ticket);
  }

  EngineClient& client_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool has_news_ = false;
};

OpenedModel openDemo(const OpenModel& request, const OpenProgress& progress) {
  const auto weights = Weights::open("resources/demo-model");
  auto info = std::make_shared<ModelInfo>();
  info->config = weights->config();
  info->threads = request.threads > 0 ? request.threads
                                      : static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
  auto backend = makeCpuBackend(weights, {Precision::kExact, info->threads, "", progress});
  return {std::make_unique<Engine>(std::move(backend), weights), std::move(info)};
}

struct Door {
  std::unique_ptr<EngineClient> client = std::make_unique<EngineThread>(openDemo);
  Waiter waiter{*client};
  std::mt19937 random{1};

  int below(int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }
  void perform(const Command& command) { static_cast<void>(waiter.end(client->submit(command))); }
};

void print(const char* what, const Taken& taken) {
  std::printf("%-40s wall p50 %7.1f p95 %7.1f ms, processors p50 %6.1f ms (n = %zu)\n", what,
              quantile(taken.wall, 0.5), quantile(taken.wall, 0.95), quantile(taken.cpu, 0.5),
              taken.wall.size());
}

// Bans two experts in a layer from a position on, there and at some later one, as a click does.
Taken timeEdits(Door& door, int layer, int n_tokens, int n) {
  const ModelConfig& config = door.client->latest()->model->config;
  Taken taken;
  for (int i = 0; i < n; ++i) {
    const int at_layer = layer < 0 ? door.below(config.n_layers) : layer;
    const std::string edits = format(R"([{"op": "ban", "layer": %d, "pos": [%d], "experts": [%d, %d]}])",
                                     at_layer, door.below(n_tokens), door.below(16), 16 + door.below(16));
    const SetSteering steering{{parseEdits(edits), {}}};
    const Stopwatch watch;
    door.perform(steering);
    watch.stop(taken);
    door.perform(SetSteering{});
  }
  return taken;
}

Taken timeCancels(Door& door, const StartRun& run, int n) {
  Taken taken;
  for (int i = 0; i < n; ++i) {
    const Ticket ticket = door.client->submit(run);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + door.below(200)));
    const Stopwatch watch;
    door.client->cancel();
    const Event end = door.waiter.end(ticket);
    if (std::holds_alternative<Cancelled>(end)) {
      watch.stop(taken);
    }
    door.perform(DropRun{door.client->latest()->current});
  }
  return taken;
}

void measure(int n_tokens, int n, int n_threads) {
  Door door;
  OpenModel model;
  model.threads = n_threads;
  door.perform(model);
  const ModelConfig config = door.client->latest()->model->config;
  StartRun run;
  for (int i = 0; i < n_tokens; ++i) {
    run.tokens.push_back(door.below(4000));
  }
  Taken starts;
  for (int i = 0; i < 9; ++i) {
    const Stopwatch watch;
    door.perform(run);
    watch.stop(starts);
    if (i < 8) {
      door.perform(DropRun{door.client->latest()->current});
    }
  }
  std::printf("demo model, prompt of %d tokens, %d threads\n", n_tokens,
              door.client->latest()->model->threads);
  print("the prompt from scratch", starts);
  print("edit anywhere to new logits", timeEdits(door, -1, n_tokens, n));
  print("edit in the first layer", timeEdits(door, 0, n_tokens, n / 4));
  print("edit in the last layer", timeEdits(door, config.n_layers - 1, n_tokens, n / 4));
  door.perform(SetKeptBudget{0});
  print("edit in the last layer, no inputs kept", timeEdits(door, config.n_layers - 1, n_tokens, n / 4));
  door.perform(SetKeptBudget{kDefaultKeptBudget});
  run.max_new_tokens = 4000;
  run.stops_at_end = false;
  print("cancel while generating", timeCancels(door, run, n / 4));
  run.tokens.resize(8000, 5);
  print("cancel while reading 8000 tokens", timeCancels(door, run, n / 4));
}

}  // namespace
}  // namespace rs

int main(int argc, char** argv) {
  const int n_tokens = argc > 1 ? std::atoi(argv[1]) : 128;
  const int n = argc > 2 ? std::atoi(argv[2]) : 200;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  rs::measure(std::max(n_tokens, 2), std::max(n, 8), argc > 3 ? std::atoi(argv[3]) : 0);
  return 0;
}
