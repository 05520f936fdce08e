// SPDX-License-Identifier: Apache-2.0
#include "ui/documents.h"

#include <nlohmann/json.hpp>

#include "sessions/expert_names.h"

namespace rs::ui {

using Json = nlohmann::json;

std::optional<std::string> Documents::find(const std::string& kind, const std::string& key) const {
  const Kind& values = ofKind(kind);
  const auto found = values.find(key);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

const Documents::Kind& Documents::ofKind(const std::string& kind) const {
  static const Kind kNone;
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? kNone : found->second;
}

void Documents::set(const std::string& kind, const std::string& key,
                    const std::optional<std::string>& value) {
  ++revision_;
  if (value.has_value()) {
    kinds_[kind][key] = *value;
  } else {
    kinds_[kind].erase(key);
  }
}

std::string textDocument(const QString& text) {
  return Json(text.toStdString()).dump(-1, ' ', false, Json::error_handler_t::replace);
}

QString textOfDocument(const std::string& value) {
  const Json json = Json::parse(value, nullptr, false);
  return json.is_string() ? QString::fromStdString(json.get<std::string>()) : QString();
}

std::string ExpertNames::keyOf(int layer, int expert) const {
  return sessions::expertNameKey(model_hash_, layer, expert);
}

QString ExpertNames::of(int layer, int expert) const {
  const auto value = documents_ == nullptr ? std::nullopt : documents_->find(kNameKind, keyOf(layer, expert));
  return value.has_value() ? textOfDocument(*value) : QString();
}

}  // namespace rs::ui
