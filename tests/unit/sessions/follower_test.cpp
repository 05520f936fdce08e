// SPDX-License-Identifier: Apache-2.0
#include "sessions/run_follower.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/routing/edit_json.h"
#include "tests/unit/sessions/recorded.h"

namespace rs::sessions::test {
namespace {

using rs::test::TemporaryDirectory;

ModelInfo modelInfo() {
  ModelInfo model;
  model.name = "hand made";
  model.config = smallConfig();
  model.backend = "cpu";
  model.isa = "scalar";
  model.model_hash = "00112233";
  return model;
}

RunSnapshot snapshotOf(HandMadeTrace& made, int n_prompt, std::vector<std::int32_t> tokens) {
  RunSnapshot snapshot;
  snapshot.n_prompt = n_prompt;
  snapshot.tokens = std::make_shared<const std::vector<std::int32_t>>(std::move(tokens));
  // The test keeps the trace; the snapshot only looks.
  snapshot.trace = std::shared_ptr<const Trace>(&made.get(), [](const Trace*) {});
  return snapshot;
}

TEST_CASE("a run is recorded from snapshots, whichever of them are seen") {
  const TemporaryDirectory directory;
  const std::string path = sessionPath(directory);
  SessionStore store(create(path));
  store.waitOpened();
  HandMadeTrace made(100);
  made.grow(4);
  RunSnapshot first = snapshotOf(made, 4, {tokenAt(0), tokenAt(1), tokenAt(2), tokenAt(3)});
  first.steering.edits = parseEdits(R"([{"op": "ban", "layer": 0, "experts": [1]}])");
  FollowedRun more;
  more.max_new_tokens = 9;
  RunFollower follower(store, modelInfo(), first, more);
  CHECK(follower.follow(first) == 0);

  made.grow(70);
  std::vector<std::int32_t> tokens(made.get().tokens().begin(), made.get().tokens().end());
  tokens.push_back(33);
  RunSnapshot last = snapshotOf(made, 4, tokens);
  std::vector<float> logprobs(71, std::nanf(""));
  logprobs[2] = -0.5F;
  logprobs[70] = -1.5F;
  last.logprobs = std::make_shared<const std::vector<float>>(logprobs);
  std::vector<NextToken> next(70);
  for (NextToken& one : next) {
    one.entropy = -1;
  }
  next[69].entropy = 0.75F;
  next[69].best[0] = {33, -1.5F};
  next[69].best[1] = {7, -2.0F};
  last.next = std::make_shared<const std::vector<NextToken>>(next);
  last.firings.push_back({0, {5, 6, "?", "1+1", "2", 0, 1}});

  SECTION("values from before an edit are not recorded") {
    last.stale = StaleFrom{0, 0};
    CHECK(follower.follow(last) == 0);
    store.flush();
    CHECK(SessionReader(path).runs().at(0).n_tokens == 4);
  }
  last.stale.reset();
  last.state = RunState::kDone;
  last.end = RunEnd::kMaxTokens;
  const Ticket end = follower.follow(last);
  REQUIRE(end != 0);
  CHECK(follower.follow(last) == end);
  store.wait(end);
  SessionReader reader(path);
  const StoredRun run = reader.run(follower.run());
  CHECK(run.summary.ending == "length");
  CHECK(run.summary.n_tokens == 71);
  CHECK(run.summary.n_edits == 1);
  CHECK(parseEdits(run.setup.edits_json) == first.steering.edits);
  CHECK(run.setup.max_new_tokens == 9);
  const std::vector<StoredToken> stored = reader.tokens(follower.run());
  CHECK(stored[2].logprob == -0.5);
  CHECK_FALSE(stored[3].logprob.has_value());
  CHECK(stored[69].next_entropy == 0.75);
  CHECK(stored[70].logprob == -1.5);
  CHECK(reader.candidates(follower.run(), 69) == std::vector<Candidate>{{69, 0, 33, -1.5}, {69, 1, 7, -2.0}});
  CHECK(reader.firings(follower.run()).size() == 1);
  CHECK(reader.decisions(follower.run(), 1, 0, 100).n == 70);
}

TEST_CASE("a run that failed says why and keeps its prompt") {
  const TemporaryDirectory directory;
  SessionStore store(create(sessionPath(directory)));
  store.waitOpened();
  HandMadeTrace made(4);
  RunSnapshot snapshot = snapshotOf(made, 2, {1, 2});
  RunFollower follower(store, modelInfo(), snapshot, {});
  snapshot.state = RunState::kFailed;
  snapshot.error = "the device failed";
  store.wait(follower.follow(snapshot));
  SessionReader reader(sessionPath(directory));
  CHECK(reader.run(1).failure == "the device failed");
  CHECK(reader.run(1).setup.prompt == std::vector<std::int32_t>{1, 2});
}

}  // namespace
}  // namespace rs::sessions::test
