// SPDX-License-Identifier: Apache-2.0
//
// Weights::open for Hugging Face directories: finds the files, joins their tables, and gives every tensor
// that the configuration asks for its place, with the shape and type it must have.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/strict_json.h"
#include "core/base/text.h"
#include "core/model/config_json.h"
#include "core/model/safetensors.h"
#include "core/model/weights.h"

namespace rs {
namespace {

namespace fs = std::filesystem;
using Shape = std::vector<std::int64_t>;

constexpr const char* kConfig = "config.json";
constexpr const char* kGenerationConfig = "generation_config.json";
constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorCode::kModel, what);
}

bool isThere(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// What else a path may hold that a user could take for a model, told by name.
void requireDirectory(const fs::path& path) {
  std::error_code cause;
  if (fs::is_directory(path, cause)) {
    return;
  }
  const std::string place = " (" + printable(path.string(), 400) + ")";
  if (!isThere(path)) {
    fail("opening a model: expected a directory, found nothing at the path" + place);
  }
  if (path.extension() == ".gguf") {
    fail("opening a model: expected a Hugging Face directory, found a GGUF file, which is not supported yet" +
         place);
  }
  if (path.extension() == ".safetensors") {
    fail("opening a model: expected a directory, found one of its files; give the directory" + place);
  }
  fail("opening a model: expected a directory with config.json and safetensors, found a file" + place);
}

void requireConfigFile(const fs::path& directory) {
  if (isThere(directory / kConfig)) {
    return;
  }
  const std::string place = " (" + printable(directory.string(), 400) + ")";
  if (isThere(directory / "model.bin")) {
    fail(
        "opening a model: expected a Hugging Face directory with config.json, found the layout of OpenAI's "
        "Metal files, which is not supported" +
        place);
  }
  fail("opening a model: expected config.json in the directory, found none" + place);
}

std::vector<std::string> namesWithExtension(const fs::path& directory, const std::string& extension) {
  std::vector<std::string> names;
  std::error_code cause;
  for (fs::directory_iterator at(directory, cause), end; !cause && at != end; at.increment(cause)) {
    if (at->path().extension() == extension) {
      names.push_back(at->path().filename().string());
    }
  }
  if (cause) {
    fail("opening a model: listing its directory: " + cause.message() + " (" +
         printable(directory.string(), 400) + ")");
  }
  std::sort(names.begin(), names.end());
  return names;
}

// tensor -> file, from the index. Only plain file names: an index never leads out of its directory.
std::map<std::string, std::string> readIndex(const fs::path& path) {
  const std::string what = std::string("reading ") + kIndex;
  const nlohmann::json root = parseStrictJson(readTextFile(path.string()), what);
  const auto found = root.is_object() ? root.find("weight_map") : root.end();
  if (found == root.end() || !found->is_object() || found->empty()) {
    fail(what + ": expected an object weight_map with one entry a tensor, found " +
         (found == root.end() ? "none" : shown(*found)));
  }
  std::map<std::string, std::string> files;
  for (const auto& [tensor, file] : found->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    const bool is_plain = !name.empty() &&
                          name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
                          fs::path(name).extension() == ".safetensors";
    if (!is_plain) {
      fail(what + ": tensor " + inQuotes(tensor) +
           ": expected the name of a .safetensors file in the same directory, found " + shown(file));
    }
    files.emplace(tensor, name);
  }
  return files;
}

}  // namespace

class WeightsBuilder {
 public:
  explicit WeightsBuilder(const std::string& path) : directory_(path) {}

  [[nodiscard]] std::shared_ptr<const Weights> build() {
    requireDirectory(directory_);
    requireConfigFile(directory_);
    weights_.layout_ = "Hugging Face safetensors";
    weights_.directory_ = directory_.string();
    readConfig();
    openFiles();
    refuseOtherLayouts();
    place();
    listUnused();
    return std::make_shared<const Weights>(std::move(weights_));
  }

 private:
  void readConfig() {
    weights_.config_ = parseModelConfig(readTextFile((directory_ / kConfig).string()), kConfig);
    if (isThere(directory_ / kGenerationConfig)) {
      applyGenerationConfig(weights_.config_, readTextFile((directory_ / kGenerationConfig).string()),
                            kGenerationConfig);
    }
    std::error_code ignored;
    fs::path whole = fs::weakly_canonical(directory_, ignored);
    weights_.config_.name =
        printable((whole.has_filename() ? whole : whole.parent_path()).filename().string());
  }

  void openFiles() {
    if (isThere(directory_ / kSingle)) {
      openFile(kSingle);
    } else if (isThere(directory_ / kIndex)) {
      openIndexed();
    } else {
      const std::vector<std::string> names = namesWithExtension(directory_, ".safetensors");
      if (names.empty()) {
        const bool has_pickle = !namesWithExtension(directory_, ".bin").empty();
        fail(std::string(
                 "opening a model: expected model.safetensors, or shards, beside config.json, found ") +
             (has_pickle ? "PyTorch .bin files, which can run code and are not read" : "none") + " (" +
             printable(directory_.string(), 400) + ")");
      }
      for (const std::string& name : names) {
        openFile(name);
      }
    }
    for (std::size_t i = 0; i < weights_.tensors_.size(); ++i) {
      by_name_.emplace(weights_.tensors_[i].name, i);
    }
  }

  void openIndexed() {
    const std::map<std::string, std::string> index = readIndex(directory_ / kIndex);
    std::set<std::string> names;
    for (const auto& [tensor, file] : index) {
      names.insert(file);
    }
    for (const std::string& name : names) {
      if (!isThere(directory_ / name)) {
        fail(std::string("opening a model: ") + kIndex + " names the shard " + inQuotes(name) +
             ", found no such file in the directory (" + printable(directory_.string(), 400) + ")");
      }
      openFile(name);
    }
    for (const auto& [tensor, file] : index) {
      const auto found = file_of_.find(tensor);
      if (found == file_of_.end() || found->second != file) {
        fail(std::string("opening a model: ") + kIndex + " puts tensor " + inQuotes(tensor) + " into " +
             inQuotes(file) + ", found it " +
             (found == file_of_.end() ? "in no shard" : "in " + inQuotes(found->second)));
      }
    }
  }

  void openFile(const std::string& name) {
    weights_.files_.emplace_back((directory_ / name).string());
    SafetensorsTable table = readSafetensors(weights_.files_.back().bytes(), name);
    for (TensorView& tensor : table.tensors) {
      const auto [at, is_new] = file_of_.emplace(tensor.name, name);
      if (!is_new) {
        fail("opening a model: tensor " + inQuotes(tensor.name) + ": expected it in one file, found it in " +
             inQuotes(at->second) + " and " + inQuotes(name));
      }
      weights_.tensors_.push_back(std::move(tensor));
    }
  }

  // Files with the right configuration and other tensors deserve more than "tensor missing".
  void refuseOtherLayouts() const {
    if (by_name_.contains("embedding.weight") || by_name_.contains("block.0.attn.qkv.weight")) {
      fail(
          "opening a model: expected Hugging Face tensor names, found OpenAI's ('block.0.attn.qkv.weight'), "
          "which are not supported yet; use the Hugging Face files of the same model");
    }
    const std::string experts = "model.layers.0.mlp.experts.";
    if (by_name_.contains(experts + "gate_up_proj") && !by_name_.contains(experts + "gate_up_proj_blocks")) {
      fail("opening a model: expected experts in MXFP4 ('" + experts +
           "gate_up_proj_blocks' and _scales), found "
           "them dequantised ('" +
           experts +
           "gate_up_proj'), which is not supported; use the published MXFP4 "
           "files");
    }
  }

  // The tensor of that name; remembers it as missing if there is none.
  TensorView take(const std::string& name, const Shape& shape, bool is_mxfp4 = false) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      missing_.push_back(name);
      return {};
    }
    used_.insert(name);
    const TensorView& tensor = weights_.tensors_[found->second];
    if (tensor.shape != shape) {
      fail("opening a model: tensor " + inQuotes(name) + ": expected the shape " + shapeText(shape) +
           " that config.json asks for, found " + shapeText(tensor.shape) + " (in " + printable(tensor.file) +
           ")");
    }
    const bool is_plain =
        tensor.dtype == DType::kBf16 || tensor.dtype == DType::kF16 || tensor.dtype == DType::kF32;
    if (is_mxfp4 ? tensor.dtype != DType::kU8 : !is_plain) {
      fail("opening a model: tensor " + inQuotes(name) + ": expected dtype " +
           (is_mxfp4 ? "U8" : "BF16, F16 or F32") + ", found " + nameOf(tensor.dtype) + " (in " +
           printable(tensor.file) + ")");
    }
    return tensor;
  }

  ExpertMatrices takeExperts(const std::string& name, std::int64_t rows, std::int64_t cols) {
    const std::int64_t n_experts = weights_.config_.n_experts;
    return {take(name + "_blocks", {n_experts, rows, cols / 32, 16}, true),
            take(name + "_scales", {n_experts, rows, cols / 32}, true),
            take(name + "_bias", {n_experts, rows})};
  }

  LayerWeights takeLayer(int layer) {
    const ModelConfig& c = weights_.config_;
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    const std::string attention = prefix + "self_attn.";
    const std::string router = prefix + "mlp.router.";
    const std::string experts = prefix + "mlp.experts.";
    const std::int64_t hidden = c.hidden;
    const std::int64_t query = c.queryWidth();
    const std::int64_t key = c.keyWidth();
    LayerWeights w;
    w.input_norm = take(prefix + "input_layernorm.weight", {hidden});
    w.q_weight = take(attention + "q_proj.weight", {query, hidden});
    w.q_bias = take(attention + "q_proj.bias", {query});
    w.k_weight = take(attention + "k_proj.weight", {key, hidden});
    w.k_bias = take(attention + "k_proj.bias", {key});
    w.v_weight = take(attention + "v_proj.weight", {key, hidden});
    w.v_bias = take(attention + "v_proj.bias", {key});
    w.o_weight = take(attention + "o_proj.weight", {hidden, query});
    w.o_bias = take(attention + "o_proj.bias", {hidden});
    w.sinks = take(attention + "sinks", {c.n_heads});
    w.post_attention_norm = take(prefix + "post_attention_layernorm.weight", {hidden});
    w.router_weight = take(router + "weight", {c.n_experts, hidden});
    w.router_bias = take(router + "bias", {c.n_experts});
    w.gate_up = takeExperts(experts + "gate_up_proj", 2 * c.inner, hidden);
    w.down = takeExperts(experts + "down_proj", hidden, c.inner);
    return w;
  }

  void place() {
    const ModelConfig& c = weights_.config_;
    weights_.embedding_ = take("model.embed_tokens.weight", {c.vocab, c.hidden});
    weights_.final_norm_ = take("model.norm.weight", {c.hidden});
    weights_.unembedding_ = take("lm_head.weight", {c.vocab, c.hidden});
    for (int layer = 0; layer < c.n_layers; ++layer) {
      weights_.layers_.push_back(takeLayer(layer));
    }
    if (!missing_.empty()) {
      const std::string others =
          missing_.size() == 1 ? "" : format(" (and %zu more are missing)", missing_.size() - 1);
      fail("opening a model: expected the tensor " + inQuotes(missing_.front()) +
           " that config.json asks for, "
           "found none" +
           others + "; a shard may be missing (" + printable(directory_.string(), 400) + ")");
    }
  }

  void listUnused() {
    for (const TensorView& tensor : weights_.tensors_) {
      if (!used_.contains(tensor.name)) {
        weights_.unused_.push_back(tensor.name);
      }
    }
  }

  fs::path directory_;
  Weights weights_;
  std::map<std::string, std::string> file_of_;
  std::map<std::string, std::size_t> by_name_;
  std::set<std::string> used_;
  std::vector<std::string> missing_;
};

std::shared_ptr<const Weights> Weights::open(const std::string& path) {
  return WeightsBuilder(path).build();
}

}  // namespace rs
