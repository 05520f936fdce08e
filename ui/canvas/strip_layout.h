// SPDX-License-Identifier: Apache-2.0
//
// Where each of many chips of different width lies: offsets by block sums, so that appending and looking up
// stay cheap for 131,072 tokens. Units are the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rs::canvas {

class StripLayout {
 public:
  [[nodiscard]] int size() const { return static_cast<int>(widths_.size()); }
  [[nodiscard]] int64_t total() const { return total_; }

  // width > 0.
  void append(uint8_t width);
  void truncate(int size);
  [[nodiscard]] int widthOf(int index) const { return widths_[static_cast<size_t>(index)]; }
  // Where a chip begins; of size(), where the last one ends.
  [[nodiscard]] int64_t offsetOf(int index) const;
  // The chip at an offset; the first or last one beyond the ends. size() > 0.
  [[nodiscard]] int at(double offset) const;

 private:
  static constexpr int kBlock = 64;
  std::vector<uint8_t> widths_;
  std::vector<int64_t> blocks_;  // where each block begins
  int64_t total_ = 0;
};

// Columns a text takes in a grid of characters: wide scripts two each, marks none. At least 1.
[[nodiscard]] int columnsOf(const char* begin, const char* end);

}  // namespace rs::canvas
