// SPDX-License-Identifier: Apache-2.0
//
// What is run again after an edit, and that its bits are those of a run from scratch.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <set>
#include <stop_token>

#include "core/backend/cpu/cpu_backend.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/kept_inputs.h"
#include "core/engine/next_token.h"
#include "core/engine/workbench.h"
#include "core/routing/edit_json.h"

namespace rs {
namespace {

const std::string kNano = RS_SOURCE_DIR "/tests/fixtures/nano";
const std::string kDemo = RS_SOURCE_DIR "/resources/demo-model";

class Recorder final : public WorkListener {
 public:
  void onChange() override {
    if (on_change) {
      on_change();
    }
  }
  void onEvent(Event event) override { events.push_back(std::move(event)); }
  [[nodiscard]] EditEffect lastEffect() const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (const auto* effect = std::get_if<EditEffect>(&*event)) {
        return *effect;
      }
    }
    throw std::logic_error("no edit has had an effect yet");
  }
  std::vector<Event> events;
  std::function<void()> on_change;
};

// Counts which layers were run, for how many tokens.
class CountingBackend final : public Backend {
 public:
  explicit CountingBackend(std::unique_ptr<Backend> inner)
      : inner_(std::move(inner)), n_rows(static_cast<std::size_t>(inner_->config().n_layers), 0) {}
  [[nodiscard]] const ModelConfig& config() const override { return inner_->config(); }
  [[nodiscard]] std::string name() const override { return inner_->name(); }
  [[nodiscard]] std::string isa() const override { return inner_->isa(); }
  [[nodiscard]] Precision precision() const override { return inner_->precision(); }
  void reserve(int max_positions, int max_chunk) override { inner_->reserve(max_positions, max_chunk); }
  void keepForRewind(int n_positions) override { inner_->keepForRewind(n_positions); }
  void setProgram(const RoutingProgram* program) override { inner_->setProgram(program); }
  void setCapture(const CaptureSinks* sinks) override { inner_->setCapture(sinks); }
  [[nodiscard]] int nCached() const override { return inner_->nCached(); }
  [[nodiscard]] bool rewind(int n) override { return inner_->rewind(n); }
  void embed(std::span<const std::int32_t> tokens) override {
    n_tokens_ = static_cast<int>(tokens.size());
    inner_->embed(tokens);
  }
  void attention(int layer) override { inner_->attention(layer); }
  void route(int layer) override { inner_->route(layer); }
  void experts(int layer) override {
    inner_->experts(layer);
    n_rows[static_cast<std::size_t>(layer)] += n_tokens_;
    if (layer == fails_in) {
      fails_in = -1;
      throw Error(ErrorCode::kDevice, "a test pulled the plug");
    }
  }
  void unembed(int n) override { inner_->unembed(n); }
  [[nodiscard]] std::span<const float> read(Site site, int layer) override {
    return inner_->read(site, layer);
  }
  void writeResidual(std::span<const float> rows) override { inner_->writeResidual(rows); }
  [[nodiscard]] std::span<const float> logits() const override { return inner_->logits(); }

 private:
  std::unique_ptr<Backend> inner_;
  int n_tokens_ = 0;

 public:
  std::vector<int> n_rows;  // by layer
  int fails_in = -1;
};

struct Bench {
  explicit Bench(const std::string& path, Precision precision = Precision::kExact,
                 std::uint64_t budget = kDefaultKeptBudget)
      : weights(Weights::open(path)) {
    auto counting = std::make_unique<CountingBackend>(makeCpuBackend(weights, {precision, 1, "", {}}));
    backend = counting.get();
    auto info = std::make_shared<ModelInfo>();
    info->config = weights->config();
    if (path == kDemo) {
      info->tokenizer = std::make_shared<const Tokenizer>(Tokenizer::fromFile(path + "/tokenizer.json"));
    }
    tokenizer = info->tokenizer;
    bench = std::make_unique<Workbench>(
        OpenedModel{std::make_unique<Engine>(std::move(counting), weights), std::move(info)}, budget, 1,
        recorder);
  }
  RunId perform(const Command& command) { return bench->perform(++ticket, command, {}); }
  RunId start(std::vector<std::int32_t> tokens, int max_new_tokens = 0) {
    StartRun command;
    command.tokens = std::move(tokens);
    command.max_new_tokens = max_new_tokens;
    command.stops_at_end = false;
    return perform(command);
  }
  [[nodiscard]] std::shared_ptr<const RunSnapshot> run(RunId id) {
    Snapshot snapshot;
    bench->fill(snapshot);
    return snapshot.run(id);
  }
  void forgetCounts() { std::fill(backend->n_rows.begin(), backend->n_rows.end(), 0); }

  std::shared_ptr<const Weights> weights;
  std::shared_ptr<const Tokenizer> tokenizer;
  Recorder recorder;
  CountingBackend* backend = nullptr;
  std::unique_ptr<Workbench> bench;
  Ticket ticket = 0;
};

std::vector<std::int32_t> randomTokens(std::mt19937& random, int n, int vocab) {
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < n; ++i) {
    tokens.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(vocab)));
  }
  return tokens;
}

// One edit of any kind, in one layer or all, at some positions or all.
std::string randomEdit(std::mt19937& random, const ModelConfig& config, int n_tokens) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const std::string layer = below(5) == 0 ? "\"all\"" : std::to_string(below(config.n_layers));
  std::string where = R"("layer": )" + layer;
  if (below(3) != 0) {
    where += format(R"(, "pos": [%d, %d])", below(n_tokens), n_tokens + below(3));
  }
  const int expert = below(config.n_experts);
  const int other = (expert + 1) % config.n_experts;
  switch (below(10)) {
    case 0:
      return format(R"({"op": "ban", %s, "experts": [%d]})", where.c_str(), expert);
    case 1:
      return format(R"({"op": "add", %s, "experts": [%d], "value": %d.5})", where.c_str(), expert, below(3));
    case 2:
      return format(R"({"op": "temperature", %s, "value": 1.5})", where.c_str());
    case 3:
      return format(R"({"op": "top_k", %s, "k": %d})", where.c_str(), 1 + below(config.top_k + 1));
    case 4:
      return format(R"({"op": "force", %s, "experts": [%d, %d], "weights": [0.75, 0.25]})", where.c_str(),
                    expert, other);
    case 5:
      return format(R"({"op": "redirect", %s, "from": %d, "to": %d})", where.c_str(), expert, other);
    case 6:
      return format(R"({"op": "output", %s, "expert": %d, "scale": 0.5})", where.c_str(), expert);
    case 7:
      return format(R"({"op": "resid_add", %s, "site": "%s", "vector": {"unembed": %d}, "scale": 0.5})",
                    where.c_str(), std::array{"resid_pre", "resid_mid", "resid_post"}[random() % 3],
                    below(config.vocab));
    case 8:
      return format(R"({"op": "virtual", "name": "r", %s, "mode": "reserve", "weight": 0.25,
                        "vector": {"unembed": %d}, "scale": 2})",
                    where.c_str(), below(config.vocab));
    default:
      return format(R"({"op": "virtual", "name": "c", %s, "mode": "compete", "logit": 2.5,
                        "vector": {"unembed": %d}, "scale": 2})",
                    where.c_str(), below(config.vocab));
  }
}

Steering randomSteering(std::mt19937& random, const ModelConfig& config, int n_tokens) {
  std::string list;
  const int n = static_cast<int>(random() % 4);
  for (int i = 0; i < n; ++i) {
    list += (i > 0 ? ", " : "") + randomEdit(random, config, n_tokens);
  }
  return {parseEdits("[" + list + "]"), {}};
}

// The same tokens under the same steering on an engine of their own, in one go.
RunResult fromScratch(const Bench& bench, const RunSnapshot& run, Precision precision) {
  Engine engine(makeCpuBackend(bench.weights, {precision, 1, "", {}}), bench.weights);
  CompiledSteering compiled = compileSteering(run.steering, *bench.weights, 0);
  engine.setProgram(std::move(compiled.program));
  RunRequest request;
  request.tokens.assign(run.tokens->begin(), run.tokens->begin() + run.size());
  request.trace = {run.trace->request().addresses, LogitsWanted::kAll};
  RunListener listener;
  return engine.run(request, listener);
}

void requireBitsFromScratch(const Bench& bench, const RunSnapshot& run, Precision precision) {
  const RunResult expected = fromScratch(bench, run, precision);
  for (const Address& address : run.trace->request().addresses) {
    INFO(address.text());
    REQUIRE(run.trace->shapeOf(address.text()) == expected.trace->shapeOf(address.text()));
    REQUIRE((run.trace->gather(address.text()).bytes == expected.trace->gather(address.text()).bytes));
  }
  const int last = run.size() - 1;
  const auto logits = run.trace->logitsAt(last);
  REQUIRE(!logits.empty());
  const auto expected_logits = expected.trace->logitsAt(last);
  REQUIRE(std::equal(logits.begin(), logits.end(), expected_logits.begin(), expected_logits.end()));
  REQUIRE(run.next->size() == static_cast<std::size_t>(run.size()));
  for (int position = 0; position < run.size(); ++position) {
    INFO("position " << position);
    const auto row = expected.trace->logitsAt(position);
    const Candidate& best = (*run.next)[static_cast<std::size_t>(position)].best.front();
    REQUIRE(best.id == argmax(row));
    REQUIRE(best.logprob == Approx(logProbability(row, best.id)).margin(1e-5));
    if (position + 1 < static_cast<int>(run.tokens->size())) {
      const auto next = static_cast<std::size_t>(position) + 1;
      REQUIRE((*run.logprobs)[next] == Approx(logProbability(row, (*run.tokens)[next])).margin(1e-5));
    }
  }
}

void tryRandomSteering(const std::string& model, Precision precision, int n_tokens, int n_tries,
                       std::uint64_t budget) {
  Bench bench(model, precision, budget);
  std::mt19937 random(static_cast<unsigned>(n_tokens));
  const ModelConfig& config = bench.weights->config();
  const RunId id = bench.start(randomTokens(random, n_tokens, config.vocab), 2);
  requireBitsFromScratch(bench, *bench.run(id), precision);
  for (int i = 0; i < n_tries; ++i) {
    const Steering steering = randomSteering(random, config, n_tokens);
    INFO("after " << i << " others, edits " << editsToJson(steering.edits));
    REQUIRE(bench.perform(SetSteering{steering}) == id);
    requireBitsFromScratch(bench, *bench.run(id), precision);
    if (i % 3 == 2) {  // the cache, too, must be that of the new steering
      bench.perform(ContinueRun{2});
      requireBitsFromScratch(bench, *bench.run(id), precision);
    }
  }
}

TEST_CASE("a re-run after any edit has the bits of a run from scratch") {
  for (const Precision precision : {Precision::kExact, Precision::kFast}) {
    tryRandomSteering(kNano, precision, 40, 40, kDefaultKeptBudget);
    tryRandomSteering(kNano, precision, 300, 8, kDefaultKeptBudget);  // two blocks of the trace
  }
  tryRandomSteering(kDemo, Precision::kExact, 80, 16, kDefaultKeptBudget);
  tryRandomSteering(kDemo, Precision::kFast, 50, 6, kDefaultKeptBudget);
}

TEST_CASE("the budget for kept inputs changes no bit") {
  tryRandomSteering(kDemo, Precision::kExact, 48, 6, 0);
  tryRandomSteering(kDemo, Precision::kExact, 48, 8, std::uint64_t{50} * 192 * 4 * 2);  // two layers
}

TEST_CASE("an edit runs its layer and those after it again, from its position on") {
  Bench bench(kDemo);
  std::mt19937 random(3);
  const RunId id = bench.start(randomTokens(random, 60, 4000));
  bench.forgetCounts();
  bench.perform(
      SetSteering{{parseEdits(R"([{"op": "ban", "layer": 4, "pos": [50], "experts": [3, 4, 5]}])"), {}}});
  CHECK(bench.backend->n_rows == std::vector<int>{0, 0, 0, 0, 10, 10});
  bench.forgetCounts();
  bench.perform(ContinueRun{1});
  CHECK(bench.backend->n_rows == std::vector<int>{0, 0, 0, 0, 0, 0});  // the logits are there
  bench.perform(ContinueRun{1});
  CHECK(bench.backend->n_rows == std::vector<int>{1, 1, 1, 1, 1, 1});
  CHECK(bench.run(id)->tokens->size() == 62);
}

TEST_CASE("without kept inputs a re-run begins at the first layer, still from its position on") {
  Bench bench(kDemo, Precision::kExact, 0);
  std::mt19937 random(3);
  bench.start(randomTokens(random, 60, 4000));
  bench.forgetCounts();
  bench.perform(SetSteering{{parseEdits(R"([{"op": "ban", "layer": 4, "pos": [50], "experts": [3]}])"), {}}});
  CHECK(bench.backend->n_rows == std::vector<int>{10, 10, 10, 10, 10, 10});
}

TEST_CASE("an edit that says the same otherwise, or later, runs nothing again") {
  Bench bench(kDemo);
  std::mt19937 random(4);
  const RunId id = bench.start(randomTokens(random, 40, 4000));
  bench.perform(SetSteering{{parseEdits(R"([{"op": "ban", "layer": 2, "experts": [3]}])"), {}}});
  bench.forgetCounts();
  const Steering same{parseEdits(R"([{"op": "ban", "layer": 2, "experts": [3], "name": "x"},
                                     {"op": "ban", "layer": 1, "experts": [5], "on": false},
                                     {"op": "top_k", "layer": 1, "k": 9, "pos": [70]}])"),
                      {}};
  bench.perform(SetSteering{same});
  CHECK(bench.backend->n_rows == std::vector<int>(6, 0));
  CHECK(bench.run(id)->steering == same);
  CHECK(bench.recorder.lastEffect().flips_here + bench.recorder.lastEffect().flips_after == 0);
  requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
}

TEST_CASE("the effect of an edit counts flips here and downstream") {
  Bench bench(kDemo);
  std::mt19937 random(5);
  const RunId id = bench.start(randomTokens(random, 30, 4000));
  const auto before = bench.run(id);
  bench.perform(SetSteering{
      {parseEdits(R"([{"op": "force", "layer": 3, "experts": [0, 1, 2, 3]}])"), {}}, true, false});
  const EditEffect effect = bench.recorder.lastEffect();
  CHECK(effect.before == id);
  REQUIRE(effect.run != id);
  const auto after = bench.run(effect.run);
  CHECK(after->parent == id);
  CHECK(bench.run(id)->steering == Steering{});
  CHECK(effect.n_decisions == 30 * 3);
  int flips[6] = {};
  for (int layer = 0; layer < 6; ++layer) {
    for (int position = 0; position < 30; ++position) {
      const auto a = before->trace->ints(Site::kExpertIndices, layer, position);
      const auto b = after->trace->ints(Site::kExpertIndices, layer, position);
      flips[layer] += std::set(a.begin(), a.end()) != std::set(b.begin(), b.end()) ? 1 : 0;
    }
  }
  CHECK(flips[0] + flips[1] + flips[2] == 0);
  CHECK(effect.flips_here == flips[3]);
  CHECK(effect.flips_after == flips[4] + flips[5]);
  CHECK(effect.flips_here > 0);
  CHECK(effect.flips_after > 0);
  CHECK(effect.kl_last == Approx(divergence(before->trace->logitsAt(29), after->trace->logitsAt(29))));
  CHECK(effect.kl_last > 0);
  CHECK_FALSE(effect.kl_is_floor);
  CHECK(effect.milliseconds > 0);
}

TEST_CASE("regenerating chooses tokens anew from the first prediction that may change") {
  Bench bench(kDemo);
  std::mt19937 random(6);
  const RunId id = bench.start(randomTokens(random, 30, 4000), 12);
  const Steering steering{parseEdits(R"([{"op": "resid_add", "layer": 5, "pos": [35], "site": "resid_post",
                                          "vector": {"unembed": 77}, "scale": 500}])"),
                          {}};
  bench.perform(SetSteering{steering, false, true});
  const RunId again = bench.perform(RerunFromEdit{});
  REQUIRE(again != id);
  const auto before = bench.run(id);
  const auto after = bench.run(again);
  REQUIRE(after->tokens->size() == before->tokens->size());
  for (std::size_t i = 0; i <= 35; ++i) {
    CHECK((*after->tokens)[i] == (*before->tokens)[i]);
  }
  CHECK((*after->tokens)[36] != (*before->tokens)[36]);
  CHECK(after->shared_with == 35);
  // No logits are kept of a position in the middle of an answer: the likeliest tokens say how far at least.
  const EditEffect effect = bench.recorder.lastEffect();
  CHECK(effect.top_changes);
  CHECK(effect.kl_is_floor);
  CHECK(effect.kl_last == Approx(divergenceFloor((*before->next)[35], (*after->next)[35])));
  CHECK(effect.kl_last > 0.01);
  requireBitsFromScratch(bench, *after, Precision::kExact);
  requireBitsFromScratch(bench, *before, Precision::kExact);
  // Greedy, so the continuation from scratch is the same.
  const RunId scratch = bench.start({after->tokens->begin(), after->tokens->begin() + 30}, 12);
  CHECK(*bench.run(scratch)->tokens != *before->tokens);
  CHECK(bench.run(scratch)->steering == steering);
}

TEST_CASE("a branch shares what it can and goes on by itself") {
  Bench bench(kNano);
  std::mt19937 random(7);
  const RunId id = bench.start(randomTokens(random, 20, 280), 10);
  const RunId given = bench.perform(BranchRun{id, 12, {5, 6, 7}, 4});
  const auto branch = bench.run(given);
  CHECK(branch->parent == id);
  CHECK(branch->shared_with == 12);
  CHECK(branch->n_prompt == 15);
  CHECK(branch->tokens->size() == 19);
  CHECK((*branch->tokens)[12] == 5);
  requireBitsFromScratch(bench, *branch, Precision::kExact);
  // Without tokens the model chooses: greedy, and so the same as before.
  const RunId same = bench.perform(BranchRun{id, 24, {}, 6});
  CHECK(*bench.run(same)->tokens == *bench.run(id)->tokens);
  requireBitsFromScratch(bench, *bench.run(same), Precision::kExact);
  requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
  // The end of a run and its very beginning can be branched from too.
  const RunId end = bench.perform(BranchRun{id, 30, {1}, 1});
  requireBitsFromScratch(bench, *bench.run(end), Precision::kExact);
  const RunId beginning = bench.perform(BranchRun{id, 0, {4, 4}, 1});
  CHECK(bench.run(beginning)->tokens->size() == 3);
  CHECK_THROWS_AS(bench.perform(BranchRun{id, 0, {}, 1}), Error);
  CHECK_THROWS_AS(bench.perform(BranchRun{id, 31, {1}, 1}), Error);
}

TEST_CASE("a branch under new steering is steered from its start") {
  Bench bench(kDemo);
  std::mt19937 random(8);
  const RunId id = bench.start(randomTokens(random, 40, 4000), 4);
  bench.perform(SetSteering{
      {parseEdits(R"([{"op": "ban", "layer": 2, "pos": [10], "experts": [1, 2, 3]}])"), {}}, false, true});
  const RunId branch = bench.perform(BranchRun{id, 25, {9}, 5});
  requireBitsFromScratch(bench, *bench.run(branch), Precision::kExact);
  CHECK(bench.run(branch)->shared_with == 10);
}

TEST_CASE("going back and forth between runs keeps each one's bits") {
  Bench bench(kNano);
  std::mt19937 random(9);
  const RunId a = bench.start(randomTokens(random, 30, 280), 3);
  bench.perform(SetSteering{{parseEdits(R"([{"op": "ban", "layer": 0, "experts": [1]}])"), {}}, true, false});
  const RunId b = bench.recorder.lastEffect().run;
  const RunId c = bench.start(randomTokens(random, 25, 280), 3);
  for (const RunId id : {a, b, c, a, c, b}) {
    bench.perform(SelectRun{id});
    bench.perform(ContinueRun{2});
    requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
  }
  bench.perform(DropRun{b});
  CHECK(bench.run(b) == nullptr);
}

TEST_CASE("a run that was switched away from and back re-uses the cache as far as it agrees") {
  Bench bench(kDemo);
  std::mt19937 random(10);
  const std::vector<std::int32_t> tokens = randomTokens(random, 40, 4000);
  bench.start(tokens);
  std::vector<std::int32_t> other = tokens;
  other[30] += 1;
  bench.forgetCounts();
  bench.start(other);
  // A new run's rows are all captured, so all are run.
  CHECK(bench.backend->n_rows == std::vector<int>(6, 40));
  bench.perform(SelectRun{1});
  bench.perform(ContinueRun{1});
  bench.forgetCounts();
  bench.perform(ContinueRun{1});
  CHECK(bench.backend->n_rows == std::vector<int>(6, 11));  // from the token that differs, and the new one
}

TEST_CASE("steering that is broken off leaves the run whole, and the next one right") {
  Bench bench(kDemo);
  std::mt19937 random(11);
  const RunId id = bench.start(randomTokens(random, 60, 4000), 2);
  for (const int after_layers : {1, 2, 3}) {
    const auto before = bench.run(id);
    std::stop_source stop;
    int n = 0;
    bench.recorder.on_change = [&] {
      Snapshot shown;
      bench.bench->fill(shown);
      const auto stale = shown.run(id)->stale;
      if (stale.has_value() && stale->layer > 1 && ++n == after_layers) {
        stop.request_stop();
      }
    };
    const SetSteering first{
        {parseEdits(R"([{"op": "force", "layer": 1, "pos": [20], "experts": [7, 8, 9, 10]}])"), {}}};
    try {
      static_cast<void>(bench.bench->perform(++bench.ticket, first, stop.get_token()));
      FAIL("it was to be stopped");
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::kCancelled);
    }
    bench.recorder.on_change = nullptr;
    CHECK(bench.run(id)->stale.has_value());
    CHECK((bench.run(id)->trace->gather("router_logits.3").bytes ==
           before->trace->gather("router_logits.3").bytes));
    const int layer = after_layers + 1;
    bench.perform(SetSteering{
        {parseEdits(format(R"([{"op": "ban", "layer": %d, "pos": [30], "experts": [0, 1]}])", layer)), {}}});
    CHECK(!bench.run(id)->stale.has_value());
    requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
    bench.perform(ContinueRun{2});
    requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
    bench.perform(SetSteering{});
  }
}

TEST_CASE("going on finishes a re-run that was cancelled first") {
  Bench bench(kDemo);
  std::mt19937 random(12);
  const RunId id = bench.start(randomTokens(random, 50, 4000));
  std::stop_source stop;
  bench.recorder.on_change = [&] { stop.request_stop(); };
  const Steering ban{parseEdits(R"([{"op": "ban", "layer": 2, "experts": [0, 1]}])"), {}};
  CHECK_THROWS_AS(bench.bench->perform(++bench.ticket, SetSteering{ban}, stop.get_token()), Error);
  bench.recorder.on_change = nullptr;
  bench.perform(ContinueRun{3});
  CHECK(bench.run(id)->steering == ban);
  CHECK(bench.run(id)->tokens->size() == 53);
  requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
}

// Everything a run showed while it was run again under these edits: old values from `stale` on, new ones
// before.
std::set<int> layersSeenStale(const std::string& edits) {
  Bench bench(kDemo);
  std::mt19937 random(13);
  const RunId id = bench.start(randomTokens(random, 300, 4000));
  const auto before = bench.run(id);
  std::vector<std::shared_ptr<const RunSnapshot>> seen;
  bench.recorder.on_change = [&] { seen.push_back(bench.run(id)); };
  bench.perform(SetSteering{{parseEdits(edits), {}}});
  bench.recorder.on_change = nullptr;
  const auto after = bench.run(id);
  std::set<int> layers;
  for (const auto& shown : seen) {
    REQUIRE(shown->size() == 300);
    if (!shown->stale.has_value()) {
      continue;
    }
    layers.insert(shown->stale->layer);
    for (int layer = 0; layer < 6; ++layer) {
      for (const int position : {0, 255, 256, 281, 299}) {
        const bool is_stale = layer >= shown->stale->layer && position >= shown->stale->position;
        const RunSnapshot& like = is_stale ? *before : *after;
        const auto found = shown->trace->floats(Site::kRouterLogits, layer, position);
        const auto expected = like.trace->floats(Site::kRouterLogits, layer, position);
        REQUIRE(std::equal(found.begin(), found.end(), expected.begin(), expected.end()));
      }
    }
  }
  return layers;
}

TEST_CASE("while a re-run goes on its run shows each layer as it is done") {
  CHECK(layersSeenStale(R"([{"op": "ban", "layer": 2, "pos": [280], "experts": [0, 1, 2, 3, 4, 5, 6]}])") ==
        std::set<int>{2, 3, 4, 5, 6});
  // From the very start, over two blocks of the trace.
  CHECK(layersSeenStale(R"([{"op": "ban", "layer": 0, "experts": [0, 1, 2, 3, 4, 5, 6]}])") ==
        std::set<int>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("an engine error marks the run and the next command works") {
  Bench bench(kNano);
  std::mt19937 random(14);
  const std::vector<std::int32_t> tokens = randomTokens(random, 30, 280);
  bench.backend->fails_in = 1;
  CHECK_THROWS_WITH(bench.start(tokens), Catch::Contains("pulled the plug"));
  CHECK(bench.run(1)->state == RunState::kFailed);
  CHECK(bench.run(1)->error.find("pulled the plug") != std::string::npos);
  bench.perform(ContinueRun{3});
  CHECK(bench.run(1)->state == RunState::kDone);
  CHECK(bench.run(1)->error.empty());
  requireBitsFromScratch(bench, *bench.run(1), Precision::kExact);
  bench.backend->fails_in = 0;
  CHECK_THROWS(
      bench.perform(SetSteering{{parseEdits(R"([{"op": "ban", "layer": "all", "experts": [0]}])"), {}}}));
  bench.perform(SetSteering{});
  requireBitsFromScratch(bench, *bench.run(1), Precision::kExact);
}

TEST_CASE("kept inputs stay within their budget") {
  const std::uint64_t layer_bytes = std::uint64_t{50} * 192 * 4;
  Bench bench(kDemo, Precision::kExact, 2 * layer_bytes);
  std::mt19937 random(15);
  bench.start(randomTokens(random, 50, 4000));
  Snapshot snapshot;
  bench.bench->fill(snapshot);
  CHECK(snapshot.kept.layers == std::vector<int>{2, 5});
  CHECK(snapshot.kept.bytes == 2 * layer_bytes);
  bench.start(randomTokens(random, 50, 4000));  // the older run gives way
  bench.bench->fill(snapshot);
  CHECK(snapshot.kept.layers == std::vector<int>{2, 5});
  CHECK(snapshot.kept.bytes <= 2 * layer_bytes);
  bench.perform(SetKeptBudget{layer_bytes});
  bench.bench->fill(snapshot);
  CHECK(snapshot.kept.layers == std::vector<int>{5});
  CHECK(snapshot.kept.budget == layer_bytes);
  bench.perform(SetKeptBudget{0});
  bench.bench->fill(snapshot);
  CHECK(snapshot.kept.layers.empty());
  CHECK(snapshot.kept.bytes == 0);
}

TEST_CASE("a raised budget counts from the next pass over everything") {
  Bench bench(kDemo, Precision::kExact, 0);
  std::mt19937 random(17);
  const RunId id = bench.start(randomTokens(random, 20, 4000));
  bench.perform(SetKeptBudget{kDefaultKeptBudget});
  Snapshot snapshot;
  bench.bench->fill(snapshot);
  CHECK(snapshot.kept.layers.empty());
  bench.perform(SetSteering{{parseEdits(R"([{"op": "ban", "layer": 3, "experts": [0]}])"), {}}});
  bench.bench->fill(snapshot);
  CHECK(snapshot.kept.layers == std::vector<int>{1, 2, 3, 4, 5});
  requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
}

TEST_CASE("steering a run that was stopped before its first row starts it") {
  Bench bench(kNano);
  std::mt19937 random(18);
  std::stop_source stop;
  stop.request_stop();
  StartRun start;
  start.tokens = randomTokens(random, 20, 280);
  CHECK_THROWS_AS(bench.bench->perform(++bench.ticket, start, stop.get_token()), Error);
  CHECK(bench.run(1)->size() == 0);
  CHECK(bench.run(1)->state == RunState::kCancelled);
  bench.perform(SetSteering{{parseEdits(R"([{"op": "ban", "layer": 1, "experts": [0]}])"), {}}});
  CHECK(bench.run(1)->size() == 20);
  requireBitsFromScratch(bench, *bench.run(1), Precision::kExact);
}

TEST_CASE("what the model says unaided is asked without changing the run") {
  Bench bench(kDemo);
  std::mt19937 random(16);
  const RunId id = bench.start(randomTokens(random, 40, 4000));
  const auto plain = bench.run(id);
  bench.perform(
      SetSteering{{parseEdits(R"([{"op": "force", "layer": "all", "experts": [1, 2, 3, 4]}])"), {}}});
  bench.perform(AskUnaided{id, {3, 17, 39}});
  const auto* answer = std::get_if<Unaided>(&bench.recorder.events.back());
  REQUIRE(answer != nullptr);
  REQUIRE(answer->tokens.size() == 3);
  CHECK(answer->positions == std::vector<int>{3, 17, 39});
  for (std::size_t i = 0; i < 3; ++i) {
    const Candidate& best = (*plain->next)[static_cast<std::size_t>(answer->positions[i])].best.front();
    CHECK(answer->tokens[i].id == best.id);
    CHECK(answer->tokens[i].logprob == Approx(best.logprob).margin(1e-5));
  }
  bench.perform(ContinueRun{3});
  requireBitsFromScratch(bench, *bench.run(id), Precision::kExact);
  CHECK_THROWS_AS(bench.perform(AskUnaided{id, {5, 5}}), Error);
  CHECK_THROWS_AS(bench.perform(AskUnaided{id, {400}}), Error);
}

TEST_CASE("what each edit does is what a run without it leaves out, and the run stays as it is") {
  for (const Precision precision : {Precision::kExact, Precision::kFast}) {
    Bench bench(kNano, precision);
    std::mt19937 random(27);
    const RunId id = bench.start(randomTokens(random, 30, 280), 6);
    const EditList edits = parseEdits(R"([
      {"op": "ban", "layer": 0, "experts": [0, 1], "pos": [3, 20]},
      {"op": "force", "layer": 1, "experts": [2, 3]},
      {"op": "add", "layer": "all", "experts": [1], "value": 0.0}])");
    bench.perform(SetSteering{{edits, {}}});
    const auto before = bench.run(id);
    AskContributions ask{id, {}};
    for (std::size_t i = 0; i < edits.size(); ++i) {
      ask.without.push_back({edits, {}});
      ask.without.back().edits.erase(ask.without.back().edits.begin() + static_cast<std::ptrdiff_t>(i));
    }
    bench.recorder.events.clear();
    CHECK(bench.perform(ask) == id);
    REQUIRE(bench.recorder.events.size() == edits.size());
    const auto same = bench.run(id);
    CHECK(same->trace == before->trace);
    for (std::size_t i = 0; i < edits.size(); ++i) {
      const auto& answer = std::get<Contribution>(bench.recorder.events[i]);
      CHECK(answer.index == static_cast<int>(i));
      Bench alone(kNano, precision);
      const RunId other = alone.start(*before->tokens);
      alone.perform(SetSteering{ask.without[i]});
      const auto without = alone.run(other);
      int flips = 0;
      for (int layer = 0; layer < 2; ++layer) {
        for (int position = 0; position < before->size(); ++position) {
          const auto set = [&](const RunSnapshot& run) {
            const auto row = run.trace->ints(Site::kExpertIndices, layer, position);
            return std::set<std::int32_t>(row.begin(), row.end());
          };
          flips += set(*before) != set(*without) ? 1 : 0;
        }
      }
      CHECK(answer.effect.flips_here + answer.effect.flips_after == flips);
      CHECK((flips > 0) == (i < 2));
      const auto last = static_cast<std::size_t>(before->size()) - 1;
      CHECK(answer.effect.top_changes ==
            ((*before->next)[last].best.front().id != (*without->next)[last].best.front().id));
    }
    CHECK(std::isnan(std::get<Contribution>(bench.recorder.events[2]).effect.kl_last) == false);
    CHECK(std::get<Contribution>(bench.recorder.events[1]).effect.kl_last > 0);
    CHECK(std::get<Contribution>(bench.recorder.events[2]).effect.kl_last == 0);
    bench.perform(ContinueRun{3});
    requireBitsFromScratch(bench, *bench.run(id), precision);
    CHECK_THROWS_AS(bench.perform(AskContributions{99, {{}}}), Error);
    CHECK_THROWS_AS(bench.perform(AskContributions{id, {{{}, {"nobody"}}}}), Error);
  }
}

TEST_CASE("switching the calculator in runs again from where it first fires") {
  Bench bench(kDemo);
  const std::vector<std::int32_t> tokens = bench.tokenizer->encode(
      "<|start|>user<|message|>What is 127 * 89?<|end|><|start|>assistant<|message|>", Specials::kParse);
  StartRun command;
  command.tokens = tokens;
  command.max_new_tokens = 8;
  const RunId id = bench.perform(command);
  const Steering calculator{{}, {"calculator"}};
  bench.perform(SetSteering{calculator, false, true});
  bench.forgetCounts();
  const RunId helped = bench.perform(RerunFromEdit{});
  REQUIRE(helped != id);
  const auto run = bench.run(helped);
  REQUIRE(!run->firings.empty());
  CHECK(run->shared_with == run->firings.front().firing.position);
  CHECK(bench.backend->n_rows[0] < static_cast<int>(run->tokens->size()));
  const std::span<const std::int32_t> answer = std::span(*run->tokens).subspan(tokens.size());
  CHECK(bench.tokenizer->decode(answer).find("11303") != std::string::npos);
  CHECK(run->column_names == std::vector<std::string>{"calculator"});
}

}  // namespace
}  // namespace rs
