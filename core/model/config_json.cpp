// SPDX-License-Identifier: Apache-2.0
#include "core/model/config_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/strict_json.h"
#include "core/base/text.h"

namespace rs {
namespace {

using nlohmann::json;

// No published model comes near these; they keep every product of two widths within 32 bits.
constexpr int kMaxLayers = 1024;
constexpr int kMaxWidth = 65536;
constexpr int kMaxHeads = 1024;
constexpr int kMaxHeadDim = 512;
constexpr int kMaxExperts = 4096;
constexpr int kMaxVocab = 4'194'304;
constexpr int kMaxPositions = 16'777'216;
constexpr int kBlock = 32;  // values that share one scale

// One JSON object of a file, asked for its keys one by one. A null counts as absent, as in transformers.
class Keys {
 public:
  Keys(const json& object, std::string file, std::string prefix = "")
      : object_(object), file_(std::move(file)), prefix_(std::move(prefix)) {}

  [[noreturn]] void fail(const std::string& key, const std::string& expected,
                         const std::string& found) const {
    throw Error(ErrorCode::kModel, "reading " + printable(file_) + ": " + prefix_ + key + ": expected " +
                                       expected + ", found " + found);
  }

  [[nodiscard]] const json* find(const char* key) const {
    const auto at = object_.find(key);
    return at == object_.end() || at->is_null() ? nullptr : &*at;
  }

  [[nodiscard]] int integer(const char* key, int least, int most) const {
    const json* value = find(key);
    const std::string expected = format("an integer from %d to %d", least, most);
    if (value == nullptr) {
      fail(key, expected, "nothing");
    }
    // 64-bit unsigned numbers beyond the signed range would turn negative: told apart before conversion.
    const bool is_huge = value->is_number_unsigned() && value->get<std::uint64_t>() > kMaxPositions * 256ULL;
    const std::int64_t number =
        value->is_number_integer() && !is_huge ? value->get<std::int64_t>() : least - 1LL;
    if (number < least || number > most) {
      fail(key, expected, shown(*value));
    }
    return static_cast<int>(number);
  }

  [[nodiscard]] int integerOr(const char* key, int least, int most, int otherwise) const {
    return find(key) == nullptr ? otherwise : integer(key, least, most);
  }

  [[nodiscard]] double number(const char* key, double least, double most, double otherwise) const {
    const json* value = find(key);
    if (value == nullptr) {
      return otherwise;
    }
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (!(number >= least && number <= most)) {  // not a number fails too
      fail(key, format("a number from %g to %g", least, most), shown(*value));
    }
    return number;
  }

  [[nodiscard]] bool flag(const char* key, bool otherwise) const {
    const json* value = find(key);
    if (value != nullptr && !value->is_boolean()) {
      fail(key, "true or false", shown(*value));
    }
    return value == nullptr ? otherwise : value->get<bool>();
  }

  [[nodiscard]] std::string text(const char* key, const std::string& otherwise) const {
    const json* value = find(key);
    if (value != nullptr && !value->is_string()) {
      fail(key, "text", shown(*value));
    }
    return value == nullptr ? otherwise : value->get<std::string>();
  }

  void require(const char* key, bool holds, const std::string& expected) const {
    if (!holds) {
      const json* value = find(key);
      fail(key, expected, value == nullptr ? "nothing" : shown(*value));
    }
  }

 private:
  const json& object_;
  std::string file_, prefix_;
};

json parseObject(std::string_view text, const std::string& file) {
  constexpr std::size_t kMaxBytes = 16'000'000;
  constexpr std::size_t kMaxDepth = 32;
  json root = parseStrictJson(text, "reading " + printable(file), {kMaxDepth, kMaxBytes, ErrorCode::kModel});
  if (!root.is_object()) {
    throw Error(ErrorCode::kModel,
                "reading " + printable(file) + ": expected a JSON object, found " + shown(root));
  }
  return root;
}

void requireGptOss(const Keys& keys) {
  const std::string type = keys.text("model_type", "");
  if (type.empty()) {
    const bool is_openai = keys.find("num_experts") != nullptr && keys.find("rope_ntk_beta") != nullptr;
    keys.fail("model_type", "gpt_oss",
              is_openai ? "none: this is the OpenAI layout, which this program does not read yet; use the "
                          "Hugging Face files of the same model"
                        : "none");
  }
  if (type != "gpt_oss") {
    keys.fail("model_type", "gpt_oss", inQuotes(type, 40) + "; this program reads no other architecture");
  }
  // Switches that change the arithmetic and have one value in every gpt-oss.
  keys.require("tie_word_embeddings", !keys.flag("tie_word_embeddings", false), "false");
  keys.require("attention_bias", keys.flag("attention_bias", true), "true");
  keys.require("hidden_act", keys.text("hidden_act", "silu") == "silu", "\"silu\"");
}

int readTopK(const Keys& keys, int n_experts) {
  const bool has_new = keys.find("num_experts_per_tok") != nullptr;
  const bool has_old = keys.find("experts_per_token") != nullptr;
  const int top_k =
      keys.integer(has_old && !has_new ? "experts_per_token" : "num_experts_per_tok", 1, n_experts);
  if (has_new && has_old && keys.integer("experts_per_token", 1, n_experts) != top_k) {
    keys.fail("experts_per_token", format("the %d of num_experts_per_tok", top_k),
              shown(*keys.find("experts_per_token")));
  }
  return top_k;
}

void readDimensions(const Keys& keys, ModelConfig& config) {
  config.n_layers = keys.integer("num_hidden_layers", 1, kMaxLayers);
  config.hidden = keys.integer("hidden_size", kBlock, kMaxWidth);
  config.inner = keys.integer("intermediate_size", kBlock, kMaxWidth);
  config.n_heads = keys.integer("num_attention_heads", 1, kMaxHeads);
  config.n_kv_heads = keys.integer("num_key_value_heads", 1, kMaxHeads);
  config.head_dim = keys.integerOr("head_dim", 2, kMaxHeadDim, 64);
  config.n_experts = keys.integer("num_local_experts", 1, kMaxExperts);
  config.top_k = readTopK(keys, config.n_experts);
  config.vocab = keys.integer("vocab_size", 1, kMaxVocab);
  config.window = keys.integer("sliding_window", 1, kMaxPositions);
  config.max_positions = keys.integerOr("max_position_embeddings", 1, kMaxPositions, 131072);
  config.norm_eps = keys.number("rms_norm_eps", 1e-30, 1, 1e-5);
  config.swiglu_limit = keys.number("swiglu_limit", 1e-6, 1e6, 7);
  keys.require("hidden_size", config.hidden % kBlock == 0, "a multiple of 32");
  keys.require("intermediate_size", config.inner % kBlock == 0, "a multiple of 32");
  keys.require("head_dim", config.head_dim % 2 == 0, "an even number");
  keys.require("num_key_value_heads", config.n_heads % config.n_kv_heads == 0,
               format("a divisor of the %d heads", config.n_heads));
}

void readLayerTypes(const Keys& keys, ModelConfig& config) {
  const auto n_layers = static_cast<std::size_t>(config.n_layers);
  const json* types = keys.find("layer_types");
  if (types == nullptr) {
    for (std::size_t i = 0; i < n_layers; ++i) {
      config.is_sliding.push_back(i % 2 == 0);
    }
    return;
  }
  if (!types->is_array() || types->size() != n_layers) {
    keys.fail("layer_types", format("one entry for each of %d layers", config.n_layers), shown(*types));
  }
  for (const json& type : *types) {
    if (type != "sliding_attention" && type != "full_attention") {
      keys.fail("layer_types", "sliding_attention or full_attention", shown(type));
    }
    config.is_sliding.push_back(type == "sliding_attention");
  }
}

// rope_scaling beside rope_theta, or both in rope_parameters as newer files have it.
void readRope(const json& root, const Keys& keys, const std::string& file, ModelConfig& config) {
  const bool is_newer = keys.find("rope_parameters") != nullptr;
  const char* key = is_newer ? "rope_parameters" : "rope_scaling";
  constexpr double kLeastTheta = 1.001;
  constexpr double kMostTheta = 1e12;
  config.rope_theta = keys.number("rope_theta", kLeastTheta, kMostTheta, 150000);
  const json* object = keys.find(key);
  if (object == nullptr) {
    if (!root.contains("rope_scaling")) {
      config.yarn = {32, 32, 1, 4096, false};  // what transformers gives a gpt_oss file that names nothing
    }
    return;
  }
  if (!object->is_object()) {
    keys.fail(key, "an object", shown(*object));
  }
  const Keys rope(*object, file, std::string(key) + ".");
  config.rope_theta = rope.number("rope_theta", kLeastTheta, kMostTheta, config.rope_theta);
  const char* type_key =
      rope.find("rope_type") == nullptr && rope.find("type") != nullptr ? "type" : "rope_type";
  const std::string type = rope.text(type_key, "default");
  if (type == "default") {
    return;
  }
  rope.require(type_key, type == "yarn", "yarn or default");
  rope.require("factor", rope.find("factor") != nullptr, "a number of at least 1");
  config.yarn.factor = rope.number("factor", 1, 1e6, 1);
  config.yarn.beta_fast = rope.number("beta_fast", 1e-3, 1e6, 32);
  config.yarn.beta_slow = rope.number("beta_slow", 1e-3, 1e6, 1);
  rope.require("beta_slow", config.yarn.beta_slow < config.yarn.beta_fast, "less than beta_fast");
  config.yarn.rounds_ramp_ends = rope.flag("truncate", true);
  const bool has_own = rope.find("original_max_position_embeddings") != nullptr;
  config.yarn.original_positions = has_own
                                       ? rope.integer("original_max_position_embeddings", 1, kMaxPositions)
                                       : keys.integer("initial_context_length", 1, kMaxPositions);
  for (const char* other : {"attention_factor", "mscale", "mscale_all_dim"}) {
    rope.require(other, rope.find(other) == nullptr, "nothing (this program computes it from factor)");
  }
}

void requireMxfp4(const Keys& keys, const std::string& file) {
  const json* object = keys.find("quantization_config");
  if (object == nullptr) {
    return;  // the tensors say what they are
  }
  if (!object->is_object()) {
    keys.fail("quantization_config", "an object", shown(*object));
  }
  const Keys quantization(*object, file, "quantization_config.");
  quantization.require("quant_method", quantization.text("quant_method", "") == "mxfp4", "\"mxfp4\"");
}

void readEndTokens(const Keys& keys, ModelConfig& config) {
  const json* value = keys.find("eos_token_id");
  if (value == nullptr) {
    return;
  }
  const json list = value->is_array() ? *value : json::array({*value});
  std::vector<std::int32_t> ids;
  for (const json& id : list) {
    const bool is_id =
        id.is_number_unsigned() && id.get<std::uint64_t>() < static_cast<std::uint64_t>(config.vocab);
    if (!is_id) {
      keys.fail("eos_token_id", format("token ids from 0 to %d", config.vocab - 1), shown(id));
    }
    ids.push_back(id.get<std::int32_t>());
  }
  config.end_token_ids = std::move(ids);
}

}  // namespace

ModelConfig parseModelConfig(std::string_view text, const std::string& file) {
  const json root = parseObject(text, file);
  const Keys keys(root, file);
  requireGptOss(keys);
  ModelConfig config;
  readDimensions(keys, config);
  readLayerTypes(keys, config);
  readRope(root, keys, file, config);
  requireMxfp4(keys, file);
  readEndTokens(keys, config);
  return config;
}

void applyGenerationConfig(ModelConfig& config, std::string_view text, const std::string& file) {
  const json root = parseObject(text, file);
  readEndTokens(Keys(root, file), config);
}

}  // namespace rs
