// SPDX-License-Identifier: Apache-2.0
//
// What the window works on, over a real engine on the nano model: runs, edits with undo, comparison.
#include "ui/workbench.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "core/engine/engine_thread.h"
#include "tests/support/door.h"
#include "tests/ui/application.h"
#include "ui/reading/decision_reading.h"
#include "ui/steering_edits.h"

using rs::test::settle;
using rs::test::waitFor;

namespace rs::ui {
namespace {

struct Bench {
  Bench() {
    rs::test::application();
    bench = std::make_unique<Workbench>(std::make_unique<EngineThread>(rs::test::nanoOpener()));
    QObject::connect(bench.get(), &Workbench::logged, [this](const LogEntry& entry) {
      if (entry.kind == LogEntry::Kind::kError) {
        errors.push_back(entry.text);
      }
    });
    bench->openModel({});
    REQUIRE(idle());
    REQUIRE(bench->model() != nullptr);
  }
  bool idle() {
    settle();
    return waitFor([this] { return !bench->isBusy(); });
  }
  void run(const std::string& ids, int n_new) {
    bench->setPrompt({PromptMode::kIds, ids, n_new, {}});
    bench->startRun();
    REQUIRE(idle());
    REQUIRE(bench->run() != nullptr);
  }
  // An expert that the token does not go to in this layer.
  [[nodiscard]] int notChosen(int layer, int token) const {
    const DecisionReading reading = readDecision(*bench->run(), layer, token);
    for (int expert = 0;; ++expert) {
      if (std::none_of(reading.final.begin(), reading.final.end(),
                       [&](const Slot& slot) { return slot.expert == expert; })) {
        return expert;
      }
    }
  }
  [[nodiscard]] int best(int layer, int token) const {
    return readDecision(*bench->run(), layer, token).final.front().expert;
  }

  std::unique_ptr<Workbench> bench;
  std::vector<QString> errors;
};

bool sameSlots(const std::vector<Slot>& a, const std::vector<Slot>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Slot& left, const Slot& right) {
    return left.expert == right.expert && left.weight == right.weight;
  });
}

}  // namespace

TEST_CASE("a prompt of token ids becomes a run, and the cursor follows it") {
  Bench window;
  window.run("12, 7, 30, 5", 3);
  CHECK(window.bench->run()->n_prompt == 4);
  CHECK(window.bench->run()->tokens->size() == 7);
  CHECK(window.bench->cursor().cursor().token == window.bench->run()->size() - 1);
  CHECK(window.errors.empty());
}

TEST_CASE("a prompt that cannot be is refused in words and nothing runs") {
  Bench window;
  window.bench->setPrompt({PromptMode::kIds, "12, x", 3, {}});
  window.bench->startRun();
  window.bench->setPrompt({PromptMode::kIds, "99999999", 3, {}});
  window.bench->startRun();
  window.bench->setPrompt({PromptMode::kIds, "", 3, {}});
  window.bench->startRun();
  REQUIRE(window.errors.size() == 3);
  CHECK(window.errors[0].contains(QStringLiteral("'x'")));
  CHECK(window.errors[1].contains(QStringLiteral("99999999")));
  CHECK(window.bench->run() == nullptr);
}

TEST_CASE("forcing an expert changes that decision, and undo and redo take it back and forth") {
  Bench window;
  window.run("12, 7, 30, 5", 0);
  const int expert = window.notChosen(0, 2);
  REQUIRE(window.bench->forceExpert({2, 0, expert}, false));
  REQUIRE(window.idle());
  CHECK(window.best(0, 2) == expert);
  REQUIRE(window.bench->reference() != nullptr);
  CHECK(readDecision(*window.bench->reference(), 0, 2).final.front().expert != expert);
  REQUIRE(window.bench->effect().has_value());
  CHECK(window.bench->effect()->flips_here >= 1);
  window.bench->undo().undo();
  REQUIRE(window.idle());
  CHECK(window.bench->steering().edits.empty());
  CHECK(window.best(0, 2) != expert);
  window.bench->undo().redo();
  REQUIRE(window.idle());
  CHECK(window.best(0, 2) == expert);
}

TEST_CASE("an edit's own decision is shown at once, as the engine then finds it") {
  Bench window;
  window.run("12, 7, 30, 5", 3);
  const int expert = window.notChosen(0, 2);
  REQUIRE(window.bench->forceExpert({2, 0, expert}, false));
  // No event was handled yet: this is what the window knows by itself.
  const auto look = window.bench->firstLook();
  REQUIRE(look != nullptr);
  REQUIRE(window.bench->run()->stale.has_value());
  CHECK(window.bench->run()->stale->layer == 0);
  CHECK(window.bench->run()->stale->position == 2);
  CHECK(look->at(0, 1) == nullptr);
  CHECK(look->at(1, 2) == nullptr);
  const DecisionReading seen = readDecision(*window.bench->run(), 0, 2, nullptr, look->at(0, 2));
  CHECK(seen.status == DecisionStatus::kForced);
  CHECK(seen.final.front().expert == expert);
  REQUIRE(window.idle());
  CHECK(window.bench->firstLook() == nullptr);
  CHECK_FALSE(window.bench->run()->stale.has_value());
  CHECK(sameSlots(readDecision(*window.bench->run(), 0, 2).final, seen.final));
}

TEST_CASE("a dragged logit is previewed under the edits that choose in that layer") {
  Bench window;
  window.run("12, 7, 30, 5", 0);
  const int forced = window.notChosen(0, 2);
  REQUIRE(window.bench->forceExpert({2, 0, forced}, false));
  REQUIRE(window.idle());
  const int leaned_on = window.notChosen(0, 2);
  Steering dragged = window.bench->steering();
  dragged.edits = withAdd(dragged.edits, {0, 2}, leaned_on, 40);
  const auto preview = decisionUnder(*window.bench->run(), dragged, 0, 2);
  REQUIRE(preview != nullptr);
  const DecisionReading seen = readDecision(*window.bench->run(), 0, 2, nullptr, preview);
  REQUIRE(window.bench->addToLogit({2, 0, leaned_on}, 40, false));
  REQUIRE(window.idle());
  CHECK(sameSlots(readDecision(*window.bench->run(), 0, 2).final, seen.final));
}

TEST_CASE("edits one after the other leave one run beside the unedited one") {
  Bench window;
  window.run("12, 7, 30, 5", 4);
  const int first = window.notChosen(0, 1);
  REQUIRE(window.bench->forceExpert({1, 0, first}, false));
  REQUIRE(window.idle());
  const int second = window.notChosen(1, 2);
  REQUIRE(window.bench->banExpert({2, 1, second}, false));
  REQUIRE(window.idle());
  CHECK(window.bench->runs().size() == 2);
  CHECK(window.bench->run()->steering == window.bench->steering());
  REQUIRE(window.bench->reference() != nullptr);
  CHECK(window.bench->reference()->steering.edits.empty());
  CHECK(window.best(0, 1) == first);
}

TEST_CASE("taking every edit away shows the first run again") {
  Bench window;
  window.run("12, 7, 30, 5", 4);
  const RunId first = window.bench->run()->id;
  const int expert = window.notChosen(0, 1);
  REQUIRE(window.bench->forceExpert({1, 0, expert}, false));
  REQUIRE(window.idle());
  CHECK(window.bench->run()->id != first);
  REQUIRE(window.bench->clearEdits({1, 0, expert}));
  REQUIRE(window.idle());
  CHECK(window.bench->run()->id == first);
  CHECK(window.bench->runs().size() == 1);
}

TEST_CASE("with answers that stay, an edit changes the routing over the same tokens") {
  Bench window;
  window.run("12, 7, 30, 5", 4);
  const std::vector<std::int32_t> tokens = *window.bench->run()->tokens;
  window.bench->setRegenerates(false);
  const int expert = window.notChosen(0, 1);
  REQUIRE(window.bench->forceExpert({1, 0, expert}, false));
  REQUIRE(window.idle());
  CHECK(*window.bench->run()->tokens == tokens);
  CHECK(window.best(0, 1) == expert);
}

TEST_CASE("edits that cannot be change nothing and leave no step of undo") {
  Bench window;
  window.run("12, 7, 30, 5", 0);
  Steering next;
  next.edits = {};
  next.virtual_experts = {"no_such_expert"};
  CHECK(!window.bench->changeSteering(next, QStringLiteral("nonsense")));
  CHECK(window.errors.size() == 1);
  CHECK(window.bench->undo().count() == 0);
  CHECK(window.bench->steering().virtual_experts.empty());
}

TEST_CASE("a branch shares what comes before and is compared with where it came from") {
  Bench window;
  window.run("12, 7, 30, 5", 4);
  const auto before = window.bench->run();
  window.bench->branchAt(2, 9);
  REQUIRE(window.idle());
  const auto branch = window.bench->run();
  CHECK(branch->id != before->id);
  CHECK(std::equal(branch->tokens->begin(), branch->tokens->begin() + 2, before->tokens->begin()));
  CHECK((*branch->tokens)[2] == 9);
  REQUIRE(window.bench->reference() != nullptr);
  CHECK(window.bench->reference()->id == before->id);
  window.bench->swapRuns();
  REQUIRE(window.idle());
  CHECK(window.bench->run()->id == before->id);
  CHECK(window.bench->reference()->id == branch->id);
}

TEST_CASE("a step adds one token") {
  Bench window;
  window.run("12, 7, 30, 5", 1);
  const std::size_t n = window.bench->run()->tokens->size();
  window.bench->continueRun(1);
  REQUIRE(window.idle());
  CHECK(window.bench->run()->tokens->size() == n + 1);
}

TEST_CASE("the command line says what the window shows") {
  Bench window;
  window.run("12, 7, 30, 5", 3);
  REQUIRE(window.bench->addToLogit({1, 0, 2}, 0.5, false));
  REQUIRE(window.idle());
  const QString line = window.bench->commandLine();
  CHECK(line.contains(QStringLiteral("--tokens '12,7,30,5'")));
  CHECK(line.contains(QStringLiteral("--max-tokens 3")));
  CHECK(line.contains(QStringLiteral("\"op\":\"add\"")));
}

TEST_CASE("without a model a run is refused with what to do") {
  rs::test::application();
  Workbench bench(std::make_unique<EngineThread>(rs::test::nanoOpener()));
  bench.startRun();
  REQUIRE(bench.log().size() == 1);
  CHECK(bench.log()[0].text.contains(QStringLiteral("Ctrl+O")));
}

TEST_CASE("each edit's own effect is measured on the run, and is gone with the next edit") {
  Bench window;
  Workbench& bench = *window.bench;
  window.run("12 7 30 5 41 8", 3);
  bench.askContributions();
  REQUIRE(window.errors.size() == 1);
  CHECK(window.errors[0].contains(QStringLiteral("no edit is switched on")));
  REQUIRE(bench.forceExpert({1, 0, window.notChosen(0, 1)}, false));
  REQUIRE(window.idle());
  Edit idle_edit = bench.steering().edits[0];
  idle_edit.on = false;
  REQUIRE(bench.addEdit(idle_edit, QStringLiteral("Add one that is off")));
  REQUIRE(bench.banExpert({4, 1, window.best(1, 4)}, false));
  REQUIRE(window.idle());
  const auto before = bench.run();
  bench.askContributions();
  REQUIRE(window.idle());
  CHECK(window.errors.size() == 1);
  for (const std::size_t edit : {std::size_t{0}, std::size_t{2}}) {
    const EditEffect* effect = bench.contribution(edit);
    REQUIRE(effect != nullptr);
    CHECK(effect->run == before->id);
    CHECK(effect->flips_here >= 1);
    CHECK(effect->n_decisions > effect->flips_here);
  }
  CHECK(bench.contribution(1) == nullptr);
  CHECK(bench.run()->trace == before->trace);
  bench.undo().undo();
  REQUIRE(window.idle());
  CHECK(bench.contribution(0) == nullptr);
}

}  // namespace rs::ui
