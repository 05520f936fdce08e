// SPDX-License-Identifier: Apache-2.0
//
// Conversations and messages as the JSON of the Harmony reference library. Unknown members are ignored, as
// there; missing ones and wrong types are refused.
//
// Thread: pure functions.
// Errors: Error{kUsage} naming the member, what was expected and what was found.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/text/harmony.h"

namespace rs::harmony {

// The order of a tool's properties matters to the model, hence ordered.
[[nodiscard]] Conversation conversationFromJson(const nlohmann::ordered_json& json);
[[nodiscard]] Message messageFromJson(const nlohmann::ordered_json& json);
[[nodiscard]] RenderOptions renderOptionsFromJson(const nlohmann::ordered_json& json);

// Text content alone becomes one string; broken UTF-8 is replaced.
[[nodiscard]] nlohmann::ordered_json messageToJson(const Message& message);

}  // namespace rs::harmony
