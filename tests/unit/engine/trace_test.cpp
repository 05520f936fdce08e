// SPDX-License-Identifier: Apache-2.0
#include "core/trace/trace.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <limits>

#include "core/base/error.h"
#include "core/hooks/observer.h"

namespace rs {
namespace {

ModelConfig smallConfig() {
  ModelConfig config;
  config.n_layers = 2;
  config.hidden = 32;
  config.n_heads = 2;
  config.n_kv_heads = 1;
  config.head_dim = 64;
  config.n_experts = 4;
  config.top_k = 2;
  config.vocab = 3;
  return config;
}

RoutingProgram unedited(const ModelConfig& config) {
  return RoutingProgram(config.n_layers, config.n_experts, config.top_k, config.hidden);
}

TEST_CASE("a trace gathers rows over blocks") {
  const ModelConfig config = smallConfig();
  Trace trace(config, unedited(config), {{{Site::kRouterLogits, 1}}, LogitsWanted::kNone}, 300);
  for (int position = 0; position < 300; ++position) {
    const CaptureSinks& sinks = trace.sinksFor(position);
    for (int expert = 0; expert < 4; ++expert) {
      sinks.floats(Site::kRouterLogits, 1, position)[expert] = static_cast<float>(position * 4 + expert);
    }
    trace.append(std::array{position % 3});
  }
  const NamedArray array = trace.gather("router_logits.1");
  CHECK(array.shape == std::vector<std::int64_t>{300, 4});
  CHECK(array.floats()[0] == 0.0F);
  CHECK(array.floats()[1199] == 1199.0F);
  CHECK(trace.floats(Site::kRouterLogits, 1, 256)[0] == 1024.0F);
  CHECK(trace.gather("tokens").ints()[299] == 2);
}

TEST_CASE("decisions are cut to the widest of the layer") {
  ModelConfig config = smallConfig();
  config.top_k = 3;
  Trace trace(config, unedited(config), {{{Site::kExpertWeights, 0}}, LogitsWanted::kNone}, 2);
  const std::array<std::array<std::int32_t, 3>, 2> ids{{{2, -1, -1}, {1, 3, -1}}};
  for (int position = 0; position < 2; ++position) {
    const CaptureSinks& sinks = trace.sinksFor(position);
    for (std::size_t slot = 0; slot < 3; ++slot) {
      sinks.ints(Site::kExpertIndices, 0, position)[slot] = ids[static_cast<std::size_t>(position)][slot];
      sinks.floats(Site::kExpertWeights, 0, position)[slot] = static_cast<float>(slot);
    }
    trace.append(std::array{0});
  }
  CHECK(trace.gather("expert_weights.0").shape == std::vector<std::int64_t>{2, 2});
  CHECK(trace.arrayNames() == std::vector<std::string>{"tokens", "expert_weights.0"});
  CHECK_THROWS_WITH(trace.gather("expert_weight.0"), Catch::Contains("did you mean 'expert_weights.0'"));
}

TEST_CASE("last logits are those of the last row only") {
  const ModelConfig config = smallConfig();
  Trace trace(config, unedited(config), {{}, LogitsWanted::kLast}, 4);
  trace.append(std::array{0, 1});
  trace.appendLogits(std::array{1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}, 2);
  CHECK(trace.gather("logits").shape == std::vector<std::int64_t>{1, 3});
  CHECK(trace.logitsAt(1)[0] == 4.0F);
  CHECK(trace.logitsAt(0).empty());
}

TEST_CASE("a margin is the k-th logit minus the next") {
  const std::array logits{0.5F, 3.0F, 2.0F, 1.75F};
  CHECK(decisionMargin(logits, 2) == 0.25F);
  CHECK(decisionMargin(logits, 1) == 1.0F);
  CHECK(decisionMargin(logits, 4) == std::numeric_limits<float>::infinity());
  const std::array banned{1.0F, -std::numeric_limits<float>::infinity()};
  CHECK(decisionMargin(banned, 1) == std::numeric_limits<float>::infinity());
}

class NamesNothing final : public Observer {
 public:
  [[nodiscard]] std::vector<Address> addresses() const override { return addresses_; }
  void onValues(const ObservedValues& /*values*/) override {}
  std::vector<Address> addresses_;
};

// Writes one row of router logits for each position up to `end`, all numbers `value`, from a layer on.
void grow(Trace& trace, int end, float value, int first_layer = 0) {
  while (trace.size() < end) {
    const CaptureSinks& sinks = trace.sinksFor(trace.size(), first_layer);
    for (int layer = first_layer; layer < 2; ++layer) {
      std::fill_n(sinks.floats(Site::kRouterLogits, layer, trace.size()), 4, value);
    }
    trace.append(std::array{1});
  }
}

const TraceRequest kBothLayers{{{Site::kRouterLogits, 0}, {Site::kRouterLogits, 1}}, LogitsWanted::kNone};

TEST_CASE("a view keeps what it shows while the trace goes on") {
  const ModelConfig config = smallConfig();
  Trace trace(config, unedited(config), kBothLayers, 10);
  grow(trace, 10, 1);
  const auto view = trace.view();
  trace.allow(300);
  grow(trace, 300, 2);
  CHECK(view->size() == 10);
  CHECK(trace.size() == 300);
  CHECK(view->gather("router_logits.1").floats()[39] == 1.0F);
  CHECK(trace.floats(Site::kRouterLogits, 1, 9)[3] == 1.0F);
  CHECK(trace.floats(Site::kRouterLogits, 1, 10)[0] == 2.0F);
  CHECK(trace.floats(Site::kRouterLogits, 0, 299)[3] == 2.0F);
}

TEST_CASE("a trace that grows out of another leaves it as it is and shares what is below") {
  const ModelConfig config = smallConfig();
  Trace old(config, unedited(config), kBothLayers, 300);
  grow(old, 300, 1);
  Trace young(old, unedited(config), kBothLayers, 280, 300);
  CHECK(young.size() == 280);
  grow(young, 300, 2, 1);
  for (const int position : {0, 255, 279, 280, 299}) {
    CHECK(old.floats(Site::kRouterLogits, 0, position)[2] == 1.0F);
    CHECK(old.floats(Site::kRouterLogits, 1, position)[2] == 1.0F);
    CHECK(young.floats(Site::kRouterLogits, 0, position).data() ==
          old.floats(Site::kRouterLogits, 0, position).data());
    CHECK(young.floats(Site::kRouterLogits, 1, position)[2] == (position < 280 ? 1.0F : 2.0F));
  }
  CHECK(young.floats(Site::kRouterLogits, 1, 0).data() == old.floats(Site::kRouterLogits, 1, 0).data());
  // Both go on, each by itself.
  young.allow(310);
  old.allow(310);
  grow(young, 310, 4);
  grow(old, 310, 3);
  CHECK(old.floats(Site::kRouterLogits, 0, 309)[0] == 3.0F);
  CHECK(young.floats(Site::kRouterLogits, 0, 309)[0] == 4.0F);
  CHECK(young.floats(Site::kRouterLogits, 0, 299)[0] == 1.0F);
}

TEST_CASE("what was captured of an address can be given up") {
  const ModelConfig config = smallConfig();
  Trace trace(config, unedited(config), kBothLayers, 20);
  grow(trace, 10, 1);
  const std::uint64_t before = trace.bytes();
  trace.drop(std::array{Address{Site::kRouterLogits, 0}});
  CHECK(trace.bytes() * 2 == before);
  CHECK(!trace.has(Site::kRouterLogits, 0));
  CHECK(trace.arrayNames() == std::vector<std::string>{"tokens", "router_logits.1"});
  CHECK(trace.floats(Site::kRouterLogits, 1, 9)[0] == 1.0F);
  static_cast<void>(trace.sinksFor(10));
  CHECK_THROWS_AS(Trace(trace, unedited(config), kBothLayers, 5, 20), Error);
}

TEST_CASE("an observer that could not be called is refused by name") {
  ObserverList list;
  NamesNothing observer;
  CHECK_THROWS_AS(list.add(observer, smallConfig()), Error);
  observer.addresses_ = {{Site::kResidPost, 2}};
  CHECK_THROWS_WITH(list.add(observer, smallConfig()),
                    Catch::Contains("resid_post.2") && Catch::Contains("0..1"));
  observer.addresses_ = {{Site::kExpertIndices, 0}};
  CHECK_THROWS_WITH(list.add(observer, smallConfig()), Catch::Contains("expert_indices.0"));
  observer.addresses_ = {{Site::kEmbed, -1}, {Site::kResidPost, 1}};
  CHECK_NOTHROW(list.add(observer, smallConfig()));
}

}  // namespace
}  // namespace rs
