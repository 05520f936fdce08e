// SPDX-License-Identifier: Apache-2.0
#include "core/model/config_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

using namespace rs;
using nlohmann::json;

namespace {

// The published 20b configuration.
json published() {
  json layers = json::array();
  for (int i = 0; i < 24; ++i) {
    layers.push_back(i % 2 == 0 ? "sliding_attention" : "full_attention");
  }
  return {{"architectures", {"GptOssForCausalLM"}},
          {"attention_bias", true},
          {"attention_dropout", 0.0},
          {"eos_token_id", 200002},
          {"experts_per_token", 4},
          {"head_dim", 64},
          {"hidden_act", "silu"},
          {"hidden_size", 2880},
          {"initial_context_length", 4096},
          {"intermediate_size", 2880},
          {"layer_types", layers},
          {"max_position_embeddings", 131072},
          {"model_type", "gpt_oss"},
          {"num_attention_heads", 64},
          {"num_experts_per_tok", 4},
          {"num_hidden_layers", 24},
          {"num_key_value_heads", 8},
          {"num_local_experts", 32},
          {"quantization_config", {{"quant_method", "mxfp4"}}},
          {"rms_norm_eps", 1e-05},
          {"rope_scaling",
           {{"beta_fast", 32.0},
            {"beta_slow", 1.0},
            {"factor", 32.0},
            {"original_max_position_embeddings", 4096},
            {"rope_type", "yarn"},
            {"truncate", false}}},
          {"rope_theta", 150000},
          {"sliding_window", 128},
          {"swiglu_limit", 7.0},
          {"tie_word_embeddings", false},
          {"vocab_size", 201088}};
}

json with(const std::string& key, const json& value) {
  json config = published();
  config[key] = value;
  return config;
}

json withRope(const std::string& key, const json& value) {
  json config = published();
  config["rope_scaling"][key] = value;
  return config;
}

json without(std::initializer_list<const char*> keys) {
  json config = published();
  for (const char* key : keys) {
    config.erase(key);
  }
  return config;
}

std::string refusal(const json& config) {
  try {
    (void)parseModelConfig(config.dump());
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModel);
    CHECK_THAT(error.what(), Catch::StartsWith("reading config.json: "));
    return error.what();
  }
  return "accepted";
}

using Cases = std::vector<std::pair<const char*, json>>;

}  // namespace

TEST_CASE("the published configuration gives the published dimensions") {
  const ModelConfig c = parseModelConfig(published().dump());
  CHECK(c.n_layers == 24);
  CHECK(c.hidden == 2880);
  CHECK(c.inner == 2880);
  CHECK(c.queryWidth() == 4096);
  CHECK(c.keyWidth() == 512);
  CHECK(c.n_experts == 32);
  CHECK(c.top_k == 4);
  CHECK(c.vocab == 201088);
  CHECK(c.window == 128);
  CHECK(c.max_positions == 131072);
  CHECK(c.norm_eps == 1e-5);
  CHECK(c.rope_theta == 150000);
  CHECK(c.yarn.factor == 32);
  CHECK(c.yarn.original_positions == 4096);
  CHECK_FALSE(c.yarn.rounds_ramp_ends);
  CHECK(c.swiglu_limit == 7);
  CHECK(c.is_sliding[22]);
  CHECK_FALSE(c.is_sliding[23]);
  CHECK(c.end_token_ids == std::vector<std::int32_t>{200002});
}

TEST_CASE("keys that published files may lack get the value of the published code") {
  const ModelConfig c = parseModelConfig(
      without({"head_dim", "layer_types", "max_position_embeddings", "rms_norm_eps", "rope_scaling",
               "rope_theta", "swiglu_limit", "tie_word_embeddings", "attention_bias", "hidden_act",
               "eos_token_id", "quantization_config", "initial_context_length"})
          .dump());
  CHECK(c.head_dim == 64);
  CHECK(c.is_sliding[0]);
  CHECK_FALSE(c.is_sliding[1]);
  CHECK(c.max_positions == 131072);
  CHECK(c.rope_theta == 150000);
  CHECK(c.yarn.factor == 32);
  CHECK_FALSE(c.yarn.rounds_ramp_ends);
  CHECK(c.end_token_ids.empty());
}

TEST_CASE("a dimension that is missing is named") {
  for (const char* key : {"num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads",
                          "num_key_value_heads", "num_local_experts", "vocab_size", "sliding_window"}) {
    CHECK_THAT(refusal(without({key})),
               Catch::Contains(std::string(key) + ": expected") && Catch::Contains("found nothing"));
  }
}

TEST_CASE("the number of chosen experts is read under either name and they must agree") {
  CHECK(parseModelConfig(without({"num_experts_per_tok"}).dump()).top_k == 4);
  CHECK(parseModelConfig(without({"experts_per_token"}).dump()).top_k == 4);
  CHECK_THAT(refusal(without({"experts_per_token", "num_experts_per_tok"})),
             Catch::Contains("num_experts_per_tok"));
  CHECK_THAT(refusal(with("experts_per_token", 2)), Catch::Contains("the 4 of num_experts_per_tok, found 2"));
}

TEST_CASE("another architecture is refused by its name") {
  CHECK_THAT(refusal(with("model_type", "llama")),
             Catch::Contains("expected gpt_oss, found 'llama'; this program"));
  CHECK_THAT(refusal(without({"model_type"})), Catch::Contains("expected gpt_oss, found none"));
  CHECK_THAT(refusal({{"num_experts", 32}, {"rope_ntk_beta", 32.0}}), Catch::Contains("OpenAI layout"));
}

TEST_CASE("switches that would change the arithmetic are refused") {
  CHECK_THAT(refusal(with("tie_word_embeddings", true)),
             Catch::Contains("tie_word_embeddings: expected false"));
  CHECK_THAT(refusal(with("attention_bias", false)), Catch::Contains("attention_bias: expected true"));
  CHECK_THAT(refusal(with("hidden_act", "gelu")),
             Catch::Contains("hidden_act: expected \"silu\", found \"gelu\""));
  CHECK_THAT(refusal(with("quantization_config", {{"quant_method", "fp8"}})),
             Catch::Contains("quantization_config.quant_method: expected \"mxfp4\", found \"fp8\""));
  CHECK_THAT(refusal(withRope("mscale", 0.7)), Catch::Contains("rope_scaling.mscale: expected nothing"));
  CHECK_THAT(refusal(withRope("rope_type", "llama3")), Catch::Contains("expected yarn or default"));
}

TEST_CASE("dimensions must fit together") {
  CHECK_THAT(refusal(with("hidden_size", 2881)), Catch::Contains("a multiple of 32, found 2881"));
  CHECK_THAT(refusal(with("intermediate_size", 100)), Catch::Contains("a multiple of 32, found 100"));
  CHECK_THAT(refusal(with("num_key_value_heads", 7)), Catch::Contains("a divisor of the 64 heads, found 7"));
  CHECK_THAT(refusal(with("num_experts_per_tok", 33)), Catch::Contains("an integer from 1 to 32, found 33"));
  CHECK_THAT(refusal(with("head_dim", 63)), Catch::Contains("an even number, found 63"));
}

TEST_CASE("values outside their range or of another type are refused with the key and what was found") {
  const Cases cases = {
      {"num_hidden_layers", 0},
      {"num_hidden_layers", -1},
      {"num_hidden_layers", 24.0},
      {"num_hidden_layers", "24"},
      {"hidden_size", 18446744073709551615U},
      {"hidden_size", 1 << 30},
      {"num_attention_heads", json::array({1})},
      {"vocab_size", 1e300},
      {"sliding_window", 0},
      {"rms_norm_eps", 0},
      {"rms_norm_eps", -1e-5},
      {"rope_theta", 1},
      {"rope_theta", false},
      {"swiglu_limit", 0},
      {"max_position_embeddings", 1ULL << 40},
      {"layer_types", json::array({"full_attention"})},
      {"layer_types", 3},
      {"rope_scaling", 3},
      {"quantization_config", 3},
      {"model_type", 3},
      {"tie_word_embeddings", "no"},
      {"eos_token_id", 201088},
      {"eos_token_id", -1},
      {"eos_token_id", json::array({1, "x"})},
  };
  for (const auto& [key, value] : cases) {
    CAPTURE(key, value.dump());
    CHECK_THAT(refusal(with(key, value)), Catch::Contains(key) && Catch::Contains("found"));
  }
  const Cases rope = {{"factor", 0.5},   {"factor", nullptr}, {"beta_fast", 0},
                      {"beta_slow", 32}, {"truncate", 0},     {"original_max_position_embeddings", 0}};
  for (const auto& [key, value] : rope) {
    CAPTURE(key, value.dump());
    CHECK_THAT(refusal(withRope(key, value)), Catch::Contains(key));
  }
  json types = published()["layer_types"];
  types[3] = "chunked_attention";
  CHECK_THAT(refusal(with("layer_types", types)), Catch::Contains("found \"chunked_attention\""));
}

TEST_CASE("rotary parameters are read in the form of newer files too") {
  json config = without({"rope_scaling", "rope_theta"});
  config["rope_parameters"] = {{"rope_theta", 10000.0}, {"rope_type", "yarn"},
                               {"factor", 8.0},         {"beta_fast", 16.0},
                               {"beta_slow", 2.0},      {"original_max_position_embeddings", 2048}};
  const ModelConfig c = parseModelConfig(config.dump());
  CHECK(c.rope_theta == 10000);
  CHECK(c.yarn.factor == 8);
  CHECK(c.yarn.beta_fast == 16);
  CHECK(c.yarn.beta_slow == 2);
  CHECK(c.yarn.original_positions == 2048);
  CHECK(c.yarn.rounds_ramp_ends);  // what a file without "truncate" means
}

TEST_CASE("a file that says null, or default, for the scaling has plain rotary embeddings") {
  CHECK(parseModelConfig(with("rope_scaling", nullptr).dump()).yarn.factor == 1);
  CHECK(parseModelConfig(with("rope_scaling", {{"rope_type", "default"}}).dump()).yarn.factor == 1);
}

TEST_CASE("the scaling falls back to the initial context length") {
  CHECK(parseModelConfig(withRope("original_max_position_embeddings", nullptr).dump())
            .yarn.original_positions == 4096);
}

TEST_CASE("end tokens of the generation configuration take the place of the configuration's") {
  ModelConfig c = parseModelConfig(published().dump());
  applyGenerationConfig(c, R"({"bos_token_id": 199998})");
  CHECK(c.end_token_ids == std::vector<std::int32_t>{200002});
  applyGenerationConfig(c, R"({"eos_token_id": [200002, 199999, 200012]})");
  CHECK(c.end_token_ids == std::vector<std::int32_t>{200002, 199999, 200012});
  CHECK_THROWS_WITH(applyGenerationConfig(c, R"({"eos_token_id": [1, 999999]})"),
                    Catch::Contains("generation_config.json") && Catch::Contains("found 999999"));
  CHECK_THROWS_AS(applyGenerationConfig(c, "[]"), Error);
}

TEST_CASE("text that is not one strict JSON object is refused") {
  for (const char* text :
       {"", "{", "[]", "null", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}", "{\"a\":1e999}", "{}{}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parseModelConfig(text), Error);
  }
}
