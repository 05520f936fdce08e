// SPDX-License-Identifier: Apache-2.0
#include "sessions/expert_names.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace rs::sessions {
namespace {

// The number after `mark`, both taken from the front of `text`.
std::optional<int> takeNumber(std::string_view& text, std::string_view mark) {
  int number = 0;
  if (!text.starts_with(mark)) {
    return std::nullopt;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + mark.size(), end, number);
  if (error != std::errc() || number < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return number;
}

}  // namespace

std::string expertNameKey(const std::string& model_hash, int layer, int expert) {
  return model_hash + "/L" + std::to_string(layer) + "/E" + std::to_string(expert);
}

ExpertNames::ExpertNames(SessionReader& reader, const std::string& model_hash) {
  for (const Document& document : reader.documents("name")) {
    std::string_view key = document.key;
    if (!key.starts_with(model_hash)) {
      continue;
    }
    key.remove_prefix(model_hash.size());
    const auto layer = takeNumber(key, "/L");
    const auto expert = takeNumber(key, "/E");
    const auto value = nlohmann::json::parse(document.value, nullptr, false);
    if (layer && expert && key.empty() && value.is_string()) {
      names_[{*layer, *expert}] = value.get<std::string>();
    }
  }
}

std::string_view ExpertNames::of(int layer, int expert) const {
  const auto found = names_.find({layer, expert});
  return found == names_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace rs::sessions
