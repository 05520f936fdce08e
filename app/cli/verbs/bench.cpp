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

#include "app/cli/bench_report.h"
#include "app/cli/options.h"
#include "app/cli/verb.h"
#include "core/backend/cpu/memory_reader.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"
#include "core/stats/quantile.h"

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

// Notes when the prompt is done and when each token comes.
class Stopwatch final : public RunListener {
 public:
  // n_tokens: ends the run after that many.
  Stopwatch(int n_tokens, int n_threads) : n_tokens_(n_tokens), n_threads_(n_threads), start_(now()) {}
  void onPrefill(int n_done, int n_total) override {
    if (n_done == n_total) {
      prefilled_ = now();
    }
  }
  bool onToken(const TokenEvent& /*event*/) override {
    last_ = now();
    if (n_seen_++ == 0) {
      first_ = last_;
    }
    return n_seen_ < n_tokens_;
  }
  // Decoding counts from the first token on: the steps between, choice of the token included.
  [[nodiscard]] RunTimes times() const {
    return {prefilled_.wall - start_.wall, prefilled_.compute - start_.compute, last_.wall - first_.wall,
            last_.compute - first_.compute};
  }

 private:
  struct Moment {
    double wall = 0;
    double compute = 0;
  };
  [[nodiscard]] Moment now() const { return {cpu::computeTime(kSeveral), cpu::computeTime(n_threads_)}; }
  static constexpr int kSeveral = 2;  // threads, whose clock is that on the wall

  int n_tokens_;
  int n_threads_;
  int n_seen_ = 0;
  Moment start_, prefilled_, first_, last_;
};

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
    app.add_option("--repeat", n_repeat_, "rounds: memory read, a run without and one with the capture")
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
    const double first_token_seconds = secondsSince(begin);
    Measurements measured{n_prefill_, n_decode_, threads(), capture_, 0, {}};
    measureRounds(console, model, addresses, measured);
    Json json{{"model", modelJson(*model.weights)},
              {"backend", model.engine->backend().name()},
              {"isa", model.engine->backend().isa()},
              {"precision", request_.precision},
              {"threads", threads()},
              {"seed", seed_},
              {"repeat", n_repeat_},
              {"open_seconds", open_seconds},
              {"first_token_seconds", first_token_seconds},
              {"edit_to_logits", editsJson(changeEdits(console, model))}};
    json.update(ratesJson(*model.weights, measured));
    console.endProgress();
    print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return 0;
  }

 private:
  [[nodiscard]] int threads() const {
    const auto n_cores = static_cast<int>(std::thread::hardware_concurrency());
    return request_.threads > 0 ? request_.threads : std::max(1, n_cores);
  }

  // Whatever else the machine does then falls on all that is compared.
  void measureRounds(const Console& console, LoadedModel& model, const std::vector<Address>& addresses,
                     Measurements& measured) const {
    console.progress("memory");
    cpu::MemoryReader reader(threads(),
                             std::clamp(availableMemory() / 4, kLeastBandwidthBytes, kBandwidthBytes));
    measured.read_buffer_bytes = reader.nBytes();
    static_cast<void>(once(console, model, {}, 2));  // brings weights and caches in; not counted
    static_cast<void>(once(console, model, addresses, 2));
    for (int i = 0; i < n_repeat_; ++i) {
      console.progress(format("round %d of %d", i + 1, n_repeat_));
      BenchRound round;
      round.read_bytes_per_second = reader.measure();
      const bool is_captured_first = !addresses.empty() && i % 2 == 1;
      if (is_captured_first) {
        round.captured = once(console, model, addresses, n_decode_ + 1);
      }
      round.plain = once(console, model, {}, n_decode_ + 1);
      if (!addresses.empty() && !is_captured_first) {
        round.captured = once(console, model, addresses, n_decode_ + 1);
      }
      measured.rounds.push_back(round);
    }
  }

  static Json editsJson(const std::vector<double>& seconds) {
    return {{"tokens", kEditPrompt},
            {"changes", seconds.size()},
            {"p50_seconds", median(seconds)},
            {"p95_seconds", quantile(seconds, 0.95)}};
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

  [[nodiscard]] RunTimes once(const Console& console, LoadedModel& model,
                              const std::vector<Address>& addresses, int n_tokens) const {
    RunRequest request;
    request.tokens = randomTokens(model.weights->config(), n_prefill_);
    request.max_new_tokens = n_decode_ + 1;  // the first one comes from the prompt
    request.trace = {addresses, LogitsWanted::kNone};
    Stopwatch watch(n_tokens, threads());
    runOrStop(console, model, request, watch);
    return watch.times();
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
  int n_repeat_ = 10;
  std::string capture_ = "router";
  std::uint64_t seed_ = 1;
};

}  // namespace

VerbInfo benchVerb() {
  return describeVerb<BenchVerb>("bench", "measure speed against the read bandwidth of memory");
}

}  // namespace rs::app
