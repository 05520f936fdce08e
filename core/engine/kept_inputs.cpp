// SPDX-License-Identifier: Apache-2.0
#include "core/engine/kept_inputs.h"

#include <algorithm>

namespace rs {

std::vector<int> keptLayers(const ModelConfig& config, int n_positions, std::uint64_t budget) {
  const std::uint64_t bytes =
      static_cast<std::uint64_t>(std::max(n_positions, 1)) * static_cast<std::uint64_t>(config.hidden) * 4;
  const auto n_layers = static_cast<std::uint64_t>(config.n_layers) - 1;
  const std::uint64_t n = std::min(n_layers, budget / bytes);
  std::vector<int> layers;
  for (std::uint64_t i = 0; i < n; ++i) {
    // The spread ends at the last layer: the nearer an edit is to it, the more a kept input spares.
    layers.push_back(static_cast<int>((i + 1) * n_layers / n));
  }
  return layers;
}

std::vector<int> keptLayersOf(const Trace& trace) {
  std::vector<int> layers;
  for (int layer = 1; layer < trace.config().n_layers; ++layer) {
    if (trace.has(inputOf(layer).site, inputOf(layer).layer)) {
      layers.push_back(layer);
    }
  }
  return layers;
}

int nearestKept(const Trace& trace, int layer) {
  for (; layer > 0; --layer) {
    if (trace.has(inputOf(layer).site, inputOf(layer).layer)) {
      return layer;
    }
  }
  return 0;
}

std::uint64_t keptBytes(const Trace& trace, int n_rows) {
  return keptLayersOf(trace).size() * static_cast<std::uint64_t>(n_rows) *
         static_cast<std::uint64_t>(trace.config().hidden) * 4;
}

}  // namespace rs
