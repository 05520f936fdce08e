// SPDX-License-Identifier: Apache-2.0
//
// Runs a small model through the phases of the CPU backend and keeps every site, for tests.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/backend/cpu/cpu_backend.h"
#include "core/hooks/capture_sinks.h"
#include "core/model/weights.h"

namespace rs::test {

inline std::string nanoPath() {
  return std::string(RS_SOURCE_DIR) + "/tests/fixtures/nano";
}

struct Kept {
  Address address;
  int width = 0;
  std::vector<float> floats;
  std::vector<std::int32_t> ints;
};

// What a run leaves behind: all sites of capture, and the logits.
struct RunRecord {
  std::vector<Kept> kept;
  std::vector<float> logits;

  [[nodiscard]] const Kept& at(Site site, int layer) const {
    return *std::find_if(kept.begin(), kept.end(), [&](const Kept& one) {
      return one.address == Address{site, layer};
    });
  }
};

inline int widthOf(SiteWidth width, const ModelConfig& config, const RoutingProgram& program, int layer) {
  const int slots = layer < 0 ? 0 : program.layer(layer).max_slots;
  switch (width) {
    case SiteWidth::kOne:
      return 1;
    case SiteWidth::kHidden:
      return config.hidden;
    case SiteWidth::kQuery:
      return config.queryWidth();
    case SiteWidth::kKey:
      return config.keyWidth();
    case SiteWidth::kHeads:
      return config.n_heads;
    case SiteWidth::kExperts:
      return config.n_experts;
    case SiteWidth::kColumns:
      return config.n_experts + program.layer(layer).n_columns;
    case SiteWidth::kOwnSlots:
      return config.top_k;
    case SiteWidth::kSlots:
      return slots;
    case SiteWidth::kSlotsByHidden:
      return slots * config.hidden;
  }
  return 0;
}

inline void runChunk(Backend& backend, std::span<const std::int32_t> tokens, int n_rows) {
  backend.embed(tokens);
  for (int layer = 0; layer < backend.config().n_layers; ++layer) {
    backend.attention(layer);
    backend.route(layer);
    backend.experts(layer);
  }
  backend.unembed(n_rows);
}

// The whole run from an empty cache, in chunks of these sizes, again and again until the tokens end.
inline RunRecord record(Backend& backend, const RoutingProgram& program, std::span<const std::int32_t> tokens,
                        const std::vector<int>& chunks, bool keeps_all = true) {
  const ModelConfig& config = backend.config();
  RunRecord run;
  const auto n = tokens.size();
  for (const SiteInfo& info : allSites()) {
    for (int layer = info.is_layered ? 0 : -1; layer < (info.is_layered ? config.n_layers : 0); ++layer) {
      Kept kept{{info.site, layer}, widthOf(info.width, config, program, layer), {}, {}};
      const auto size = n * static_cast<std::size_t>(kept.width);
      kept.floats.assign(info.is_int ? 0 : size, -77.0F);
      kept.ints.assign(info.is_int ? size : 0, -77);
      run.kept.push_back(std::move(kept));
    }
  }
  CaptureSinks sinks(config.n_layers);
  for (Kept& kept : run.kept) {
    void* data = kept.ints.empty() ? static_cast<void*>(kept.floats.data()) : kept.ints.data();
    sinks.set(kept.address, {data, kept.width, 0, static_cast<int>(n)});
  }
  backend.setProgram(&program);
  backend.setCapture(keeps_all ? &sinks : nullptr);
  static_cast<void>(backend.rewind(0));
  std::size_t first = 0;
  for (std::size_t i = 0; first < n; ++i) {
    const auto size = static_cast<std::size_t>(chunks[i % chunks.size()]);
    const auto part = tokens.subspan(first, std::min(size, n - first));
    first += part.size();
    runChunk(backend, part, static_cast<int>(part.size()));
    run.logits.insert(run.logits.end(), backend.logits().begin(), backend.logits().end());
  }
  backend.setCapture(nullptr);
  backend.setProgram(nullptr);
  return run;
}

inline std::vector<std::int32_t> someTokens(int n, int vocab) {
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < n; ++i) {
    tokens.push_back((i * 37 + i * i * 11 + 5) % vocab);
  }
  return tokens;
}

}  // namespace rs::test
