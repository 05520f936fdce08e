// SPDX-License-Identifier: Apache-2.0
#include "sessions/query.h"

#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "sessions/schema.h"
#include "sessions/session_file.h"

namespace rs::sessions {
namespace {

Cell cellAt(const Statement& row, int column) {
  Cell cell{row.columnName(column), {}, false};
  switch (row.type(column)) {
    case Statement::Type::kNull:
      break;
    case Statement::Type::kInteger:
      cell.value = row.number(column);
      break;
    case Statement::Type::kReal:
      cell.value = row.real(column);
      break;
    case Statement::Type::kText:
      cell.value = std::string(row.text(column));
      break;
    case Statement::Type::kBlob: {
      const auto bytes = row.blob(column);
      cell.value = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      cell.is_blob = true;
      break;
    }
  }
  return cell;
}

}  // namespace

void queryReadOnly(const std::string& path, const std::string& sql, const std::function<bool()>& stops,
                   const std::function<void(std::span<const Cell>)>& row) {
  checkIsSession(path);
  const auto connection = openForReading(path);
  connection->setProgress(stops);
  connection->blameTheAsker();
  std::string_view rest;
  Statement statement = connection->prepare(sql, &rest);
  if (!statement.isReadOnly() || statement.columnCount() == 0) {
    throw Error(ErrorCode::kUsage,
                "asking a session: expected a statement that reads, such as SELECT, found " + inQuotes(sql));
  }
  if (rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    throw Error(ErrorCode::kUsage,
                "asking a session: expected one statement, found more after it: " + inQuotes(rest));
  }
  std::vector<Cell> cells;
  while (statement.step()) {
    cells.clear();
    for (int column = 0; column < statement.columnCount(); ++column) {
      cells.push_back(cellAt(statement, column));
    }
    row(cells);
  }
}

std::string hexOf(const std::string& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char letter : bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace rs::sessions
