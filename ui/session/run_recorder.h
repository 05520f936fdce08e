// SPDX-License-Identifier: Apache-2.0
//
// Writes the engine's runs into the session as their snapshots come, so that a crash loses only what was made
// in the last moments.
//
// Thread: the window's; the store's thread does the writing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"
#include "sessions/run_follower.h"

namespace rs::ui {

class RunRecorder {
 public:
  RunRecorder(sessions::SessionStore& store, std::string app_version);

  // What this run has beyond what was written. A stored run does not change once it has ended: one that went
  // on or was steered otherwise since is written as another.
  void follow(const ModelInfo& model, const std::shared_ptr<const RunSnapshot>& run);
  // Another file that holds the same runs by the same numbers. Lifetime: the store outlives the recorder's
  // use.
  void writeTo(sessions::SessionStore& store);
  // Lets go of the store.
  void release();
  [[nodiscard]] bool hasRuns() const { return !entries_.empty(); }
  // The numbers in the file of a run of the engine, the newest last.
  [[nodiscard]] std::vector<sessions::RunId> storedIds(RunId run) const;
  [[nodiscard]] RunId liveRun(sessions::RunId stored) const;  // 0: none

 private:
  struct Entry {
    std::vector<sessions::RunId> stored;              // newest last
    std::unique_ptr<sessions::RunFollower> follower;  // null: has ended
    std::shared_ptr<const RunSnapshot> last;
  };
  void begin(Entry& entry, const ModelInfo& model, const RunSnapshot& run);

  sessions::SessionStore* store_;
  std::string app_version_;
  std::map<RunId, Entry> entries_;
};

}  // namespace rs::ui
