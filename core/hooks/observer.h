// SPDX-License-Identifier: Apache-2.0
//
// Host code that looks at values between phases. Observers read, they cannot change anything; edits are a
// RoutingProgram. What only has to be kept belongs into a capture, which costs no wait on a device.
//
// Thread: the engine thread. Lifetime: a list borrows its observers for the run.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/backend/backend.h"
#include "core/hooks/site.h"

namespace rs {

enum class Phase : std::uint8_t { kEmbed, kAttention, kRoute, kExperts, kUnembed };

// The phase after which a site's values exist.
[[nodiscard]] Phase phaseOf(Site site);

struct ObservedValues {
  Address address;
  int first_position = 0;
  int n_tokens = 0;
  std::span<const float> values;  // [n_tokens, width], row-major
};

class Observer {
 public:
  virtual ~Observer() = default;
  [[nodiscard]] virtual std::vector<Address> addresses() const = 0;
  virtual void onValues(const ObservedValues& values) = 0;
};

class ObserverList {
 public:
  // Errors: Error{kUsage} naming the address if it is outside the model, holds integers (decisions are read
  // from the trace), or the list is empty: an observer that cannot be called is refused, never kept silently.
  void add(Observer& observer, const ModelConfig& config);
  void after(Phase phase, int layer, Backend& backend, int n_tokens) const;

 private:
  struct Entry {
    Phase phase;
    Address address;
    Observer* observer;
  };
  std::vector<Entry> entries_;
};

}  // namespace rs
