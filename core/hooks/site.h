// SPDX-License-Identifier: Apache-2.0
//
// The places of a forward pass whose values can be read, one row of sites.inc each: name, shape, group, the
// TransformerLens spelling.
//
// Thread: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/config.h"

namespace rs {

// What one row (one token) of a site consists of.
enum class SiteWidth : std::uint8_t {
  kOne,            // the token id
  kHidden,         // H
  kQuery,          // A, 64
  kKey,            // G, 64
  kHeads,          // A
  kExperts,        // E
  kColumns,        // E + V of the layer
  kOwnSlots,       // k
  kSlots,          // K of the layer
  kSlotsByHidden,  // K, H
};

enum class Site : std::uint8_t {
#define RS_SITE(id, name, width, is_int, is_layered, group, lens) id,
#include "core/hooks/sites.inc"
#undef RS_SITE
};
inline constexpr std::string_view kSiteNames[] = {
#define RS_SITE(id, name, width, is_int, is_layered, group, lens) name,
#include "core/hooks/sites.inc"
#undef RS_SITE
};
inline constexpr int kSiteCount = static_cast<int>(std::size(kSiteNames));

struct SiteInfo {
  Site site;
  std::string_view name;
  SiteWidth width;
  bool is_int;  // i32, else f32
  bool is_layered;
  std::string_view group;  // "", "router", "resid", "blocks"; every site is in "all"
  std::string_view lens;   // TransformerLens spelling, "{}" for the layer; "" if there is none
};

[[nodiscard]] const SiteInfo& infoOf(Site site);
[[nodiscard]] const std::array<SiteInfo, kSiteCount>& allSites();

struct Address {
  Site site{};
  int layer = -1;  // -1: no layer
  friend bool operator==(const Address&, const Address&) = default;
  [[nodiscard]] std::string text() const;  // "router_logits.12"
};

// Expands a comma-separated list of addresses, groups, ranges and `*`, TransformerLens spellings included, in
// order of first mention, without repeats. A group takes layers too ("router.3"); `tokens` is accepted and
// adds nothing, since token ids are always written.
// Errors: Error{kUsage} naming the part, with the nearest matches; a layer outside the model with its range.
[[nodiscard]] std::vector<Address> parseAddresses(std::string_view list, const ModelConfig& config);

}  // namespace rs
