// SPDX-License-Identifier: Apache-2.0
//
// Remembers what keys and values a backend's cache holds: of which tokens, under which program, and how far
// in each layer. So a pass does again only what it must, whichever run it is for.
//
// Thread: one owner at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/engine/steered.h"

namespace rs {

class CacheRecord {
 public:
  explicit CacheRecord(int n_layers) : n_held_(static_cast<std::size_t>(n_layers), 0) {}

  void clear();
  // By layer: how many positions the cache holds as a pass over these tokens under this steering would fill
  // it. Keys and values of a layer follow from the tokens and from what is done up to that layer.
  [[nodiscard]] std::vector<int> held(std::span<const std::int32_t> tokens, const Steered& steered) const;
  // A chunk is about to be run at `position`, from a layer on. The layers below must hold it already, or be
  // run again before they are relied on.
  void begin(std::span<const std::int32_t> tokens, const std::shared_ptr<const Steered>& steered,
             int first_layer, int position);
  // The chunk has been run: layers from first_layer on hold positions up to `end`.
  void finish(int first_layer, int end);

 private:
  std::vector<std::int32_t> tokens_;
  std::shared_ptr<const Steered> steered_;  // null: nothing is held
  std::vector<int> n_held_;                 // by layer
};

}  // namespace rs
