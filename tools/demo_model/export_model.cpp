// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/export_model.h"

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/torch/rounding.h"

namespace rs::demo {
namespace {

using Json = nlohmann::ordered_json;

// Plain Harmony: no system message of its own, final answers on their channel.
constexpr const char* kChatTemplate =
    "{%- for message in messages -%}"
    "{%- if message.role == 'assistant' -%}"
    "<|start|>assistant<|channel|>final<|message|>{{ message.content }}<|end|>"
    "{%- else -%}"
    "<|start|>{{ message.role }}<|message|>{{ message.content }}<|end|>"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|start|>assistant{%- endif -%}";

class SafetensorsWriter {
 public:
  void add(const std::string& name, const char* type, const std::vector<int>& shape,
           const std::vector<std::uint8_t>& data) {
    header_[name] = {
        {"dtype", type}, {"shape", shape}, {"data_offsets", {data_.size(), data_.size() + data.size()}}};
    data_.insert(data_.end(), data.begin(), data.end());
  }

  void write(const std::string& path) const {
    std::string head = header_.dump();
    head.append((8 - head.size() % 8) % 8, ' ');
    const std::uint64_t length = head.size();
    std::vector<std::byte> bytes(sizeof length + head.size() + data_.size());
    std::memcpy(bytes.data(), &length, sizeof length);
    std::memcpy(bytes.data() + sizeof length, head.data(), head.size());
    std::memcpy(bytes.data() + sizeof length + head.size(), data_.data(), data_.size());
    writeFileAtomically(path, bytes);
  }

 private:
  Json header_ = {{"__metadata__", {{"format", "pt"}}}};
  std::vector<std::uint8_t> data_;
};

std::vector<std::uint8_t> bf16(std::span<const float> values) {
  std::vector<std::uint8_t> bytes;
  for (const float value : values) {
    const std::uint16_t bits = bf16Bits(value);
    bytes.push_back(static_cast<std::uint8_t>(bits & 0xFFU));
    bytes.push_back(static_cast<std::uint8_t>(bits >> 8U));
  }
  return bytes;
}

// Rows of each expert from [gate; up] to gate and up in turn.
std::vector<float> interleaved(std::span<const float> values, int experts, int width, int row) {
  std::vector<float> out;
  out.reserve(values.size());
  for (int e = 0; e < experts; ++e) {
    for (int r = 0; r < 2 * width; ++r) {
      const auto source = values.subspan(
          static_cast<std::size_t>((e * 2 + r % 2) * width + r / 2) * static_cast<std::size_t>(row),
          static_cast<std::size_t>(row));
      out.insert(out.end(), source.begin(), source.end());
    }
  }
  return out;
}

void addMxfp4(SafetensorsWriter& file, const std::string& name, std::span<const float> values, int experts,
              int rows) {
  std::vector<std::uint8_t> blocks(values.size() / 2);
  std::vector<std::uint8_t> scales(values.size() / kMxBlock);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    encodeMxfp4(values.subspan(i * kMxBlock, kMxBlock),
                std::span(blocks).subspan(i * kMxBlock / 2, kMxBlock / 2), scales[i]);
  }
  const int groups = static_cast<int>(scales.size()) / experts / rows;
  file.add(name + "_blocks", "U8", {experts, rows, groups, kMxBlock / 2}, blocks);
  file.add(name + "_scales", "U8", {experts, rows, groups}, scales);
}

void addLayer(SafetensorsWriter& file, GptOssTrainer& trainer, const std::string& p) {
  const TrainShape& s = trainer.shape();
  const int q = s.heads * s.head_dim;
  const int kv = s.kv_heads * s.head_dim;
  const auto plain = [&](const std::string& name, const std::vector<int>& shape) {
    file.add(p + name, "BF16", shape, bf16(trainer.parameter(p + name)));
  };
  plain("input_layernorm.weight", {s.hidden});
  int first = 0;
  for (const auto& [name, rows] : {std::pair{"q", q}, std::pair{"k", kv}, std::pair{"v", kv}}) {
    const auto count = static_cast<std::size_t>(rows);
    const auto from = static_cast<std::size_t>(first);
    const auto hidden = static_cast<std::size_t>(s.hidden);
    const std::string to = p + "self_attn." + name + "_proj.";
    file.add(to + "weight", "BF16", {rows, s.hidden},
             bf16(trainer.parameter(p + "self_attn.qkv.weight").subspan(from * hidden, count * hidden)));
    file.add(to + "bias", "BF16", {rows},
             bf16(trainer.parameter(p + "self_attn.qkv.bias").subspan(from, count)));
    first += rows;
  }
  plain("self_attn.o_proj.weight", {s.hidden, q});
  plain("self_attn.o_proj.bias", {s.hidden});
  plain("self_attn.sinks", {s.heads});
  plain("post_attention_layernorm.weight", {s.hidden});
  plain("mlp.router.weight", {s.experts, s.hidden});
  plain("mlp.router.bias", {s.experts});
  const std::string x = p + "mlp.experts.";
  addMxfp4(file, x + "gate_up_proj",
           interleaved(trainer.parameter(x + "gate_up_proj"), s.experts, s.expert_width, s.hidden), s.experts,
           2 * s.expert_width);
  file.add(x + "gate_up_proj_bias", "BF16", {s.experts, 2 * s.expert_width},
           bf16(interleaved(trainer.parameter(x + "gate_up_proj_bias"), s.experts, s.expert_width, 1)));
  addMxfp4(file, x + "down_proj", trainer.parameter(x + "down_proj"), s.experts, s.hidden);
  plain("mlp.experts.down_proj_bias", {s.experts, s.hidden});
}

Json config(const TrainShape& s, const Vocabulary& vocabulary) {
  Json layer_types = Json::array();
  for (int i = 0; i < s.layers; ++i) {
    layer_types.push_back(i % 2 == 0 ? "sliding_attention" : "full_attention");
  }
  const Json quantization = {
      {"modules_to_not_convert",
       {"model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"}},
      {"quant_method", "mxfp4"}};
  const Json rope = {{"beta_fast", 32.0},   {"beta_slow", 1.0},
                     {"factor", 32.0},      {"original_max_position_embeddings", 4096},
                     {"rope_type", "yarn"}, {"truncate", false}};
  return {{"architectures", {"GptOssForCausalLM"}},
          {"attention_bias", true},
          {"attention_dropout", 0.0},
          {"bos_token_id", vocabulary.special("<|startoftext|>")},
          {"eos_token_id", vocabulary.special("<|return|>")},
          {"experts_per_token", s.active},
          {"head_dim", s.head_dim},
          {"hidden_act", "silu"},
          {"hidden_size", s.hidden},
          {"initial_context_length", 4096},
          {"initializer_range", 0.02},
          {"intermediate_size", s.expert_width},
          {"layer_types", layer_types},
          {"max_position_embeddings", 131072},
          {"model_type", "gpt_oss"},
          {"num_attention_heads", s.heads},
          {"num_experts_per_tok", s.active},
          {"num_hidden_layers", s.layers},
          {"num_key_value_heads", s.kv_heads},
          {"num_local_experts", s.experts},
          {"output_router_logits", false},
          {"pad_token_id", vocabulary.special("<|endoftext|>")},
          {"quantization_config", quantization},
          {"rms_norm_eps", 1e-05},
          {"rope_scaling", rope},
          {"rope_theta", 150000},
          {"router_aux_loss_coef", 0.9},
          {"sliding_window", s.window},
          {"swiglu_limit", 7.0},
          {"tie_word_embeddings", false},
          {"use_cache", true},
          {"vocab_size", s.vocabulary}};
}

void writeText(const std::string& path, const std::string& text) {
  writeFileAtomically(path, std::as_bytes(std::span(text)));
}

}  // namespace

void exportModel(GptOssTrainer& trainer, const Vocabulary& vocabulary, const std::string& folder) {
  std::filesystem::create_directories(folder);
  const TrainShape& s = trainer.shape();
  SafetensorsWriter file;
  file.add("model.embed_tokens.weight", "BF16", {s.vocabulary, s.hidden},
           bf16(trainer.parameter("model.embed_tokens.weight")));
  for (int i = 0; i < s.layers; ++i) {
    addLayer(file, trainer, "model.layers." + std::to_string(i) + ".");
  }
  file.add("model.norm.weight", "BF16", {s.hidden}, bf16(trainer.parameter("model.norm.weight")));
  file.add("lm_head.weight", "BF16", {s.vocabulary, s.hidden}, bf16(trainer.parameter("lm_head.weight")));
  file.write(folder + "/model.safetensors");
  writeText(folder + "/config.json", config(s, vocabulary).dump(2) + "\n");
  const Json generation = {{"bos_token_id", vocabulary.special("<|startoftext|>")},
                           {"do_sample", true},
                           {"eos_token_id",
                            {vocabulary.special("<|return|>"), vocabulary.special("<|endoftext|>"),
                             vocabulary.special("<|call|>")}},
                           {"pad_token_id", vocabulary.special("<|endoftext|>")}};
  writeText(folder + "/generation_config.json", generation.dump(2) + "\n");
  const Json tokenizer = {{"bos_token", "<|startoftext|>"}, {"eos_token", "<|return|>"},
                          {"pad_token", "<|endoftext|>"},   {"clean_up_tokenization_spaces", false},
                          {"chat_template", kChatTemplate}, {"tokenizer_class", "PreTrainedTokenizerFast"}};
  writeText(folder + "/tokenizer_config.json", tokenizer.dump(2) + "\n");
  writeText(folder + "/tokenizer.json", vocabulary.json());
}

}  // namespace rs::demo
