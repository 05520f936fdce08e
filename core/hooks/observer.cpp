// SPDX-License-Identifier: Apache-2.0
#include "core/hooks/observer.h"

#include "core/base/error.h"

namespace rs {

Phase phaseOf(Site site) {
  switch (site) {
    case Site::kEmbed:
      return Phase::kEmbed;
    case Site::kFinalNorm:
      return Phase::kUnembed;
    case Site::kResidPre:
    case Site::kAttnIn:
    case Site::kQ:
    case Site::kK:
    case Site::kV:
    case Site::kAttnSink:
    case Site::kAttnOut:
    case Site::kResidMid:
      return Phase::kAttention;
    case Site::kExpertOut:
    case Site::kMoeOut:
    case Site::kResidPost:
      return Phase::kExperts;
    default:
      return Phase::kRoute;
  }
}

void ObserverList::add(Observer& observer, const ModelConfig& config) {
  const std::vector<Address> addresses = observer.addresses();
  if (addresses.empty()) {
    throw Error(ErrorCode::kUsage, "adding an observer: it names no address, so it would never be called");
  }
  for (const Address& address : addresses) {
    const SiteInfo& info = infoOf(address.site);
    const bool layer_fits =
        info.is_layered ? address.layer >= 0 && address.layer < config.n_layers : address.layer == -1;
    if (!layer_fits || info.is_int) {
      throw Error(ErrorCode::kUsage,
                  "adding an observer of " + address.text() + ": expected " +
                      (info.is_int ? "a site of numbers; read decisions from the trace"
                                   : "a layer of 0.." + std::to_string(config.n_layers - 1)) +
                      ", so it would never be called");
    }
    entries_.push_back({phaseOf(address.site), address, &observer});
  }
}

void ObserverList::after(Phase phase, int layer, Backend& backend, int n_tokens) const {
  for (const Entry& entry : entries_) {
    if (entry.phase == phase && entry.address.layer == layer) {
      // Once unembed has run, the cache holds the chunk.
      const int first = phase == Phase::kUnembed ? backend.nCached() - n_tokens : backend.nCached();
      entry.observer->onValues({entry.address, first, n_tokens, backend.read(entry.address.site, layer)});
    }
  }
}

}  // namespace rs
