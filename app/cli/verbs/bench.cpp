// SPDX-License-Identifier: Apache-2.0
//
// bench: how fast this machine runs a model, against how fast it reads memory. Tokens are random, from a
// seed.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "app/cli/options.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"
#include "core/stats/quantile.h"
#include "core/stats/read_bandwidth.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kBandwidthBytes = 512ULL << 20U;
constexpr std::uint64_t kLeastBandwidthBytes = 64ULL << 20U;
constexpr int kEditPrompt = 64;
constexpr int kEditChanges = 24;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Weights that one decoded token reads, each once, as they lie in the files.
struct DecodeBytes {
  std::uint64_t attention = 0;
  std::uint64_t router = 0;
  std::uint64_t experts = 0;  // k of E
  std::uint64_t norms = 0;
  std::uint64_t unembedding = 0;
  std::uint64_t embedding = 0;  // one row
  [[nodiscard]] std::uint64_t total() const {
    return attention + router + experts + norms + unembedding + embedding;
  }
};

DecodeBytes decodeBytes(const Weights& weights) {
  const ModelConfig& config = weights.config();
  const auto sum = [](std::initializer_list<const TensorView*> tensors) {
    std::uint64_t bytes = 0;
    for (const TensorView* tensor : tensors) {
      bytes += tensor->bytes.size();
    }
    return bytes;
  };
  const auto n_experts = static_cast<std::uint64_t>(config.n_experts);
  const auto top_k = static_cast<std::uint64_t>(config.top_k);
  DecodeBytes bytes;
  for (int layer = 0; layer < config.n_layers; ++layer) {
    const LayerWeights& w = weights.layer(layer);
    bytes.attention += sum({&w.q_weight, &w.q_bias, &w.k_weight, &w.k_bias, &w.v_weight, &w.v_bias,
                            &w.o_weight, &w.o_bias, &w.sinks});
    bytes.router += sum({&w.router_weight, &w.router_bias});
    bytes.norms += sum({&w.input_norm, &w.post_attention_norm});
    bytes.experts += sum({&w.gate_up.blocks, &w.gate_up.scales, &w.gate_up.bias, &w.down.blocks,
                          &w.down.scales, &w.down.bias}) /
                     n_experts * top_k;
  }
  bytes.norms += sum({&weights.finalNorm()});
  bytes.unembedding = sum({&weights.unembedding()});
  bytes.embedding = sum({&weights.embedding()}) / static_cast<std::uint64_t>(config.vocab);
  return bytes;
}

Json spreadJson(const std::vector<double>& values) {
  return {{"median", median(values)},
          {"min", *std::min_element(values.begin(), values.end())},
          {"max", *std::max_element(values.begin(), values.end())}};
}

// Notes when the prompt is done and when each token comes.
class Stopwatch final : public RunListener {
 public:
  // n_tokens: ends the run after that many.
  explicit Stopwatch(int n_tokens) : n_tokens_(n_tokens) {}
  void start() { start_ = Clock::now(); }
  void onPrefill(int n_done, int n_total) override {
    if (n_done == n_total) {
      prefill_seconds_ = secondsSince(start_);
    }
  }
  bool onToken(const TokenEvent& /*event*/) override {
    last_ = Clock::now();
    if (n_seen_++ == 0) {
      first_ = last_;
    }
    return n_seen_ < n_tokens_;
  }
  [[nodiscard]] double prefillSeconds() const { return prefill_seconds_; }
  // From the first token on: the steps between, choice of the token included.
  [[nodiscard]] double decodeSeconds() const { return std::chrono::duration<double>(last_ - first_).count(); }

 private:
  int n_tokens_;
  int n_seen_ = 0;
  Clock::time_point start_, first_, last_;
  double prefill_seconds_ = 0;
};

struct Rates {
  std::vector<double> prefill;  // tokens per second
  std::vector<double> decode;
};

struct Measurements {
  double open_seconds = 0;
  double first_token_seconds = 0;
  ReadBandwidth bandwidth;
  Rates plain;
  Rates captured;  // empty: no capture was asked for
  std::vector<double> edit_seconds;
};

Json weightsJson(const DecodeBytes& bytes, double tokens_per_second, const ReadBandwidth& bandwidth) {
  const double bytes_per_second = static_cast<double>(bytes.total()) * tokens_per_second;
  return {{"bytes_per_token", bytes.total()},
          {"parts",
           {{"attention", bytes.attention},
            {"router", bytes.router},
            {"experts", bytes.experts},
            {"norms", bytes.norms},
            {"unembedding", bytes.unembedding},
            {"embedding_row", bytes.embedding}}},
          {"gigabytes_per_second", bytes_per_second / 1e9},
          {"share_of_read_bandwidth", bytes_per_second / bandwidth.bytes_per_second}};
}

class BenchVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--model", request_.model, "model directory, or demo")->capture_default_str();
    app.add_option("--device", request_.device, "cpu or cuda[:N]")->capture_default_str();
    app.add_option("--precision", request_.precision,
                   "exact, or fast (activations of experts rounded to 14 bits a block)")
        ->capture_default_str();
    app.add_option("--threads", request_.threads, "compute threads; 0: one for each core")
        ->capture_default_str()
        ->check(CLI::Range(0, 1024));
    app.add_option("--prefill", n_prefill_, "tokens of the prompt")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 20));
    app.add_option("--decode", n_decode_, "tokens to decode")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 20));
    app.add_option("--repeat", n_repeat_, "runs to take the median of")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    app.add_option("--capture", capture_, "what capture to time beside none (docs/hooks.md)")
        ->capture_default_str();
    app.add_option("--seed", seed_, "of the tokens")->capture_default_str();
  }

  int run(Console& console) override {
    const Clock::time_point begin = Clock::now();
    LoadedModel model = loadModel(request_);
    const double open_seconds = secondsSince(begin);
    const ModelConfig& config = model.weights->config();
    if (n_prefill_ + n_decode_ >= config.max_positions) {
      throw Error(ErrorCode::kUsage,
                  format("measuring: --prefill and --decode together: expected less than the model's %d "
                         "positions, found %d",
                         config.max_positions, n_prefill_ + n_decode_));
    }
    const std::vector<Address> addresses =
        capture_.empty() ? std::vector<Address>() : parseAddresses(capture_, config);
    firstToken(console, model);
    Measurements m{open_seconds, secondsSince(begin), {}, {}, {}, {}};
    console.progress("memory");
    m.bandwidth = measureReadBandwidth(
        threads(), std::clamp(availableMemory() / 4, kLeastBandwidthBytes, kBandwidthBytes));
    once(console, model, {}, 2, m.plain);  // brings weights and caches in; not counted
    m.plain = {};
    for (int i = 0; i < n_repeat_; ++i) {
      console.progress(format("run %d of %d", i + 1, n_repeat_));
      once(console, model, {}, n_decode_ + 1, m.plain);
      if (!addresses.empty()) {
        once(console, model, addresses, n_decode_ + 1, m.captured);
      }
    }
    m.edit_seconds = changeEdits(console, model);
    console.endProgress();
    print(report(model, m).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return 0;
  }

 private:
  [[nodiscard]] int threads() const {
    const auto n_cores = static_cast<int>(std::thread::hardware_concurrency());
    return request_.threads > 0 ? request_.threads : std::max(1, n_cores);
  }

  [[nodiscard]] Json report(const LoadedModel& model, const Measurements& m) const {
    const double rate = median(m.plain.decode);
    Json json{{"model", modelJson(*model.weights)},
              {"backend", model.engine->backend().name()},
              {"isa", model.engine->backend().isa()},
              {"precision", request_.precision},
              {"threads", threads()},
              {"seed", seed_},
              {"repeat", n_repeat_},
              {"open_seconds", m.open_seconds},
              {"first_token_seconds", m.first_token_seconds},
              {"prefill", {{"tokens", n_prefill_}, {"tokens_per_second", spreadJson(m.plain.prefill)}}},
              {"decode", {{"tokens", n_decode_}, {"tokens_per_second", spreadJson(m.plain.decode)}}},
              {"weights", weightsJson(decodeBytes(*model.weights), rate, m.bandwidth)},
              {"capture", nullptr}};
    json["read_bandwidth"] = {{"gigabytes_per_second", m.bandwidth.bytes_per_second / 1e9},
                              {"buffer_bytes", m.bandwidth.buffer_bytes},
                              {"threads", m.bandwidth.threads}};
    if (!m.captured.decode.empty()) {
      // Of the best runs: what else the machine does only ever adds time.
      const double best = *std::max_element(m.plain.decode.begin(), m.plain.decode.end());
      const double captured = *std::max_element(m.captured.decode.begin(), m.captured.decode.end());
      json["capture"] = {{"addresses", capture_},
                         {"tokens_per_second", spreadJson(m.captured.decode)},
                         {"nanoseconds_per_token", 1e9 * (1 / captured - 1 / best)},
                         {"share_of_decode", best / captured - 1}};
    }
    json["edit_to_logits"] = {{"tokens", kEditPrompt},
                              {"changes", m.edit_seconds.size()},
                              {"p50_seconds", median(m.edit_seconds)},
                              {"p95_seconds", quantile(m.edit_seconds, 0.95)}};
    return json;
  }

  static Json modelJson(const Weights& weights) {
    const ModelConfig& config = weights.config();
    return {{"name", config.name},           {"hash", weights.hash()},    {"layers", config.n_layers},
            {"experts", config.n_experts},   {"top_k", config.top_k},     {"hidden", config.hidden},
            {"bytes", weights.totalBytes()}, {"vocabulary", config.vocab}};
  }

  [[nodiscard]] std::vector<std::int32_t> randomTokens(const ModelConfig& config, int n) const {
    std::mt19937_64 random(seed_);
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(n));
    for (std::int32_t& token : tokens) {
      token = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(config.vocab));
    }
    return tokens;
  }

  static void runOrStop(const Console& console, LoadedModel& model, const RunRequest& request,
                        RunListener& listener) {
    if (model.engine->run(request, listener, console.stopToken()).end == RunEnd::kCancelled) {
      throw Error(ErrorCode::kCancelled, "measuring: stopped; half a measurement is none");
    }
  }

  void firstToken(const Console& console, LoadedModel& model) const {
    RunRequest request;
    request.tokens = randomTokens(model.weights->config(), 1);
    request.max_new_tokens = 1;
    request.trace = {parseAddresses("router", model.weights->config()), LogitsWanted::kNone};
    RunListener listener;
    runOrStop(console, model, request, listener);
  }

  void once(const Console& console, LoadedModel& model, const std::vector<Address>& addresses, int n_tokens,
            Rates& rates) const {
    RunRequest request;
    request.tokens = randomTokens(model.weights->config(), n_prefill_);
    request.max_new_tokens = n_decode_ + 1;  // the first one comes from the prompt
    request.trace = {addresses, LogitsWanted::kNone};
    Stopwatch watch(n_tokens);
    watch.start();
    runOrStop(console, model, request, watch);
    rates.prefill.push_back(n_prefill_ / watch.prefillSeconds());
    rates.decode.push_back((n_tokens - 1) / watch.decodeSeconds());
  }

  // Each change from its JSON text to the logits of the last token.
  [[nodiscard]] std::vector<double> changeEdits(const Console& console, LoadedModel& model) const {
    const ModelConfig& config = model.weights->config();
    RunRequest request;
    request.tokens = randomTokens(config, std::min(kEditPrompt, config.max_positions));
    request.trace = {{}, LogitsWanted::kLast};
    RunListener listener;
    runOrStop(console, model, request, listener);
    std::vector<double> seconds;
    for (int i = 0; i < kEditChanges; ++i) {
      console.progress(format("edit %d of %d", i + 1, kEditChanges));
      const std::string text = format(R"([{"op": "add", "layer": %d, "experts": [%d], "value": %d}])",
                                      i % config.n_layers, i % config.n_experts, 1 + i);
      const Clock::time_point start = Clock::now();
      model.engine->setProgram(compile(parseEdits(text), config, {{}, kEditPrompt, {}}));
      runOrStop(console, model, request, listener);
      seconds.push_back(secondsSince(start));
    }
    return seconds;
  }

  ModelRequest request_;
  int n_prefill_ = 256;
  int n_decode_ = 64;
  int n_repeat_ = 5;
  std::string capture_ = "router";
  std::uint64_t seed_ = 1;
};

}  // namespace

VerbInfo benchVerb() {
  return describeVerb<BenchVerb>("bench", "measure speed against the read bandwidth of memory");
}

}  // namespace rs::app
