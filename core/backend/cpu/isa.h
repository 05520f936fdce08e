// SPDX-License-Identifier: Apache-2.0
//
// Which instruction sets the CPU kernels are compiled for, and which of them this machine has.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rs::cpu {

// In rising order of preference.
enum class Isa { kScalar, kAvx2, kAvx512, kAvx512Vnni };

[[nodiscard]] std::string_view nameOf(Isa isa);

// Those that both this build and this machine have, best last; scalar always.
[[nodiscard]] std::vector<Isa> availableIsas();

// The named one, or the best if the name is empty and ROUTESCOPE_ISA is not set.
// Errors: Error{kUnsupported} for a name that is unknown or that this machine lacks, with those it has.
[[nodiscard]] Isa chooseIsa(std::string_view name);

}  // namespace rs::cpu
