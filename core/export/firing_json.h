// SPDX-License-Identifier: Apache-2.0
//
// Firings of virtual experts as the metadata of captures and exports name them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "core/engine/engine.h"

namespace rs {

[[nodiscard]] nlohmann::json firingsToJson(std::span<const FiringRecord> firings);

}  // namespace rs
