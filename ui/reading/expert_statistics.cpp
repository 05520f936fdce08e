// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/expert_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "core/stats/quantile.h"

namespace rs::ui {
namespace {

constexpr std::size_t kTopTokens = 12;
constexpr std::size_t kCompanions = 8;
constexpr int kPermutations = 400;
constexpr std::uint64_t kSeed = 20'250'101;
// Beyond this many random draws a null is estimated from fewer permutations.
constexpr std::int64_t kMaxDraws = 4'000'000;

int permutationsFor(std::int64_t n) {
  return static_cast<int>(
      std::clamp<std::int64_t>(kMaxDraws / std::max<std::int64_t>(n, 1), 50, kPermutations));
}

// The tokens' decisions in one layer: who was chosen, and for how many slots.
struct Table {
  std::vector<int> slots;                   // by token
  std::vector<std::vector<int>> tokens_of;  // by expert: tokens, ascending
};

Table tableOf(const RunSnapshot& run, int layer, int first, int last) {
  Table table;
  table.tokens_of.resize(static_cast<std::size_t>(run.trace->config().n_experts));
  for (int token = first; token <= last; ++token) {
    int n_slots = 0;
    for (const std::int32_t id : run.trace->ints(Site::kExpertIndices, layer, token)) {
      if (id >= 0 && id < static_cast<std::int32_t>(table.tokens_of.size())) {
        table.tokens_of[static_cast<std::size_t>(id)].push_back(token - first);
        ++n_slots;
      }
    }
    table.slots.push_back(n_slots);
  }
  return table;
}

Interval middle95(const std::vector<double>& sample) {
  constexpr double kTail = 0.025;
  return {quantile(sample, kTail), quantile(sample, 1 - kTail)};
}

// How often one expert is chosen when each token deals its slots to distinct experts at random, so that it
// gets one of s with chance s / E. The same for every expert.
std::vector<double> randomShares(const Table& table, int n_experts) {
  const double n = static_cast<double>(table.slots.size());
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> uniform(0, n_experts);
  std::vector<double> shares;
  for (int i = permutationsFor(static_cast<std::int64_t>(table.slots.size())); i > 0; --i) {
    int hits = 0;
    for (const int slots : table.slots) {
      hits += uniform(random) < slots ? 1 : 0;
    }
    shares.push_back(hits / n);
  }
  return shares;
}

ExpertLoad loadOf(const Table& table, int expert, int n_experts, const std::vector<double>& random_shares) {
  ExpertLoad load;
  load.n = static_cast<std::int64_t>(table.slots.size());
  load.hits = static_cast<std::int64_t>(table.tokens_of[static_cast<std::size_t>(expert)].size());
  if (load.n == 0) {
    return load;
  }
  const double n = static_cast<double>(load.n);
  load.share = static_cast<double>(load.hits) / n;
  load.interval = wilsonInterval(load.hits, load.n);
  load.uniform = std::accumulate(table.slots.begin(), table.slots.end(), 0.0) / n / n_experts;
  load.n_permutations = static_cast<int>(random_shares.size());
  const double slack = 0.5 / n;
  const auto n_as_far = std::count_if(random_shares.begin(), random_shares.end(), [&](double share) {
    return std::abs(share - load.uniform) >= std::abs(load.share - load.uniform) - slack;
  });
  load.null_range = middle95(random_shares);
  // The arrangement that was seen is one of those that chance can give.
  load.p_value = (static_cast<double>(n_as_far) + 1) / (load.n_permutations + 1.0);
  return load;
}

std::vector<TokenUse> topTokens(const RunSnapshot& run, int layer, int expert, int first, int last) {
  std::vector<TokenUse> uses;
  for (int token = first; token <= last; ++token) {
    const auto ids = run.trace->ints(Site::kExpertIndices, layer, token);
    const auto weights = run.trace->floats(Site::kExpertWeights, layer, token);
    for (std::size_t slot = 0; slot < ids.size(); ++slot) {
      if (ids[slot] == expert) {
        uses.push_back({token, weights[slot]});
      }
    }
  }
  std::stable_sort(uses.begin(), uses.end(),
                   [](const TokenUse& a, const TokenUse& b) { return a.weight > b.weight; });
  uses.resize(std::min(uses.size(), kTopTokens));
  return uses;
}

// How many of n_marked random tokens out of n fall on one of `n_hit` given ones.
std::vector<double> overlaps(std::int64_t n, std::int64_t n_marked, std::int64_t n_hit, int n_permutations,
                             std::mt19937_64& random) {
  std::vector<double> sample;
  for (int i = 0; i < n_permutations; ++i) {
    std::int64_t left = n;
    std::int64_t hits_left = n_hit;
    std::int64_t together = 0;
    for (std::int64_t drawn = 0; drawn < n_marked; ++drawn, --left) {
      std::uniform_int_distribution<std::int64_t> pick(0, left - 1);
      if (pick(random) < hits_left) {
        --hits_left;
        ++together;
      }
    }
    sample.push_back(static_cast<double>(together));
  }
  return sample;
}

std::vector<Companion> companionsOf(const Table& table, int expert) {
  const std::vector<int>& own = table.tokens_of[static_cast<std::size_t>(expert)];
  const auto n = static_cast<std::int64_t>(table.slots.size());
  std::vector<Companion> companions;
  for (std::size_t other = 0; other < table.tokens_of.size(); ++other) {
    if (static_cast<int>(other) == expert) {
      continue;
    }
    std::vector<int> both;
    std::set_intersection(own.begin(), own.end(), table.tokens_of[other].begin(),
                          table.tokens_of[other].end(), std::back_inserter(both));
    if (!both.empty()) {
      Companion companion;
      companion.expert = static_cast<int>(other);
      companion.together = static_cast<std::int64_t>(both.size());
      companion.n = static_cast<std::int64_t>(own.size());
      companions.push_back(companion);
    }
  }
  std::stable_sort(companions.begin(), companions.end(),
                   [](const Companion& a, const Companion& b) { return a.together > b.together; });
  companions.resize(std::min(companions.size(), kCompanions));
  std::mt19937_64 random(kSeed);
  for (Companion& companion : companions) {
    const auto others =
        static_cast<std::int64_t>(table.tokens_of[static_cast<std::size_t>(companion.expert)].size());
    companion.expected =
        static_cast<double>(companion.n) * static_cast<double>(others) / static_cast<double>(n);
    const std::int64_t fewer = std::min(companion.n, others);
    companion.null_range =
        middle95(overlaps(n, fewer, std::max(companion.n, others),
                          permutationsFor(fewer * static_cast<std::int64_t>(kCompanions)), random));
  }
  return companions;
}

}  // namespace

ExpertStatistics expertStatistics(const RunSnapshot& run, int layer, int expert, int first, int last) {
  const Table table = tableOf(run, layer, first, last);
  ExpertStatistics statistics;
  const int n_experts = run.trace->config().n_experts;
  statistics.load = loadOf(table, expert, n_experts, randomShares(table, n_experts));
  statistics.top_tokens = topTokens(run, layer, expert, first, last);
  statistics.companions = companionsOf(table, expert);
  return statistics;
}

std::vector<ExpertLoad> layerLoads(const RunSnapshot& run, int layer, int first, int last) {
  const Table table = tableOf(run, layer, first, last);
  const int n_experts = run.trace->config().n_experts;
  const std::vector<double> random_shares = randomShares(table, n_experts);
  std::vector<ExpertLoad> loads;
  for (int expert = 0; expert < n_experts; ++expert) {
    loads.push_back(loadOf(table, expert, n_experts, random_shares));
  }
  return loads;
}

}  // namespace rs::ui
