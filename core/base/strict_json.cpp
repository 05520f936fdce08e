// SPDX-License-Identifier: Apache-2.0
#include "core/base/strict_json.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "core/base/printable.h"
#include "core/base/text.h"

namespace rs {

using nlohmann::json;

json parseStrictJson(std::string_view text, const std::string& what, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    throw Error(limits.code, format("%s: expected at most %zu bytes of JSON, found %zu", what.c_str(),
                                    limits.bytes, text.size()));
  }
  std::vector<std::unordered_set<std::string>> keys;  // of the objects that are open
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= static_cast<int>(limits.depth)) {
      throw Error(limits.code,
                  format("%s: expected JSON nested at most %zu deep", what.c_str(), limits.depth));
    }
    if (event == json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(key).second) {
        throw Error(limits.code, what + ": expected every key once, found " + inQuotes(key) + " twice");
      }
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& error) {
    throw Error(limits.code, format("%s: expected JSON, found something else at byte %zu of %zu",
                                    what.c_str(), error.byte, text.size()));
  } catch (const json::exception&) {  // a number beyond the range of a double
    throw Error(limits.code, what + ": expected numbers within the range of a double");
  }
}

std::string shown(const json& value) {
  if (value.is_structured() && value.size() > 16) {
    return format(value.is_array() ? "an array of %zu" : "an object of %zu", value.size());
  }
  return printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 80);
}

}  // namespace rs
