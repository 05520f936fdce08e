// SPDX-License-Identifier: Apache-2.0
//
// The engine on the nano model: parity with the float64 reference, and the promises about bits.
#include "core/engine/engine.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "core/backend/cpu/cpu_backend.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/export/tensor_file_reader.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"

namespace rs {
namespace {

const std::string kNano = RS_SOURCE_DIR "/tests/fixtures/nano";

struct Setup {
  Precision precision = Precision::kExact;
  int threads = 2;
  int chunk = kTraceBlock;
  std::string edits;
  std::string capture = "all";
};

std::unique_ptr<Engine> openEngine(const Setup& setup = {}) {
  const auto weights = Weights::open(kNano);
  auto engine =
      std::make_unique<Engine>(makeCpuBackend(weights, {setup.precision, setup.threads, ""}), weights);
  if (!setup.edits.empty()) {
    const UnembedRow row = [&](int token) {
      std::vector<float> values(static_cast<std::size_t>(weights->config().hidden));
      rowToFloat(weights->unembedding(), token, values);
      return values;
    };
    engine->setProgram(compile(parseEdits(setup.edits), weights->config(), {row, 0, {}}));
  }
  return engine;
}

std::vector<std::int32_t> nanoTokens() {
  return toInts(*TensorFileReader(kNano + "/reference/plain.safetensors").find("tokens"));
}

RunResult traceNano(Engine& engine, const Setup& setup) {
  RunRequest request;
  request.tokens = nanoTokens();
  request.chunk = setup.chunk;
  request.trace = {parseAddresses(setup.capture, engine.weights().config()), LogitsWanted::kAll};
  RunListener listener;
  return engine.run(request, listener);
}

RunResult traceNano(const Setup& setup) {
  return traceNano(*openEngine(setup), setup);
}

// rms difference over rms of the reference; -inf in both counts as equal.
double relativeRms(std::span<const float> reference, std::span<const float> found) {
  double squares = 0;
  double difference = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    if (std::isinf(reference[i]) && reference[i] == found[i]) {
      continue;
    }
    squares += std::pow(static_cast<double>(reference[i]), 2);
    difference += std::pow(static_cast<double>(reference[i]) - static_cast<double>(found[i]), 2);
  }
  return std::sqrt(difference) / std::max(std::sqrt(squares), 1e-30);
}

void compareWithReference(const std::string& file, const std::string& edits) {
  const TensorFileReader reference(kNano + "/reference/" + file);
  Setup setup;
  setup.edits = edits;
  const RunResult result = traceNano(setup);
  int n_compared = 0;
  for (const TensorView& array : reference.arrays()) {
    INFO(array.name);
    const NamedArray found = result.trace->gather(array.name);
    REQUIRE(found.shape == array.shape);
    if (array.dtype == DType::kI32) {
      const std::vector<std::int32_t> expected = toInts(array);
      CHECK(std::equal(expected.begin(), expected.end(), found.ints().begin()));
    } else {
      CHECK(relativeRms(toFloat(array), found.floats()) < 1e-5);
    }
    ++n_compared;
  }
  CHECK(n_compared > 30);
}

// Every array that both traces hold has the same bits.
void requireSameBits(const Trace& a, const Trace& b) {
  for (const std::string& name : a.arrayNames()) {
    const auto names = b.arrayNames();
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      INFO(name);
      REQUIRE(a.shapeOf(name) == b.shapeOf(name));
      REQUIRE(a.gather(name).bytes == b.gather(name).bytes);
    }
  }
}

TEST_CASE("every captured value agrees with the float64 reference") {
  compareWithReference("plain.safetensors", "");
}

TEST_CASE("edits do what the float64 reference does") {
  compareWithReference("edited.safetensors", readTextFile(kNano + "/edits.json"));
}

TEST_CASE("chunks, threads and captures change no bit") {
  for (const Precision precision : {Precision::kExact, Precision::kFast}) {
    for (const std::string& edits : {std::string(), readTextFile(kNano + "/edits.json")}) {
      const Setup base{precision, 2, kTraceBlock, edits, "all"};
      const RunResult whole = traceNano(base);
      for (const int chunk : {1, 5, 13}) {
        Setup setup = base;
        setup.chunk = chunk;
        requireSameBits(*whole.trace, *traceNano(setup).trace);
      }
      for (const int threads : {1, 3}) {
        Setup setup = base;
        setup.threads = threads;
        requireSameBits(*whole.trace, *traceNano(setup).trace);
      }
      Setup little = base;
      little.capture = "router_logits.1";
      requireSameBits(*traceNano(little).trace, *whole.trace);
    }
  }
}

TEST_CASE("a run repeats bit for bit on a used engine") {
  const Setup setup;
  const auto engine = openEngine(setup);
  const RunResult first = traceNano(*engine, setup);
  Setup other = setup;
  other.chunk = 3;
  static_cast<void>(traceNano(*engine, other));
  requireSameBits(*first.trace, *traceNano(*engine, setup).trace);
}

TEST_CASE("an empty list of edits gives the bits of no list") {
  Setup setup;
  setup.edits = "[]";
  requireSameBits(*traceNano({}).trace, *traceNano(setup).trace);
}

TEST_CASE("decisions narrower than the model's own are captured as narrow as they are") {
  Setup setup;
  setup.edits = R"([{"op": "top_k", "layer": "all", "k": 1}])";
  const RunResult result = traceNano(setup);
  const NamedArray weights = result.trace->gather("expert_weights.1");
  CHECK(weights.shape == std::vector<std::int64_t>{24, 1});
  for (const float weight : weights.floats()) {
    CHECK(weight == 1.0F);
  }
  CHECK(result.trace->gather("expert_weights_raw.1").shape == std::vector<std::int64_t>{24, 2});
}

// How far fast may go is the same on every instruction set; on some it is no faster way at all and equals
// exact.
TEST_CASE("fast stays within its tolerance of exact") {
  Setup setup;
  setup.precision = Precision::kFast;
  const NamedArray exact = traceNano(Setup()).trace->gather("resid_post.0");
  const NamedArray fast = traceNano(setup).trace->gather("resid_post.0");
  CHECK(relativeRms(exact.floats(), fast.floats()) < 3e-3);
}

class Recorder final : public Observer {
 public:
  explicit Recorder(std::vector<Address> addresses) : addresses_(std::move(addresses)) {}
  [[nodiscard]] std::vector<Address> addresses() const override { return addresses_; }
  void onValues(const ObservedValues& values) override {
    n_tokens_ += values.n_tokens;
    values_.insert(values_.end(), values.values.begin(), values.values.end());
    CHECK(values.first_position == n_tokens_ - values.n_tokens);
  }
  std::vector<Address> addresses_;
  int n_tokens_ = 0;
  std::vector<float> values_;
};

TEST_CASE("an observer sees what a capture holds and changes no bit") {
  for (const Site site :
       {Site::kEmbed, Site::kQ, Site::kResidMid, Site::kRouterLogits, Site::kResidPost, Site::kFinalNorm}) {
    const Address address{site, infoOf(site).is_layered ? 1 : -1};
    INFO(address.text());
    Setup setup;
    setup.chunk = 7;
    const auto engine = openEngine(setup);
    Recorder recorder({address});
    ObserverList observers;
    observers.add(recorder, engine->weights().config());
    engine->setObservers(observers);
    const RunResult observed = traceNano(*engine, setup);
    requireSameBits(*traceNano(setup).trace, *observed.trace);
    const NamedArray captured = observed.trace->gather(address.text());
    REQUIRE(recorder.values_.size() == captured.floats().size());
    CHECK(std::equal(recorder.values_.begin(), recorder.values_.end(), captured.floats().begin()));
  }
}

RunRequest generation(int n_tokens) {
  RunRequest request;
  request.tokens = {5, 6, 7, 8};
  request.max_new_tokens = n_tokens;
  request.trace.logits = LogitsWanted::kAll;
  return request;
}

TEST_CASE("token by token gives the logits of one pass over the same tokens") {
  const auto engine = openEngine();
  RunListener listener;
  const RunResult grown = engine->run(generation(20), listener);
  RunRequest whole = generation(0);
  whole.tokens.insert(whole.tokens.end(), grown.generated.begin(), grown.generated.end() - 1);
  const RunResult traced = engine->run(whole, listener);
  REQUIRE(grown.trace->size() == traced.trace->size());
  CHECK(grown.trace->gather("logits").bytes == traced.trace->gather("logits").bytes);
  CHECK(grown.end == RunEnd::kMaxTokens);
}

TEST_CASE("the unaided next token is the model's own likeliest") {
  const auto engine = openEngine();
  RunListener listener;
  const RunResult grown = engine->run(generation(10), listener);
  std::vector<std::int32_t> tokens{5, 6, 7, 8};
  tokens.insert(tokens.end(), grown.generated.begin(), grown.generated.end());
  const std::vector<int> positions{3, 4, 12};
  const auto alone = engine->unaidedNext(tokens, positions);
  REQUIRE(alone.size() == 3);
  CHECK(alone[0].id == grown.generated[0]);
  CHECK(alone[1].id == grown.generated[1]);
  CHECK(alone[2].id == grown.generated[9]);
}

TEST_CASE("whoever scores the prompt sees the logits of each of its tokens once, and changes none") {
  class Listener final : public RunListener {
   public:
    void onPromptLogits(int position, std::span<const float> logits) override {
      CHECK(position == static_cast<int>(rows.size()));
      rows.emplace_back(logits.begin(), logits.end());
    }
    void onPrefill(int n_done, int /*n_total*/) override { CHECK(n_done == static_cast<int>(rows.size())); }
    std::vector<std::vector<float>> rows;
  } listener;
  const auto engine = openEngine();
  RunRequest request = generation(5);
  request.tokens = nanoTokens();
  request.scores_prompt = true;
  request.chunk = GENERATE(1, 3, kTraceBlock);
  request.trace.logits = LogitsWanted::kNone;
  const RunResult scored = engine->run(request, listener);
  CHECK(scored.trace->logitsAt(0).empty());
  REQUIRE(listener.rows.size() == request.tokens.size());
  request.scores_prompt = false;
  request.trace.logits = LogitsWanted::kAll;
  RunListener nobody;
  const RunResult kept = engine->run(request, nobody);
  CHECK(kept.generated == scored.generated);
  for (std::size_t position = 0; position < request.tokens.size(); ++position) {
    const auto row = kept.trace->logitsAt(static_cast<int>(position));
    CHECK(std::equal(row.begin(), row.end(), listener.rows[position].begin(), listener.rows[position].end()));
  }
}

TEST_CASE("generation ends at a stop token, at the listener's word and at its limit") {
  const auto engine = openEngine();
  RunListener listener;
  RunRequest request = generation(12);
  const RunResult free_run = engine->run(request, listener);
  request.stop_ids = {free_run.generated[2]};
  const RunResult stopped = engine->run(request, listener);
  CHECK(stopped.end == RunEnd::kStopToken);
  CHECK(stopped.generated.back() == free_run.generated[2]);
  class Two final : public RunListener {
   public:
    bool onToken(const TokenEvent& /*event*/) override { return ++n_ < 2; }
    int n_ = 0;
  } two;
  CHECK(engine->run(generation(12), two).generated.size() == 2);
}

TEST_CASE("a stop keeps what is finished") {
  class StopsAfterThree final : public RunListener {
   public:
    bool onToken(const TokenEvent& /*event*/) override {
      if (++n_ == 3) {
        source.request_stop();
      }
      return true;
    }
    std::stop_source source;
    int n_ = 0;
  } listener;
  const auto engine = openEngine();
  const RunResult result = engine->run(generation(12), listener, listener.source.get_token());
  CHECK(result.end == RunEnd::kCancelled);
  CHECK(result.generated.size() == 3);
  CHECK(result.trace->size() == 6);  // four of the prompt, two of the continuation
}

TEST_CASE("a prompt that cannot be is told before anything runs") {
  const auto engine = openEngine();
  RunListener listener;
  RunRequest request;
  CHECK_THROWS_WITH(engine->run(request, listener), Catch::Contains("no tokens"));
  request.tokens = {1, 300};
  CHECK_THROWS_WITH(engine->run(request, listener), Catch::Contains("id 300") && Catch::Contains("0..299"));
}

}  // namespace
}  // namespace rs
