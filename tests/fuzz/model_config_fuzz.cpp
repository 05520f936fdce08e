// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as config.json: refused with Error{kModel}, or dimensions that hold what the engine relies on.
#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/base/error.h"
#include "core/model/config_json.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    rs::ModelConfig c = rs::parseModelConfig(text);
    rs::check(c.hidden > 0 && c.hidden % 32 == 0 && c.inner > 0 && c.inner % 32 == 0,
              "widths are whole blocks");
    rs::check(c.n_kv_heads > 0 && c.n_heads % c.n_kv_heads == 0 && c.head_dim % 2 == 0, "heads fit together");
    rs::check(c.top_k >= 1 && c.top_k <= c.n_experts, "there are experts to choose");
    rs::check(c.is_sliding.size() == static_cast<std::size_t>(c.n_layers), "every layer has a kind");
    rs::check(c.window >= 1 && c.vocab >= 1 && c.max_positions >= 1, "counts are positive");
    rs::check(std::isfinite(c.rope_theta) && std::isfinite(c.yarn.factor) && c.yarn.factor >= 1,
              "rotary values are finite");
    for (const std::int32_t id : c.end_token_ids) {
      rs::check(id >= 0 && id < c.vocab, "end tokens are tokens");
    }
    rs::applyGenerationConfig(c, text);
  } catch (const rs::Error& error) {
    rs::check(error.code() == rs::ErrorCode::kModel, "a bad file is an error of the file");
  }
  return 0;
}
