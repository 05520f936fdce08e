// SPDX-License-Identifier: Apache-2.0
//
// Open addressing with linear steps; a slot is empty while its id is -1.
#include "core/text/token_table.h"

#include <bit>
#include <utility>

namespace rs {

namespace {

// FNV-1a: tokens are a few bytes long.
std::uint32_t hashOf(std::string_view bytes) {
  std::uint32_t hash = 2166136261U;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619U;
  }
  return hash ^ hash >> 15;
}

}  // namespace

bool TokenTable::add(std::int32_t id, std::string_view bytes) {
  const auto at = static_cast<std::size_t>(id);
  if (at >= places_.size()) {
    places_.resize(at + 1);
  }
  if (places_[at].length != 0) {
    return false;
  }
  places_[at] = {static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(bytes.size())};
  pool_ += bytes;
  ++count_;
  return true;
}

std::optional<std::int32_t> TokenTable::buildIndex() {
  slots_.assign(std::bit_ceil(count_ * 2 + 1), Slot{});
  for (std::int32_t id = 0; id < end(); ++id) {
    if (!contains(id)) {
      continue;
    }
    const std::uint32_t hash = hashOf(bytes(id));
    Slot& slot = slots_[slotOf(bytes(id), hash)];
    if (slot.id >= 0) {
      return id;
    }
    slot = {hash, id};
  }
  return std::nullopt;
}

std::size_t TokenTable::slotOf(std::string_view wanted, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].id >= 0 && (slots_[at].hash != hash || bytes(slots_[at].id) != wanted)) {
    at = (at + 1) & mask;
  }
  return at;
}

std::int32_t TokenTable::find(std::string_view bytes) const {
  return slots_.empty() ? -1 : slots_[slotOf(bytes, hashOf(bytes))].id;
}

bool TokenTable::contains(std::int32_t id) const {
  return id >= 0 && id < end() && places_[static_cast<std::size_t>(id)].length != 0;
}

void MergeTable::reserve(std::size_t merges) {
  grow(std::bit_ceil(merges * 2 + 1));
}

bool MergeTable::add(std::int32_t left, std::int32_t right, std::int32_t token) {
  if (slots_.size() < 2 * (std::size_t{count_} + 1)) {
    grow(slots_.empty() ? 64 : slots_.size() * 2);
  }
  Slot& slot = slots_[slotOf(left, right)];
  if (slot.left >= 0) {
    return false;
  }
  slot = {left, right, {count_++, token}};
  return true;
}

MergeTable::Merge MergeTable::find(std::int32_t left, std::int32_t right) const {
  return slots_.empty() ? Merge{} : slots_[slotOf(left, right)].merge;
}

std::size_t MergeTable::slotOf(std::int32_t left, std::int32_t right) const {
  const auto key =
      static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  const std::size_t mask = slots_.size() - 1;
  auto at = static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 32) & mask;
  while (slots_[at].left >= 0 && (slots_[at].left != left || slots_[at].right != right)) {
    at = (at + 1) & mask;
  }
  return at;
}

void MergeTable::grow(std::size_t slots) {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  for (const Slot& slot : old) {
    if (slot.left >= 0) {
      slots_[slotOf(slot.left, slot.right)] = slot;
    }
  }
}

}  // namespace rs
