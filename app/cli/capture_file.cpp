// SPDX-License-Identifier: Apache-2.0
#include "app/cli/capture_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/version.h"
#include "core/base/error.h"
#include "core/export/firing_json.h"
#include "core/export/routing_csv.h"
#include "core/export/tensor_file_writer.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;

constexpr int kSchema = 1;

std::string metadataJson(const Trace& trace, LoadedModel& model, const Provenance& provenance) {
  const ModelConfig& config = trace.config();
  const Backend& backend = model.engine->backend();
  Json json{{"schema", kSchema},
            {"app", std::string("routescope ") + kVersion},
            {"model", {{"name", model.name}, {"hash", model.weights->hash()}}},
            {"tokenizer", model.tokenizer != nullptr ? Json(model.tokenizer->hash()) : Json(nullptr)},
            {"precision", backend.precision() == Precision::kExact ? "exact" : "fast"},
            {"backend", backend.name()},
            {"isa", backend.isa()},
            {"edits", provenance.edits_json.empty() ? Json(nullptr) : Json::parse(provenance.edits_json)},
            {"command", provenance.command},
            {"complete", provenance.is_complete},
            {"tokens", trace.size()},
            {"prompt_tokens", provenance.prompt_tokens},
            {"layers", config.n_layers},
            {"experts", config.n_experts},
            {"top_k", config.top_k}};
  json["generated"] = provenance.result->generated;
  json["firings"] = firingsToJson(provenance.result->firings);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void writeArrays(const std::string& path, const Trace& trace, const std::string& metadata) {
  std::vector<ArraySpec> specs;
  for (const std::string& name : trace.arrayNames()) {
    specs.push_back({name, trace.isInt(name) ? DType::kI32 : DType::kF32, trace.shapeOf(name)});
  }
  TensorFileWriter writer(path, specs, metadata);
  for (const ArraySpec& spec : specs) {
    const NamedArray array = trace.gather(spec.name);
    array.is_int ? writer.write(array.ints()) : writer.write(array.floats());
  }
  writer.finish();
}

void writeCsv(const std::string& path, const Trace& trace) {
  RoutingCsvWriter writer(path);
  const ModelConfig& config = trace.config();
  for (int position = 0; position < trace.size(); ++position) {
    for (int layer = 0; layer < config.n_layers; ++layer) {
      const auto ids = trace.ints(Site::kExpertIndices, layer, position);
      const auto weights = trace.floats(Site::kExpertWeights, layer, position);
      const auto logits = trace.floats(Site::kRouterLogits, layer, position);
      const float margin = decisionMargin(logits, config.top_k);
      for (std::size_t slot = 0; slot < ids.size() && ids[slot] >= 0; ++slot) {
        const auto expert = static_cast<std::size_t>(ids[slot]);
        // A virtual expert that does not compete has no column, so no logit.
        const float logit = expert < logits.size() ? logits[expert] : -std::numeric_limits<float>::infinity();
        writer.write({trace.tokens()[static_cast<std::size_t>(position)], position, layer,
                      static_cast<int>(slot), ids[slot], weights[slot], logit, margin});
      }
    }
  }
  writer.finish();
}

}  // namespace

CaptureFormat captureFormat(const std::string& path) {
  if (path.ends_with(".safetensors")) {
    return CaptureFormat::kSafetensors;
  }
  if (path.ends_with(".npz")) {
    return CaptureFormat::kNpz;
  }
  if (path.ends_with(".csv")) {
    return CaptureFormat::kCsv;
  }
  throw Error(ErrorCode::kUsage,
              "reading --out: expected a name that ends in .safetensors, .npz or .csv, found '" + path + "'");
}

std::vector<Address> withRouterSites(std::vector<Address> addresses, const ModelConfig& config) {
  for (const Address& needed : parseAddresses("router", config)) {
    if (std::find(addresses.begin(), addresses.end(), needed) == addresses.end()) {
      addresses.push_back(needed);
    }
  }
  return addresses;
}

void writeCapture(const std::string& path, const Trace& trace, LoadedModel& model,
                  const Provenance& provenance) {
  if (captureFormat(path) == CaptureFormat::kCsv) {
    writeCsv(path, trace);
  } else {
    writeArrays(path, trace, metadataJson(trace, model, provenance));
  }
}

}  // namespace rs::app
