// SPDX-License-Identifier: Apache-2.0
//
// The whole CPU backend on the small random model: against the float64 reference, and bit for bit against
// itself under other chunks, threads and captures.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "core/backend/cpu/isa.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/export/tensor_file_reader.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"
#include "tests/unit/backend/allocation_count.h"
#include "tests/unit/backend/model_run.h"

namespace rs::test {
namespace {

std::vector<std::string> isaNames() {
  std::vector<std::string> names;
  for (const cpu::Isa isa : cpu::availableIsas()) {
    names.emplace_back(cpu::nameOf(isa));
  }
  return names;
}

RoutingProgram programOf(const Weights& weights, bool is_edited) {
  const ModelConfig& config = weights.config();
  if (!is_edited) {
    return RoutingProgram(config.n_layers, config.n_experts, config.top_k, config.hidden);
  }
  CompileOptions options;
  options.unembed_row = [&](int token) {
    std::vector<float> row(static_cast<std::size_t>(config.hidden));
    rowToFloat(weights.unembedding(), token, row);
    return row;
  };
  return compile(parseEdits(readTextFile(nanoPath() + "/edits.json")), config, options);
}

double relativeRms(std::span<const float> wanted, std::span<const float> found) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (std::isinf(wanted[i]) || std::isinf(found[i])) {
      difference += wanted[i] == found[i] ? 0 : INFINITY;
      continue;
    }
    difference += std::pow(static_cast<double>(wanted[i]) - static_cast<double>(found[i]), 2);
    size += std::pow(static_cast<double>(wanted[i]), 2);
  }
  return std::sqrt(difference / std::max(size, 1e-60));
}

// Exact: all sites. Fast: a choice of experts may flip where two logits are near, so only the first layer.
double limitOf(Precision precision) {
  return precision == Precision::kExact ? 2e-6 : 2e-4;
}
bool isJudged(Precision precision, const Address& address) {
  return precision == Precision::kExact || address.layer == 0;
}

void compareWithReference(const std::string& isa, Precision precision, bool is_edited) {
  const auto weights = Weights::open(nanoPath());
  const TensorFileReader reference(
      nanoPath() + (is_edited ? "/reference/edited.safetensors" : "/reference/plain.safetensors"));
  const std::vector<std::int32_t> tokens = toInts(*reference.find("tokens"));
  const RoutingProgram program = programOf(*weights, is_edited);
  const auto backend = makeCpuBackend(weights, {precision, 2, isa});
  backend->reserve(static_cast<int>(tokens.size()), 7);
  const RunRecord run = record(*backend, program, tokens, {7});
  const double of_logits = relativeRms(toFloat(*reference.find("logits")), run.logits);
  CHECK(of_logits < (precision == Precision::kExact ? 2e-6 : 1e-3));
  for (const Kept& kept : run.kept) {
    const TensorView* wanted = reference.find(kept.address.text());
    INFO(isa << " " << kept.address.text());
    REQUIRE(wanted != nullptr);
    if (!isJudged(precision, kept.address)) {
      continue;
    }
    if (!kept.ints.empty()) {
      CHECK(toInts(*wanted) == kept.ints);
    } else {
      const std::vector<float> values = toFloat(*wanted);
      REQUIRE(values.size() == kept.floats.size());
      CHECK(relativeRms(values, kept.floats) < limitOf(precision));
    }
  }
}

void requireSameBits(const RunRecord& a, const RunRecord& b) {
  REQUIRE(a.logits.size() == b.logits.size());
  CHECK(std::memcmp(a.logits.data(), b.logits.data(), a.logits.size() * sizeof(float)) == 0);
  for (std::size_t i = 0; i < a.kept.size(); ++i) {
    INFO(a.kept[i].address.text());
    CHECK(a.kept[i].ints == b.kept[i].ints);
    CHECK(std::memcmp(a.kept[i].floats.data(), b.kept[i].floats.data(),
                      a.kept[i].floats.size() * sizeof(float)) == 0);
  }
}

}  // namespace

TEST_CASE("every site of an unedited run equals the float64 reference on every instruction set") {
  for (const std::string& isa : isaNames()) {
    compareWithReference(isa, Precision::kExact, false);
  }
}

TEST_CASE("every site of an edited run equals the float64 reference on every instruction set") {
  for (const std::string& isa : isaNames()) {
    compareWithReference(isa, Precision::kExact, true);
  }
}

TEST_CASE("fast precision stays near the reference") {
  for (const std::string& isa : isaNames()) {
    compareWithReference(isa, Precision::kFast, false);
    compareWithReference(isa, Precision::kFast, true);
  }
}

TEST_CASE("chunks, threads and captures change no bit") {
  const auto weights = Weights::open(nanoPath());
  const std::vector<std::int32_t> tokens = someTokens(150, weights->config().vocab);
  for (const bool is_edited : {false, true}) {
    const RoutingProgram program = programOf(*weights, is_edited);
    for (const Precision precision : {Precision::kExact, Precision::kFast}) {
      for (const std::string& isa : isaNames()) {
        INFO(isa);
        const auto one = makeCpuBackend(weights, {precision, 1, isa});
        one->reserve(150, 150);
        const RunRecord whole = record(*one, program, tokens, {150});
        const auto many = makeCpuBackend(weights, {precision, 3, isa});
        many->reserve(150, 64);
        requireSameBits(whole, record(*many, program, tokens, {1, 1, 2, 13, 1, 64}));
        const RunRecord bare = record(*one, program, tokens, {9}, false);
        CHECK(bare.logits == whole.logits);
      }
    }
  }
}

TEST_CASE("token by token gives the bits of all at once, edited and by several threads") {
  const auto weights = Weights::open(nanoPath());
  const std::vector<std::int32_t> tokens = someTokens(150, weights->config().vocab);
  const RoutingProgram program = programOf(*weights, true);
  const auto one = makeCpuBackend(weights, {Precision::kExact, 1, ""});
  one->reserve(150, 150);
  const auto two = makeCpuBackend(weights, {Precision::kExact, 2, ""});
  two->reserve(150, 1);
  requireSameBits(record(*one, program, tokens, {150}), record(*two, program, tokens, {1}));
}

TEST_CASE("no phase allocates once room is made, edited or not, one token or several") {
  const auto weights = Weights::open(nanoPath());
  const std::vector<std::int32_t> tokens = someTokens(20, weights->config().vocab);
  for (const bool is_edited : {false, true}) {
    const RoutingProgram program = programOf(*weights, is_edited);
    const auto backend = makeCpuBackend(weights, {Precision::kFast, 2, ""});
    backend->reserve(20, 5);
    backend->setProgram(&program);
    startCountingAllocations();
    runChunk(*backend, std::span(tokens).first(5), 5);
    runChunk(*backend, std::span(tokens).subspan(5, 1), 1);
    runChunk(*backend, std::span(tokens).subspan(6, 1), 0);
    CHECK(stopCountingAllocations() == 0);
  }
  startCountingAllocations();
  const std::vector<int> some(100);
  CHECK(stopCountingAllocations() == 1);  // the count counts
}

TEST_CASE("an unknown instruction set is refused with those there are") {
  const auto weights = Weights::open(nanoPath());
  try {
    static_cast<void>(makeCpuBackend(weights, {Precision::kExact, 1, "mmx"}));
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUnsupported);
    CHECK_THAT(error.what(), Catch::Contains("\"mmx\"") && Catch::Contains("scalar"));
  }
}

TEST_CASE("a residual that overflows is a numeric error that names layer and position") {
  const auto weights = Weights::open(nanoPath());
  const auto backend = makeCpuBackend(weights, {Precision::kExact, 2, ""});
  backend->reserve(8, 8);
  const auto tokens = someTokens(8, weights->config().vocab);
  backend->embed(tokens);
  std::vector<float> rows(8 * static_cast<std::size_t>(weights->config().hidden), 0.5F);
  rows[5 * static_cast<std::size_t>(weights->config().hidden)] = INFINITY;
  backend->writeResidual(rows);
  backend->attention(0);
  try {
    backend->route(0);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kNumeric);
    CHECK_THAT(error.what(), Catch::Contains("layer 0 at position 5"));
  }
  // What the failed pass left behind does not reach the next one.
  CHECK(backend->rewind(0));
  const RoutingProgram program = programOf(*weights, false);
  const RunRecord again = record(*backend, program, std::span(tokens).first(5), {5});
  const auto fresh = makeCpuBackend(weights, {Precision::kExact, 1, ""});
  fresh->reserve(8, 8);
  requireSameBits(again, record(*fresh, program, std::span(tokens).first(5), {5}));
}

TEST_CASE("rewinding and running on gives the bits of a run without the detour") {
  const auto weights = Weights::open(nanoPath());
  const RoutingProgram program = programOf(*weights, false);
  const std::vector<std::int32_t> tokens = someTokens(200, weights->config().vocab);
  const auto backend = makeCpuBackend(weights, {Precision::kExact, 2, ""});
  backend->reserve(300, 20);
  const RunRecord straight = record(*backend, program, tokens, {20});
  CHECK(backend->nCached() == 200);
  // The ring of the sliding layer holds the window (8) and the chunk in blocks of 64: 128 positions.
  CHECK_FALSE(backend->rewind(70));
  CHECK(backend->nCached() == 200);
  REQUIRE(backend->rewind(150));
  const std::vector<std::int32_t> other(10, 3);
  runChunk(*backend, other, 1);
  REQUIRE(backend->rewind(155));
  REQUIRE(backend->rewind(150));
  const auto vocab = static_cast<std::size_t>(weights->config().vocab);
  runChunk(*backend, std::span(tokens).subspan(150, 20), 20);
  CHECK(std::memcmp(backend->logits().data(), straight.logits.data() + 150 * vocab,
                    20 * vocab * sizeof(float)) == 0);
  CHECK(backend->rewind(0));
}

TEST_CASE("values read between phases are those that capture keeps") {
  const auto weights = Weights::open(nanoPath());
  const ModelConfig& config = weights->config();
  const auto backend = makeCpuBackend(weights, {Precision::kExact, 2, ""});
  backend->reserve(8, 8);
  const auto tokens = someTokens(8, config.vocab);
  const RoutingProgram program = programOf(*weights, false);
  const RunRecord run = record(*backend, program, tokens, {8});
  const auto same = [&](Site site, int layer) {
    INFO(Address({site, layer}).text());
    const auto values = backend->read(site, layer);
    CHECK(std::vector<float>(values.begin(), values.end()) == run.at(site, layer).floats);
  };
  CHECK(backend->rewind(0));
  backend->embed(tokens);
  same(Site::kEmbed, -1);
  for (int layer = 0; layer < config.n_layers; ++layer) {
    backend->attention(layer);
    for (const Site site : {Site::kResidPre, Site::kAttnIn, Site::kQ, Site::kK, Site::kV, Site::kAttnSink,
                            Site::kAttnOut, Site::kResidMid}) {
      same(site, layer);
    }
    backend->route(layer);
    for (const Site site : {Site::kMlpIn, Site::kRouterLogitsRaw, Site::kRouterLogits,
                            Site::kExpertWeightsRaw, Site::kExpertWeights}) {
      same(site, layer);
    }
    backend->experts(layer);
    same(Site::kMoeOut, layer);
    same(Site::kResidPost, layer);
    CHECK_THROWS_AS(backend->read(Site::kExpertOut, layer), Error);
  }
  CHECK_THROWS_AS(backend->read(Site::kAttnOut, 0), Error);
  backend->unembed(1);
  same(Site::kFinalNorm, -1);
}

}  // namespace rs::test
