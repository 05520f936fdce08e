// SPDX-License-Identifier: Apache-2.0
#include "core/model/model_summary.h"

#include <filesystem>

#include "core/base/printable.h"
#include "core/base/text.h"

namespace rs {
namespace {

std::uint64_t product(int a, int b) {
  return static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b);
}

std::uint64_t bytesOf(const ExpertMatrices& matrices) {
  return matrices.blocks.bytes.size() + matrices.scales.bytes.size() + matrices.bias.bytes.size();
}

// What one token reads: everything but the embedding's other rows and the experts that are not chosen.
std::uint64_t bytesPerToken(const Weights& weights) {
  const ModelConfig& c = weights.config();
  std::uint64_t bytes = weights.embedding().bytes.size() / static_cast<std::uint64_t>(c.vocab) +
                        weights.finalNorm().bytes.size() + weights.unembedding().bytes.size();
  for (int i = 0; i < c.n_layers; ++i) {
    const LayerWeights& w = weights.layer(i);
    for (const TensorView* tensor :
         {&w.input_norm, &w.q_weight, &w.q_bias, &w.k_weight, &w.k_bias, &w.v_weight, &w.v_bias, &w.o_weight,
          &w.o_bias, &w.sinks, &w.post_attention_norm, &w.router_weight, &w.router_bias}) {
      bytes += tensor->bytes.size();
    }
    const std::uint64_t experts = bytesOf(w.gate_up) + bytesOf(w.down);
    bytes += experts / static_cast<std::uint64_t>(c.n_experts) * static_cast<std::uint64_t>(c.top_k);
  }
  return bytes;
}

std::vector<std::string> remarksOn(const Weights& weights, const ModelSummary& summary,
                                   std::uint64_t memory_bytes) {
  const ModelConfig& c = weights.config();
  std::vector<std::string> remarks;
  if (!summary.has_tokenizer) {
    remarks.emplace_back("no tokenizer.json: prompts must be token ids (--tokens)");
  }
  if (c.end_token_ids.empty()) {
    remarks.emplace_back("no end token is named: generation runs to --max-tokens");
  }
  if (memory_bytes != 0 && summary.bytes > memory_bytes) {
    remarks.push_back(
        "larger than the " + bytesText(memory_bytes) +
        " of memory of this machine: weights are read from disk again and again, which is slow");
  }
  if (summary.dtypes.contains("F32")) {
    remarks.push_back("some tensors are F32 (" + bytesText(summary.dtypes.at("F32").bytes) +
                      "): twice the bytes of published files");
  }
  if (c.yarn.factor > 1 && c.yarn.rounds_ramp_ends) {
    remarks.emplace_back("the configuration rounds the ends of the YaRN ramp, unlike published gpt-oss");
  }
  if (const auto unused = weights.unusedTensors(); !unused.empty()) {
    remarks.push_back(format("%zu tensors are not used, the first is ", unused.size()) +
                      inQuotes(unused.front()));
  }
  return remarks;
}

}  // namespace

ParameterCount countParameters(const ModelConfig& c) {
  const int query = c.queryWidth();
  const int key = c.keyWidth();
  const auto width = [](int n) { return static_cast<std::uint64_t>(n); };
  const std::uint64_t attention = product(query + 2 * key, c.hidden) + width(query + 2 * key) +
                                  product(query, c.hidden) + width(c.hidden) + width(c.n_heads);
  const std::uint64_t router = product(c.n_experts, c.hidden) + width(c.n_experts);
  const std::uint64_t expert =
      product(2 * c.inner, c.hidden) + width(2 * c.inner) + product(c.hidden, c.inner) + width(c.hidden);
  const std::uint64_t others = attention + router + 2 * width(c.hidden);
  const std::uint64_t embedding = product(c.vocab, c.hidden);
  const std::uint64_t n_layers = width(c.n_layers);
  return {n_layers * (others + width(c.n_experts) * expert) + 2 * embedding + width(c.hidden),
          n_layers * (others + width(c.top_k) * expert) + embedding + width(c.hidden)};
}

ModelSummary summarise(const Weights& weights, std::uint64_t memory_bytes) {
  ModelSummary summary;
  summary.parameters = countParameters(weights.config());
  summary.bytes = weights.totalBytes();
  summary.bytes_per_token = bytesPerToken(weights);
  for (const TensorView& tensor : weights.tensors()) {
    DTypeShare& share = summary.dtypes[nameOf(tensor.dtype)];
    ++share.n_tensors;
    share.bytes += tensor.bytes.size();
  }
  std::error_code ignored;
  summary.has_tokenizer =
      std::filesystem::exists(std::filesystem::path(weights.directory()) / "tokenizer.json", ignored);
  summary.remarks = remarksOn(weights, summary, memory_bytes);
  return summary;
}

}  // namespace rs
