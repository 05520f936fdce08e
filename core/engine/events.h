// SPDX-License-Identifier: Apache-2.0
//
// What happened on the engine thread. Snapshots may be skipped by a slow reader, events never are. Every
// command ends in exactly one of Finished, Failed, Cancelled and Superseded.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/engine/snapshot.h"

namespace rs {

struct Finished {
  Ticket ticket = 0;
  RunId run = 0;  // that it made or went on with; 0: none
};
struct Failed {
  Ticket ticket = 0;
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};
struct Cancelled {
  Ticket ticket = 0;
  RunId run = 0;
};
// A newer command took its place before it had ended.
struct Superseded {
  Ticket ticket = 0;
  Ticket by = 0;
};

struct RunStarted {
  Ticket ticket = 0;
  RunId run = 0;
};
// The run's snapshot holds the token.
struct TokenReady {
  RunId run = 0;
  int position = 0;
};
// Steering changed what the run does; measured over the positions that both have.
struct EditEffect {
  RunId run = 0;
  RunId before = 0;     // the run it is compared with; its trace may have left the snapshot
  int flips_here = 0;   // decisions in the first layer that was touched
  int flips_after = 0;  // in the layers after it
  int n_decisions = 0;  // compared
  // Of what follows the last position that both have.
  double kl_last = 0;        // nats; NaN: nobody asked what follows
  bool kl_is_floor = false;  // from the likeliest tokens of both alone: at least so much
  bool top_changes = false;
  double milliseconds = 0;  // from the command's turn to new logits
};
struct Unaided {
  Ticket ticket = 0;
  RunId run = 0;
  std::vector<int> positions;
  std::vector<SampledToken> tokens;
};
// effect.before is 0: that run is no run of its own.
struct Contribution {
  Ticket ticket = 0;
  int index = 0;  // of the steering that was asked about
  EditEffect effect;
};

using Event = std::variant<Finished, Failed, Cancelled, Superseded, RunStarted, TokenReady, EditEffect,
                           Unaided, Contribution>;

}  // namespace rs
