// SPDX-License-Identifier: Apache-2.0
//
// Looks through a whole session: pages, keys, recorded runs, journal.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace rs::sessions {

struct SessionCheck {
  std::vector<std::string> findings;  // sentences; empty: nothing is wrong
  int n_runs = 0;
  long long n_tokens = 0;
  long long n_decisions = 0;  // that were looked at
  int n_commands = 0;
};

// Cost: reads the whole file. stops: asked now and then; true ends it with Error{kCancelled}.
// Errors: Error{kModel} for no session, Error{kIo}. Damage is a finding.
[[nodiscard]] SessionCheck checkSession(const std::string& path, const std::function<bool()>& stops = {});

}  // namespace rs::sessions
