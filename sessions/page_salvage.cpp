// SPDX-License-Identifier: Apache-2.0
#include "sessions/page_salvage.h"

#include <algorithm>

#include "core/base/error.h"

namespace rs::sessions {
namespace {

using Type = Statement::Type;

constexpr const char* kDirectory = "sqlite_schema";

Type typeNamed(std::string_view name) {
  if (name == "INTEGER") {
    return Type::kInteger;
  }
  if (name == "REAL") {
    return Type::kReal;
  }
  return name == "TEXT" ? Type::kText : Type::kBlob;
}

// What no type says: it tells the rows of `token` from those of `candidate`.
void limitRange(ColumnShape& column) {
  constexpr double kRounding = 1e-3;
  if (column.name == "logprob") {
    column.greatest = kRounding;
  } else if (column.name == "next_entropy") {
    column.least = -kRounding;
  } else if (column.name == "id" || column.name == "position" || column.name == "rank") {
    column.least = 0;
  }
}

TableShape shapeOfTable(Connection& session, const std::string& name, bool has_rowid) {
  TableShape shape{name, {}, 0, has_rowid};
  int n_keys = 0;
  int key = -1;
  Statement rows =
      session.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?) ORDER BY cid");
  rows.with(name);
  while (rows.step()) {
    const bool is_key = rows.number(3) > 0;
    if (is_key) {
      ++n_keys;
      key = static_cast<int>(shape.columns.size());
    }
    shape.columns.push_back(
        {std::string(rows.text(0)), typeNamed(rows.text(1)), rows.number(2) == 0 && !is_key, false});
    limitRange(shape.columns.back());
  }
  if (has_rowid && n_keys == 1 && shape.columns[static_cast<std::size_t>(key)].type == Type::kInteger) {
    shape.columns[static_cast<std::size_t>(key)].is_rowid = true;
  }
  shape.fewest_columns = shape.columns.size();
  return shape;
}

// An index of a table with rowids: the columns of its key, then the rowid.
void addIndices(Connection& session, const TableShape& table, std::vector<TableShape>& shapes) {
  Statement indices = session.prepare("SELECT name FROM pragma_index_list(?)");
  indices.with(table.name);
  while (indices.step()) {
    TableShape shape{"", {}, 0, false};
    Statement columns = session.prepare("SELECT cid FROM pragma_index_xinfo(?) ORDER BY seqno");
    const std::string name(indices.text(0));
    columns.with(name);
    while (columns.step()) {
      const std::int64_t column = columns.number(0);
      shape.columns.push_back(column < 0 ? ColumnShape{"", Type::kInteger}
                                         : table.columns.at(static_cast<std::size_t>(column)));
      shape.columns.back().is_rowid = false;
    }
    shape.fewest_columns = shape.columns.size();
    shapes.push_back(std::move(shape));
  }
}

bool fits(const ColumnShape& column, const RawValue& value) {
  if (column.is_rowid || value.type == Type::kNull) {
    return value.type == Type::kNull && (column.is_rowid || column.may_be_null);
  }
  // A whole number in a column of real ones is stored as an integer.
  if (value.type != column.type && (column.type != Type::kReal || value.type != Type::kInteger)) {
    return false;
  }
  const double number = value.type == Type::kInteger ? static_cast<double>(value.number) : value.real;
  return column.least <= number && number <= column.greatest;
}

}  // namespace

std::vector<TableShape> shapesOf(Connection& session) {
  std::vector<TableShape> shapes;
  shapes.push_back({kDirectory,
                    {{"type", Type::kText},
                     {"name", Type::kText},
                     {"tbl_name", Type::kText},
                     {"rootpage", Type::kInteger},
                     {"sql", Type::kText, true}},
                    5,
                    true});
  Statement tables = session.prepare(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
      "AND name NOT LIKE 'sqlite_%' ORDER BY name");
  while (tables.step()) {
    const bool has_rowid = tables.number(1) == 0;
    shapes.push_back(shapeOfTable(session, std::string(tables.text(0)), has_rowid));
    if (has_rowid) {
      addIndices(session, TableShape(shapes.back()), shapes);
    }
  }
  return shapes;
}

PageSalvage::PageSalvage(PageFile& file, std::vector<TableShape> shapes, std::uint32_t pages_at_most)
    : file_(file),
      shapes_(std::move(shapes)),
      count_(pages_at_most == 0 ? file.count() : std::min(pages_at_most, file.count())),
      pages_(std::size_t{count_} + 1) {
  check(shapes_.size() <= 64, "a bit for each shape");
  scan();
  readDirectory();
}

std::uint64_t PageSalvage::bitOf(const std::string& table) const {
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (shapes_[i].name == table) {
      return std::uint64_t{1} << i;
    }
  }
  return 0;
}

std::uint64_t PageSalvage::matching(const std::vector<RawValue>& values, bool is_table) const {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    const TableShape& shape = shapes_[i];
    bool matches = shape.is_table == is_table && values.size() >= shape.fewest_columns &&
                   values.size() <= shape.columns.size();
    for (std::size_t column = 0; matches && column < values.size(); ++column) {
      matches = fits(shape.columns[column], values[column]);
    }
    bits |= matches ? std::uint64_t{1} << i : 0;
  }
  return bits;
}

void PageSalvage::scan() {
  for (std::uint32_t number = 1; number <= count_; ++number) {
    pages_[number].root = number;
  }
  skipFreePages();
  for (std::uint32_t number = 1; number <= count_; ++number) {
    if (pages_[number].use == Use::kUnknown) {
      scanPage(number);
    }
  }
  // Only now is known what each page is.
  for (std::uint32_t number = 1; number <= count_; ++number) {
    if (pages_[number].use == Use::kTree) {
      if (const auto page = readTreePage(file_, number)) {
        link(number, page->children);
      }
    }
  }
}

// What lies in unused pages was removed and must not come back.
void PageSalvage::skipFreePages() {
  std::uint32_t trunk = file_.firstFreePage();
  while (trunk >= 2 && trunk <= count_ && pages_[trunk].use == Use::kUnknown && isFreeList(trunk)) {
    pages_[trunk].use = Use::kFree;
    const auto page = file_.read(trunk);
    for (std::uint32_t i = 0; i < fourBytes(page, 4); ++i) {
      if (const std::uint32_t leaf = fourBytes(page, 8 + 4 * std::size_t{i}); leaf <= count_) {
        pages_[leaf].use = Use::kFree;
      }
    }
    trunk = fourBytes(page, 0);
  }
}

// The next page of the list, how many numbers follow, and the numbers.
bool PageSalvage::isFreeList(std::uint32_t number) {
  const auto page = file_.read(number).first(file_.usableBytes());
  const std::size_t n = fourBytes(page, 4);
  if (fourBytes(page, 0) > file_.count() || n > page.size() / 4 - 2) {
    return false;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t leaf = fourBytes(page, 8 + 4 * i);
    if (leaf < 2 || leaf > file_.count()) {
      return false;
    }
  }
  return true;
}

void PageSalvage::scanPage(std::uint32_t number) {
  const auto read = readTreePage(file_, number);
  if (!read) {
    return;
  }
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    bits |= shapes_[i].is_table == read->is_table ? std::uint64_t{1} << i : 0;
  }
  const bool has_rows = read->is_leaf || !read->is_table;
  for (const Cell& cell : read->cells) {
    bits &= has_rows ? matching(cell.values, read->is_table) : bits;
  }
  if (bits != 0) {
    Page& page = pages_[number];
    page.use = Use::kTree;
    page.is_table = read->is_table;
    page.shapes = bits;
    page.n_rows = has_rows ? static_cast<std::uint32_t>(read->cells.size()) : 0;
  }
}

std::uint32_t PageSalvage::rootOf(std::uint32_t number) {
  while (pages_[number].root != number) {
    pages_[number].root = pages_[pages_[number].root].root;  // the way gets shorter each time
    number = pages_[number].root;
  }
  return number;
}

void PageSalvage::link(std::uint32_t parent, const std::vector<std::uint32_t>& children) {
  for (const std::uint32_t child : children) {
    const std::uint32_t top = rootOf(parent);
    if (child > count_ || pages_[child].use != Use::kTree) {
      pages_[top].has_holes = true;
      continue;
    }
    const std::uint32_t below = rootOf(child);
    const std::uint64_t common = pages_[top].shapes & pages_[below].shapes;
    if (below != child || below == top || common == 0) {
      pages_[top].has_holes = true;  // another page leads there too, or it is of another table
      continue;
    }
    pages_[below].root = top;
    pages_[top].shapes = common;
    pages_[top].has_holes = pages_[top].has_holes || pages_[below].has_holes;
  }
}

void PageSalvage::readDirectory() {
  const TableShape directory = shapes_.front();
  rows(directory, [this](const RawRecord& row) {
    const auto text = [&row](std::size_t column) {
      const auto bytes = row.values[column].bytes;
      return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    const std::uint64_t bit = bitOf(text(1));
    if (text(0) != "table" || bit == 0) {
      return;
    }
    const std::int64_t number = row.values[3].number;
    if (number < 2 || number > count_ || pages_[static_cast<std::size_t>(number)].use != Use::kTree) {
      without_first_page_.push_back(text(1));
      return;
    }
    Page& root = pages_[rootOf(static_cast<std::uint32_t>(number))];
    if ((root.shapes & bit) != 0) {
      root.shapes = bit;
    }
  });
}

TableRows PageSalvage::rows(const TableShape& shape, const std::function<void(const RawRecord&)>& take) {
  TableRows result;
  const std::uint64_t bit = bitOf(shape.name);
  const auto& headless = without_first_page_;
  result.is_partial = std::find(headless.begin(), headless.end(), shape.name) != headless.end();
  std::vector<std::uint32_t> used;
  for (std::uint32_t number = 1; number <= count_; ++number) {
    if (pages_[number].use != Use::kTree || pages_[rootOf(number)].shapes != bit) {
      continue;
    }
    result.is_partial = result.is_partial || pages_[number].has_holes;
    const auto page = readTreePage(file_, number);
    const bool has_rows = page && (page->is_leaf || !page->is_table);
    for (std::size_t i = 0; has_rows && i < page->cells.size(); ++i) {
      used.clear();
      const auto record = readRecord(file_, number, page->cells[i], used);
      if (record && takeOverflow(used)) {
        take(*record);
      } else {
        ++result.lost;
      }
    }
  }
  return result;
}

// Whether nothing else has these pages.
bool PageSalvage::takeOverflow(const std::vector<std::uint32_t>& numbers) {
  for (const std::uint32_t number : numbers) {
    if (number > count_ || pages_[number].use != Use::kUnknown) {
      return false;
    }
    pages_[number].use = Use::kOverflow;
  }
  return true;
}

long long PageSalvage::doubtfulRows() {
  long long n = 0;
  for (std::uint32_t number = 1; number <= count_; ++number) {
    const std::uint64_t bits = pages_[rootOf(number)].shapes;
    bool has_table = false;
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      has_table = has_table || ((bits >> i & 1) != 0 && !shapes_[i].name.empty());
    }
    if (pages_[number].use == Use::kTree && (bits & (bits - 1)) != 0 && has_table) {
      n += pages_[number].n_rows;
    }
  }
  return n;
}

std::uint32_t PageSalvage::unreadPages() {
  std::uint32_t n = 0;
  for (std::uint32_t number = 1; number <= count_; ++number) {
    if (pages_[number].use == Use::kUnknown && !isFreeList(number)) {  // an empty page is a list of nothing
      ++n;
    }
  }
  return n;
}

}  // namespace rs::sessions
