// SPDX-License-Identifier: Apache-2.0
//
// What a high-level virtual expert needs of a tokenizer, and no more.
//
// Thread: const and safe from any thread.
// Lifetime: outlives every run that reads with it; views it returns live as long as it does.
#pragma once

#include <string_view>
#include <vector>

namespace rs {

class TokenText {
 public:
  virtual ~TokenText() = default;
  // The bytes an ordinary token stands for; the name of a special one, "<|message|>"; empty for an id
  // without.
  [[nodiscard]] virtual std::string_view bytes(int token) const = 0;
  [[nodiscard]] virtual bool isSpecial(int token) const = 0;
  // The id of a special token by its name; -1 if the vocabulary has none of that name.
  [[nodiscard]] virtual int special(std::string_view name) const = 0;
  // The tokens of plain text; the names of special tokens in it are text.
  [[nodiscard]] virtual std::vector<int> encode(std::string_view text) const = 0;
};

}  // namespace rs
