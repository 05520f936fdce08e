// SPDX-License-Identifier: Apache-2.0
#include "sessions/run_source.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/hooks/site.h"

namespace rs::sessions {
namespace {

Bytes bytesOf(const void* data, std::size_t n_bytes) {
  Bytes bytes(n_bytes);
  if (n_bytes > 0) {
    std::memcpy(bytes.data(), data, n_bytes);
  }
  return bytes;
}

template <typename T>
Bytes bytesOf(const std::vector<T>& values) {
  return bytesOf(values.data(), values.size() * sizeof(T));
}

// Positions whose routing is stored in every layer.
int routedPositions(SessionReader& reader, RunId run, int n_layers) {
  int n = n_layers > 0 ? 1 << 30 : 0;
  for (int layer = 0; layer < n_layers; ++layer) {
    n = std::min(n, reader.layerShape(run, layer).n);
  }
  return n;
}

class StoredSource final : public CaptureSource {
 public:
  StoredSource(SessionReader& reader, RunId run)
      : reader_(reader), run_(run), arrays_(arraysOf(reader, run)) {}

  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const StoredArray& array : arrays_) {
      names.push_back(array.name);
    }
    return names;
  }

  [[nodiscard]] NamedArray read(const std::string& name) const override {
    const auto found = std::find_if(arrays_.begin(), arrays_.end(),
                                    [&](const StoredArray& array) { return array.name == name; });
    check(found != arrays_.end(), "only arrays of the run are read");
    NamedArray array{name, found->is_int, found->shape, {}};
    const auto n = static_cast<int>(found->shape[0]);
    if (name == "tokens") {
      std::vector<std::int32_t> ids;
      for (const StoredToken& token : reader_.tokens(run_, 0, n)) {
        ids.push_back(token.id);
      }
      array.bytes = bytesOf(ids);
      return array;
    }
    const std::size_t dot = name.find('.');
    const std::string site = name.substr(0, dot);
    const int layer = std::stoi(name.substr(dot + 1));
    const Which which =
        site.size() > 4 && site.substr(site.size() - 4) == "_raw" ? Which::kOwn : Which::kFinal;
    if (site.rfind("router_logits", 0) == 0) {
      array.bytes = bytesOf(reader_.logits(run_, layer, 0, n, which).values);
    } else {
      const StoredDecisions decisions = reader_.decisions(run_, layer, 0, n, which);
      array.bytes = found->is_int ? bytesOf(decisions.experts) : bytesOf(decisions.weights);
    }
    return array;
  }

 private:
  SessionReader& reader_;
  RunId run_;
  std::vector<StoredArray> arrays_;
};

}  // namespace

std::vector<StoredArray> arraysOf(SessionReader& reader, RunId run) {
  const ModelFacts model = reader.run(run).setup.model;
  const std::int64_t n = routedPositions(reader, run, model.n_layers);
  std::vector<StoredArray> arrays{{"tokens", true, {n}}};
  for (int layer = 0; layer < model.n_layers; ++layer) {
    const LayerShape shape = reader.layerShape(run, layer);
    const auto add = [&](Site site, bool is_int, int width) {
      arrays.push_back({Address{site, layer}.text(), is_int, {n, width}});
    };
    if (shape.columns > 0) {
      add(Site::kRouterLogits, false, shape.columns);
    }
    add(Site::kExpertIndices, true, shape.slots);
    add(Site::kExpertWeights, false, shape.slots);
    if (shape.stores_own_logits) {
      add(Site::kRouterLogitsRaw, false, model.n_experts);
    }
    if (shape.stores_own) {
      add(Site::kExpertIndicesRaw, true, model.top_k);
      add(Site::kExpertWeightsRaw, false, model.top_k);
    }
  }
  return arrays;
}

std::unique_ptr<CaptureSource> sourceOf(SessionReader& reader, RunId run) {
  return std::make_unique<StoredSource>(reader, run);
}

}  // namespace rs::sessions
