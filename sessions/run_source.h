// SPDX-License-Identifier: Apache-2.0
//
// A stored run as a capture: the same arrays, by the same names, that a trace of it would give.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/trace/comparison.h"
#include "sessions/session_reader.h"

namespace rs::sessions {

// tokens (those with routing), and for each layer router_logits, expert_indices, expert_weights and, where
// the model's own decisions were stored beside the final ones, router_logits_raw, expert_indices_raw and
// expert_weights_raw.
//
// Lifetime: the reader outlives the source. Errors: as SessionReader.
[[nodiscard]] std::unique_ptr<CaptureSource> sourceOf(SessionReader& reader, RunId run);

// What the arrays will be, without reading them. Beside the source's names, in their order.
struct StoredArray {
  std::string name;
  bool is_int = false;
  std::vector<std::int64_t> shape;
};
[[nodiscard]] std::vector<StoredArray> arraysOf(SessionReader& reader, RunId run);

}  // namespace rs::sessions
