// SPDX-License-Identifier: Apache-2.0
//
// Any question in SQL, of a session that it cannot change.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>

namespace rs::sessions {

struct Cell {
  std::string column;
  std::variant<std::monostate, std::int64_t, double, std::string> value;
  bool is_blob = false;  // the string holds bytes
};

// Rows as they come.
//
// Errors: Error{kUsage} for SQL that is not understood, more than one statement, or one that would write;
//         Error{kCancelled} when stops says so; as a reader.
void queryReadOnly(const std::string& path, const std::string& sql, const std::function<bool()>& stops,
                   const std::function<void(std::span<const Cell>)>& row);

[[nodiscard]] std::string hexOf(const std::string& bytes);

}  // namespace rs::sessions
