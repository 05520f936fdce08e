// SPDX-License-Identifier: Apache-2.0
//
// Tokens, experts, edits and numbers as the window writes them.
//
// Thread: pure functions.
#pragma once

#include <QString>
#include <span>
#include <string_view>

#include "core/engine/snapshot.h"
#include "ui/documents.h"
#include "ui/reading/token_names.h"

namespace rs::ui {

[[nodiscard]] inline QString fromView(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

// One token with its controls visible: "·89", "\n"; "#1234" without a tokenizer or text.
[[nodiscard]] QString tokenLabel(const TokenNames* tokenizer, std::int32_t id);
// The text of tokens in a row, specials as spelled; ids without a tokenizer.
[[nodiscard]] QString tokensText(const TokenNames* tokenizer, std::span<const std::int32_t> ids);

// "E7", or a virtual expert's name: "calculator".
[[nodiscard]] QString expertLabel(const RunSnapshot* run, int n_experts, int expert);
// The same with what the user called it: "E7 capitals".
[[nodiscard]] QString expertLabel(const RunSnapshot& run, const ExpertNames& names, int layer, int expert);

// Fixed digits; "−∞", "∞" and "–" (not known: NaN).
[[nodiscard]] QString numberText(double value, int digits = 3);
[[nodiscard]] QString percentText(double share, int digits = 1);

// "all layers", "layer 3", "layers 3, 4"
[[nodiscard]] QString layersText(const LayerSelection& layers);
// "all tokens", "token 12", "tokens 3, 4, 5, …"
[[nodiscard]] QString positionsText(const Edit& edit);
// "experts 3, 7 · value 2"
[[nodiscard]] QString fieldsText(const Edit& edit);
// "Force, layer 3, token 12: experts 7"
[[nodiscard]] QString editText(const Edit& edit);
[[nodiscard]] QString steeringText(const Steering& steering);

}  // namespace rs::ui
