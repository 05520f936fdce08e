// SPDX-License-Identifier: Apache-2.0
//
// Columns of bytes with the maxima of 4, 16, 64, … of them, so that the exact maximum over any range of
// columns costs a few columns. Columns are tokens; one can be appended while others are drawn. Thread: one at
// a time. Cost: 4/3 byte a cell.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rs::heat {

class HeatPyramid {
 public:
  // rows > 0: bytes a column.
  explicit HeatPyramid(int rows);

  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int columns() const { return levels_[0].columns; }
  [[nodiscard]] size_t bytes() const;

  // cells: whole columns, column after column.
  void append(std::span<const uint8_t> cells);
  // Replaces columns that are there, from first_column on.
  void assign(int first_column, std::span<const uint8_t> cells);
  // Keeps the first columns only.
  void truncate(int columns);

  [[nodiscard]] std::span<const uint8_t> column(int index) const;
  // out[i] = the largest byte of row first_row + i over columns begin to end (exclusive, within what is
  // there); 0 if there are none.
  void maxOver(int begin, int end, int first_row, std::span<uint8_t> out) const;

 private:
  static constexpr int kFan = 4;
  static constexpr int kLevels = 12;         // 4^11 columns under one of the last
  static constexpr int kChunkColumns = 256;  // appending never moves what is there

  struct Level {
    std::vector<std::unique_ptr<uint8_t[]>> chunks;
    int columns = 0;
  };
  [[nodiscard]] uint8_t* at(const Level& level, int column) const;
  void resize(Level& level, int columns) const;
  void store(int first_column, std::span<const uint8_t> cells);
  void refresh(int begin, int end);

  int rows_;
  std::vector<Level> levels_;
};

}  // namespace rs::heat
