// SPDX-License-Identifier: Apache-2.0
//
// The names that a user gave to experts of one model: documents of kind `name`.
//
// Thread: a value.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sessions/session_reader.h"

namespace rs::sessions {

// "HASH/L3/E12": the key of the document that names this expert.
[[nodiscard]] std::string expertNameKey(const std::string& model_hash, int layer, int expert);

class ExpertNames {
 public:
  ExpertNames(SessionReader& reader, const std::string& model_hash);
  // "": it has none.
  [[nodiscard]] std::string_view of(int layer, int expert) const;
  [[nodiscard]] const std::map<std::pair<int, int>, std::string>& all() const { return names_; }

 private:
  std::map<std::pair<int, int>, std::string> names_;  // by layer and expert
};

}  // namespace rs::sessions
