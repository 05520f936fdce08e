// SPDX-License-Identifier: Apache-2.0
#include "app/cli/bench_report.h"

#include <nlohmann/json.hpp>

#include "core/stats/interval.h"
#include "core/stats/quantile.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;

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

Json estimateJson(std::vector<double> sample) {
  const MedianEstimate estimate = estimateMedian(std::move(sample));
  return {{"median", estimate.value},
          {"low", estimate.interval.low},
          {"high", estimate.interval.high},
          {"coverage", estimate.coverage},
          {"n", estimate.n}};
}

Json spreadJson(const std::vector<double>& values) {
  return {{"median", median(values)}, {"min", quantile(values, 0)}, {"max", quantile(values, 1)}};
}

// One number of each round.
template <class Value>
std::vector<double> each(const Measurements& measured, const Value& value) {
  std::vector<double> values;
  for (const BenchRound& round : measured.rounds) {
    values.push_back(value(round));
  }
  return values;
}

Json rateJson(const Measurements& measured, int n_tokens, double RunTimes::*seconds) {
  return {{"tokens", n_tokens}, {"tokens_per_second", spreadJson(each(measured, [&](const BenchRound& round) {
                                   return n_tokens / (round.plain.*seconds);
                                 }))}};
}

Json weightsJson(const DecodeBytes& bytes, const Measurements& measured) {
  const auto read = static_cast<double>(bytes.total()) * measured.n_decode;
  const double best =
      quantile(each(measured, [](const BenchRound& round) { return round.read_bytes_per_second; }), 1);
  const double decoded =
      median(each(measured, [&](const BenchRound& round) { return read / round.plain.decode_compute; }));
  return {{"bytes_per_token", bytes.total()},
          {"parts",
           {{"attention", bytes.attention},
            {"router", bytes.router},
            {"experts", bytes.experts},
            {"norms", bytes.norms},
            {"unembedding", bytes.unembedding},
            {"embedding_row", bytes.embedding}}},
          {"gigabytes_per_second", decoded / 1e9},
          {"share_of_read_bandwidth", estimateJson(each(measured,
                                                        [&](const BenchRound& round) {
                                                          return read / round.plain.decode_compute /
                                                                 round.read_bytes_per_second;
                                                        }))},
          {"share_of_best_reading", decoded / best}};
}

// What a capture costs: of each pair, seconds with it over seconds without.
Json costJson(const Measurements& measured, int n_tokens, double RunTimes::*seconds) {
  return {{"share", estimateJson(each(measured,
                                      [&](const BenchRound& round) {
                                        return round.captured.*seconds / (round.plain.*seconds) - 1;
                                      }))},
          {"nanoseconds_per_token", estimateJson(each(measured, [&](const BenchRound& round) {
             return 1e9 * (round.captured.*seconds - round.plain.*seconds) / n_tokens;
           }))}};
}

Json captureJson(const Measurements& measured) {
  if (measured.capture.empty()) {
    return nullptr;
  }
  return {{"addresses", measured.capture},
          {"pairs", measured.rounds.size()},
          {"decode", costJson(measured, measured.n_decode, &RunTimes::decode_compute)},
          {"prefill", costJson(measured, measured.n_prefill, &RunTimes::prefill_compute)}};
}

}  // namespace

Json ratesJson(const Weights& weights, const Measurements& measured) {
  Json json{{"prefill", rateJson(measured, measured.n_prefill, &RunTimes::prefill_wall)},
            {"decode", rateJson(measured, measured.n_decode, &RunTimes::decode_wall)},
            {"clock_of_shares", measured.n_threads == 1 ? "processor" : "wall"},
            {"weights", weightsJson(decodeBytes(weights), measured)},
            {"capture", captureJson(measured)}};
  json["read_bandwidth"] = {
      {"gigabytes_per_second",
       spreadJson(each(measured, [](const BenchRound& round) { return round.read_bytes_per_second / 1e9; }))},
      {"buffer_bytes", measured.read_buffer_bytes},
      {"threads", measured.n_threads}};
  return json;
}

}  // namespace rs::app
