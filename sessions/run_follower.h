// SPDX-License-Identifier: Apache-2.0
//
// Records a run of an engine client from its snapshots, whenever somebody has a newer one.
//
// Thread: one at a time. Snapshots may be skipped; nothing is lost by it.
#pragma once

#include <string>
#include <vector>

#include "core/engine/snapshot.h"
#include "sessions/recorder.h"

namespace rs::sessions {

// What a snapshot does not say.
struct FollowedRun {
  std::optional<RunId> parent;         // as the session knows it
  std::optional<int> branch_position;  // absent: as the snapshot says
  int max_new_tokens = 0;
  std::vector<std::int32_t> stop_ids;
  int n_valid_ids = 0;
  std::string device = "cpu";
  std::string app_version;
  std::optional<RunId> again;  // written before, by this number, and maybe not whole
};

class RunFollower {
 public:
  // Begins the run in the store. Range: the snapshot has its prompt. Lifetime: the store outlives the
  // follower.
  RunFollower(SessionStore& store, const ModelInfo& model, const RunSnapshot& snapshot,
              const FollowedRun& more);

  // Stores what is new. While the run shows values from before the newest steering it waits. The end is
  // stored with the first snapshot that is done, cancelled or failed; later ones are passed over. The ticket
  // of the end, 0 before.
  Ticket follow(const RunSnapshot& snapshot);
  [[nodiscard]] RunId run() const { return recorder_.run(); }

 private:
  void addTokens(const RunSnapshot& snapshot);
  void addProbabilities(const RunSnapshot& snapshot);

  // A position of which something is not known yet: the newest ones, and those that nobody scored.
  struct Open {
    int position = 0;
    bool has_logprob = false;
    bool has_next = false;
  };

  RunRecorder recorder_;
  std::vector<Open> open_;
  int n_seen_ = 0;  // positions that were ever open
  Ticket end_ = 0;
};

}  // namespace rs::sessions
