// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/strip_layout.h"

#include <algorithm>

#include "core/base/error.h"

namespace rs::canvas {
namespace {

// The code point at a place of well-formed UTF-8; moves on.
unsigned nextCodePoint(const char*& at, const char* end) {
  const auto lead = static_cast<unsigned char>(*at++);
  if (lead < 0x80) {
    return lead;
  }
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  unsigned code = lead & (0x3fU >> more);
  for (int i = 0; i < more && at < end; ++i) {
    code = code << 6U | (static_cast<unsigned char>(*at++) & 0x3fU);
  }
  return code;
}

int columnsOf(unsigned code) {
  if ((code >= 0x300 && code < 0x370) || (code >= 0x200b && code <= 0x200f) ||
      (code >= 0xfe00 && code <= 0xfe0f)) {
    return 0;  // combining marks, joiners, variation selectors
  }
  const bool is_wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                       (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                       (code >= 0xff00 && code < 0xff61) || (code >= 0x1f300 && code < 0x1fb00) ||
                       (code >= 0x20000 && code < 0x40000);
  return is_wide ? 2 : 1;
}

}  // namespace

void StripLayout::append(uint8_t width) {
  check(width > 0, "strip layout: a width");
  if (size() % kBlock == 0) {
    blocks_.push_back(total_);
  }
  widths_.push_back(width);
  total_ += width;
}

void StripLayout::truncate(int size) {
  check(size >= 0 && size <= this->size(), "strip layout: chips that are there");
  total_ = offsetOf(size);
  widths_.resize(static_cast<size_t>(size));
  blocks_.resize(static_cast<size_t>((size + kBlock - 1) / kBlock));
}

int64_t StripLayout::offsetOf(int index) const {
  if (index >= size()) {
    return total_;
  }
  int64_t offset = blocks_[static_cast<size_t>(index / kBlock)];
  for (int i = index / kBlock * kBlock; i < index; ++i) {
    offset += widthOf(i);
  }
  return offset;
}

int StripLayout::at(double offset) const {
  check(size() > 0, "strip layout: no chips");
  const auto past = std::upper_bound(blocks_.begin(), blocks_.end(), offset, [](double value, int64_t begin) {
    return value < static_cast<double>(begin);
  });
  const auto block = past == blocks_.begin() ? ptrdiff_t{0} : past - blocks_.begin() - 1;
  int index = static_cast<int>(block) * kBlock;
  auto end = static_cast<double>(blocks_[static_cast<size_t>(block)] + widthOf(index));
  while (end <= offset && index + 1 < size()) {
    end += widthOf(++index);
  }
  return index;
}

int columnsOf(const char* begin, const char* end) {
  int columns = 0;
  while (begin < end) {
    columns += columnsOf(nextCodePoint(begin, end));
  }
  return std::max(1, columns);
}

}  // namespace rs::canvas
