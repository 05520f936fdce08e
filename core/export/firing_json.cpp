// SPDX-License-Identifier: Apache-2.0
#include "core/export/firing_json.h"

#include <nlohmann/json.hpp>

namespace rs {

nlohmann::json firingsToJson(std::span<const FiringRecord> firings) {
  nlohmann::json list = nlohmann::json::array();
  for (const FiringRecord& record : firings) {
    list.push_back({{"expert", record.expert},
                    {"position", record.firing.position},
                    {"token", record.firing.token},
                    {"trigger", record.firing.trigger},
                    {"expression", record.firing.expression},
                    {"value", record.firing.value},
                    {"answer_index", record.firing.answer_index}});
  }
  return list;
}

}  // namespace rs
