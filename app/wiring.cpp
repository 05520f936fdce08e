// SPDX-License-Identifier: Apache-2.0
#include "app/wiring.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "app/version.h"
#include "core/backend/cpu/cpu_backend.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/engine_thread.h"
#include "gpu/cuda_backend.h"

namespace rs::app {
namespace {

namespace fs = std::filesystem;

Precision parsePrecision(const std::string& text) {
  if (text == "exact") {
    return Precision::kExact;
  }
  if (text == "fast") {
    return Precision::kFast;
  }
  throw Error(ErrorCode::kUsage, "reading --precision: expected exact or fast, found '" + text + "'");
}

// "cuda" or "cuda:N" -> N.
int parseCudaDevice(const std::string& text) {
  int device = 0;
  const std::string_view rest = std::string_view(text).substr(4);
  if (!rest.empty()) {
    const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), device);
    if (rest[0] != ':' || error != std::errc() || end != rest.data() + rest.size() || device < 0) {
      throw Error(ErrorCode::kUsage, "reading --device: expected cuda or cuda:N, found '" + text + "'");
    }
  }
  return device;
}

std::unique_ptr<Backend> makeBackend(const ModelRequest& request,
                                     const std::shared_ptr<const Weights>& weights,
                                     const OpenProgress& progress) {
  if (request.device == "cpu") {
    return makeCpuBackend(weights, {parsePrecision(request.precision), request.threads, "", progress});
  }
  if (request.device.rfind("cuda", 0) == 0) {
    return gpu::makeCudaBackend(*weights, parseCudaDevice(request.device));
  }
  throw Error(ErrorCode::kUsage,
              "reading --device: expected cpu, cuda or cuda:N, found '" + request.device + "'");
}

// The phases of a small model are shorter than the wait for another thread on a busy machine.
int threadsFor(const OpenModel& wanted) {
  constexpr std::uint64_t kSmall = 64'000'000;  // bytes of weights
  if (wanted.threads > 0) {
    return wanted.threads;
  }
  if (Weights::open(modelPath(wanted.model))->totalBytes() < kSmall) {
    return 1;
  }
  return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

}  // namespace

const Tokenizer& LoadedModel::needTokenizer() const {
  if (tokenizer == nullptr) {
    throw Error(
        ErrorCode::kModel,
        "reading text for " + name + ": the model has no tokenizer.json; give token ids with --tokens 1,2,3");
  }
  return *tokenizer;
}

std::string resourcePath(const std::string& relative) {
  std::vector<fs::path> places;
  if (const char* set = std::getenv("ROUTESCOPE_RESOURCES"); set != nullptr) {
    places.emplace_back(set);
  }
  std::error_code ignored;  // without /proc the other places remain
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  places.push_back(program / "../resources");
  places.push_back(program / "../share/routescope");
  places.emplace_back(kSourceResources);
  std::vector<std::string> looked;
  for (const fs::path& place : places) {
    if (fs::exists(place / relative, ignored)) {
      return (place / relative).lexically_normal().string();
    }
    looked.push_back(place.lexically_normal().string());
  }
  throw Error(ErrorCode::kModel, "finding the program's own file " + relative + ": not in " +
                                     join(looked, ", ") +
                                     "; set ROUTESCOPE_RESOURCES to the resources folder");
}

std::string modelPath(const std::string& model) {
  return model == "demo" ? resourcePath("demo-model") : model;
}

std::shared_ptr<const Tokenizer> loadTokenizer(const std::string& model_path) {
  const fs::path file = fs::path(model_path) / "tokenizer.json";
  return fs::exists(file) ? std::make_shared<const Tokenizer>(Tokenizer::fromFile(file.string())) : nullptr;
}

LoadedModel loadModel(const ModelRequest& request, const OpenProgress& progress) {
  const std::string path = modelPath(request.model);
  LoadedModel loaded;
  loaded.is_demo = request.model == "demo";
  loaded.weights = Weights::open(path);
  loaded.name = loaded.weights->config().name;
  // The tokenizer of a big model takes a few tenths of a second: read it while the weights are repacked.
  auto tokenizer = std::async(std::launch::async, [&path] { return loadTokenizer(path); });
  loaded.engine = std::make_unique<Engine>(makeBackend(request, loaded.weights, progress), loaded.weights);
  loaded.tokenizer = tokenizer.get();
  return loaded;
}

std::unique_ptr<EngineClient> makeEngineClient() {
  return std::make_unique<EngineThread>([](const OpenModel& wanted, const OpenProgress& progress) {
    const ModelRequest request{wanted.model, wanted.device, wanted.precision, threadsFor(wanted)};
    LoadedModel loaded = loadModel(request, progress);
    const Backend& backend = loaded.engine->backend();
    auto info = std::make_shared<ModelInfo>();
    info->name = loaded.name;
    info->path = modelPath(wanted.model);
    info->is_demo = loaded.is_demo;
    info->config = loaded.weights->config();
    info->backend = backend.name();
    info->isa = backend.isa();
    info->precision = backend.precision();
    info->threads = request.threads;
    info->model_hash = loaded.weights->hash();
    info->tokenizer = loaded.tokenizer;
    info->tokenizer_hash = loaded.tokenizer == nullptr ? "" : loaded.tokenizer->hash();
    return OpenedModel{std::move(loaded.engine), std::move(info)};
  });
}

}  // namespace rs::app
