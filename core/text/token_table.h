// SPDX-License-Identifier: Apache-2.0
//
// The two tables of a byte-level BPE: tokens by bytes and by id, and merges by the pair they join. Both are
// filled once and then only read.
//
// Thread: const members from any thread.
// Cost: lookups are O(1); 200,000 tokens and 446,000 merges take about 30 MB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rs {

class TokenTable {
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;  // 0: no such token
  };

 public:
  // False when the id has bytes already.
  [[nodiscard]] bool add(std::int32_t id, std::string_view bytes);
  // Makes find() work for what was added so far; later additions are found by id only. Returns a token
  // whose bytes an earlier id has too, if there is one.
  [[nodiscard]] std::optional<std::int32_t> buildIndex();

  // -1 when no token has these bytes.
  [[nodiscard]] std::int32_t find(std::string_view bytes) const;
  [[nodiscard]] bool contains(std::int32_t id) const;
  // Lifetime: a view into the table. The id must be contained.
  [[nodiscard]] std::string_view bytes(std::int32_t id) const {
    const Place place = places_[static_cast<std::size_t>(id)];
    return {pool_.data() + place.begin, place.length};
  }
  // One past the greatest id.
  [[nodiscard]] std::int32_t end() const { return static_cast<std::int32_t>(places_.size()); }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t id = -1;
  };
  [[nodiscard]] std::size_t slotOf(std::string_view bytes, std::uint32_t hash) const;

  std::string pool_;
  std::vector<Place> places_;
  std::vector<Slot> slots_;  // a power of two, at most half full
  std::size_t count_ = 0;
};

class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank = 0;
    std::int32_t token = -1;  // -1: the pair does not merge
  };

  void reserve(std::size_t merges);
  // Ranks rise in the order of the calls. False when the pair is known already.
  [[nodiscard]] bool add(std::int32_t left, std::int32_t right, std::int32_t token);
  [[nodiscard]] Merge find(std::int32_t left, std::int32_t right) const;
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  struct Slot {
    std::int32_t left = -1;
    std::int32_t right = -1;
    Merge merge;
  };
  [[nodiscard]] std::size_t slotOf(std::int32_t left, std::int32_t right) const;
  void grow(std::size_t slots);

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::uint32_t count_ = 0;
};

}  // namespace rs
