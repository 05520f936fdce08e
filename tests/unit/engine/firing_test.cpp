// SPDX-License-Identifier: Apache-2.0
//
// High-level virtual experts in a run: where they fire, what that changes, and what it leaves alone.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/backend/cpu/cpu_backend.h"
#include "core/engine/engine.h"
#include "core/experts/token_direction.h"
#include "core/routing/compile.h"

namespace rs {
namespace {

const std::string kNano = RS_SOURCE_DIR "/tests/fixtures/nano";
constexpr int kAsked = 5;
constexpr int kAnswer = 9;

class NoText final : public TokenText {
 public:
  [[nodiscard]] std::string_view bytes(int /*token*/) const override { return ""; }
  [[nodiscard]] bool isSpecial(int /*token*/) const override { return false; }
  [[nodiscard]] int special(std::string_view /*name*/) const override { return -1; }
  [[nodiscard]] std::vector<int> encode(std::string_view /*text*/) const override { return {}; }
};

// After every token kAsked it says kAnswer.
class Parrot final : public VirtualExpert {
 public:
  class Listening final : public Reader {
   public:
    void read(int token, int position, Reaction& reaction) override {
      reaction.fires = token == kAsked;
      reaction.firing.position = position;
      reaction.firing.token = kAnswer;
    }
  };
  [[nodiscard]] std::unique_ptr<Reader> reader(const TokenText& /*text*/) const override {
    return std::make_unique<Listening>();
  }
  void visitOwn(ParamVisitor& /*visitor*/) override {}
};

std::unique_ptr<Engine> engineWithParrot(double scale) {
  const auto weights = Weights::open(kNano);
  auto engine = std::make_unique<Engine>(makeCpuBackend(weights, {}), weights);
  const std::vector<HighLevelColumn> columns{{"parrot", {1}, {VirtualMode::kReserve, 0, 0.9F, -1}}};
  auto parrot = std::make_shared<Parrot>();
  parrot->push().scale = scale;
  engine->setProgram(compile({}, weights->config(), {nullptr, 0, columns}), {{"parrot", parrot, 0}},
                     std::make_shared<NoText>());
  return engine;
}

RunResult trace(Engine& engine, std::vector<std::int32_t> tokens, int chunk = kTraceBlock) {
  RunRequest request;
  request.tokens = std::move(tokens);
  request.chunk = chunk;
  request.trace = {parseAddresses("all", engine.weights().config()), LogitsWanted::kAll};
  RunListener listener;
  return engine.run(request, listener);
}

TEST_CASE("a firing takes part in its layers at its position and says its token") {
  const auto engine = engineWithParrot(1000);
  const RunResult result = trace(*engine, {3, kAsked, 7});
  REQUIRE(result.firings.size() == 1);
  CHECK(result.firings[0].firing.position == 1);
  const int id = engine->weights().config().n_experts;
  const auto chosen = [&](int layer, int position) {
    const auto ids = result.trace->ints(Site::kExpertIndices, layer, position);
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  CHECK(chosen(1, 1));
  CHECK_FALSE(chosen(1, 0));
  CHECK_FALSE(chosen(1, 2));
  CHECK_FALSE(chosen(0, 1));
  CHECK(argmax(result.trace->logitsAt(1)) == kAnswer);
}

TEST_CASE("firings do not depend on chunks") {
  const auto engine = engineWithParrot(30);
  const std::vector<std::int32_t> tokens{1, kAsked, 2, kAsked, kAsked, 3, 4};
  const RunResult whole = trace(*engine, tokens);
  for (const int chunk : {1, 2, 3}) {
    const RunResult parts = trace(*engine, tokens, chunk);
    for (const std::string& name : whole.trace->arrayNames()) {
      INFO(name);
      CHECK(whole.trace->gather(name).bytes == parts.trace->gather(name).bytes);
    }
  }
}

TEST_CASE("an expert that does not fire changes no bit") {
  const auto with = engineWithParrot(1000);
  const auto weights = Weights::open(kNano);
  Engine without(makeCpuBackend(weights, {}), weights);
  const RunResult a = trace(*with, {1, 2, 3, 4, 6});
  const RunResult b = trace(without, {1, 2, 3, 4, 6});
  CHECK(a.firings.empty());
  for (const std::string& name : b.trace->arrayNames()) {
    INFO(name);
    CHECK(a.trace->gather(name).bytes == b.trace->gather(name).bytes);
  }
}

TEST_CASE("generation follows a firing, and the unaided answer is another") {
  const auto engine = engineWithParrot(1000);
  RunRequest request;
  request.tokens = {3, kAsked};
  request.max_new_tokens = 3;
  RunListener listener;
  const RunResult result = engine->run(request, listener);
  CHECK(result.generated[0] == kAnswer);
  const std::vector<int> positions{1};
  CHECK(engine->unaidedNext(request.tokens, positions).at(0).id != kAnswer);
}

TEST_CASE("a token's direction has length one and is no worse than the row of the unembedding") {
  const auto weights = Weights::open(kNano);
  TokenDirections directions(weights);
  const std::vector<float> gain = toFloat(weights->finalNorm());
  const auto hidden = static_cast<std::size_t>(weights->config().hidden);
  const auto vocab = static_cast<std::size_t>(weights->config().vocab);
  const std::vector<float> rows = toFloat(weights->unembedding());
  const auto logits = [&](std::span<const float> unit) {
    std::vector<float> out(vocab);
    for (std::size_t i = 0; i < vocab * hidden; ++i) {
      out[i / hidden] +=
          rows[i] * gain[i % hidden] * unit[i % hidden] * std::sqrt(static_cast<float>(hidden));
    }
    return out;
  };
  for (const std::int32_t token : {0, 17, 299}) {
    const TokenDirection& direction = directions.of(token);
    double length = 0;
    for (const float value : direction.unit) {
      length += static_cast<double>(value) * static_cast<double>(value);
    }
    CHECK(length == Approx(1).margin(1e-5));
    const auto said = logits(direction.unit);
    CHECK(argmax(said) == token);
    CHECK(std::exp(logProbability(said, token)) == Approx(direction.share).epsilon(1e-3));
    std::vector<float> row(rows.begin() + token * static_cast<std::ptrdiff_t>(hidden),
                           rows.begin() + (token + 1) * static_cast<std::ptrdiff_t>(hidden));
    float squares = 0;
    for (const float value : row) {
      squares += value * value;
    }
    for (float& value : row) {
      value /= std::sqrt(squares);
    }
    // The climb ends at 0.999, where a row may already stand.
    CHECK(direction.share > std::min(0.999, std::exp(logProbability(logits(row), token))));
  }
}

}  // namespace
}  // namespace rs
