// SPDX-License-Identifier: Apache-2.0
//
// Every pane, shown recorded snapshots by an engine that does nothing: what stands in it is what the snapshot
// holds.
#include <QLabel>
#include <QTextEdit>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/stats/interval.h"
#include "tests/support/fake_engine.h"
#include "tests/ui/application.h"
#include "tests/ui/find_widget.h"
#include "ui/canvas/heat_map.h"
#include "ui/canvas/token_strip.h"
#include "ui/main_window.h"
#include "ui/pane.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/expert_statistics.h"
#include "ui/reading/run_comparison.h"
#include "ui/reading/text_reading.h"
#include "ui/widgets/logit_bars.h"
#include "ui/widgets/text_table.h"

using rs::test::FakeEngine;
using rs::test::record;
using rs::test::settle;
using rs::test::waitFor;

namespace rs::ui {
namespace {

// Two of the six experts are left, and so chosen.
constexpr const char* kBan = R"([{"op": "ban", "layer": 0, "experts": [0, 1, 2, 3], "pos": [4]}])";

struct Stage {
  explicit Stage(std::shared_ptr<const Snapshot> snapshot = nullptr) {
    rs::test::application();
    auto fake = std::make_unique<FakeEngine>();
    engine = fake.get();
    window = std::make_unique<MainWindow>(std::move(fake));
    window->resize(1400, 900);
    window->show();
    settle();
    if (snapshot != nullptr) {
      show(std::move(snapshot));
    }
  }
  void show(std::shared_ptr<const Snapshot> snapshot) {
    engine->show(std::move(snapshot));
    REQUIRE(waitFor([this] { return window->workbench().engine().snapshot() == engine->latest(); }));
    settle();
  }
  void look(const char* pane, const Cursor& at) {
    window->bringToFront(pane);
    window->workbench().cursor().move(at);
    settle();
    REQUIRE(window->pane(pane)->view().widget().isVisible());
  }
  template <typename Widget>
  [[nodiscard]] Widget* find(const char* name) const {
    return rs::test::findIn<Widget>(*window, name);
  }
  [[nodiscard]] const RunSnapshot& run() const { return *window->workbench().run(); }

  FakeEngine* engine = nullptr;  // the window's
  std::unique_ptr<MainWindow> window;
};

std::shared_ptr<const Snapshot> twoRuns() {
  rs::test::Recording recording;
  recording.edits = kBan;
  recording.capture = "expert_indices_raw.*,expert_weights_raw.*";
  return record(recording);
}

// The same with what the newest steering has made old.
std::shared_ptr<const Snapshot> withStale(const std::shared_ptr<const Snapshot>& snapshot, StaleFrom from) {
  auto stale = std::make_shared<Snapshot>(*snapshot);
  for (auto& run : stale->runs) {
    if (run->id == stale->current) {
      auto marked = std::make_shared<RunSnapshot>(*run);
      marked->stale = from;
      run = std::move(marked);
    }
  }
  return stale;
}

}  // namespace

TEST_CASE("every pane shows a recorded run, and looking asks nothing of the engine") {
  Stage stage(twoRuns());
  const std::size_t n_asked = stage.engine->submitted().size();
  for (const ViewInfo& info : allViews()) {
    INFO(info.id);
    stage.look(std::string(info.id).c_str(), {3, 1, 2});
    Pane* pane = stage.window->pane(info.id);
    REQUIRE(pane != nullptr);
    CHECK(pane->view().widget().isVisible());
    CHECK(!pane->view().widget().grab().isNull());
  }
  CHECK(stage.engine->submitted().size() == n_asked);
}

TEST_CASE(
    "a long answer is laid out a part at a time, whole and in order, and its beginning moves in steps") {
  Stage stage(record());
  auto* text = stage.find<QTextEdit>("answer.text");
  View& view = stage.window->pane("answer")->view();
  auto long_run = std::make_shared<RunSnapshot>(stage.run());
  const auto showTokens = [&](int n) {
    auto tokens = std::make_shared<std::vector<std::int32_t>>();
    for (int i = 0; i < n; ++i) {
      tokens->push_back(i);
    }
    long_run = std::make_shared<RunSnapshot>(*long_run);
    long_run->tokens = tokens;
    long_run->logprobs = nullptr;
    Shown shown;
    shown.snapshot = stage.engine->latest();
    shown.run = long_run;
    view.show(shown);
  };
  const auto textOf = [](int first, int end) {
    QString all;
    for (int i = first; i < end; ++i) {
      all += QStringLiteral("#%1 ").arg(i);
    }
    return all;
  };
  showTokens(4096);
  CHECK(text->toPlainText() == textOf(0, 1024));
  REQUIRE(waitFor([&] { return text->toPlainText() == textOf(0, 4096); }));
  showTokens(5000);  // the oldest step of it is left out
  REQUIRE(waitFor([&] { return text->toPlainText() == textOf(1024, 5000); }));
  showTokens(5001);
  CHECK(text->toPlainText() == textOf(1024, 5001));
  showTokens(5121);
  showTokens(3);  // what was on its way is of no run that is shown
  settle();
  CHECK(text->toPlainText() == textOf(0, 3));
}

TEST_CASE("a pane that has nothing to show says what to do") {
  auto empty = std::make_shared<Snapshot>(*record());
  empty->runs.clear();
  empty->current = 0;
  Stage stage(empty);
  for (const auto& [pane, label] : {std::pair{"token_detail", "detail.about"},
                                    {"candidates", "candidates.about"},
                                    {"ab", "ab.about"},
                                    {"expert_inspector", "inspector.about"}}) {
    INFO(pane);
    stage.window->bringToFront(pane);
    settle();
    CHECK(stage.find<QLabel>(label)->text().size() > 20);
  }
  CHECK(stage.find<TextTable>("runs.table")->rowCount() == 0);
}

TEST_CASE("the decision history holds each layer's choice, weights, margin and status") {
  Stage stage(twoRuns());
  stage.look("decision_history", {4, 0, 1});
  const auto* table = stage.find<TextTable>("history.table");
  const int n_layers = stage.run().trace->config().n_layers;
  REQUIRE(table->rowCount() == n_layers);
  const auto reference = stage.window->workbench().reference();
  REQUIRE(reference != nullptr);
  for (int layer = 0; layer < n_layers; ++layer) {
    const DecisionReading reading = readDecision(stage.run(), layer, 4, reference.get());
    for (const Slot& slot : reading.final) {
      CHECK(table->cell(layer, 1).contains(QStringLiteral("E%1 ").arg(slot.expert)));
    }
    CHECK(table->cell(layer, 3) == numberText(static_cast<double>(reading.margin)));
    CHECK(table->cell(layer, 5) == fromView(nameOf(reading.status)));
  }
  CHECK(table->cell(0, 5) == QStringLiteral("forced"));
}

TEST_CASE("stale layers are called so from their place on, and nothing before it") {
  const auto snapshot = twoRuns();
  Stage stage(withStale(snapshot, {1, 3}));
  const auto* table = stage.find<TextTable>("history.table");
  const auto status = [&](int layer, int token) {
    stage.look("decision_history", {token, layer, 0});
    return table->cell(layer, 5);
  };
  CHECK(status(0, 5) != QStringLiteral("stale"));
  CHECK(status(1, 2) != QStringLiteral("stale"));
  CHECK(status(1, 3) == QStringLiteral("stale"));
  stage.show(snapshot);
  CHECK(status(1, 3) != QStringLiteral("stale"));
}

TEST_CASE("the candidates are those of the snapshot, beside those of the other run") {
  Stage stage(twoRuns());
  stage.look("candidates", {6, 0, 0});
  const auto* table = stage.find<TextTable>("candidates.table");
  const NextToken& next = (*stage.run().next)[6];
  const NextToken& before = (*stage.window->workbench().reference()->next)[6];
  REQUIRE(table->rowCount() == kCandidates);
  for (int rank = 0; rank < kCandidates; ++rank) {
    const auto at = static_cast<std::size_t>(rank);
    CHECK(table->cell(rank, 1) == tokenLabel(stage.window->workbench().tokenizer().get(), next.best[at].id));
    CHECK(table->cell(rank, 2) == percentText(std::exp(static_cast<double>(next.best[at].logprob)), 2));
    CHECK(table->cell(rank, 4) == percentText(std::exp(static_cast<double>(before.best[at].logprob)), 2));
  }
}

TEST_CASE("A/B counts the flips of each layer with n and interval") {
  Stage stage(twoRuns());
  stage.look("ab", {0, 0, 0});
  const auto* table = stage.find<TextTable>("ab.layers");
  const Comparison wanted = compareRouting(*stage.window->workbench().reference()->trace, *stage.run().trace);
  REQUIRE(wanted.first.has_value());
  REQUIRE(waitFor([&] { return table->rowCount() == static_cast<int>(wanted.layers.size()) + 1; }));
  for (int row = 0; row < static_cast<int>(wanted.layers.size()); ++row) {
    const LayerFlips& layer = wanted.layers[static_cast<std::size_t>(row)];
    CHECK(table->cell(row, 1) == QString::number(layer.flips));
    CHECK(table->cell(row, 2) == QString::number(layer.n));
    CHECK(table->cell(row, 4).startsWith(percentText(wilsonInterval(layer.flips, layer.n).low)));
  }
  CHECK(stage.find<QLabel>("ab.about")
            ->text()
            .contains(QStringLiteral("First: token %1, layer %2")
                          .arg(wanted.first->position)
                          .arg(wanted.first->layer)));
}

TEST_CASE("the expert pane tells n, interval and null of the expert at the cursor") {
  Stage stage(record());
  const int expert = readDecision(stage.run(), 1, 2).final.front().expert;
  stage.look("expert_inspector", {2, 1, expert});
  const ExpertStatistics wanted = expertStatistics(stage.run(), 1, expert, 0, stage.run().size() - 1);
  const auto* about = stage.find<QLabel>("inspector.about");
  const QString counts = QStringLiteral("%1 of %2 tokens").arg(wanted.load.hits).arg(wanted.load.n);
  CHECK(waitFor([&] { return about->text().contains(counts); }));
  CHECK(about->text().contains(percentText(wanted.load.interval.high)));
  CHECK(about->text().contains(percentText(wanted.load.null_range.low)));
  const auto* tokens = stage.find<TextTable>("inspector.tokens");
  REQUIRE(tokens->rowCount() == static_cast<int>(wanted.top_tokens.size()));
  CHECK(tokens->cell(0, 0) == QString::number(wanted.top_tokens.front().token));
}

TEST_CASE("the expert pane ends with the expert that the cursor came to last") {
  Stage stage(record());
  stage.look("expert_inspector", {2, 1, 0});
  const int n_experts = stage.run().trace->config().n_experts;
  for (int expert = 0; expert < n_experts; ++expert) {
    stage.window->workbench().cursor().move({2, 0, expert});
    // The panes look, and what was counted before stays on its way.
    QCoreApplication::sendPostedEvents(stage.window.get(), QEvent::MetaCall);
  }
  const ExpertLoad wanted = expertStatistics(stage.run(), 0, n_experts - 1, 0, stage.run().size() - 1).load;
  const auto* about = stage.find<QLabel>("inspector.about");
  const QString expected = QStringLiteral("%1 in layer 0, tokens 0 to %2: %3 of %4 tokens")
                               .arg(expertLabel(stage.run(), {}, 0, n_experts - 1))
                               .arg(stage.run().size() - 1)
                               .arg(wanted.hits)
                               .arg(wanted.n);
  CHECK(waitFor([&] { return about->text().startsWith(expected); }));
  rs::test::settle();
  CHECK(about->text().startsWith(expected));
}

TEST_CASE("a token pinned in one canvas is pinned in the other, and Del in the strip takes its edits") {
  Stage stage(record());
  auto* strip = stage.find<canvas::TokenStrip>("strip.canvas");
  auto* map = stage.find<canvas::HeatMap>("heat.canvas");
  Q_EMIT strip->pinned(5);
  settle();
  CHECK(map->view().pin() == 5);
  Q_EMIT map->pinned(-1);
  settle();
  CHECK(strip->view().pin() == -1);
  Workbench& bench = stage.window->workbench();
  REQUIRE(bench.banExpert({3, 0, 1}, false));
  REQUIRE(bench.banExpert({4, 0, 1}, false));
  Q_EMIT strip->deleteRequested(3);
  REQUIRE(bench.steering().edits.size() == 1);
  CHECK(bench.steering().edits[0].positions == std::vector<std::int32_t>{4});
}

TEST_CASE("the bars of token detail are the snapshot's logits, in rank order") {
  Stage stage(twoRuns());
  stage.look("token_detail", {4, 0, 0});
  const auto* bars = stage.find<LogitBars>("detail.bars");
  const DecisionReading reading = readDecision(stage.run(), 0, 4);
  REQUIRE(bars->bars().size() == reading.logits.size());
  for (const LogitBar& bar : bars->bars()) {
    const auto expert = static_cast<std::size_t>(bar.expert);
    CHECK(bar.logit == reading.logits[expert]);
    CHECK(bar.own == reading.own_logits[expert]);
  }
  CHECK(bars->bars().front().is_chosen);
  CHECK(bars->bars().front().expert >= 4);
  CHECK(std::isinf(bars->bars().back().logit));
}

}  // namespace rs::ui
