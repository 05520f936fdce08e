// SPDX-License-Identifier: Apache-2.0
#include "core/engine/forward.h"

#include "core/base/error.h"
#include "core/hooks/observer.h"

namespace rs {

void forward(Backend& backend, const Chunk& chunk, const ObserverList& observers, const std::stop_token& stop,
             LayerListener* listener) {
  const int n_layers = backend.config().n_layers;
  const int n_tokens = static_cast<int>(chunk.tokens.size());
  backend.embed(chunk.tokens);
  observers.after(Phase::kEmbed, -1, backend, n_tokens);
  if (chunk.first_layer > 0) {
    backend.writeResidual(chunk.input);
  }
  for (int layer = chunk.first_layer; layer < n_layers; ++layer) {
    if (stop.stop_requested()) {
      throw Error(ErrorCode::kCancelled, "stopped before layer " + std::to_string(layer));
    }
    backend.attention(layer);
    observers.after(Phase::kAttention, layer, backend, n_tokens);
    backend.route(layer);
    observers.after(Phase::kRoute, layer, backend, n_tokens);
    backend.experts(layer);
    observers.after(Phase::kExperts, layer, backend, n_tokens);
    if (listener != nullptr) {
      listener->onLayer(layer);
    }
  }
  backend.unembed(chunk.n_logit_rows);
  observers.after(Phase::kUnembed, -1, backend, n_tokens);
}

}  // namespace rs
