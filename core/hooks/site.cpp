// SPDX-License-Identifier: Apache-2.0
#include "core/hooks/site.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

constexpr std::array<SiteInfo, kSiteCount> kSites = {{
#define RS_SITE(id, name, width, is_int, is_layered, group, lens) \
  {Site::id, name, width, is_int, is_layered, group, lens},
#include "core/hooks/sites.inc"
#undef RS_SITE
}};

// Names that are understood but not read by an address, each with its reason.
struct Elsewhere {
  std::string_view name, lens, reason;
};
constexpr Elsewhere kElsewhere[] = {
    {"attn_pattern", "blocks.{}.attn.hook_pattern",
     "attention patterns are not kept: a pass never holds a whole one; attn_sink is the nearest reading"},
    {"logits", "", "the logits are written by --logits all, last or none"},
};
constexpr std::string_view kAlwaysWritten = "tokens";
constexpr std::string_view kLensBlocks = "blocks.";
constexpr std::string_view kGroups[] = {"router", "resid", "blocks", "all"};

struct LayerRange {
  int first = 0, last = 0;
};

// One part of the list, split but not yet looked up. "blocks.8..15.hook_q" is name "blocks.{}.hook_q" and
// layers "8..15".
struct Part {
  std::string_view text;
  std::string name;
  std::optional<std::string_view> layers;
};

// A part of the list as a message shows it.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 60;
  return text.size() <= kMost ? std::string(text) : std::string(text.substr(0, kMost)) + "…";
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::kUsage, "capture '" + shown(text) + "': " + why);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// "blocks.4.hook_mlp_out": the digits, ranges and stars after "blocks." are the layers, the rest is the name.
std::optional<Part> splitLens(std::string_view text) {
  if (!text.starts_with(kLensBlocks)) {
    return std::nullopt;
  }
  const auto after = text.substr(kLensBlocks.size());
  const auto end = after.find_first_not_of("0123456789.*");
  if (end == std::string_view::npos || end < 2 || after[end - 1] != '.') {
    return std::nullopt;
  }
  return Part{text, std::string(kLensBlocks) + "{}." + std::string(after.substr(end)),
              after.substr(0, end - 1)};
}

Part split(std::string_view text) {
  if (auto part = splitLens(text)) {
    return *std::move(part);
  }
  // TransformerLens names without a layer contain a dot ("ln_final.hook_normalized").
  const bool is_whole = std::any_of(kSites.begin(), kSites.end(), [&](const SiteInfo& site) {
    return !site.is_layered && site.lens == text;
  });
  const auto dot = is_whole ? std::string_view::npos : text.find('.');
  if (dot == std::string_view::npos) {
    return {text, std::string(text), std::nullopt};
  }
  return {text, std::string(text.substr(0, dot)), text.substr(dot + 1)};
}

int parseLayer(const Part& part, std::string_view digits, int n_layers) {
  int layer = -1;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  const bool is_number = !digits.empty() && end == digits.data() + digits.size() && digits[0] != '-';
  if (!is_number || (failure != std::errc() && failure != std::errc::result_out_of_range)) {
    refuse(part.text,
           "expected a layer such as 3, a range such as 0..3, or *, found '" + shown(*part.layers) + "'");
  }
  if (failure != std::errc() || layer >= n_layers) {
    refuse(part.text, "expected a layer in " + format("0..%d", n_layers - 1) + ", found " + shown(digits));
  }
  return layer;
}

LayerRange parseLayers(const Part& part, int n_layers) {
  if (*part.layers == "*") {
    return {0, n_layers - 1};
  }
  const auto dots = part.layers->find("..");
  if (dots == std::string_view::npos) {
    const int layer = parseLayer(part, *part.layers, n_layers);
    return {layer, layer};
  }
  const LayerRange range = {parseLayer(part, part.layers->substr(0, dots), n_layers),
                            parseLayer(part, part.layers->substr(dots + 2), n_layers)};
  if (range.first > range.last) {
    refuse(part.text, "expected a range of layers from low to high, found " + shown(*part.layers));
  }
  return range;
}

[[noreturn]] void refuseUnknown(const Part& part) {
  std::vector<std::string> known(std::begin(kGroups), std::end(kGroups));
  const bool is_lens = part.name.find("hook_") != std::string::npos;
  for (const SiteInfo& site : kSites) {
    known.emplace_back(is_lens ? site.lens : site.name);
  }
  for (const Elsewhere& place : kElsewhere) {
    known.emplace_back(is_lens ? place.lens : place.name);
  }
  std::string hint = didYouMean(part.name, known);
  if (part.layers && is_lens) {  // show the layer that was asked for, not its place
    for (auto at = hint.find("{}"); at != std::string::npos; at = hint.find("{}")) {
      hint.replace(at, 2, *part.layers);
    }
  }
  refuse(part.text, "there is no address '" + shown(part.name) + "'" + hint);
}

class Expansion {
 public:
  explicit Expansion(int n_layers) : n_layers_(n_layers), seen_(rowsOf(n_layers) * kSiteCount) {}

  void addPart(const Part& part) {
    for (const Elsewhere& place : kElsewhere) {
      if (part.name == place.name || part.name == place.lens) {
        refuse(part.text, std::string(place.reason));
      }
    }
    if (std::find(std::begin(kGroups), std::end(kGroups), part.name) != std::end(kGroups)) {
      addGroup(part);
      return;
    }
    const auto site = std::find_if(kSites.begin(), kSites.end(), [&](const SiteInfo& info) {
      return part.name == info.name || (!info.lens.empty() && part.name == info.lens);
    });
    const bool is_tokens = part.name == kAlwaysWritten;
    if (site == kSites.end() && !is_tokens) {
      refuseUnknown(part);
    }
    if (is_tokens || !site->is_layered) {
      if (part.layers) {
        refuse(part.text,
               "'" + part.name + "' belongs to no layer; write it without '." + shown(*part.layers) + "'");
      }
      if (!is_tokens) {
        add({site->site, -1});
      }
      return;
    }
    addSite(part, *site);
  }

  [[nodiscard]] std::vector<Address> take() { return std::move(addresses_); }

 private:
  static std::size_t rowsOf(int n_layers) { return static_cast<std::size_t>(n_layers) + 1; }

  void add(Address address) {
    const auto index =
        static_cast<std::size_t>(address.layer + 1) * kSiteCount + static_cast<std::size_t>(address.site);
    if (!seen_[index]) {
      seen_[index] = true;
      addresses_.push_back(address);
    }
  }

  void addSite(const Part& part, const SiteInfo& site) {
    if (!part.layers) {
      const std::string name = part.name;
      refuse(part.text, "expected a layer: " + name + ".0, " + name + format(".0..%d", n_layers_ - 1) +
                            " or " + name + ".*");
    }
    const LayerRange range = parseLayers(part, n_layers_);
    for (int layer = range.first; layer <= range.last; ++layer) {
      add({site.site, layer});
    }
  }

  // Layer by layer, with the sites that have no layer before or after as the table has them.
  void addGroup(const Part& part) {
    const LayerRange range = part.layers ? parseLayers(part, n_layers_) : LayerRange{0, n_layers_ - 1};
    const auto is_member = [&](const SiteInfo& site) {
      return (part.name == "all" || part.name == site.group) && (site.is_layered || !part.layers);
    };
    const auto layered =
        std::find_if(kSites.begin(), kSites.end(), [](const auto& s) { return s.is_layered; });
    const auto add_unlayered = [&](auto begin, auto end) {
      for (auto site = begin; site != end; ++site) {
        if (!site->is_layered && is_member(*site)) {
          add({site->site, -1});
        }
      }
    };
    add_unlayered(kSites.begin(), layered);
    for (int layer = range.first; layer <= range.last; ++layer) {
      for (const SiteInfo& site : kSites) {
        if (site.is_layered && is_member(site)) {
          add({site.site, layer});
        }
      }
    }
    add_unlayered(layered, kSites.end());
  }

  int n_layers_;
  std::vector<bool> seen_;
  std::vector<Address> addresses_;
};

}  // namespace

const SiteInfo& infoOf(Site site) {
  return kSites[static_cast<std::size_t>(site)];
}

const std::array<SiteInfo, kSiteCount>& allSites() {
  return kSites;
}

std::string Address::text() const {
  const std::string name(infoOf(site).name);
  return layer < 0 ? name : name + "." + std::to_string(layer);
}

std::vector<Address> parseAddresses(std::string_view list, const ModelConfig& config) {
  Expansion expansion(config.n_layers);
  while (true) {
    const auto comma = list.find(',');
    const std::string_view text = trim(list.substr(0, comma));
    if (text.empty()) {
      refuse(list, "expected an address such as router_logits.*, found nothing before or after a comma");
    }
    expansion.addPart(split(text));
    if (comma == std::string_view::npos) {
      return expansion.take();
    }
    list.remove_prefix(comma + 1);
  }
}

}  // namespace rs
