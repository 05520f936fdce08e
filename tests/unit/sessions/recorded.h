// SPDX-License-Identifier: Apache-2.0
//
// Runs made by hand, without a model: every value follows from position, layer and seed.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/routing/program.h"
#include "sessions/recorder.h"
#include "sessions/session_reader.h"
#include "sessions/store.h"
#include "tests/support/temporary_directory.h"

namespace rs::sessions::test {

inline constexpr int kLayers = 2;
inline constexpr int kExperts = 6;
inline constexpr int kTopK = 2;

inline ModelConfig smallConfig(int n_experts = kExperts) {
  ModelConfig config;
  config.n_layers = kLayers;
  config.hidden = 32;
  config.n_heads = 2;
  config.n_kv_heads = 1;
  config.head_dim = 64;
  config.n_experts = n_experts;
  config.top_k = kTopK;
  config.vocab = 50;
  return config;
}

inline std::int32_t tokenAt(int position) {
  return position * 7 % 50;
}

inline float logitAt(int position, int layer, int expert) {
  return static_cast<float>((position * 31 + layer * 17 + expert * 13) % 97) / 8.0F - 5.0F;
}

// A trace of the router sites. is_edited: the final decision always takes expert 0 first, the logits of
// expert 1 are raised, and the model's own are captured too.
class HandMadeTrace {
 public:
  explicit HandMadeTrace(int max_positions, bool is_edited = false, int n_experts = kExperts,
                         bool has_own_decisions = true)
      : is_edited_(is_edited), has_own_(is_edited && has_own_decisions), config_(smallConfig(n_experts)) {
    TraceRequest request;
    for (int layer = 0; layer < kLayers; ++layer) {
      for (const Site site : {Site::kRouterLogits, Site::kExpertIndices, Site::kExpertWeights}) {
        request.addresses.push_back({site, layer});
      }
      if (is_edited) {
        request.addresses.push_back({Site::kRouterLogitsRaw, layer});
      }
      if (has_own_) {
        request.addresses.push_back({Site::kExpertIndicesRaw, layer});
        request.addresses.push_back({Site::kExpertWeightsRaw, layer});
      }
    }
    request.logits = LogitsWanted::kNone;
    trace_ = std::make_unique<Trace>(config_, RoutingProgram(kLayers, n_experts, kTopK, 32), request,
                                     max_positions);
  }

  void grow(int end) {
    for (int position = trace_->size(); position < end; ++position) {
      const CaptureSinks& sinks = trace_->sinksFor(position);
      for (int layer = 0; layer < kLayers; ++layer) {
        fill(sinks, layer, position);
      }
      trace_->append(std::array{tokenAt(position)});
    }
  }
  [[nodiscard]] const Trace& get() const { return *trace_; }
  [[nodiscard]] std::unique_ptr<Trace> take() { return std::move(trace_); }

 private:
  void fill(const CaptureSinks& sinks, int layer, int position) const {
    std::vector<float> logits;
    for (int expert = 0; expert < config_.n_experts; ++expert) {
      logits.push_back(logitAt(position, layer, expert));
    }
    if (is_edited_) {
      std::copy(logits.begin(), logits.end(), sinks.floats(Site::kRouterLogitsRaw, layer, position));
      if (has_own_) {
        decide(logits, sinks.ints(Site::kExpertIndicesRaw, layer, position),
               sinks.floats(Site::kExpertWeightsRaw, layer, position));
      }
      logits[1] += 2.5F;
    }
    std::copy(logits.begin(), logits.end(), sinks.floats(Site::kRouterLogits, layer, position));
    std::int32_t* ids = sinks.ints(Site::kExpertIndices, layer, position);
    decide(logits, ids, sinks.floats(Site::kExpertWeights, layer, position));
    if (is_edited_ && ids[0] != 0) {
      ids[1] = ids[0];
      ids[0] = 0;
    }
  }
  static void decide(const std::vector<float>& logits, std::int32_t* ids, float* weights) {
    DecisionRef decision{ids, weights, 0, kTopK};
    decideTopK(logits, kTopK, decision);
  }

  bool is_edited_, has_own_;
  ModelConfig config_;
  std::unique_ptr<Trace> trace_;
};

inline RunSetup setupFor(int n_prompt, int n_experts = kExperts) {
  RunSetup setup;
  setup.model = {"hand made", "00112233", "aabb", kLayers, n_experts, kTopK, 50};
  setup.provenance = {"exact", "cpu", "scalar", "cpu", "test"};
  for (int position = 0; position < n_prompt; ++position) {
    setup.prompt.push_back(tokenAt(position));
  }
  setup.max_new_tokens = 5;
  setup.sampling = {0.5, 0.9, 0xFFFFFFFFFFFFFFF0U};
  setup.stop_ids = {49};
  setup.n_valid_ids = 50;
  return setup;
}

inline const std::string& bytesOf(std::int32_t id) {
  static const std::vector<std::string> kTexts = [] {
    std::vector<std::string> texts;
    for (int i = 0; i < 50; ++i) {
      texts.push_back(i == 9 ? std::string("\xff\x00z", 3) : "secret" + std::to_string(i));
    }
    return texts;
  }();
  return kTexts[static_cast<std::size_t>(id)];
}

inline TokenBytes testBytes() {
  return [](std::int32_t id) -> std::string_view { return bytesOf(id); };
}

// A finished run of n tokens, all of the prompt.
inline RunId recordRun(SessionStore& store, int n, bool is_edited = false) {
  RunSetup setup = setupFor(n);
  if (is_edited) {
    setup.edits_json = R"([{"op": "ban", "layer": "all", "experts": [0], "name": "secret ban"}])";
  }
  RunRecorder recorder(store, setup, testBytes());
  HandMadeTrace made(n, is_edited);
  made.grow(n);
  RunResult result;
  result.trace = made.take();
  result.firings.push_back({0, {2, 5, "secret question?", "40 + 2", "42", 0, 1}});
  result.abstentions.push_back({0, {3, "secret 1/0", "division by zero"}});
  store.wait(recorder.finish(result));
  return recorder.run();
}

inline std::string sessionPath(const rs::test::TemporaryDirectory& directory) {
  return directory.path("a.routescope");
}

inline StoreOptions create(const std::string& path) {
  StoreOptions options;
  options.path = path;
  options.mode = OpenMode::kCreate;
  options.app_version = "test";
  return options;
}

inline StoreOptions reopen(const std::string& path) {
  StoreOptions options = create(path);
  options.mode = OpenMode::kOpen;
  return options;
}

inline Change note(const std::string& key, const std::string& text) {
  return {"note", key, '"' + text + '"'};
}

}  // namespace rs::sessions::test
