// SPDX-License-Identifier: Apache-2.0
//
// Finds the rows of a session's tables in a file whose own directory (the first pages) may be gone: every
// page is looked at, and what table it belongs to follows from the columns of its rows, from the pages that
// lead to it, and from the directory where that can still be read.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "sessions/sqlite/connection.h"
#include "sessions/sqlite/page_file.h"
#include "sessions/sqlite/tree_page.h"

namespace rs::sessions {

struct ColumnShape {
  std::string name;
  Statement::Type type{};
  bool may_be_null = false;
  bool is_rowid = false;  // NULL in the record: the row's number is its value
  double least = -std::numeric_limits<double>::infinity();
  double greatest = std::numeric_limits<double>::infinity();
};

// What rows of a table, or of an index (name ""), look like in the file.
struct TableShape {
  std::string name;
  std::vector<ColumnShape> columns;
  std::size_t fewest_columns = 0;  // as the first schema had them: rows are not rewritten for new ones
  bool is_table = true;            // false: WITHOUT ROWID, or an index
};

// Of everything that a session has. Range: `session` has the current schema.
[[nodiscard]] std::vector<TableShape> shapesOf(Connection& session);

struct TableRows {
  long long lost = 0;       // rows that were seen and could not be read
  bool is_partial = false;  // pages that should have rows cannot be read
};

class PageSalvage {
 public:
  // Range: at most 64 shapes. Cost: every page is read once.
  PageSalvage(PageFile& file, std::vector<TableShape> shapes, std::uint32_t pages_at_most = 0);

  // Calls `take` with every row of a table that can be read; values lie as in the shape.
  TableRows rows(const TableShape& shape, const std::function<void(const RawRecord&)>& take);
  [[nodiscard]] const std::vector<TableShape>& shapes() const { return shapes_; }
  // Rows of pages that could belong to more than one table.
  [[nodiscard]] long long doubtfulRows();
  // Pages that hold something and could not be read. Range: after rows() of every table.
  [[nodiscard]] std::uint32_t unreadPages();

 private:
  enum class Use : std::uint8_t { kUnknown, kTree, kOverflow, kFree };
  struct Page {
    std::uint64_t shapes = 0;  // that all its rows have
    std::uint32_t root = 0;    // of what is known of its tree; itself where nothing leads to it
    std::uint32_t n_rows = 0;
    Use use = Use::kUnknown;
    bool is_table = false;
    bool has_holes = false;  // at a root: something beneath cannot be read
  };

  void scan();
  void skipFreePages();
  void scanPage(std::uint32_t number);
  void link(std::uint32_t parent, const std::vector<std::uint32_t>& children);
  void readDirectory();
  bool takeOverflow(const std::vector<std::uint32_t>& numbers);
  std::uint32_t rootOf(std::uint32_t number);
  [[nodiscard]] std::uint64_t matching(const std::vector<RawValue>& values, bool is_table) const;
  bool isFreeList(std::uint32_t number);
  [[nodiscard]] std::uint64_t bitOf(const std::string& table) const;

  PageFile& file_;
  std::vector<TableShape> shapes_;
  std::uint32_t count_;
  std::vector<Page> pages_;                      // by number; 0 is not used
  std::vector<std::string> without_first_page_;  // tables whose root cannot be read
};

}  // namespace rs::sessions
