// SPDX-License-Identifier: Apache-2.0
//
// One page of a table or an index of a SQLite file, taken apart without SQLite: for files that SQLite itself
// refuses. A page is taken whole or not at all: its cells, gaps and fragments must fill it to the last byte,
// as SQLite leaves them, so that a page that was overwritten in part is not trusted.
//
// Source: https://www.sqlite.org/fileformat2.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sessions/sqlite/connection.h"
#include "sessions/sqlite/page_file.h"

namespace rs::sessions {

struct RawValue {
  Statement::Type type = Statement::Type::kNull;
  std::int64_t number = 0;
  double real = 0;
  std::span<const std::byte> bytes;  // of a text or blob
};

// A record with the bytes that its values lie in.
struct RawRecord {
  std::int64_t rowid = 0;  // 0 in an index
  std::vector<RawValue> values;
  std::vector<std::byte> payload;
};

struct Cell {
  std::int64_t rowid = 0;
  std::uint64_t payload_bytes = 0;
  std::size_t at = 0;     // of what lies in the page
  std::size_t local = 0;  // bytes of it
  std::uint32_t overflow = 0;
  std::vector<RawValue> values;  // numbers as far as they lie in the page, of texts and blobs only the type
};

struct TreePage {
  bool is_leaf = false;
  bool is_table = false;    // rows by rowid; else the rows of an index or of a table WITHOUT ROWID
  std::vector<Cell> cells;  // without payload in inner pages of tables
  std::vector<std::uint32_t> children;
};

// Page `number` of `file`; nullopt: it is none, or damaged.
[[nodiscard]] std::optional<TreePage> readTreePage(PageFile& file, std::uint32_t number);

// The record of a cell, its overflow pages followed, whose numbers are added to `used`; nullopt: one of them
// is damaged. Cost: memory for the record, at most the size of the file.
[[nodiscard]] std::optional<RawRecord> readRecord(PageFile& file, std::uint32_t number, const Cell& cell,
                                                  std::vector<std::uint32_t>& used);

}  // namespace rs::sessions
