// SPDX-License-Identifier: Apache-2.0
//
// How long a big session takes to record, open and read, and how long a caller of the store waits:
// sessions_bench FOLDER [TOKENS [LAYERS [keep]]]; routing of 32 experts, 4 a token, made up. Prints
// milliseconds. With `keep` it records and no more: FOLDER/bench.routescope stays, for window_session_bench.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/routing/decision.h"
#include "sessions/query.h"
#include "sessions/recorder.h"
#include "sessions/session_reader.h"
#include "sessions/store.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace rs::sessions;

constexpr int kExperts = 32;
constexpr int kTopK = 4;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <typename Work>
double timed(const char* what, const Work& work) {
  const Clock::time_point start = Clock::now();
  work();
  const double milliseconds = since(start);
  std::printf("%-58s %10.2f ms\n", what, milliseconds);
  return milliseconds;
}

rs::ModelConfig configOf(int n_layers) {
  rs::ModelConfig config;
  config.n_layers = n_layers;
  config.hidden = 32;
  config.n_experts = kExperts;
  config.top_k = kTopK;
  config.vocab = 1000;
  return config;
}

rs::Trace makeTrace(int n_tokens, int n_layers) {
  const rs::ModelConfig config = configOf(n_layers);
  rs::TraceRequest request;
  for (int layer = 0; layer < n_layers; ++layer) {
    for (const rs::Site site :
         {rs::Site::kRouterLogits, rs::Site::kExpertIndices, rs::Site::kExpertWeights}) {
      request.addresses.push_back({site, layer});
    }
  }
  request.logits = rs::LogitsWanted::kNone;
  rs::Trace trace(config, rs::RoutingProgram(n_layers, kExperts, kTopK, 32), request, n_tokens);
  std::mt19937 random(1);
  for (int position = 0; position < n_tokens; ++position) {
    const rs::CaptureSinks& sinks = trace.sinksFor(position);
    for (int layer = 0; layer < n_layers; ++layer) {
      float* logits = sinks.floats(rs::Site::kRouterLogits, layer, position);
      for (int expert = 0; expert < kExperts; ++expert) {
        logits[expert] = static_cast<float>(random()) / 4294967296.0F * 8.0F - 4.0F;
      }
      rs::DecisionRef decision{sinks.ints(rs::Site::kExpertIndices, layer, position),
                               sinks.floats(rs::Site::kExpertWeights, layer, position), 0, kTopK};
      rs::decideTopK({logits, kExperts}, kTopK, decision);
    }
    trace.append(std::array{static_cast<std::int32_t>(random() % 1000)});
  }
  return trace;
}

RunSetup setupOf(const rs::Trace& trace) {
  RunSetup setup;
  setup.model = {"bench", "00", "00", trace.config().n_layers, kExperts, kTopK, 1000};
  setup.provenance = {"exact", "cpu", "none", "cpu", "bench"};
  setup.prompt.assign(trace.tokens().begin(), trace.tokens().end());
  return setup;
}

void record(const std::string& path, const rs::Trace& trace) {
  StoreOptions options;
  options.path = path;
  options.mode = OpenMode::kCreate;
  SessionStore store(options);
  store.waitOpened();
  double longest = 0;
  const Clock::time_point start = Clock::now();
  RunRecorder recorder(store, setupOf(trace), [](std::int32_t id) -> std::string_view {
    static const std::string text = "token";
    return std::string_view(text).substr(0, static_cast<std::size_t>(1 + id % 5));
  });
  int refused = 0;
  while (true) {
    const Clock::time_point call = Clock::now();
    const bool is_done = recorder.append(trace, true);
    longest = std::max(longest, since(call));
    if (is_done) {
      break;
    }
    ++refused;
    store.flush();
  }
  store.wait(store.endRun(recorder.run(), Ending::kPrompt));
  const double all = since(start);
  std::printf("%-58s %10.2f ms (%.1f us a token; queue full %d times)\n", "record everything, durable", all,
              1000 * all / trace.size(), refused);
}

// Edits as a user makes them: how long the call takes, and until it is durable.
void edit(const std::string& path) {
  StoreOptions options;
  options.path = path;
  SessionStore store(options);
  timed("open for writing", [&] { store.waitOpened(); });
  std::vector<double> calls;
  std::vector<double> durable;
  for (int i = 0; i < 2000; ++i) {
    const Clock::time_point start = Clock::now();
    const Ticket ticket = store.change("user", "edit", {{"note", "", "\"" + std::to_string(i) + "\""}});
    calls.push_back(since(start));
    store.wait(ticket);
    durable.push_back(since(start));
  }
  for (auto* times : {&calls, &durable}) {
    std::sort(times->begin(), times->end());
    std::printf("%-58s p50 %.3f  p99 %.3f  max %.3f ms (n 2000)\n",
                times == &calls ? "an edit: the caller is kept for" : "an edit: until it is durable",
                (*times)[1000], (*times)[1980], times->back());
  }
}

void read(const std::string& path, int n_layers, int n_tokens) {
  const Clock::time_point start = Clock::now();
  SessionReader reader(path);
  const std::vector<RunSummary> runs = reader.runs();
  rs::check(runs.size() == 1 && runs[0].n_tokens == n_tokens, "the run is there");
  std::printf("%-58s %10.2f ms\n", "open for reading and list the runs", since(start));
  timed("tokens and texts of a screen (2,000)", [&] { static_cast<void>(reader.tokens(1, 0, 2000)); });
  timed("decisions of a screen, all layers", [&] {
    for (int layer = 0; layer < n_layers; ++layer) {
      static_cast<void>(reader.decisions(1, layer, n_tokens / 2, 2000));
    }
  });
  std::printf("%-58s %10.2f ms\n", "so far: open to first data", since(start));
  timed("logits of one token, all layers", [&] {
    for (int layer = 0; layer < n_layers; ++layer) {
      static_cast<void>(reader.logits(1, layer, n_tokens / 3, 1));
    }
  });
  timed("all tokens and texts", [&] { static_cast<void>(reader.tokens(1)); });
  timed("all decisions (a whole heat map)", [&] {
    for (int layer = 0; layer < n_layers; ++layer) {
      static_cast<void>(reader.decisions(1, layer, 0, n_tokens));
    }
  });
  timed("all logits of one layer", [&] { static_cast<void>(reader.logits(1, 0, 0, n_tokens)); });
  const auto ask = [&](const char* sql) {
    timed(sql, [&] { queryReadOnly(path, sql, {}, [](std::span<const Cell>) {}); });
  };
  ask("SELECT * FROM v_decisions WHERE run=1 AND position=500");
  ask("SELECT count(*) FROM v_decisions WHERE run=1 AND layer=3");
  ask("SELECT * FROM v_expert_load");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: sessions_bench FOLDER [TOKENS [LAYERS [keep]]]\n");
    return 2;
  }
  const int n_tokens = argc > 2 ? std::atoi(argv[2]) : 100'000;
  const int n_layers = argc > 3 ? std::atoi(argv[3]) : 24;
  const bool is_kept = argc > 4 && std::string(argv[4]) == "keep";
  const std::string path = std::string(argv[1]) + "/bench.routescope";
  std::filesystem::remove(path);
  try {
    const rs::Trace trace = makeTrace(n_tokens, n_layers);
    std::printf("%d tokens, %d layers\n", n_tokens, n_layers);
    record(path, trace);
    const auto bytes = std::filesystem::file_size(path);
    std::printf("%-58s %10.2f MB (%.0f bytes a token)\n", "size", static_cast<double>(bytes) / 1e6,
                static_cast<double>(bytes) / n_tokens);
    if (is_kept) {
      return 0;
    }
    read(path, n_layers, n_tokens);
    edit(path);
  } catch (const rs::Error& error) {
    std::fprintf(stderr, "sessions_bench: %s\n", error.what());
    return rs::exitStatus(error.code());
  }
  std::filesystem::remove(path);
  return 0;
}
