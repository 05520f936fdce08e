// SPDX-License-Identifier: Apache-2.0
#include "core/model/weights.h"

#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "core/model/weights_hash.h"
#include "tests/support/model_files.h"

using namespace rs;
using test::NanoCopy;

namespace {

const std::string kNano = RS_SOURCE_DIR "/tests/fixtures/nano";

std::string refusal(const std::string& path) {
  try {
    (void)Weights::open(path);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModel);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the nano model opens with the dimensions of its configuration") {
  const auto weights = Weights::open(kNano);
  const ModelConfig& c = weights->config();
  CHECK(c.name == "nano");
  CHECK(c.n_layers == 2);
  CHECK(c.hidden == 64);
  CHECK(c.inner == 32);
  CHECK(c.queryWidth() == 64);
  CHECK(c.keyWidth() == 32);
  CHECK(c.n_experts == 6);
  CHECK(c.top_k == 2);
  CHECK(c.vocab == 300);
  CHECK(c.window == 8);
  CHECK(c.is_sliding == std::vector<bool>{true, false});
  CHECK(c.end_token_ids == std::vector<std::int32_t>{283, 280});
  CHECK(c.yarn.factor == 32);
  CHECK_FALSE(c.yarn.rounds_ramp_ends);
  CHECK(weights->tensors().size() == 41);
  CHECK(weights->unusedTensors().empty());
  CHECK(weights->totalBytes() == 171176);
  CHECK(weights->layout() == "Hugging Face safetensors");
  CHECK(weights->layer(1).gate_up.blocks.shape == std::vector<std::int64_t>{6, 64, 2, 16});
}

TEST_CASE("the hash names the configuration, not the directory") {
  const NanoCopy copy;
  const std::string hash = Weights::open(kNano)->hash();
  CHECK(hash.size() == 64);
  CHECK(Weights::open(copy.path())->hash() == hash);
  CHECK(Weights::open(copy.path() + "/")->config().name == Weights::open(copy.path())->config().name);
  copy.setConfig("swiglu_limit", 6.5);
  CHECK(Weights::open(copy.path())->hash() != hash);
}

TEST_CASE("the hash names the weights too") {
  const NanoCopy copy;
  const std::string before = Weights::open(copy.path())->hash();
  const std::string whole = test::readBytes(copy.path("model.safetensors"));
  const auto weights = Weights::open(kNano);
  for (const TensorView& tensor : weights->tensors()) {
    INFO(tensor.name);
    std::string changed = whole;
    const auto block = sampleOf(tensor).back();
    const auto before_block = static_cast<std::size_t>(block.data() - tensor.bytes.data());
    const std::size_t at = static_cast<std::size_t>(tensor.offset) + before_block + block.size() / 2;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    copy.write("model.safetensors", changed);
    CHECK(Weights::open(copy.path())->hash() != before);
  }
  copy.write("model.safetensors", whole);
  CHECK(Weights::open(copy.path())->hash() == before);
}

TEST_CASE("the sample of a tensor lies in every slice and every expert, and is small") {
  const std::vector<std::byte> data(std::size_t{40} * 3 * 4096 + 39);
  TensorView plain{"plain", DType::kU8, {static_cast<std::int64_t>(data.size())}, data, "", 0};
  const auto slices = sampleOf(plain);
  REQUIRE(slices.size() == 8);
  TensorView experts{"blocks", DType::kU8, {40, 24, 32, 16}, std::span(data).first(40 * 3 * 4096), "", 0};
  const auto of_experts = sampleOf(experts);
  REQUIRE(of_experts.size() == 40);
  const std::byte* end = data.data();
  for (std::size_t i = 0; i < of_experts.size(); ++i) {
    CHECK(of_experts[i].size() == 4096);
    CHECK(of_experts[i].data() == data.data() + i * 3 * 4096 + 4096);  // the middle of three
    CHECK(of_experts[i].data() >= end);
    end = of_experts[i].data() + of_experts[i].size();
  }
  CHECK(slices.front().data() > data.data());
  CHECK(slices.back().data() + slices.back().size() < data.data() + data.size());
  plain.bytes = std::span(data).first(8 * 4096 - 1);
  CHECK(sampleOf(plain).size() == 1);
  CHECK(sampleOf(plain)[0].size() == 8 * 4096 - 1);
  plain.bytes = {};
  CHECK(sampleOf(plain)[0].empty());
  plain.bytes = std::span(data).first(8 * 4096);  // as many blocks as there is
  CHECK(sampleOf(plain).size() == 8);
}

TEST_CASE("shards with an index open to the same tensors, whatever count their names claim") {
  const NanoCopy copy;
  copy.split("layers.1.", "model-00000-of-00001.safetensors", "model-00001-of-00001.safetensors");
  const auto whole = Weights::open(kNano);
  const auto shards = Weights::open(copy.path());
  CHECK(shards->tensors().size() == whole->tensors().size());
  CHECK(shards->totalBytes() == whole->totalBytes());
  CHECK(toFloat(shards->layer(1).q_weight) == toFloat(whole->layer(1).q_weight));
  CHECK(shards->layer(1).q_weight.file == "model-00001-of-00001.safetensors");
  CHECK(toFloat(shards->unembedding()) == toFloat(whole->unembedding()));
  copy.remove("model.safetensors.index.json");  // without it every file is read
  CHECK(toFloat(Weights::open(copy.path())->layer(1).router_weight) ==
        toFloat(whole->layer(1).router_weight));
}

TEST_CASE("plain tensors may be f16 or f32, blocks may not") {
  const NanoCopy copy;
  const auto before = Weights::open(copy.path());
  copy.editHeader(R"("model.layers.0.self_attn.sinks":{"dtype":"BF16")",
                  R"("model.layers.0.self_attn.sinks":{"dtype":"F16")");
  CHECK(Weights::open(copy.path())->layer(0).sinks.dtype == DType::kF16);
  copy.editHeader(R"(gate_up_proj_blocks":{"dtype":"U8")", R"(gate_up_proj_blocks":{"dtype":"I8")");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("gate_up_proj_blocks': expected dtype U8, found I8"));
}

TEST_CASE("a tensor nobody needs is listed and does no harm") {
  const NanoCopy copy;
  copy.setConfig("num_hidden_layers", 1);
  copy.setConfig("layer_types", {"sliding_attention"});
  const auto weights = Weights::open(copy.path());
  CHECK(weights->unusedTensors().size() == 19);
  CHECK_THAT(weights->unusedTensors()[0], Catch::StartsWith("model.layers.1."));
}

TEST_CASE("a path that is no model directory is told what it is") {
  const NanoCopy copy;
  CHECK_THAT(refusal(copy.path("none")), Catch::Contains("found nothing at the path"));
  copy.write("m.gguf", "GGUF");
  CHECK_THAT(refusal(copy.path("m.gguf")), Catch::Contains("GGUF file, which is not supported yet"));
  CHECK_THAT(refusal(copy.path("model.safetensors")), Catch::Contains("give the directory"));
  CHECK_THAT(refusal(copy.path("config.json")), Catch::Contains("found a file"));
  copy.remove("config.json");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("expected config.json in the directory"));
  copy.write("model.bin", "");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("Metal"));
}

TEST_CASE("a directory without safetensors is told so, and what it has instead") {
  const NanoCopy copy;
  copy.remove("model.safetensors");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("beside config.json, found none"));
  copy.write("pytorch_model.bin", "");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("can run code and are not read"));
}

TEST_CASE("shapes that differ from the configuration are told with both") {
  const NanoCopy copy;
  copy.setConfig("vocab_size", 320);
  CHECK_THAT(refusal(copy.path()), Catch::Contains("'model.embed_tokens.weight'") &&
                                       Catch::Contains("[320, 64]") && Catch::Contains("found [300, 64]") &&
                                       Catch::Contains("model.safetensors"));
}

TEST_CASE("missing tensors are named, the first and how many more") {
  const NanoCopy copy;
  copy.setConfig("num_hidden_layers", 3);
  copy.setConfig("layer_types", nullptr);
  CHECK_THAT(refusal(copy.path()), Catch::Contains("'model.layers.2.input_layernorm.weight'") &&
                                       Catch::Contains("and 18 more are missing"));
}

TEST_CASE("a damaged index is told by tensor and file") {
  const NanoCopy copy;
  copy.split("layers.1.", "a.safetensors", "b.safetensors");
  const std::string index = test::readBytes(copy.path("model.safetensors.index.json"));
  const auto with = [&](const std::string& tensor, const nlohmann::json& file) {
    nlohmann::json changed = nlohmann::json::parse(index);
    changed["weight_map"][tensor] = file;
    copy.write("model.safetensors.index.json", changed.dump());
    return refusal(copy.path());
  };
  for (const char* outside :
       {"../a.safetensors", "/etc/a.safetensors", "x/a.safetensors", "..", "", "a.bin"}) {
    CHECK_THAT(with("lm_head.weight", outside),
               Catch::Contains("'lm_head.weight'") && Catch::Contains("in the same directory"));
  }
  CHECK_THAT(with("lm_head.weight", std::string("\0.safetensors", 13)),
             Catch::Contains("in the same directory"));
  CHECK_THAT(with("lm_head.weight", 3), Catch::Contains("found 3"));
  CHECK_THAT(with("lm_head.weight", "c.safetensors"), Catch::Contains("names the shard 'c.safetensors'"));
  CHECK_THAT(with("lm_head.weight", "b.safetensors"), Catch::Contains("found it in 'a.safetensors'"));
  CHECK_THAT(with("other.weight", "b.safetensors"), Catch::Contains("found it in no shard"));
  copy.write("model.safetensors.index.json", R"({"weight_map": {}})");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("weight_map"));
  copy.write("model.safetensors.index.json", "[]");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("weight_map"));
}

TEST_CASE("a tensor in two files is told with both") {
  const NanoCopy copy;
  copy.split("layers.1.", "a.safetensors", "b.safetensors");
  copy.write("c.safetensors", test::readBytes(copy.path("b.safetensors")));
  copy.remove("model.safetensors.index.json");
  CHECK_THAT(refusal(copy.path()), Catch::Contains("found it in 'b.safetensors' and 'c.safetensors'"));
}

TEST_CASE("dequantised experts and OpenAI's names are recognised") {
  const NanoCopy copy;
  copy.write("model.safetensors", test::safetensors(R"({"model.layers.0.mlp.experts.gate_up_proj":)"
                                                    R"({"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})",
                                                    2));
  CHECK_THAT(refusal(copy.path()), Catch::Contains("dequantised"));
  copy.write(
      "model.safetensors",
      test::safetensors(R"({"embedding.weight":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})", 2));
  CHECK_THAT(refusal(copy.path()), Catch::Contains("OpenAI's"));
}
