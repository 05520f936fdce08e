// SPDX-License-Identifier: Apache-2.0
//
// What panes read out of a run, against a second way to the same numbers.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/routing/edit_json.h"
#include "tests/ui/recorded_run.h"
#include "ui/canvas/strip_picture.h"
#include "ui/reading/candidate_reading.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/expert_statistics.h"
#include "ui/reading/first_look.h"
#include "ui/reading/run_comparison.h"
#include "ui/reading/run_totals.h"
#include "ui/reading/text_reading.h"
#include "ui/sources/run_heat_source.h"
#include "ui/sources/run_strip_source.h"

using rs::test::recordedRun;

namespace rs::ui {
namespace {

std::vector<int> sorted(const std::vector<Slot>& slots) {
  std::vector<int> ids;
  for (const Slot& slot : slots) {
    ids.push_back(slot.expert);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST_CASE("the token strip is read anew at another layer or expert only where it is coloured by their load") {
  const auto run = recordedRun("");
  const int chosen = run->trace->ints(Site::kExpertIndices, 1, 2)[0];
  RunStripSource source;
  source.setRun(run, nullptr, 0, -1);
  canvas::StripPicture plain;
  plain.setSource(&source);
  canvas::StripPicture of_load;
  of_load.setValue(canvas::StripValue::kLoad);
  of_load.setSource(&source);
  const auto read = [](canvas::StripPicture& picture) {
    while (picture.update(1000)) {
    }
    return picture.version();
  };
  const std::uint64_t plain_before = read(plain);
  const std::uint64_t load_before = read(of_load);
  const std::uint64_t revision = source.revision(canvas::StripValue::kLoad);

  source.setRun(run, nullptr, 1, chosen);
  CHECK(read(plain) == plain_before);
  CHECK(read(of_load) > load_before);
  CHECK(source.firstChangedSince(canvas::StripValue::kLoad, revision) == 0);
  CHECK(source.value(canvas::StripValue::kLoad, 2) > 0);

  // Nothing moved.
  const std::uint64_t load_after = read(of_load);
  source.setRun(run, nullptr, 1, chosen);
  CHECK(read(of_load) == load_after);
  // Under other edits both are read anew.
  source.setRun(recordedRun(R"([{"op":"force","layer":1,"pos":[2],"experts":[3]}])"), nullptr, 1, chosen);
  CHECK(read(plain) > plain_before);
  CHECK(read(of_load) > load_after);
}

TEST_CASE("the heat map shows the decision of an edit before the engine has run, there and nowhere else") {
  const std::string edits = R"([{"op":"force","layer":1,"pos":[2],"experts":[3]}])";
  const auto run = recordedRun("");
  Steering after;
  after.edits = parseEdits(edits);
  const auto look = std::make_shared<const FirstLook>(run, after);
  const auto decision = look->at(1, 2);
  REQUIRE(decision != nullptr);
  REQUIRE(std::find(decision->ids.begin(), decision->ids.end(), 3) != decision->ids.end());
  RunHeatSource source;
  source.setRun(run, nullptr, nullptr);
  const std::uint64_t revision = source.revision();
  source.setRun(look->run(), nullptr, nullptr, {}, look);
  CHECK(source.revision() != revision);
  CHECK(source.firstChangedSince(revision) == 2);
  RunHeatSource plain;
  plain.setRun(run, nullptr, nullptr);
  RunHeatSource answered;
  answered.setRun(recordedRun(edits), nullptr, nullptr);
  const auto read = [](const RunHeatSource& from, canvas::HeatValue value, int token, int layer) {
    std::vector<float> cells(static_cast<std::size_t>(from.experts()));
    from.values(value, token, layer, cells);
    for (float& cell : cells) {
      cell = std::isnan(cell) ? -1e9F : cell;  // to be compared
    }
    return cells;
  };
  for (const auto value : {canvas::HeatValue::kWeight, canvas::HeatValue::kPresence,
                           canvas::HeatValue::kLogit, canvas::HeatValue::kProbability}) {
    CAPTURE(static_cast<int>(value));
    // As the engine will find it, to the bit.
    CHECK(read(source, value, 2, 1) == read(answered, value, 2, 1));
    for (int token = 0; token < source.tokens(); ++token) {
      for (int layer = 0; layer < source.layers(); ++layer) {
        if (token != 2 || layer != 1) {
          CHECK(read(source, value, token, layer) == read(plain, value, token, layer));
        }
      }
    }
  }
  CHECK(read(source, canvas::HeatValue::kWeight, 2, 1) != read(plain, canvas::HeatValue::kWeight, 2, 1));
  for (std::size_t slot = 0; slot < decision->ids.size(); ++slot) {
    const auto expert = static_cast<std::size_t>(decision->ids[slot]);
    CHECK(read(source, canvas::HeatValue::kWeight, 2, 1)[expert] == decision->weights[slot]);
    CHECK(read(source, canvas::HeatValue::kMargin, 2, 1)[expert] == decision->margin);
  }
  // The rest of what may change is hatched, the decision is not.
  const auto is_hatched = [&](int token, int layer) {
    const auto boxes = staleBoxesOf(*look->run(), look.get());
    return std::any_of(boxes.begin(), boxes.end(), [&](const canvas::StaleBox& box) {
      return token >= box.tokens.begin && token < box.tokens.end && layer >= box.layers.begin &&
             layer < box.layers.end;
    });
  };
  CHECK_FALSE(is_hatched(2, 1));
  CHECK(is_hatched(3, 1));
  CHECK_FALSE(is_hatched(1, 1));
  CHECK_FALSE(is_hatched(2, 0));
  source.setRun(recordedRun(edits), nullptr, nullptr);
  CHECK(source.firstChangedSince(revision) <= 2);
}

}  // namespace

TEST_CASE("without edits every decision is the model's own, and is kept") {
  const auto run = recordedRun("");
  for (int layer = 0; layer < 2; ++layer) {
    for (int token = 0; token < run->size(); ++token) {
      const DecisionReading reading = readDecision(*run, layer, token, run.get());
      CHECK(reading.status == DecisionStatus::kKept);
      CHECK(sorted(reading.final) == sorted(reading.own));
      CHECK(reading.margin >= 0);
      CHECK(std::abs(reading.final[0].weight + reading.final[1].weight - 1) < 1e-5);
      // The runner-up is the largest of those that were not chosen.
      for (int expert = 0; expert < 6; ++expert) {
        const auto ids = sorted(reading.final);
        if (std::find(ids.begin(), ids.end(), expert) == ids.end()) {
          CHECK(reading.logits[static_cast<std::size_t>(expert)] <=
                reading.logits[static_cast<std::size_t>(reading.runner_up)]);
        }
      }
    }
  }
}

TEST_CASE("a forced decision says so and keeps what the model chose beside it") {
  const auto plain = recordedRun("");
  const auto own = sorted(readDecision(*plain, 0, 3).own);
  int other = 0;
  while (std::find(own.begin(), own.end(), other) != own.end()) {
    ++other;
  }
  const std::string expert = std::to_string(other);
  const auto forced = recordedRun(R"([{"op":"force","layer":0,"pos":[3],"experts":[)" + expert + "]}]");
  const DecisionReading reading = readDecision(*forced, 0, 3, plain.get());
  CHECK(reading.status == DecisionStatus::kForced);
  CHECK(sorted(reading.final) == std::vector<int>{other});
  CHECK(sorted(reading.own) == own);
  CHECK(readDecision(*forced, 0, 2, plain.get()).status == DecisionStatus::kKept);
}

TEST_CASE("a decision after an edit that chooses other experts by itself is flipped") {
  const auto plain = recordedRun("");
  const auto edited = recordedRun(R"([{"op":"output","layer":0,"expert":1,"scale":-40},
                                      {"op":"output","layer":0,"expert":2,"scale":-40}])");
  int n_flipped = 0;
  for (int token = 0; token < plain->size(); ++token) {
    const bool differs = decisionsDiffer(*plain, *edited, 1, token);
    const DecisionStatus status = readDecision(*edited, 1, token, plain.get()).status;
    CHECK((status == DecisionStatus::kFlipped) == differs);
    n_flipped += differs ? 1 : 0;
  }
  CHECK(n_flipped > 0);
  CHECK(readDecision(*edited, 1, 0).status == DecisionStatus::kKept);
}

TEST_CASE("a banned expert has no logit, and its own one is still there") {
  const auto run = recordedRun(R"([{"op":"ban","layer":1,"experts":[4]}])");
  const DecisionReading reading = readDecision(*run, 1, 2);
  CHECK(reading.logits[4] == -std::numeric_limits<float>::infinity());
  CHECK(std::isfinite(reading.own_logits[4]));
}

TEST_CASE("totals are the same counted at once and a few rows at a time") {
  const auto run = recordedRun("");
  RunTotals at_once;
  CHECK(at_once.advance(*run, 1 << 20));
  RunTotals in_steps;
  int n_steps = 0;
  while (!in_steps.advance(*run, 3)) {
    ++n_steps;
  }
  CHECK(n_steps > 1);
  CHECK(at_once.nDecisions() == 2 * run->size());
  CHECK(in_steps.nDecisions() == at_once.nDecisions());
  CHECK(in_steps.nFragile() == at_once.nFragile());
  std::int64_t total = 0;
  for (int layer = 0; layer < 2; ++layer) {
    for (int expert = 0; expert < 6; ++expert) {
      CHECK(in_steps.load(layer, expert) == at_once.load(layer, expert));
      total += at_once.load(layer, expert);
    }
  }
  CHECK(total == 2 * 2 * run->size());
}

TEST_CASE("totals begin anew for a run that was steered otherwise") {
  const auto plain = recordedRun("");
  const auto edited = recordedRun(R"([{"op":"ban","layer":"all","experts":[0]}])");
  RunTotals totals;
  CHECK(totals.advance(*plain, 1 << 20));
  CHECK(totals.advance(*edited, 1 << 20));
  CHECK(totals.nTokens() == edited->size());
  CHECK(totals.load(0, 0) == 0);
}

TEST_CASE("an expert's load is counted, and its null lies around even use") {
  const auto run = recordedRun("");
  RunTotals totals;
  REQUIRE(totals.advance(*run, 1 << 20));
  for (int expert = 0; expert < 6; ++expert) {
    const ExpertStatistics statistics = expertStatistics(*run, 0, expert, 0, run->size() - 1);
    const ExpertLoad& load = statistics.load;
    CHECK(load.n == run->size());
    CHECK(load.hits == totals.load(0, expert));
    CHECK(load.uniform == Approx(2.0 / 6));
    CHECK(load.null_range.low <= load.uniform);
    CHECK(load.null_range.high >= load.uniform);
    CHECK(load.interval.low <= load.share);
    CHECK(load.interval.high >= load.share);
    CHECK(load.p_value > 0);
    CHECK(load.p_value <= 1);
    CHECK(static_cast<std::int64_t>(statistics.top_tokens.size()) == std::min<std::int64_t>(load.hits, 12));
    std::int64_t together = 0;
    for (const Companion& companion : statistics.companions) {
      together += companion.together;
      CHECK(companion.n == load.hits);
    }
    CHECK(together == load.hits);  // two slots: each token has one companion
  }
}

TEST_CASE("an expert that everything is forced to is far outside its null") {
  const auto run = recordedRun(R"([{"op":"force","layer":0,"experts":[5, 1]}])");
  const ExpertLoad load = expertStatistics(*run, 0, 5, 0, run->size() - 1).load;
  CHECK(load.share == 1);
  CHECK(load.null_range.high < 1);
  CHECK(load.p_value < 0.01);
  const ExpertLoad unused = expertStatistics(*run, 0, 0, 0, run->size() - 1).load;
  CHECK(unused.hits == 0);
  CHECK(unused.p_value < 0.01);
}

TEST_CASE("two runs are compared over the tokens that both have") {
  const auto plain = recordedRun("");
  const auto forced = recordedRun(R"([{"op":"force","layer":0,"pos":[3],"experts":[5, 1]}])");
  const Comparison comparison = compareRouting(*plain->trace, *forced->trace);
  CHECK(comparison.n_positions == plain->size());
  int n_flips = 0;
  for (int token = 0; token < plain->size(); ++token) {
    n_flips += decisionsDiffer(*plain, *forced, 0, token) ? 1 : 0;
  }
  REQUIRE(comparison.layers.size() == 2);
  CHECK(comparison.layers[0].flips == n_flips);
  CHECK(comparison.layers[0].n == plain->size());
}

TEST_CASE("numbers and tokens are written for people") {
  CHECK(numberText(-1.5, 2) == QStringLiteral("−1.50"));
  CHECK(numberText(std::numeric_limits<double>::quiet_NaN()) == QStringLiteral("–"));
  CHECK(numberText(-std::numeric_limits<double>::infinity()) == QStringLiteral("−∞"));
  CHECK(percentText(0.1234) == QStringLiteral("12.3 %"));
  CHECK(tokenLabel(nullptr, 12) == QStringLiteral("#12"));
  CHECK(expertLabel(nullptr, 6, 3) == QStringLiteral("E3"));
  CHECK(expertLabel(nullptr, 6, 7) == QStringLiteral("V1"));
}

}  // namespace rs::ui
