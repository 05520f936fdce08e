// SPDX-License-Identifier: Apache-2.0
//
// The first look at an edit agrees with the engine, and a view can be tested without one.
#include "core/routing/preview.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "core/base/error.h"
#include "core/engine/steered.h"
#include "core/routing/edit_json.h"
#include "tests/support/fake_engine.h"

namespace rs {
namespace {

using test::FakeEngine;
using test::record;
using test::Recording;

RoutingProgram previewOf(const std::string& edits, const ModelConfig& config) {
  return compileForPreview({parseEdits(edits), {}}, config, {});
}

TEST_CASE("a preview of the first layer touched has the bits of the engine") {
  for (const std::string& edits :
       {std::string(R"([{"op": "ban", "layer": 1, "experts": [0, 3]}])"),
        std::string(R"([{"op": "add", "layer": 1, "experts": [4], "value": 2.5, "pos": [2, 5]}])"),
        std::string(R"([{"op": "force", "layer": 1, "experts": [5, 2, 0]}])"),
        std::string(
            R"([{"op": "top_k", "layer": 1, "k": 4}, {"op": "temperature", "layer": 1, "value": 2}])"),
        std::string(R"([{"op": "virtual", "name": "v", "layer": 1, "mode": "compete", "logit": 3,
                         "vector": {"unembed": 7}}])")}) {
    INFO(edits);
    Recording recording;
    recording.edits = edits;
    const auto snapshot = record(recording);
    REQUIRE(snapshot->runs.size() == 2);
    const Trace& before = *snapshot->runs[0]->trace;
    const Trace& after = *snapshot->runs[1]->trace;
    const RoutingProgram program = previewOf(edits, snapshot->model->config);
    for (int position = 0; position < before.size(); ++position) {
      const DecisionPreview preview =
          previewDecision(program, 1, position, before.floats(Site::kRouterLogitsRaw, 1, position));
      const auto ids = after.ints(Site::kExpertIndices, 1, position);
      const auto weights = after.floats(Site::kExpertWeights, 1, position);
      const auto logits = after.floats(Site::kRouterLogits, 1, position);
      REQUIRE(preview.problem.empty());
      REQUIRE(std::equal(preview.ids.begin(), preview.ids.end(), ids.begin()));
      REQUIRE(std::equal(preview.weights.begin(), preview.weights.end(), weights.begin()));
      REQUIRE(std::equal(preview.logits.begin(), preview.logits.end(), logits.begin(), logits.end()));
      REQUIRE(std::all_of(ids.begin() + static_cast<std::ptrdiff_t>(preview.ids.size()), ids.end(),
                          [](std::int32_t id) { return id < 0; }));
    }
  }
}

TEST_CASE("a preview tells the margin and why there is no decision") {
  const ModelConfig config = record()->model->config;
  const std::vector<float> own{0.5F, 3.0F, 2.0F, 1.75F, -1.0F, 0.0F};
  const DecisionPreview plain = previewDecision(previewOf("[]", config), 0, 0, own);
  CHECK(plain.ids == std::vector<std::int32_t>{1, 2});
  CHECK(plain.margin == 0.25F);
  std::vector<float> broken = own;
  broken[3] = std::numeric_limits<float>::infinity();
  const DecisionPreview none = previewDecision(previewOf("[]", config), 0, 4, broken);
  CHECK(none.ids.empty());
  CHECK(none.problem.find("position 4") != std::string::npos);
}

TEST_CASE("touched cells are those where the tables do anything else") {
  const ModelConfig config = record()->model->config;
  const RoutingProgram none = previewOf("[]", config);
  const TouchedCells nothing = touchedCells(none, none, 10);
  CHECK(nothing.none());
  CHECK(!nothing.isStale(1, 9));
  const RoutingProgram one = previewOf(
      R"([{"op": "ban", "layer": 1, "experts": [0], "pos": [3, 7, 12]}, {"op": "add", "layer": 0, "experts": [1],
           "value": 1, "pos": [5]}])",
      config);
  const TouchedCells cells = touchedCells(none, one, 10);
  CHECK(cells.first_layer == 0);
  CHECK(cells.first_position == 3);
  CHECK(cells.edited == std::vector<std::vector<int>>{{5}, {3, 7}});
  CHECK(!cells.isStale(0, 2));
  CHECK(cells.isStale(1, 9));
  // The same edit twice over halves of the positions is the same edit.
  const RoutingProgram whole =
      previewOf(R"([{"op": "ban", "layer": 1, "experts": [0], "pos": [3, 7]}])", config);
  const RoutingProgram halves = previewOf(
      R"([{"op": "ban", "layer": 1, "experts": [0], "pos": [7]},
          {"op": "ban", "layer": 1, "experts": [0], "pos": [3]}])",
      config);
  CHECK(touchedCells(whole, halves, 10).none());
  // Everywhere against somewhere: the positions that are not named.
  const RoutingProgram everywhere = previewOf(R"([{"op": "ban", "layer": 1, "experts": [0]}])", config);
  CHECK(touchedCells(whole, everywhere, 5).edited[1] == std::vector<int>{0, 1, 2, 4});
  // Another token's direction is another edit.
  const auto added = [&](int token) {
    return previewOf(R"([{"op": "resid_add", "layer": 1, "site": "resid_pre", "vector": {"unembed": )" +
                         std::to_string(token) + "}}]",
                     config);
  };
  CHECK(touchedCells(added(40), added(40), 5).none());
  CHECK(touchedCells(added(40), added(41), 5).first_layer == 1);
}

TEST_CASE("the order of edits matters where it matters to the engine") {
  const ModelConfig config = record()->model->config;
  const RoutingProgram one = previewOf(
      R"([{"op": "add", "layer": 0, "experts": [1], "value": 1}, {"op": "temperature", "layer": 0, "value": 2}])",
      config);
  const RoutingProgram other = previewOf(
      R"([{"op": "temperature", "layer": 0, "value": 2}, {"op": "add", "layer": 0, "experts": [1], "value": 1}])",
      config);
  CHECK(touchedCells(one, other, 4).first_layer == 0);
  // Stages run in their own order whatever the list says.
  const RoutingProgram staged = previewOf(
      R"([{"op": "top_k", "layer": 0, "k": 1}, {"op": "ban", "layer": 0, "experts": [1]}])", config);
  const RoutingProgram again = previewOf(
      R"([{"op": "ban", "layer": 0, "experts": [1]}, {"op": "top_k", "layer": 0, "k": 1}])", config);
  CHECK(touchedCells(staged, again, 4).none());
}

TEST_CASE("a preview knows where a run's virtual experts fired") {
  const ModelConfig config = record()->model->config;
  FiringRecord fired;
  fired.firing.position = 4;
  fired.firing.token = 9;
  const Steering steering{{}, {"calculator:layers=1,mode=force"}};
  const RoutingProgram program = compileForPreview(steering, config, std::span(&fired, 1));
  const std::vector<float> own{0.5F, 3.0F, 2.0F, 1.75F, -1.0F, 0.0F};
  CHECK(previewDecision(program, 1, 4, own).ids == std::vector<std::int32_t>{config.n_experts});
  CHECK(previewDecision(program, 1, 3, own).ids == std::vector<std::int32_t>{1, 2});
  CHECK(touchedCells(previewOf("[]", config), program, 9).edited[1] == std::vector<int>{4});
}

TEST_CASE("a fake engine shows what it is given and keeps what it is asked") {
  FakeEngine engine;
  int n_woken = 0;
  engine.setWake([&] { ++n_woken; });
  CHECK(engine.latest()->runs.empty());
  CHECK(engine.submit(OpenModel{}) == 1);
  CHECK(engine.submit(SelectRun{4}) == 2);
  REQUIRE(engine.last<SelectRun>() != nullptr);
  CHECK(engine.last<SelectRun>()->run == 4);
  CHECK(engine.last<OpenModel>() == nullptr);
  const auto snapshot = record();
  engine.show(snapshot, {Finished{1, 0}});
  engine.show(snapshot, {Finished{2, 1}});
  CHECK(n_woken == 1);
  CHECK(engine.latest()->revision == 2);
  CHECK(engine.takeEvents().size() == 2);
  CHECK(engine.takeEvents().empty());
  engine.show(snapshot);
  CHECK(n_woken == 2);
  CHECK(engine.latest()->run(1)->tokens->size() == 12);
  engine.cancel();
  CHECK(engine.nCancelled() == 1);
}

}  // namespace
}  // namespace rs
