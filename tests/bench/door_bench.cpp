// SPDX-License-Identifier: Apache-2.0
//
// Measures the door to the engine on the demo model: from new steering to new logits, by the layer and
// position of the edit, with and without kept layer inputs; and how long a cancelled command still runs.
//
//   door_bench [prompt tokens] [edits]
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "app/wiring.h"
#include "core/base/text.h"
#include "core/routing/edit_json.h"
#include "core/stats/quantile.h"

namespace rs {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

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

struct Door {
  std::unique_ptr<EngineClient> client = app::makeEngineClient();
  Waiter waiter{*client};
  std::mt19937 random{1};

  int below(int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }
  void perform(const Command& command) { static_cast<void>(waiter.end(client->submit(command))); }
};

void print(const char* what, const std::vector<double>& times) {
  std::printf("%-44s p50 %7.2f ms  p95 %7.2f ms  (n = %zu)\n", what, quantile(times, 0.5),
              quantile(times, 0.95), times.size());
}

// Bans two experts in a layer from a position on, there and at some later one, as a click does.
std::vector<double> timeEdits(Door& door, int layer, int n_tokens, int n) {
  const ModelConfig& config = door.client->latest()->model->config;
  std::vector<double> times;
  for (int i = 0; i < n; ++i) {
    const int at_layer = layer < 0 ? door.below(config.n_layers) : layer;
    const std::string edits = format(R"([{"op": "ban", "layer": %d, "pos": [%d], "experts": [%d, %d]}])",
                                     at_layer, door.below(n_tokens), door.below(16), 16 + door.below(16));
    const SetSteering steering{{parseEdits(edits), {}}};
    const auto start = Clock::now();
    door.perform(steering);
    times.push_back(millisecondsSince(start));
    door.perform(SetSteering{});
  }
  return times;
}

std::vector<double> timeCancels(Door& door, const StartRun& run, int n) {
  std::vector<double> times;
  for (int i = 0; i < n; ++i) {
    const Ticket ticket = door.client->submit(run);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + door.below(200)));
    const auto start = Clock::now();
    door.client->cancel();
    const Event end = door.waiter.end(ticket);
    if (std::holds_alternative<Cancelled>(end)) {
      times.push_back(millisecondsSince(start));
    }
    door.perform(DropRun{door.client->latest()->current});
  }
  return times;
}

void measure(int n_tokens, int n) {
  Door door;
  door.perform(OpenModel{});
  const ModelConfig config = door.client->latest()->model->config;
  StartRun run;
  for (int i = 0; i < n_tokens; ++i) {
    run.tokens.push_back(door.below(4000));
  }
  std::vector<double> starts;
  for (int i = 0; i < 9; ++i) {
    const auto start = Clock::now();
    door.perform(run);
    starts.push_back(millisecondsSince(start));
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
  rs::measure(std::max(n_tokens, 2), std::max(n, 8));
  return 0;
}
