// SPDX-License-Identifier: Apache-2.0
//
// Reads config.json and generation_config.json as transformers writes them for gpt_oss.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "core/model/config.h"

namespace rs {

// Every number is checked for its range; what published gpt-oss files may leave out gets the value that
// transformers gives it. `file` names the text in messages.
//
// Errors: Error{kModel} naming file, key, expected and found; another architecture by its model_type.
[[nodiscard]] ModelConfig parseModelConfig(std::string_view text, const std::string& file = "config.json");

// Replaces the end tokens by those of generation_config.json, where it names any.
// Errors: as above.
void applyGenerationConfig(ModelConfig& config, std::string_view text,
                           const std::string& file = "generation_config.json");

}  // namespace rs
