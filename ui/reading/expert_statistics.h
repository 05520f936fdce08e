// SPDX-License-Identifier: Apache-2.0
//
// One expert of one layer over a whole run: how much it is used, by which tokens, together with whom; each
// count with its n, an interval and what chance alone would give.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/snapshot.h"
#include "core/stats/interval.h"

namespace rs::ui {

struct ExpertLoad {
  std::int64_t n = 0;     // tokens
  std::int64_t hits = 0;  // that went to it
  double share = 0;       // hits / n
  Interval interval;      // 95 %, Wilson
  double uniform = 0;     // the share if every token chose its experts evenly: mean slots / E
  // Shares between which 95 % lie when each token's slots are dealt to experts at random.
  Interval null_range;
  // How often, in those random dealings, the share is at least as far from uniform as here.
  double p_value = 1;
  int n_permutations = 0;
};

struct TokenUse {
  int token = 0;  // position
  float weight = 0;
};

// Another expert of the same layer, chosen for the same tokens.
struct Companion {
  int expert = 0;
  std::int64_t together = 0;
  double expected = 0;  // if the two were dealt independently over the tokens
  Interval null_range;  // of `together`, 95 % of the permutations
  std::int64_t n = 0;   // tokens that went to this expert: its part in `together` is out of these
};

struct ExpertStatistics {
  ExpertLoad load;
  std::vector<TokenUse> top_tokens;   // largest weight first
  std::vector<Companion> companions;  // most often together first
};

// Tokens first..last of the run. The permutations are drawn from a generator of fixed seed: the same run
// gives the same numbers.
//
// Range:  the trace holds expert_indices and expert_weights of the layer.
// Cost:   n tokens times the number of permutations, a few milliseconds for 1,000 tokens.
[[nodiscard]] ExpertStatistics expertStatistics(const RunSnapshot& run, int layer, int expert, int first,
                                                int last);

// The load of every expert of a layer, as expertStatistics gives it for one.
[[nodiscard]] std::vector<ExpertLoad> layerLoads(const RunSnapshot& run, int layer, int first, int last);

}  // namespace rs::ui
