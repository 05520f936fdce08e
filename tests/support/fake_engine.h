// SPDX-License-Identifier: Apache-2.0
//
// An engine client for tests of views: shows the snapshots and tells the events that a test gives it, and
// keeps what was asked of it. Nothing runs, nothing waits.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/client.h"

namespace rs::test {

class FakeEngine final : public EngineClient {
 public:
  FakeEngine() : snapshot_(std::make_shared<const Snapshot>()) {}

  Ticket submit(Command command) override;
  void cancel() override { ++n_cancelled_; }
  [[nodiscard]] std::shared_ptr<const Snapshot> latest() const override { return snapshot_; }
  [[nodiscard]] std::vector<Event> takeEvents() override;
  void setWake(std::function<void()> wake) override { wake_ = std::move(wake); }

  // ---- the test's side ----
  // Wakes the reader, as the engine would, once until it takes the events.
  void show(std::shared_ptr<const Snapshot> snapshot, std::vector<Event> events = {});
  [[nodiscard]] std::span<const std::pair<Ticket, Command>> submitted() const { return submitted_; }
  // The newest command, if it is of this kind; else null.
  template <class One>
  [[nodiscard]] const One* last() const {
    return submitted_.empty() ? nullptr : std::get_if<One>(&submitted_.back().second);
  }
  [[nodiscard]] int nCancelled() const { return n_cancelled_; }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<Event> events_;
  std::vector<std::pair<Ticket, Command>> submitted_;
  std::function<void()> wake_;
  bool was_woken_ = false;
  int n_cancelled_ = 0;
};

// A run that can be shown: these tokens and so many more on the nano model, under these edits
// (docs/edits.md). The same arguments give the same snapshot.
struct Recording {
  std::vector<std::int32_t> tokens{3, 14, 15, 92, 65, 35, 89, 79};
  int max_new_tokens = 4;
  std::string capture;  // addresses beside the router's group (docs/hooks.md); "": none
  std::string edits;    // of a second run, compared with the first; "": there is none
  std::string model = RS_SOURCE_DIR "/tests/fixtures/nano";
};
[[nodiscard]] std::shared_ptr<const Snapshot> record(const Recording& recording = {});

}  // namespace rs::test
