// SPDX-License-Identifier: Apache-2.0
//
// What a recorder stores is what a reader gives back, bit for bit.
#include <catch2/catch.hpp>
#include <cstring>

#include "core/base/error.h"
#include "sessions/sqlite/connection.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::TemporaryDirectory;

void checkRouting(SessionReader& reader, RunId run, const Trace& trace, bool is_edited) {
  for (int layer = 0; layer < kLayers; ++layer) {
    const StoredDecisions decisions = reader.decisions(run, layer, 0, trace.size());
    const StoredDecisions own = reader.decisions(run, layer, 0, trace.size(), Which::kOwn);
    const StoredLogits logits = reader.logits(run, layer, 0, trace.size());
    const StoredLogits own_logits = reader.logits(run, layer, 0, trace.size(), Which::kOwn);
    REQUIRE(decisions.n == trace.size());
    REQUIRE(own.n == trace.size());
    REQUIRE(logits.n == trace.size());
    REQUIRE(own_logits.n == trace.size());
    const auto same = [](auto left, auto right) {
      return std::equal(left.begin(), left.end(), right.begin(), right.end());
    };
    const Site own_ids = is_edited ? Site::kExpertIndicesRaw : Site::kExpertIndices;
    const Site own_weights = is_edited ? Site::kExpertWeightsRaw : Site::kExpertWeights;
    const Site raw = is_edited ? Site::kRouterLogitsRaw : Site::kRouterLogits;
    bool holds = true;
    for (int position = 0; position < trace.size(); ++position) {
      const auto at = static_cast<std::size_t>(position);
      holds = holds &&
              same(decisions.expertsAt(position), trace.ints(Site::kExpertIndices, layer, position)) &&
              same(decisions.weightsAt(position), trace.floats(Site::kExpertWeights, layer, position)) &&
              same(own.expertsAt(position), trace.ints(own_ids, layer, position)) &&
              same(own.weightsAt(position), trace.floats(own_weights, layer, position)) &&
              same(logits.at(position), trace.floats(Site::kRouterLogits, layer, position)) &&
              same(own_logits.at(position), trace.floats(raw, layer, position)) &&
              decisions.margins[at] == decisionMargin(logits.at(position), kTopK) &&
              own.margins[at] == decisionMargin(own_logits.at(position), kTopK);
    }
    CHECK(holds);
  }
}

TEST_CASE("a run comes back bit for bit") {
  const bool is_edited = GENERATE(false, true);
  const int n = GENERATE(1, 1024, 2500);
  CAPTURE(is_edited, n);
  const TemporaryDirectory directory;
  SessionStore store(create(sessionPath(directory)));
  store.waitOpened();
  const RunId id = recordRun(store, n, is_edited);
  HandMadeTrace made(n, is_edited);
  made.grow(n);
  SessionReader reader(sessionPath(directory));
  checkRouting(reader, id, made.get(), is_edited);
  CHECK(reader.knowsOwn(id));
  const StoredRun run = reader.run(id);
  RunSetup setup = setupFor(n);
  CHECK(run.setup.prompt == setup.prompt);
  CHECK(run.setup.model == setup.model);
  CHECK(run.setup.provenance == setup.provenance);
  CHECK(run.setup.sampling.seed == setup.sampling.seed);
  CHECK(run.setup.stop_ids == setup.stop_ids);
  CHECK(run.summary.ending == "prompt");
  CHECK(run.summary.n_edits == (is_edited ? 1 : 0));
}

TEST_CASE("the model's own decisions follow from its logits where they were not captured") {
  HandMadeTrace with(50, true);
  HandMadeTrace without(50, true, kExperts, false);
  with.grow(50);
  without.grow(50);
  const RoutingPiece captured = encodeRouting(with.get(), 1, 10, 40, false);
  const RoutingPiece derived = encodeRouting(without.get(), 1, 10, 40, false);
  CHECK(captured.own == Own::kStored);
  CHECK(derived.own == Own::kStored);
  CHECK(derived.own_experts == captured.own_experts);
  CHECK(derived.own_weights == captured.own_weights);
  CHECK(derived.own_margins == captured.own_margins);
}

TEST_CASE("texts, firings and abstentions come back") {
  const TemporaryDirectory directory;
  SessionStore store(create(sessionPath(directory)));
  store.waitOpened();
  const RunId id = recordRun(store, 20);
  SessionReader reader(sessionPath(directory));
  const std::vector<StoredToken> tokens = reader.tokens(id, 5, 3);
  REQUIRE(tokens.size() == 3);
  for (const StoredToken& token : tokens) {
    CHECK(token.id == tokenAt(token.position));
    CHECK(token.bytes == bytesOf(token.id));
    CHECK_FALSE(token.logprob.has_value());
  }
  const auto firings = reader.firings(id);
  REQUIRE(firings.size() == 1);
  CHECK(firings[0].firing.expression == "40 + 2");
  CHECK(reader.abstentions(id).at(0).abstention.reason == "division by zero");
  CHECK(reader.tokens(id, 20).empty());
  CHECK(reader.decisions(id, 0, 20, 5).n == 0);
  CHECK(reader.decisions(id, 0, 15, 100).n == 5);
  CHECK_THROWS_WITH(reader.run(7), Catch::Contains("there is none; it has 1"));
}

TEST_CASE("what was streamed before a crash is kept, in pieces of any size") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  RunRecorder recorder(store, setupFor(10), testBytes());
  HandMadeTrace made(1200);
  for (int end = 10; end <= 1150; end += 57) {
    made.grow(end);
    REQUIRE(recorder.append(made.get(), true));
    store.flush();
    if (end > 300 && end < 420) {
      SessionReader reader(path);
      checkRouting(reader, recorder.run(), made.get(), false);
      const StoredDecisions middle = reader.decisions(recorder.run(), 1, 100, 150);
      CHECK(middle.first == 100);
      CHECK(middle.n == 150);
      CHECK(middle.expertsAt(130)[0] == made.get().ints(Site::kExpertIndices, 1, 130)[0]);
    }
  }
  SECTION("whole chunks become one piece") {
    Connection connection(path, Access::kRead);
    CHECK(connection.number("SELECT count(*) FROM routing WHERE layer = 0 AND first < 1024") == 1);
    SessionReader reader(path);
    checkRouting(reader, recorder.run(), made.get(), false);
  }
  SECTION("and the end makes one of the last") {
    recorder.chose({3, -0.25});
    RunResult result;
    result.end = RunEnd::kStopToken;
    result.generated = {3};
    result.trace = made.take();
    store.wait(recorder.finish(result));
    Connection connection(path, Access::kRead);
    CHECK(connection.number("SELECT count(*) FROM routing") == 4);
    SessionReader reader(path);
    checkRouting(reader, recorder.run(), *result.trace, false);
    CHECK(reader.tokens(recorder.run(), 10).at(0).logprob == -0.25);
    CHECK(reader.run(recorder.run()).summary.ending == "stop token");
  }
}

TEST_CASE("a run that the program left is marked when the session is opened again") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    store.waitOpened();
    RunRecorder recorder(store, setupFor(3), testBytes());
  }
  SessionStore store(reopen(path));
  CHECK(store.waitOpened().interrupted_runs == 1);
  CHECK(SessionReader(path).runs().at(0).ending == "interrupted");
}

TEST_CASE("recorded rows of a finished run cannot be changed") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  {
    SessionStore store(create(path));
    store.waitOpened();
    recordRun(store, 5);
    store.wait(store.change("user", "note", {note("a", "1")}));
  }
  Connection connection(path, Access::kWrite);
  for (const char* sql : {"UPDATE run SET seed = 1", "UPDATE token SET id = 1", "DELETE FROM token",
                          "UPDATE routing SET layer = 9", "DELETE FROM routing", "DELETE FROM router_logits",
                          "UPDATE command SET title = ''", "DELETE FROM command"}) {
    CAPTURE(sql);
    CHECK_THROWS_WITH(connection.execute(sql), Catch::Contains("never") || Catch::Contains("append-only"));
  }
}

TEST_CASE("ids take one byte where they fit and two where they do not") {
  const std::vector<std::int32_t> ids{0, 254, -1};
  Bytes one;
  appendIds(one, ids, 1);
  CHECK(decodeIds(one, 1) == ids);
  const std::vector<std::int32_t> wide{0, 255, 300, -1};
  Bytes two;
  appendIds(two, wide, 2);
  CHECK(two.size() == 8);
  CHECK(decodeIds(two, 2) == wide);
  CHECK(idBytes(255) == 1);
  CHECK(idBytes(256) == 2);
}

TEST_CASE("the views in SQL agree with the reader") {
  const int n_experts = GENERATE(6, 300);
  CAPTURE(n_experts);
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  RunSetup setup = setupFor(1100, n_experts);
  setup.edits_json = "[{}]";
  RunRecorder recorder(store, setup, testBytes());
  HandMadeTrace made(1100, true, n_experts);
  made.grow(1100);
  RunResult result;
  result.trace = made.take();
  store.wait(recorder.finish(result));
  SessionReader reader(path);
  Connection connection(path, Access::kRead);
  for (const Which which : {Which::kFinal, Which::kOwn}) {
    const StoredDecisions decisions = reader.decisions(1, 1, 0, 1100, which);
    Statement rows = connection.prepare(
        "SELECT position, slot, expert, weight, margin, token FROM v_decisions "
        "WHERE run = 1 AND layer = 1 AND decision = ? ORDER BY position, slot");
    rows.with(which == Which::kFinal ? "final" : "own");
    int n_rows = 0;
    int n_wrong = 0;
    while (rows.step()) {
      const auto position = static_cast<int>(rows.number(0));
      const auto slot = static_cast<std::size_t>(rows.number(1));
      n_wrong +=
          decisions.expertsAt(position)[slot] != rows.number(2) ||
                  decisions.weightsAt(position)[slot] != static_cast<float>(rows.real(3)) ||
                  decisions.margins[static_cast<std::size_t>(position)] != static_cast<float>(rows.real(4)) ||
                  rows.number(5) != tokenAt(position)
              ? 1
              : 0;
      ++n_rows;
    }
    CHECK(n_rows == 2200);
    CHECK(n_wrong == 0);
  }
  const StoredDecisions decisions = reader.decisions(1, 0, 0, 1100);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(n_experts));
  for (const std::int32_t id : decisions.experts) {
    ++counts[static_cast<std::size_t>(id)];
  }
  Statement load = connection.prepare(
      "SELECT expert, n, tokens, low, share, high, expected FROM v_expert_load WHERE run = 1 AND layer = 0");
  int n_experts_seen = 0;
  while (load.step()) {
    ++n_experts_seen;
    CHECK(load.number(1) == counts[static_cast<std::size_t>(load.number(0))]);
    CHECK(load.number(2) == 1100);
    CHECK(load.real(3) <= load.real(4));
    CHECK(load.real(4) <= load.real(5));
    CHECK(load.real(6) == Approx(2.0 / n_experts));
  }
  CHECK(n_experts_seen == n_experts);
}

TEST_CASE("SQL reads every kind of f32") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  RunId run = store.beginRun(setupFor(8)).run;
  const std::vector<float> values{0.0F,    -0.5F,   1e-45F, 1.17e-38F,
                                  3.4e38F, -1e-40F, 0.1F,   std::numeric_limits<float>::infinity()};
  RunBatch batch;
  batch.run = run;
  RoutingPiece piece;
  piece.n = 8;
  piece.slots = 1;
  piece.own = Own::kSame;
  piece.experts.resize(8);
  const auto bytes = std::as_bytes(std::span(values));
  piece.weights.resize(32);
  piece.margins.assign(bytes.begin(), bytes.end());
  for (int i = 0; i < 8; ++i) {
    batch.tokens.push_back({i, i, std::nullopt, std::nullopt, std::nullopt});
  }
  batch.pieces.push_back(piece);
  store.wait(store.append(batch));
  Connection connection(path, Access::kRead);
  Statement rows = connection.prepare(
      "SELECT margin FROM v_decisions WHERE run = 1 AND decision = 'final' ORDER BY position");
  for (const float value : values) {
    REQUIRE(rows.step());
    CHECK(rows.real(0) == static_cast<double>(value));
  }
}

}  // namespace
}  // namespace rs::sessions::test
