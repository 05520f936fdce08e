// SPDX-License-Identifier: Apache-2.0
//
// For tests of the engine's door: opens fixtures behind it, and waits for events instead of sleeping.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "core/engine/client.h"
#include "core/engine/workbench.h"

namespace rs::test {

// Opens tests/fixtures/nano on the CPU, whatever model is asked for, with the precision and threads asked
// for.
[[nodiscard]] ModelOpener nanoOpener();

// What a test's reader of an EngineClient does: sleeps until the engine wakes it, and keeps every event.
class DoorReader {
 public:
  // Lifetime: the client is gone before this object is.
  void listenTo(EngineClient& client);

  // Until the command has ended; the event that ended it.
  Event end(Ticket ticket);
  // The same for a command that is to finish; its run.
  RunId finish(Ticket ticket);
  // Until an event is there that fits.
  Event await(const std::function<bool(const Event&)>& fits);

  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  template <class One>
  [[nodiscard]] std::vector<One> all() const {
    std::vector<One> found;
    for (const Event& event : events_) {
      if (const One* one = std::get_if<One>(&event)) {
        found.push_back(*one);
      }
    }
    return found;
  }

 private:
  EngineClient* client_ = nullptr;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool has_news_ = false;
  std::vector<Event> events_;
  std::size_t n_looked_at_ = 0;
};

}  // namespace rs::test
