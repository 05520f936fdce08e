// SPDX-License-Identifier: Apache-2.0
#include "ui/heat/heat_pyramid.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/error.h"

namespace rs::heat {
namespace {

// Compiled with -O3, which turns it into one instruction for 16 rows.
void takeMax(uint8_t* __restrict into, const uint8_t* __restrict from, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    into[i] = std::max(into[i], from[i]);
  }
}

void takeMax(uint8_t* __restrict into, const uint8_t* __restrict a, const uint8_t* __restrict b,
             const uint8_t* __restrict c, const uint8_t* __restrict d, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    into[i] = std::max(into[i], std::max(std::max(a[i], b[i]), std::max(c[i], d[i])));
  }
}

// Columns to take the maximum of: four at once, so that the memory is asked for all of them at a time.
class Columns {
 public:
  explicit Columns(std::span<uint8_t> out) : out_(out) { std::fill(out.begin(), out.end(), uint8_t{0}); }

  void add(const uint8_t* column) {
    waiting_[n_++] = column;
    if (n_ == waiting_.size()) {
      takeMax(out_.data(), waiting_[0], waiting_[1], waiting_[2], waiting_[3], out_.size());
      n_ = 0;
    }
  }
  void finish() {
    for (size_t i = 0; i < n_; ++i) {
      takeMax(out_.data(), waiting_[i], out_.size());
    }
    n_ = 0;
  }

 private:
  std::span<uint8_t> out_;
  std::array<const uint8_t*, 4> waiting_{};
  size_t n_ = 0;
};

int ceilDiv(int a, int b) {
  return (a + b - 1) / b;
}

}  // namespace

HeatPyramid::HeatPyramid(int rows) : rows_(rows), levels_(kLevels) {
  check(rows > 0, "heat pyramid: rows");
}

size_t HeatPyramid::bytes() const {
  size_t chunks = 0;
  for (const Level& level : levels_) {
    chunks += level.chunks.size();
  }
  return chunks * kChunkColumns * static_cast<size_t>(rows_);
}

uint8_t* HeatPyramid::at(const Level& level, int column) const {
  return level.chunks[static_cast<size_t>(column / kChunkColumns)].get() +
         static_cast<size_t>(column % kChunkColumns) * static_cast<size_t>(rows_);
}

void HeatPyramid::resize(Level& level, int columns) const {
  const auto n_chunks = static_cast<size_t>(ceilDiv(columns, kChunkColumns));
  while (level.chunks.size() < n_chunks) {
    level.chunks.push_back(std::make_unique<uint8_t[]>(kChunkColumns * static_cast<size_t>(rows_)));
  }
  level.chunks.resize(n_chunks);
  level.columns = columns;
}

void HeatPyramid::store(int first_column, std::span<const uint8_t> cells) {
  const auto rows = static_cast<size_t>(rows_);
  check(cells.size() % rows == 0, "heat pyramid: whole columns");
  for (size_t done = 0; done < cells.size(); done += rows) {
    std::memcpy(at(levels_[0], first_column + static_cast<int>(done / rows)), cells.data() + done, rows);
  }
}

void HeatPyramid::append(std::span<const uint8_t> cells) {
  const int first = columns();
  resize(levels_[0], first + static_cast<int>(cells.size()) / rows_);
  store(first, cells);
  refresh(first, columns());
}

void HeatPyramid::assign(int first_column, std::span<const uint8_t> cells) {
  const int end = first_column + static_cast<int>(cells.size()) / rows_;
  check(first_column >= 0 && end <= columns(), "heat pyramid: columns that are there");
  store(first_column, cells);
  refresh(first_column, end);
}

void HeatPyramid::truncate(int columns) {
  check(columns >= 0 && columns <= this->columns(), "heat pyramid: columns that are there");
  resize(levels_[0], columns);
  refresh(columns > 0 ? columns - 1 : 0, columns);
}

// Recomputes what stands above columns begin to end, and gives every level its length.
void HeatPyramid::refresh(int begin, int end) {
  for (size_t k = 1; k < levels_.size(); ++k) {
    const Level& below = levels_[k - 1];
    Level& level = levels_[k];
    resize(level, ceilDiv(below.columns, kFan));
    begin /= kFan;
    end = ceilDiv(end, kFan);
    for (int parent = begin; parent < end; ++parent) {
      uint8_t* into = at(level, parent);
      std::memcpy(into, at(below, parent * kFan), static_cast<size_t>(rows_));
      const int children = std::min(below.columns, (parent + 1) * kFan);
      for (int child = parent * kFan + 1; child < children; ++child) {
        takeMax(into, at(below, child), static_cast<size_t>(rows_));
      }
    }
  }
}

std::span<const uint8_t> HeatPyramid::column(int index) const {
  check(index >= 0 && index < columns(), "heat pyramid: a column that is there");
  return {at(levels_[0], index), static_cast<size_t>(rows_)};
}

void HeatPyramid::maxOver(int begin, int end, int first_row, std::span<uint8_t> out) const {
  check(begin >= 0 && end <= columns(), "heat pyramid: columns that are there");
  check(first_row >= 0 && first_row + static_cast<int>(out.size()) <= rows_,
        "heat pyramid: rows that are there");
  Columns columns_to_take(out);
  const auto take = [&](const Level& level, int column) {
    columns_to_take.add(at(level, column) + first_row);
  };
  // At each level the columns that do not fill a parent; then up. The last parent may have fewer children.
  for (size_t k = 0; begin < end; ++k) {
    const Level& level = levels_[k];
    const bool is_top = k + 1 == levels_.size();
    while (begin < end && (is_top || begin % kFan != 0)) {
      take(level, begin++);
    }
    while (begin < end && end % kFan != 0 && end != level.columns) {
      take(level, --end);
    }
    if (begin == end) {
      break;
    }
    begin /= kFan;
    end = ceilDiv(end, kFan);
  }
  columns_to_take.finish();
}

}  // namespace rs::heat
