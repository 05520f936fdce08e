// SPDX-License-Identifier: Apache-2.0
//
// A piece of a run as it lies in the file: some tokens and their routing in every layer, encoded.
//
// Thread: values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/trace/trace.h"
#include "sessions/types.h"

namespace rs::sessions {

// What is known of the model's own decisions beside the final ones.
enum class Own : std::uint8_t {
  kSame,     // they are the final ones
  kStored,   // stored beside them
  kUnknown,  // not captured
};

using Bytes = std::vector<std::byte>;

// n positions of one layer; fields as the columns of the tables routing and router_logits.
struct RoutingPiece {
  int layer = 0;
  int first = 0;
  int n = 0;
  int slots = 0;
  int id_bytes = 1;
  Own own = Own::kUnknown;
  int own_slots = 0;
  Bytes experts, weights, margins;  // margins empty: no logits
  Bytes own_experts, own_weights, own_margins;

  int columns = 0;  // of logits; 0: not captured
  Own own_logits_kind = Own::kUnknown;
  int own_columns = 0;
  Bytes logits, own_logits;

  [[nodiscard]] std::size_t bytes() const;
};

// What a run recorded since the last batch.
struct RunBatch {
  RunId run = 0;
  std::vector<StoredToken> tokens;
  std::vector<RoutingPiece> pieces;
  // Pieces take the place of smaller ones of the same positions that are stored already.
  bool replaces = false;
  std::vector<FiringRecord> firings;
  std::vector<AbstentionRecord> abstentions;
  std::vector<Candidate> candidates;

  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] bool empty() const;
};

// The routing of positions [first, first + n) of a layer.
//
// is_unedited: the run has no edits and no virtual experts, so own and final decisions are the same.
// Range: 1 <= n <= kPiece; the trace has expert_indices and expert_weights of the layer.
// Cost: a copy, and a partial sort of the logits of each token.
[[nodiscard]] RoutingPiece encodeRouting(const Trace& trace, int layer, int first, int n, bool is_unedited);

// Ids as they are stored, and back; unused slots are -1.
[[nodiscard]] int idBytes(int n_ids);
void appendIds(Bytes& out, std::span<const std::int32_t> ids, int id_bytes);
[[nodiscard]] std::vector<std::int32_t> decodeIds(std::span<const std::byte> bytes, int id_bytes);
[[nodiscard]] std::vector<float> decodeFloats(std::span<const std::byte> bytes);

}  // namespace rs::sessions
