// SPDX-License-Identifier: Apache-2.0
//
// Long runs of a session file: their beginning is there at once, the rest when they are looked at, and all of
// it is what was recorded.
#include <QTemporaryDir>
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <random>

#include "core/routing/decision.h"
#include "sessions/recorder.h"
#include "sessions/session_reader.h"
#include "sessions/store.h"
#include "tests/support/fake_engine.h"
#include "tests/ui/application.h"
#include "ui/reading/decision_reading.h"
#include "ui/session/runs_on_demand.h"
#include "ui/session/stored_run_reading.h"
#include "ui/session/stored_runs.h"

using rs::test::settle;
using rs::test::waitFor;

namespace rs::ui {
namespace {

constexpr int kExperts = 8;
constexpr int kTopK = 2;
constexpr int kLayers = 2;

Trace traceOf(int n_tokens, unsigned seed) {
  ModelConfig config;
  config.n_layers = kLayers;
  config.hidden = 32;
  config.n_experts = kExperts;
  config.top_k = kTopK;
  config.vocab = 100;
  TraceRequest request{{}, LogitsWanted::kNone};
  for (int layer = 0; layer < kLayers; ++layer) {
    for (const Site site : {Site::kRouterLogits, Site::kExpertIndices, Site::kExpertWeights}) {
      request.addresses.push_back({site, layer});
    }
  }
  Trace trace(config, RoutingProgram(kLayers, kExperts, kTopK, 32), request, n_tokens);
  std::mt19937 random(seed);
  for (int position = 0; position < n_tokens; ++position) {
    const CaptureSinks& sinks = trace.sinksFor(position);
    for (int layer = 0; layer < kLayers; ++layer) {
      float* logits = sinks.floats(Site::kRouterLogits, layer, position);
      std::generate_n(logits, kExperts, [&] { return static_cast<float>(random() % 4096) / 512.0F; });
      DecisionRef decision{sinks.ints(Site::kExpertIndices, layer, position),
                           sinks.floats(Site::kExpertWeights, layer, position), 0, kTopK};
      decideTopK({logits, kExperts}, kTopK, decision);
    }
    trace.append(std::array{static_cast<std::int32_t>(random() % 100)});
  }
  return trace;
}

// A session of runs with these lengths, the oldest first; returns what was recorded.
std::vector<Trace> recordSession(const std::string& path, const std::vector<int>& lengths) {
  sessions::StoreOptions options;
  options.path = path;
  options.mode = sessions::OpenMode::kCreate;
  sessions::SessionStore store(options);
  store.waitOpened();
  std::vector<Trace> traces;
  for (const int n_tokens : lengths) {
    traces.push_back(traceOf(n_tokens, static_cast<unsigned>(n_tokens)));
    const Trace& trace = traces.back();
    sessions::RunSetup setup;
    setup.model = {"made up", "00", "00", kLayers, kExperts, kTopK, 100};
    setup.provenance = {"exact", "cpu", "none", "cpu", "test"};
    setup.prompt.assign(trace.tokens().begin(), trace.tokens().end());
    sessions::RunRecorder recorder(store, setup, [](std::int32_t) -> std::string_view { return "word"; });
    NextToken next;
    next.best[0] = {7, -0.5F};
    next.entropy = 1.5F;
    recorder.predicted(n_tokens - 1, next);
    REQUIRE(recorder.append(trace, true));
    store.wait(store.endRun(recorder.run(), sessions::Ending::kPrompt));
  }
  return traces;
}

// The first n rows of both, bit for bit.
bool sameRows(const Trace& recorded, const Trace& read, int n) {
  for (int position = 0; position < n; ++position) {
    for (int layer = 0; layer < kLayers; ++layer) {
      const auto same = [](auto a, auto b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
      if (!same(recorded.ints(Site::kExpertIndices, layer, position),
                read.ints(Site::kExpertIndices, layer, position)) ||
          !same(recorded.floats(Site::kExpertWeights, layer, position),
                read.floats(Site::kExpertWeights, layer, position)) ||
          !same(recorded.floats(Site::kRouterLogits, layer, position),
                read.floats(Site::kRouterLogits, layer, position))) {
        return false;
      }
    }
  }
  return true;
}

struct File {
  QTemporaryDir folder;
  std::string path = folder.filePath(QStringLiteral("long.routescope")).toStdString();
};

}  // namespace

TEST_CASE("the margin of a decision is that of its sorted logits, whichever experts were chosen") {
  std::mt19937 random(7);
  const Trace model = traceOf(1, 3);
  Trace trace(model.config(), RoutingProgram(kLayers, kExperts, kTopK, 32), model.request(), 600);
  int n_ties = 0;
  int n_others = 0;
  for (int position = 0; position < 600; ++position) {
    const CaptureSinks& sinks = trace.sinksFor(position);
    std::array<float, kLayers> expected{};
    for (int layer = 0; layer < kLayers; ++layer) {
      float* logits = sinks.floats(Site::kRouterLogits, layer, position);
      std::generate_n(logits, kExperts, [&] { return static_cast<float>(random() % 6); });  // many are equal
      std::int32_t* ids = sinks.ints(Site::kExpertIndices, layer, position);
      if (position % 3 == 0) {
        ids[0] = static_cast<std::int32_t>(random() % kExperts);  // forced, and maybe alone
        ids[1] = position % 2 == 0 ? -1 : (ids[0] + 1) % kExperts;
      } else {
        DecisionRef decision{ids, sinks.floats(Site::kExpertWeights, layer, position), 0, kTopK};
        decideTopK({logits, kExperts}, kTopK, decision);
      }
      std::vector<float> sorted(logits, logits + kExperts);
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      const std::size_t at = ids[1] < 0 ? 0 : 1;
      expected[static_cast<std::size_t>(layer)] = sorted[at] - sorted[at + 1];
      n_ties += sorted[at] == sorted[at + 1] ? 1 : 0;
      n_others += logits[ids[0]] != sorted[0] ? 1 : 0;
    }
    trace.append(std::array{std::int32_t{0}});
    for (int layer = 0; layer < kLayers; ++layer) {
      CHECK(marginAt(trace, layer, position) == expected[static_cast<std::size_t>(layer)]);
    }
  }
  CHECK(n_ties > 50);
  CHECK(n_others > 50);
}

TEST_CASE("a stored run is read piece by piece, and every beginning is what was recorded") {
  const File file;
  const std::vector<Trace> recorded = recordSession(file.path, {2500});
  sessions::SessionReader reader(file.path);
  std::map<std::int32_t, std::string> names;
  StoredRunReading reading(reader, reader.run(1), names);
  CHECK(reading.nRows() == 2500);
  CHECK(reading.nRead() == 0);
  CHECK(names.at(recorded[0].tokens()[0]) == "word");
  const auto empty = reading.snapshot();
  CHECK(empty->size() == 0);
  CHECK(empty->tokens->size() == 2500);
  reading.read(300);  // ends within a block and a piece
  const auto beginning = reading.snapshot();
  REQUIRE(beginning->size() == 300);
  reading.read(1000);
  REQUIRE(reading.nRead() == 1300);
  reading.read(1 << 20);
  const auto whole = reading.snapshot();
  REQUIRE(whole->size() == 2500);
  CHECK(sameRows(recorded[0], *whole->trace, 2500));
  CHECK(beginning->size() == 300);  // it stays what it was
  CHECK(sameRows(recorded[0], *beginning->trace, 300));
  CHECK(whole->next->at(2499).best[0].id == 7);
  CHECK(whole->next->at(2499).entropy == Approx(1.5));
  CHECK(whole->next->at(2498).best[0].id == -1);
}

TEST_CASE("the rest of a long stored run comes when it is looked at") {
  rs::test::application();
  const File file;
  const std::vector<Trace> recorded = recordSession(file.path, {3000, 2600});
  StoredRuns loaded;
  {
    sessions::SessionReader reader(file.path);
    loaded = loadStoredRuns(reader);
  }
  REQUIRE(loaded.problems.empty());
  REQUIRE(loaded.runs.size() == 2);
  CHECK(loaded.runs[1].run->size() < 2600);  // the newest one's beginning is there
  CHECK(loaded.runs[1].run->size() > 0);
  CHECK(loaded.runs[0].run->size() == 0);
  CHECK(loaded.runs[0].n_rows == 3000);
  Workbench bench(std::make_unique<rs::test::FakeEngine>());
  RunsOnDemand on_demand(bench);
  bench.setStored(loaded.runs);
  settle();
  CHECK(bench.findRun(-2)->size() < 2600);  // no file, no reading
  CHECK(bench.cursor().cursor().token == 2599);
  on_demand.setFile(file.path);
  REQUIRE(waitFor([&] { return bench.findRun(-2)->size() == 2600; }));
  REQUIRE(waitFor([&] { return !on_demand.isReading(); }));
  CHECK(sameRows(recorded[1], *bench.findRun(-2)->trace, 2600));
  CHECK(bench.findRun(-1)->size() == 0);  // nobody looks at it
  bench.setReference(-1);
  REQUIRE(waitFor([&] { return bench.findRun(-1)->size() == 3000; }));
  CHECK(sameRows(recorded[0], *bench.findRun(-1)->trace, 3000));
}

TEST_CASE("a stored run whose file has gone is told once and stays as it is") {
  rs::test::application();
  const File file;
  recordSession(file.path, {2600});
  StoredRuns loaded;
  {
    sessions::SessionReader reader(file.path);
    loaded = loadStoredRuns(reader);
  }
  Workbench bench(std::make_unique<rs::test::FakeEngine>());
  RunsOnDemand on_demand(bench);
  bench.setStored(loaded.runs);
  on_demand.setFile(file.path + ".gone");
  REQUIRE(waitFor([&] { return !on_demand.isReading(); }));
  bench.touch();
  settle();
  const auto n_errors = std::count_if(bench.log().begin(), bench.log().end(), [](const LogEntry& entry) {
    return entry.kind == LogEntry::Kind::kError;
  });
  CHECK(n_errors == 1);
  CHECK(bench.findRun(-1)->size() == loaded.runs[0].run->size());
}

}  // namespace rs::ui
