// SPDX-License-Identifier: Apache-2.0
//
// info: what a model is, from its files alone; no weight is read.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cli/verb.h"
#include "app/wiring.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "core/model/model_summary.h"

namespace rs::app {
namespace {

std::uint64_t memoryOfMachine() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page_bytes > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes)
             : 0;
}

// 20914757184 -> 20,914,757,184
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) {
    digits.insert(at - 3, ",");
  }
  return digits;
}

int slidingLayers(const ModelConfig& config) {
  return static_cast<int>(std::count(config.is_sliding.begin(), config.is_sliding.end(), true));
}

std::string rotaryText(const ModelConfig& c) {
  std::string text = format("theta %g", c.rope_theta);
  if (c.yarn.factor > 1) {
    text += format(", YaRN x %g from %d positions", c.yarn.factor, c.yarn.original_positions);
  }
  return text;
}

std::string dtypesText(const ModelSummary& summary) {
  std::vector<std::string> parts;
  for (const auto& [name, share] : summary.dtypes) {
    parts.push_back(
        format("%s in %d tensors (%s)", name.c_str(), share.n_tensors, bytesText(share.bytes).c_str()));
  }
  return join(parts, ", ");
}

std::string tableText(const Weights& weights, const ModelSummary& summary) {
  const ModelConfig& c = weights.config();
  std::string text;
  const auto row = [&](const char* label, const std::string& value) {
    text += format("%-14s %s\n", label, value.c_str());
  };
  row("model", c.name);
  row("layout", weights.layout());
  row("hash", weights.hash());
  row("size", format("%s in %zu tensors", bytesText(summary.bytes).c_str(), weights.tensors().size()));
  row("types", dtypesText(summary));
  row("layers", format("%d: %d with a window of %d, %d full", c.n_layers, slidingLayers(c), c.window,
                       c.n_layers - slidingLayers(c)));
  row("experts", format("%d a layer, %d chosen, width %d", c.n_experts, c.top_k, c.inner));
  row("hidden", std::to_string(c.hidden));
  row("heads", format("%d query, %d key and value, %d wide", c.n_heads, c.n_kv_heads, c.head_dim));
  row("positions", format("%d, %s", c.max_positions, rotaryText(c).c_str()));
  row("vocabulary", std::to_string(c.vocab));
  row("parameters",
      grouped(summary.parameters.total) + ", active for a token " + grouped(summary.parameters.active));
  row("decoding", "reads " + bytesText(summary.bytes_per_token) + " of weights a token");
  row("tokenizer", summary.has_tokenizer ? "tokenizer.json" : "none");
  for (const std::string& remark : summary.remarks) {
    row("note", remark);
  }
  return text;
}

std::string tensorLines(const Weights& weights) {
  std::string text;
  for (const TensorView& tensor : weights.tensors()) {
    text += format("%-5s %-22s %14s  %s  %s\n", nameOf(tensor.dtype), shapeText(tensor.shape).c_str(),
                   std::to_string(tensor.bytes.size()).c_str(), printable(tensor.name, 1000).c_str(),
                   printable(tensor.file, 1000).c_str());
  }
  return text;
}

nlohmann::ordered_json jsonOf(const Weights& weights, const ModelSummary& summary, bool lists_tensors) {
  const ModelConfig& c = weights.config();
  nlohmann::ordered_json out = {{"name", c.name},
                                {"layout", weights.layout()},
                                {"hash", weights.hash()},
                                {"bytes", summary.bytes},
                                {"n_tensors", weights.tensors().size()},
                                {"layers", c.n_layers},
                                {"sliding_layers", slidingLayers(c)},
                                {"window", c.window},
                                {"experts", c.n_experts},
                                {"top_k", c.top_k},
                                {"hidden", c.hidden},
                                {"inner", c.inner},
                                {"heads", c.n_heads},
                                {"kv_heads", c.n_kv_heads},
                                {"head_dim", c.head_dim},
                                {"vocab", c.vocab},
                                {"max_positions", c.max_positions},
                                {"end_tokens", c.end_token_ids},
                                {"parameters", summary.parameters.total},
                                {"active_parameters", summary.parameters.active},
                                {"bytes_per_token", summary.bytes_per_token},
                                {"tokenizer", summary.has_tokenizer},
                                {"notes", summary.remarks}};
  for (const auto& [name, share] : summary.dtypes) {
    out["dtypes"][name] = {{"tensors", share.n_tensors}, {"bytes", share.bytes}};
  }
  if (lists_tensors) {
    out["tensors"] = nlohmann::ordered_json::array();
    for (const TensorView& tensor : weights.tensors()) {
      out["tensors"].push_back({{"name", tensor.name},
                                {"dtype", nameOf(tensor.dtype)},
                                {"shape", tensor.shape},
                                {"bytes", tensor.bytes.size()},
                                {"file", tensor.file},
                                {"offset", tensor.offset}});
    }
  }
  return out;
}

class Info final : public Verb {
 public:
  void declare(CLI::App& options) override {
    options.add_option("model,--model", model_, "a Hugging Face gpt-oss directory, or demo (default)");
    options.add_flag("--tensors", lists_tensors_, "list every tensor: type, shape, bytes, name, file");
  }

  int run(Console& console) override {
    const auto weights = Weights::open(modelPath(model_));
    const ModelSummary summary = summarise(*weights, memoryOfMachine());
    if (console.wants_json) {
      constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
      print(jsonOf(*weights, summary, lists_tensors_).dump(2, ' ', false, kReplace) + "\n");
    } else {
      print(tableText(*weights, summary) + (lists_tensors_ ? "\n" + tensorLines(*weights) : ""));
    }
    return 0;
  }

 private:
  std::string model_ = "demo";
  bool lists_tensors_ = false;
};

}  // namespace

VerbInfo infoVerb() {
  return describeVerb<Info>("info", "what a model is: layout, sizes, experts, what is missing or slow");
}

}  // namespace rs::app
