// SPDX-License-Identifier: Apache-2.0
//
// The checksum of ZIP members (CRC-32, polynomial 0xEDB88320).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rs {

[[nodiscard]] constexpr std::array<std::uint32_t, 256> makeCrc32Table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t entry = i;
    for (int bit = 0; bit < 8; ++bit) {
      entry = entry >> 1 ^ ((entry & 1) != 0 ? 0xEDB88320U : 0U);
    }
    table[i] = entry;
  }
  return table;
}

class Crc32 {
 public:
  void add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
      state_ = kTable[(state_ ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ state_ >> 8;
    }
  }
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  static constexpr std::array<std::uint32_t, 256> kTable = makeCrc32Table();
  std::uint32_t state_ = 0xFFFFFFFF;
};

}  // namespace rs
