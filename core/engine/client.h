// SPDX-License-Identifier: Apache-2.0
//
// The only door to an engine: commands go in with tickets, snapshots and events come out. Window and command
// line are both clients.
//
// Thread: as each method says; none of them waits for a pass.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/engine/commands.h"
#include "core/engine/events.h"
#include "core/engine/snapshot.h"

namespace rs {

class EngineClient {
 public:
  virtual ~EngineClient() = default;

  // Thread: any.
  virtual Ticket submit(Command command) = 0;
  // Breaks off the command at work and drops the queued ones; each ends in Cancelled. What a run has is kept.
  // Within 100 ms on the demo model; a pass is left between two layers.
  // Thread: any.
  virtual void cancel() = 0;
  // Thread: any. Never null.
  [[nodiscard]] virtual std::shared_ptr<const Snapshot> latest() const = 0;
  // All events since the last call, in order. Thread: one reader.
  [[nodiscard]] virtual std::vector<Event> takeEvents() = 0;
  // Called on the engine thread when there is something new, once until the next takeEvents; must not block.
  // Thread: before the first submit. Lifetime: may be called until the client is gone.
  virtual void setWake(std::function<void()> wake) = 0;
};

}  // namespace rs
