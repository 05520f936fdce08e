// SPDX-License-Identifier: Apache-2.0
//
// Reads the tokenizer.json of the Hugging Face library, as far as byte-level BPE with o200k's pattern goes.
//
// Errors: Error{kModel} for a file that is damaged, or that asks for anything this tokenizer would not do: a
// guess would give wrong ids without a word.
#pragma once

#include <string>
#include <string_view>

#include "core/text/tokenizer_parts.h"

namespace rs {

[[nodiscard]] TokenizerParts readTokenizerJson(std::string_view json, const std::string& what);

}  // namespace rs
