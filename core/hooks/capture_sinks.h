// SPDX-License-Identifier: Apache-2.0
//
// Where a pass writes what it was asked to keep: for each site and layer a buffer made before the pass, one
// row a position. A backend asks for the row and writes into it; null means nobody asked.
//
// Thread: row() from any thread of a phase, for different positions. Lifetime: buffers outlive the pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/hooks/site.h"

namespace rs {

struct Sink {
  void* data = nullptr;  // f32 or i32, see SiteInfo::is_int
  std::int64_t row_elements = 0;
  int first_position = 0;  // position of row 0
  int n_rows = 0;          // positions outside are not kept
};

class CaptureSinks {
 public:
  explicit CaptureSinks(int n_layers) : sinks_(static_cast<std::size_t>(n_layers + 1) * kSiteCount) {}

  void set(Address address, Sink sink) { sinks_[index(address.site, address.layer)] = sink; }
  [[nodiscard]] const Sink& at(Site site, int layer) const { return sinks_[index(site, layer)]; }
  [[nodiscard]] bool wants(Site site, int layer) const { return at(site, layer).data != nullptr; }

  [[nodiscard]] float* floats(Site site, int layer, int position) const {
    return static_cast<float*>(row(site, layer, position));
  }
  [[nodiscard]] std::int32_t* ints(Site site, int layer, int position) const {
    return static_cast<std::int32_t*>(row(site, layer, position));
  }

 private:
  static std::size_t index(Site site, int layer) {
    return static_cast<std::size_t>(layer + 1) * kSiteCount + static_cast<std::size_t>(site);
  }
  [[nodiscard]] void* row(Site site, int layer, int position) const {
    const Sink& sink = at(site, layer);
    const int at_row = position - sink.first_position;
    if (sink.data == nullptr || at_row < 0 || at_row >= sink.n_rows) {
      return nullptr;
    }
    return static_cast<std::byte*>(sink.data) + static_cast<std::size_t>(at_row * sink.row_elements) * 4;
  }
  std::vector<Sink> sinks_;  // [n_layers + 1][site]; row 0 for sites without a layer
};

}  // namespace rs
