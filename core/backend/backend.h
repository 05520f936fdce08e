// SPDX-License-Identifier: Apache-2.0
//
// The seam between the one forward loop and what computes it. A pass over a chunk of T tokens is
// embed, then for each layer attention, route, experts, then unembed; hooks live between the phases.
// Edits are data (RoutingProgram), captures are buffers made beforehand (CaptureSinks): nothing in a step
// needs the host, so a device can run all phases without waiting.
//
// Thread: one owner (the engine thread). Errors: Error{kMemory}, Error{kDevice}, Error{kNumeric}.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/backend/precision.h"
#include "core/hooks/capture_sinks.h"
#include "core/model/config.h"
#include "core/routing/program.h"

namespace rs {

struct BackendOptions {
  Precision precision = Precision::kExact;
  int n_threads = 0;  // 0: one for each core
  std::string isa;    // "": the best of this machine; else avx512vnni, avx512, avx2, scalar
  // Told how far preparing the weights is, in bytes; may throw, and then there is no backend.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
};

class Backend {
 public:
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  [[nodiscard]] virtual const ModelConfig& config() const = 0;
  [[nodiscard]] virtual std::string name() const = 0;  // "cpu"
  [[nodiscard]] virtual std::string isa() const = 0;   // "avx512"
  [[nodiscard]] virtual Precision precision() const = 0;

  // Makes room for runs up to this length and chunks up to this size; afterwards no phase allocates.
  // Forgets the cache. Errors: Error{kMemory} with the size that was asked for.
  virtual void reserve(int max_positions, int max_chunk) = 0;
  // Sliding layers keep this many positions beyond their window from the next reserve() on, so that rewind()
  // reaches as far back. A backend that keeps every position need do nothing.
  virtual void keepForRewind(int /*n_positions*/) {}

  // Both are read at every phase; null: no edits, no capture. Lifetime: until replaced.
  // reserveSlots: decisions wider than before may follow.
  virtual void setProgram(const RoutingProgram* program) = 0;
  virtual void setCapture(const CaptureSinks* sinks) = 0;

  // Positions held in the cache, 0..n-1. The next chunk starts at or before nCached().
  [[nodiscard]] virtual int nCached() const = 0;
  // Forgets positions from n on. False (and nothing changed) if a sliding layer no longer holds the window
  // before n; then only rewind(0) helps.
  [[nodiscard]] virtual bool rewind(int n) = 0;

  // ---- phases of one chunk; each leaves its results readable until the next phase of the same kind ----
  // Residual = embedding rows. Positions are nCached() .. nCached()+T-1. Range: ids checked by the caller.
  // A pass may go on from any layer with writeResidual(): the caches of layers that are left out keep what
  // they hold for these positions, and whoever leaves them out vouches that it is what they would compute.
  // On a device the rows may as well be kept there; the phases do not differ.
  virtual void embed(std::span<const std::int32_t> tokens) = 0;
  // Residual edits at resid_pre, norm, q k v, RoPE, cache, attention, output projection; residual edits at
  // resid_mid.
  virtual void attention(int layer) = 0;
  // Norm, router logits, logit edits, both decisions.
  virtual void route(int layer) = 0;
  // Chosen experts, output edits, weighted sum, residual edits at resid_post.
  virtual void experts(int layer) = 0;
  // Ends the chunk: the cache now holds it. Logits of the last n_rows tokens of the chunk (0: none).
  virtual void unembed(int n_rows) = 0;

  // ---- between phases ----
  // Values of the current chunk, [T, width of the site]; refused for sites that this backend does not keep.
  // Lifetime: until the next phase. Errors: Error{kUnsupported} naming the site.
  [[nodiscard]] virtual std::span<const float> read(Site site, int layer) = 0;
  // Replaces the residual of the current chunk, [T, H]; only before attention (kResidPre).
  virtual void writeResidual(std::span<const float> rows) = 0;
  // [n_rows, N] of the last unembed.
  [[nodiscard]] virtual std::span<const float> logits() const = 0;

 protected:
  Backend() = default;
};

}  // namespace rs
