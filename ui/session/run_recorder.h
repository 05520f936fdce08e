// SPDX-License-Identifier: Apache-2.0
//
// Writes the engine's runs into the session as their snapshots come, so that a crash loses only what was made
// in the last moments. What could not be written is kept and written again, by the same number.
//
// Thread: the window's; the store's thread does the writing.
#pragma once

#include <map>
#include <memory>
#include <set>
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
  void follow(const std::shared_ptr<const ModelInfo>& model, const std::shared_ptr<const RunSnapshot>& run);
  // The store has done what a ticket was for.
  void saved(sessions::Ticket ticket);
  // Writes every run anew whose end is not known to be in the file; there none becomes two.
  void again();
  // Another file that holds the same runs by the same numbers. Lifetime: the store outlives the recorder's
  // use.
  void writeTo(sessions::SessionStore& store);
  // Lets go of the store.
  void release();
  [[nodiscard]] bool hasRuns() const { return !entries_.empty(); }
  // Numbers of the runs that again() writes.
  [[nodiscard]] std::set<sessions::RunId> unfinished() const;
  // The numbers in the file of a run of the engine, the newest last.
  [[nodiscard]] std::vector<sessions::RunId> storedIds(RunId run) const;
  [[nodiscard]] RunId liveRun(sessions::RunId stored) const;  // 0: none

 private:
  struct Written {
    RunId run = 0;  // of the engine
    std::shared_ptr<const ModelInfo> model;
    std::shared_ptr<const RunSnapshot> last;  // that was followed
    sessions::FollowedRun more;
    std::unique_ptr<sessions::RunFollower> follower;
    sessions::Ticket end = 0;  // of its newest writing
  };
  struct Entry {
    std::vector<sessions::RunId> stored;  // newest last
    std::shared_ptr<const RunSnapshot> last;
  };
  void begin(RunId id, const std::shared_ptr<const ModelInfo>& model,
             const std::shared_ptr<const RunSnapshot>& run);
  static void write(Written& written, const std::shared_ptr<const RunSnapshot>& run);
  // The newest run that is written for an entry, unless its end is.
  Written* open(const Entry& entry);

  sessions::SessionStore* store_;
  std::string app_version_;
  std::map<RunId, Entry> entries_;
  std::map<sessions::RunId, Written> unfinished_;  // whose end is not known to be in the file
};

}  // namespace rs::ui
