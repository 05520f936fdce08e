// SPDX-License-Identifier: Apache-2.0
#include "sessions/salvaged_routing.h"

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/routing/decision.h"
#include "sessions/routing_piece.h"
#include "sessions/schema.h"

namespace rs::sessions {
namespace {

constexpr int kIdsAtMost = 1 << 16;  // virtual experts included

using View = std::span<const std::byte>;

bool areDecisions(View experts, View weights, int slots, int id_bytes) {
  std::vector<std::int32_t> ids = decodeIds(experts, id_bytes);
  std::vector<float> shares = decodeFloats(weights);
  const auto width = static_cast<std::size_t>(slots);
  for (std::size_t at = 0; at + width <= ids.size() && width > 0; at += width) {
    DecisionRef decision{ids.data() + at, shares.data() + at, 0, slots};
    while (decision.n_slots < slots && decision.ids[decision.n_slots] >= 0) {
      ++decision.n_slots;
    }
    if (violation(decision, kIdsAtMost)) {
      return false;
    }
  }
  return true;
}

// Which of two blobs cannot be what was recorded.
struct Doubt {
  bool margins = false;
  bool logits = false;
};

// Where a margin does not follow from the logits, the one that says 0 was wiped; otherwise it can be either.
void compare(View margins, View logits, int columns, int top_k, Doubt& doubt) {
  const std::vector<float> values = decodeFloats(logits);
  const std::vector<float> stored = decodeFloats(margins);
  const auto width = static_cast<std::size_t>(columns);
  bool differs = false;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const float margin = decisionMargin(std::span(values).subspan(i * width, width), top_k);
    if (std::bit_cast<std::uint32_t>(margin) != std::bit_cast<std::uint32_t>(stored[i])) {
      differs = true;
      doubt.margins = doubt.margins || stored[i] == 0;
      doubt.logits = doubt.logits || margin == 0;
    }
  }
  if (differs && !doubt.margins && !doubt.logits) {
    doubt = {true, true};
  }
}

// The columns of kPieces.
enum Column {
  kRouting,
  kLogits,
  kSlots,
  kIdBytes,
  kExperts,
  kWeights,
  kMargins,
  kOwnSlots,
  kOwnExperts,
  kOwnWeights,
  kOwnMargins,
  kColumns,
  kLogitValues,
  kOwnColumns,
  kOwnLogits,
  kTopK,
};
constexpr const char* kPieces =
    "SELECT r.rowid, l.rowid, slots, id_bytes, experts, weights, margins, own_slots, own_experts, "
    "own_weights, "
    "own_margins, columns, logits, own_columns, own_logits, top_k "
    "FROM routing r JOIN run ON run.run_id = r.run_id JOIN model ON model.model_id = run.model_id "
    "LEFT JOIN router_logits l ON l.run_id = r.run_id AND l.layer = r.layer AND l.first = r.first AND l.n = "
    "r.n";

bool hasSoundDecisions(const Statement& row) {
  const auto id_bytes = static_cast<int>(row.number(kIdBytes));
  return areDecisions(row.blob(kExperts), row.blob(kWeights), static_cast<int>(row.number(kSlots)),
                      id_bytes) &&
         (row.isNull(kOwnExperts) || areDecisions(row.blob(kOwnExperts), row.blob(kOwnWeights),
                                                  static_cast<int>(row.number(kOwnSlots)), id_bytes));
}

Doubt doubtOf(const Statement& row) {
  const auto top_k = static_cast<int>(row.number(kTopK));
  const auto columns = static_cast<int>(row.number(kColumns));
  const auto own_columns = static_cast<int>(row.number(kOwnColumns));
  Doubt doubt{!hasSoundDecisions(row), false};
  if (top_k >= 1 && !row.isNull(kLogits) && !row.isNull(kMargins) && top_k <= columns) {
    compare(row.blob(kMargins), row.blob(kLogitValues), columns, top_k, doubt);
  }
  if (top_k >= 1 && !row.isNull(kOwnMargins) && !row.isNull(kOwnLogits) && top_k <= own_columns) {
    compare(row.blob(kOwnMargins), row.blob(kOwnLogits), own_columns, top_k, doubt);
  }
  return doubt;
}

}  // namespace

long long removeContradictions(Connection& session) {
  std::vector<std::int64_t> routing;
  std::vector<std::int64_t> logits;
  {
    Statement row = session.prepare(kPieces);
    while (row.step()) {
      const Doubt doubt = doubtOf(row);
      if (doubt.margins) {
        routing.push_back(row.number(kRouting));
      }
      if (doubt.logits) {
        logits.push_back(row.number(kLogits));
      }
    }
  }
  if (routing.empty() && logits.empty()) {
    return 0;
  }
  WithoutTriggers without(session);
  Statement remove_routing = session.prepare("DELETE FROM routing WHERE rowid = ?");
  for (const std::int64_t rowid : routing) {
    remove_routing.run(rowid);
  }
  Statement remove_logits = session.prepare("DELETE FROM router_logits WHERE rowid = ?");
  for (const std::int64_t rowid : logits) {
    remove_logits.run(rowid);
  }
  without.restore();
  return static_cast<long long>(routing.size()) + static_cast<long long>(logits.size());
}

}  // namespace rs::sessions
