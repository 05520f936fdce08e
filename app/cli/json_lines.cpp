// SPDX-License-Identifier: Apache-2.0
#include "app/cli/json_lines.h"

#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/error.h"

namespace rs::app {

namespace {

using Json = nlohmann::ordered_json;

// Deeper values would exhaust the stack of those who walk through them.
bool staysShallow(int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
  constexpr int kDeepest = 128;
  if (depth > kDeepest) {
    throw Error(ErrorCode::kUsage, "expected at most " + std::to_string(kDeepest) + " levels of nesting");
  }
  return true;
}

Json parseLine(const std::string& line) {
  try {
    Json object = Json::parse(line, staysShallow);
    if (!object.is_object()) {
      throw Error(ErrorCode::kUsage, std::string("expected an object, found ") + object.type_name());
    }
    return object;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kUsage, std::string("expected a JSON object: ") + error.what());
  }
}

}  // namespace

void answerJsonLines(const Console& console, const std::function<Json(const Json&)>& answer) {
  std::ios::sync_with_stdio(false);
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    if (console.stopToken().stop_requested()) {
      throw Error(ErrorCode::kCancelled,
                  "stopped before line " + std::to_string(number) + " of standard input");
    }
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    try {
      print(answer(parseLine(line)).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) {
        throw;
      }
      throw Error(ErrorCode::kUsage,
                  "line " + std::to_string(number) + " of standard input: " + error.what());
    }
  }
}

std::vector<std::int32_t> idsOf(const Json& object) {
  const auto member = object.find("ids");
  if (member == object.end() || !member->is_array()) {
    throw Error(ErrorCode::kUsage, "expected a list \"ids\"");
  }
  std::vector<std::int32_t> ids;
  for (const Json& id : *member) {
    const bool fits = id.is_number_integer() && id >= std::numeric_limits<std::int32_t>::min() &&
                      id <= std::numeric_limits<std::int32_t>::max();
    if (!fits) {
      throw Error(ErrorCode::kUsage, "expected token ids in \"ids\", found " + id.dump());
    }
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

}  // namespace rs::app
