// SPDX-License-Identifier: Apache-2.0
//
// Reads a session, with or without its model, while somebody may be writing it: what views and exports ask
// for, piece by piece.
//
// Thread: one at a time; any number of readers beside each other. Lifetime: what is returned is the caller's.
// Errors: Error{kModel} for no session or a damaged one; Error{kIo}; Error{kUsage} for a run that is not
// there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sessions/routing_piece.h"
#include "sessions/types.h"

namespace rs::sessions {

enum class Which : std::uint8_t { kFinal, kOwn };

template <typename T>
[[nodiscard]] std::span<const T> rowOf(const std::vector<T>& values, int row, int width) {
  const auto n = static_cast<std::size_t>(width);
  return std::span(values).subspan(static_cast<std::size_t>(row) * n, n);
}

// Rows of one layer from `first` on; row i is position first + i.
struct StoredDecisions {
  int layer = 0;
  int first = 0;
  int n = 0;
  int slots = 0;                      // of the widest
  std::vector<std::int32_t> experts;  // [n, slots], -1: unused
  std::vector<float> weights;         // [n, slots]
  std::vector<float> margins;         // [n]; empty: the logits were not kept
  [[nodiscard]] std::span<const std::int32_t> expertsAt(int position) const {
    return rowOf(experts, position - first, slots);
  }
  [[nodiscard]] std::span<const float> weightsAt(int position) const {
    return rowOf(weights, position - first, slots);
  }
};

struct StoredLogits {
  int layer = 0;
  int first = 0;
  int n = 0;
  int columns = 0;            // experts, then competing virtual ones; -inf where one was missing
  std::vector<float> values;  // [n, columns]
  [[nodiscard]] std::span<const float> at(int position) const {
    return rowOf(values, position - first, columns);
  }
};

// How much of a layer is stored, without reading it.
struct LayerShape {
  int n = 0;                       // positions
  int slots = 0;                   // of the widest final decision
  int columns = 0;                 // of the widest router logits; 0: not kept
  bool stores_own = false;         // own decisions beside the final ones, somewhere
  bool stores_own_logits = false;  // the same for logits
};

class SessionReader {
 public:
  explicit SessionReader(const std::string& path);
  ~SessionReader();
  SessionReader(SessionReader&& other) noexcept;
  SessionReader& operator=(SessionReader&& other) noexcept;

  [[nodiscard]] SessionInfo info();
  [[nodiscard]] std::vector<RunSummary> runs();
  [[nodiscard]] StoredRun run(RunId id);
  [[nodiscard]] std::vector<Document> documents(const std::string& kind = "");
  [[nodiscard]] std::vector<Command> commands(CommandId after = 0, int at_most = 1 << 30);
  // nullopt: nothing was stored under the key.
  [[nodiscard]] std::optional<Bytes> layout(const std::string& key);

  // Positions [first, first + n), as far as they are stored.
  [[nodiscard]] std::vector<StoredToken> tokens(RunId run, int first = 0, int n = 1 << 30);
  // Rows are there up to the first position whose routing is not stored; n = 0: none.
  [[nodiscard]] StoredDecisions decisions(RunId run, int layer, int first, int n,
                                          Which which = Which::kFinal);
  [[nodiscard]] StoredLogits logits(RunId run, int layer, int first, int n, Which which = Which::kFinal);
  [[nodiscard]] LayerShape layerShape(RunId run, int layer);
  [[nodiscard]] std::vector<FiringRecord> firings(RunId run);
  [[nodiscard]] std::vector<AbstentionRecord> abstentions(RunId run);
  // After the positions [first, first + n), in order.
  [[nodiscard]] std::vector<Candidate> candidates(RunId run, int first, int n = 1);
  // Whether the model's own decisions are known in every layer that is stored.
  [[nodiscard]] bool knowsOwn(RunId run);

  // Another number after somebody else has committed: a cheap question for a view that follows along.
  [[nodiscard]] std::int64_t version();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rs::sessions
