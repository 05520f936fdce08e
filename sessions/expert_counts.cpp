// SPDX-License-Identifier: Apache-2.0
#include "sessions/expert_counts.h"

#include <vector>

#include "sessions/routing_piece.h"

namespace rs::sessions {
namespace {

// The columns of kPieces.
enum Column { kRun, kLayer, kFirst, kIdBytes, kExperts, kModelExperts, kCounts };
constexpr const char* kPieces =
    "SELECT r.run_id, r.layer, r.first, r.id_bytes, r.experts, model.n_experts, c.counts "
    "FROM routing r JOIN run ON run.run_id = r.run_id JOIN model ON model.model_id = run.model_id "
    "LEFT JOIN expert_count c ON c.run_id = r.run_id AND c.layer = r.layer AND c.first = r.first ";

std::string countsOf(const Statement& row) {
  return expertCounts(row.blob(kExperts), static_cast<int>(row.number(kIdBytes)),
                      static_cast<int>(row.number(kModelExperts)));
}

}  // namespace

std::string expertCounts(std::span<const std::byte> experts, int id_bytes, int n_experts) {
  std::vector<int> counts(static_cast<std::size_t>(n_experts));
  for (const std::int32_t id : decodeIds(experts, id_bytes)) {
    if (id < 0) {
      continue;
    }
    const auto index = static_cast<std::size_t>(id);
    if (index >= counts.size()) {
      counts.resize(index + 1);
    }
    ++counts[index];
  }
  std::string text = "[";
  for (const int count : counts) {
    text += (text.size() == 1 ? "" : ",") + std::to_string(count);
  }
  return text + "]";
}

void addMissingCounts(Connection& session) {
  Statement row = session.prepare(std::string(kPieces) + "WHERE c.counts IS NULL");
  Statement insert =
      session.prepare("INSERT INTO expert_count (run_id, layer, first, counts) VALUES (?, ?, ?, ?)");
  while (row.step()) {
    insert.run(row.number(kRun), row.number(kLayer), row.number(kFirst), countsOf(row));
  }
}

void findWrongCounts(Connection& session, RunId run,
                     const std::function<void(int layer, int first, bool is_missing)>& found) {
  Statement row = session.prepare(std::string(kPieces) + "WHERE r.run_id = ? ORDER BY r.layer, r.first");
  row.with(run);
  while (row.step()) {
    if (row.text(kCounts) != countsOf(row)) {
      found(static_cast<int>(row.number(kLayer)), static_cast<int>(row.number(kFirst)), row.isNull(kCounts));
    }
  }
}

}  // namespace rs::sessions
