// SPDX-License-Identifier: Apache-2.0
//
// The heat map of a long run at the moment of an edit: canvas_edits_bench [TOKENS [EDITS [FRAMES [one]]]].
// The new steering bans an expert at so many single tokens of one layer, each in an edit of its own or all in
// one. What is timed is all that the window's thread does until the engine answers: working out what the
// edits touch, boxes and marks, reading the cells anew, and frames that zoom and pan meanwhile.
#include <QApplication>
#include <QElapsedTimer>
#include <QTest>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "core/routing/decision.h"
#include "core/routing/edit_json.h"
#include "tests/bench/process_use.h"
#include "tests/bench/window_loop_probe.h"
#include "ui/canvas/heat_map.h"
#include "ui/reading/first_look.h"
#include "ui/sources/run_heat_source.h"

namespace {

constexpr int kLayers = 24;
constexpr int kExperts = 32;
constexpr int kTopK = 4;
constexpr int kEditedLayer = 3;

std::shared_ptr<const rs::RunSnapshot> routedRun(int n_tokens) {
  rs::ModelConfig config;
  config.n_layers = kLayers;
  config.hidden = 32;
  config.n_experts = kExperts;
  config.top_k = kTopK;
  config.vocab = 1000;
  rs::TraceRequest request{{}, rs::LogitsWanted::kNone};
  for (int layer = 0; layer < kLayers; ++layer) {
    for (const rs::Site site : {rs::Site::kRouterLogits, rs::Site::kRouterLogitsRaw, rs::Site::kExpertIndices,
                                rs::Site::kExpertWeights}) {
      request.addresses.push_back({site, layer});
    }
  }
  rs::Trace trace(config, rs::RoutingProgram(kLayers, kExperts, kTopK, 32), request, n_tokens);
  std::minstd_rand random(1);
  auto tokens = std::make_shared<std::vector<std::int32_t>>();
  for (int position = 0; position < n_tokens; ++position) {
    const rs::CaptureSinks& sinks = trace.sinksFor(position);
    for (int layer = 0; layer < kLayers; ++layer) {
      float* logits = sinks.floats(rs::Site::kRouterLogits, layer, position);
      std::generate_n(logits, kExperts, [&] { return static_cast<float>(random() % 4096) / 512.0F; });
      std::copy_n(logits, kExperts, sinks.floats(rs::Site::kRouterLogitsRaw, layer, position));
      rs::DecisionRef decision{sinks.ints(rs::Site::kExpertIndices, layer, position),
                               sinks.floats(rs::Site::kExpertWeights, layer, position), 0, kTopK};
      rs::decideTopK({logits, kExperts}, kTopK, decision);
    }
    tokens->push_back(position % config.vocab);
    trace.append(std::array{tokens->back()});
  }
  auto run = std::make_shared<rs::RunSnapshot>();
  run->id = 1;
  run->tokens = tokens;
  run->trace = trace.view();
  return run;
}

// Far from each other, in no order that helps.
rs::Steering steeringOf(int n_edits, int n_tokens, bool in_one) {
  rs::Steering steering;
  const int step = std::max(1, n_tokens / n_edits);
  for (int i = 0; i < n_edits; ++i) {
    if (in_one && i > 0) {
      steering.edits.front().positions->push_back((i * step) % n_tokens);
      continue;
    }
    rs::Edit edit;
    edit.op = rs::findEditOp("ban");
    edit.where = {false, {kEditedLayer}};
    edit.positions = std::vector<std::int32_t>{(i * step) % n_tokens};
    edit.fields["experts"] = std::vector<std::int32_t>{i % kExperts};
    steering.edits.push_back(std::move(edit));
  }
  return steering;
}

double lap(QElapsedTimer& clock) {
  const double milliseconds = 1e-6 * static_cast<double>(clock.nsecsElapsed());
  clock.restart();
  return milliseconds;
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  const int n_tokens = argc > 1 ? std::atoi(argv[1]) : 131072;
  const int n_edits = argc > 2 ? std::atoi(argv[2]) : 10000;
  const int n_frames = argc > 3 ? std::atoi(argv[3]) : 300;
  const auto run = routedRun(n_tokens);
  rs::ui::RunHeatSource source;
  source.setRun(run, nullptr, nullptr);
  rs::canvas::HeatMap map;
  map.setSource(&source);
  map.resize(1600, 900);
  map.show();
  if (!QTest::qWaitForWindowExposed(&map)) {
    return 1;
  }
  rs::bench::spinUntil([&] { return map.view().picture().pyramid().columns() == n_tokens; });
  QTest::qWait(200);
  std::vector<double> drawing;
  bool is_drawn = false;
  QObject::connect(&map, &rs::canvas::ImGuiCanvas::frameDrawn, [&] {
    drawing.push_back(map.lastFrameMilliseconds());
    is_drawn = true;
  });
  const auto frames = [&](const char* what) {
    drawing.clear();
    for (int i = 0; i < n_frames; ++i) {
      const double span = n_tokens * std::pow(0.97, i % 150);
      const double from = (n_tokens - span) * (0.5 + 0.4 * std::sin(i * 0.1));
      is_drawn = false;
      map.showTokens(from, from + span);
      rs::bench::spinUntil([&] { return is_drawn; });
    }
    rs::bench::reportTimes(what, drawing);
  };
  std::printf("%d tokens, %d edits on single tokens of one layer\n", n_tokens, n_edits);
  frames("frames before the edits");
  const rs::Steering steering = steeringOf(n_edits, n_tokens, argc > 4);
  QElapsedTimer clock;
  clock.start();
  const auto look = std::make_shared<const rs::ui::FirstLook>(run, steering);
  std::printf("what the edits touch: %.1f ms\n", lap(clock));
  auto boxes = rs::ui::staleBoxesOf(*look->run(), look.get());
  const std::size_t n_boxes = boxes.size();
  std::printf("stale boxes: %.1f ms, %zu\n", lap(clock), n_boxes);
  auto steered = std::make_shared<rs::RunSnapshot>(*look->run());
  steered->steering = steering;
  auto marks = rs::ui::marksOf(*steered);
  const std::size_t n_marks = marks.size();
  std::printf("marks: %.1f ms, %zu\n", lap(clock), n_marks);
  source.setRun(look->run(), nullptr, nullptr, {}, look);
  map.setStale(std::move(boxes));
  map.sourceChanged();
  std::printf("handed to the canvas: %.1f ms\n", lap(clock));
  frames("frames while it is read and hatched");
  map.setMarks(std::move(marks));
  frames("the same with marks");
  map.setMode(rs::canvas::HeatMode::kToken);
  frames("one token");
  return 0;
}
