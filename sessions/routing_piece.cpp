// SPDX-License-Identifier: Apache-2.0
#include "sessions/routing_piece.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/error.h"
#include "core/routing/decision.h"

namespace rs::sessions {
namespace {

static_assert(std::endian::native == std::endian::little, "blobs are copied as they lie in memory");

constexpr int kUnusedByte = 255;

void appendFloats(Bytes& out, std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::size_t usedSlots(std::span<const std::int32_t> ids) {
  return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), -1) - ids.begin());
}

// Virtual experts have ids after the model's.
int greatestId(const Trace& trace, const RoutingPiece& piece) {
  std::int32_t greatest = 0;
  for (int i = 0; i < piece.n; ++i) {
    for (const std::int32_t id : trace.ints(Site::kExpertIndices, piece.layer, piece.first + i)) {
      greatest = std::max(greatest, id);
    }
  }
  return greatest;
}

struct Rows {
  int slots = 0;
  Bytes experts, weights;
};

Rows encodeDecisions(const Trace& trace, Site indices, Site weights, const RoutingPiece& piece) {
  std::size_t slots = 0;
  for (int i = 0; i < piece.n; ++i) {
    slots = std::max(slots, usedSlots(trace.ints(indices, piece.layer, piece.first + i)));
  }
  Rows rows;
  rows.slots = static_cast<int>(slots);
  for (int i = 0; i < piece.n; ++i) {
    appendIds(rows.experts, trace.ints(indices, piece.layer, piece.first + i).first(slots), piece.id_bytes);
    appendFloats(rows.weights, trace.floats(weights, piece.layer, piece.first + i).first(slots));
  }
  return rows;
}

// Values of a site and, for each row, the margin of a choice of k.
struct Logits {
  int columns = 0;
  Bytes values, margins;
};

Logits encodeLogits(const Trace& trace, Site site, const RoutingPiece& piece) {
  Logits logits;
  for (int i = 0; i < piece.n; ++i) {
    const auto row = trace.floats(site, piece.layer, piece.first + i);
    logits.columns = static_cast<int>(row.size());
    appendFloats(logits.values, row);
    const float margin = decisionMargin(row, trace.config().top_k);
    appendFloats(logits.margins, std::span(&margin, 1));
  }
  return logits;
}

// Whether the first columns of `wide` are `narrow`, bit for bit.
bool startsWith(const Logits& wide, const Logits& narrow, int n) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const std::size_t size = static_cast<std::size_t>(narrow.columns) * sizeof(float);
    const std::byte* row = wide.values.data() + i * static_cast<std::size_t>(wide.columns) * sizeof(float);
    if (std::memcmp(row, narrow.values.data() + i * size, size) != 0) {
      return false;
    }
  }
  return true;
}

void encodeOwnLogits(const Trace& trace, const Logits& logits, RoutingPiece& piece) {
  const Logits own = encodeLogits(trace, Site::kRouterLogitsRaw, piece);
  if (own.columns <= logits.columns && startsWith(logits, own, piece.n)) {
    piece.own_logits_kind = Own::kSame;
  } else {
    piece.own_logits_kind = Own::kStored;
    piece.own_columns = own.columns;
    piece.own_logits = own.values;
  }
  if (piece.own == Own::kStored) {
    piece.own_margins = own.margins;
  }
}

// What the model chooses follows from its own logits alone.
Rows deriveDecisions(const Trace& trace, const RoutingPiece& piece) {
  const int k = trace.config().top_k;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(k));
  std::vector<float> weights(static_cast<std::size_t>(k));
  Rows rows;
  rows.slots = k;
  for (int i = 0; i < piece.n; ++i) {
    DecisionRef decision{ids.data(), weights.data(), 0, k};
    decideTopK(trace.floats(Site::kRouterLogitsRaw, piece.layer, piece.first + i), k, decision);
    appendIds(rows.experts, ids, piece.id_bytes);
    appendFloats(rows.weights, weights);
  }
  return rows;
}

bool hasOwnDecisions(const Trace& trace, int layer) {
  return trace.has(Site::kExpertIndicesRaw, layer) && trace.has(Site::kExpertWeightsRaw, layer);
}

void encodeOwnDecisions(const Trace& trace, RoutingPiece& piece) {
  Rows own = hasOwnDecisions(trace, piece.layer)
                 ? encodeDecisions(trace, Site::kExpertIndicesRaw, Site::kExpertWeightsRaw, piece)
                 : deriveDecisions(trace, piece);
  // The margins differ where an edit moved logits without changing the choice, so that counts too.
  const bool same_margins = !trace.has(Site::kRouterLogitsRaw, piece.layer) || piece.margins.empty() ||
                            encodeLogits(trace, Site::kRouterLogitsRaw, piece).margins == piece.margins;
  if (own.slots == piece.slots && own.experts == piece.experts && own.weights == piece.weights &&
      same_margins) {
    piece.own = Own::kSame;
    return;
  }
  piece.own = Own::kStored;
  piece.own_slots = own.slots;
  piece.own_experts = std::move(own.experts);
  piece.own_weights = std::move(own.weights);
}

}  // namespace

std::size_t RoutingPiece::bytes() const {
  return experts.size() + weights.size() + margins.size() + own_experts.size() + own_weights.size() +
         own_margins.size() + logits.size() + own_logits.size();
}

std::size_t RunBatch::bytes() const {
  constexpr std::size_t kTokenBytes = 64;
  std::size_t sum = tokens.size() * kTokenBytes + candidates.size() * sizeof(Candidate);
  for (const RoutingPiece& piece : pieces) {
    sum += piece.bytes();
  }
  return sum;
}

bool RunBatch::empty() const {
  return tokens.empty() && pieces.empty() && firings.empty() && abstentions.empty() && candidates.empty();
}

int idBytes(int n_ids) {
  return n_ids <= kUnusedByte ? 1 : 2;
}

void appendIds(Bytes& out, std::span<const std::int32_t> ids, int id_bytes) {
  for (const std::int32_t id : ids) {
    const auto value = static_cast<std::uint32_t>(id);  // -1 becomes 255 or 65535
    out.push_back(static_cast<std::byte>(value & 0xFF));
    if (id_bytes == 2) {
      out.push_back(static_cast<std::byte>(value >> 8 & 0xFF));
    }
  }
}

std::vector<std::int32_t> decodeIds(std::span<const std::byte> bytes, int id_bytes) {
  std::vector<std::int32_t> ids(bytes.size() / static_cast<std::size_t>(id_bytes));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (id_bytes == 1) {
      const auto id = std::to_integer<std::int32_t>(bytes[i]);
      ids[i] = id == kUnusedByte ? -1 : id;
    } else {
      const auto id =
          std::to_integer<std::int32_t>(bytes[2 * i]) | std::to_integer<std::int32_t>(bytes[2 * i + 1]) << 8;
      ids[i] = id == 0xFFFF ? -1 : id;
    }
  }
  return ids;
}

std::vector<float> decodeFloats(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) {
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  }
  return values;
}

RoutingPiece encodeRouting(const Trace& trace, int layer, int first, int n, bool is_unedited) {
  check(n >= 1 && n <= kPiece && first + n <= trace.size(), "a piece lies within the trace");
  RoutingPiece piece;
  piece.layer = layer;
  piece.first = first;
  piece.n = n;
  piece.id_bytes = idBytes(std::max(trace.config().n_experts, 1 + greatestId(trace, piece)));
  Rows rows = encodeDecisions(trace, Site::kExpertIndices, Site::kExpertWeights, piece);
  piece.slots = rows.slots;
  piece.experts = std::move(rows.experts);
  piece.weights = std::move(rows.weights);
  Logits logits;
  if (trace.has(Site::kRouterLogits, layer)) {
    logits = encodeLogits(trace, Site::kRouterLogits, piece);
    piece.columns = logits.columns;
    piece.logits = logits.values;
    piece.margins = logits.margins;
  }
  if (is_unedited) {
    piece.own = Own::kSame;
    piece.own_logits_kind = Own::kSame;
    return piece;
  }
  if (hasOwnDecisions(trace, layer) || trace.has(Site::kRouterLogitsRaw, layer)) {
    encodeOwnDecisions(trace, piece);
  }
  if (piece.columns > 0 && trace.has(Site::kRouterLogitsRaw, layer)) {
    encodeOwnLogits(trace, logits, piece);
  }
  return piece;
}

}  // namespace rs::sessions
