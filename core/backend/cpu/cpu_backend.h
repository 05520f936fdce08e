// SPDX-License-Identifier: Apache-2.0
//
// The CPU backend: complete and exact on its own, and what other backends are compared with.
#pragma once

#include <memory>

#include "core/backend/backend.h"

namespace rs {

class Weights;

// Repacks the weights for the chosen instruction set (one copy; the mapped pages can be dropped).
// Errors: Error{kMemory}; Error{kUnsupported} for an instruction set that this machine lacks.
[[nodiscard]] std::unique_ptr<Backend> makeCpuBackend(std::shared_ptr<const Weights> weights,
                                                      const BackendOptions& options);

}  // namespace rs
