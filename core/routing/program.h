// SPDX-License-Identifier: Apache-2.0
//
// A list of edits compiled to flat tables, one range per layer: what a backend runs. Changing an edit changes
// data in these tables, never code or the order of phases, so a kernel can read them at a fixed address.
//
// Thread: built anywhere; const members from any thread; `setFiring` only while no pass runs.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/routing/decision.h"

namespace rs {

inline constexpr int kAllPositions = -1;

// A range of a pool: [begin, begin + count).
struct PoolRange {
  std::int32_t begin = 0;
  std::int32_t count = 0;
};

// Positions an edit applies to: everywhere, or a sorted range of the position pool.
struct PositionSet {
  bool everywhere = true;
  PoolRange positions;
};

enum class LogitOpKind : std::uint8_t { kBan, kAdd, kSet, kTemperature };
struct LogitOp {
  LogitOpKind kind{};
  PositionSet where;
  PoolRange experts;  // of the id pool
  float value = 0;
};

enum class ChoiceOpKind : std::uint8_t { kTopK, kTopP, kForce, kRedirect, kReserve, kReplace, kVirtualForce };
struct ChoiceOp {
  ChoiceOpKind kind{};
  PositionSet where;
  PoolRange experts;       // kForce: id pool, slot order
  PoolRange weights;       // kForce: float pool; count 0: softmax of their logits
  std::int32_t k = 0;      // kTopK; kTopP: minimum
  std::int32_t k_max = 0;  // kTopP: maximum
  float value = 0;         // kTopP: p; kReserve: weight
  std::int32_t from = -1;  // kRedirect: from; kReplace: expert
  std::int32_t to = -1;    // kRedirect: to; virtual modes: own id
};

struct OutputOp {
  PositionSet where;
  std::int32_t expert = -1;
  float scale = 0;
  float constant = 0;  // used when vector.count == 0
  PoolRange vector;    // float pool, H numbers
};

enum class ResidualSite : std::uint8_t { kPre, kMid, kPost };
struct ResidualOp {
  ResidualSite site{};
  PositionSet where;
  PoolRange vector;  // float pool, H numbers, already scaled
};

// A virtual expert: a column of the router with a fixed output vector, or, for a high-level one, with one
// vector for each position where it fires.
struct VirtualColumn {
  std::string name;
  PoolRange vector;  // float pool, H numbers, already scaled; count 0 for a high-level one
  bool fires_by_position = false;
};

// A column that takes part in the choice of one layer with a constant logit.
struct CompeteOp {
  PositionSet where;
  std::int32_t column = 0;  // 0..V-1
  float logit = 0;
};

struct LayerProgram {
  std::vector<LogitOp> logit_ops;        // in file order
  std::vector<CompeteOp> competing;      // by column
  std::int32_t n_columns = 0;            // V of this layer: up to the last column that competes
  std::vector<ChoiceOp> choice_ops;      // in file order
  std::vector<OutputOp> output_ops;      // in file order
  std::vector<ResidualOp> residual_ops;  // in file order
  std::int32_t max_slots = 0;            // no decision of this layer is wider
  [[nodiscard]] bool empty() const {
    return logit_ops.empty() && competing.empty() && choice_ops.empty() && output_ops.empty() &&
           residual_ops.empty();
  }
};

class RoutingProgram {
 public:
  // The program of no edits: every layer runs the model's own decision.
  RoutingProgram(int n_layers, int n_experts, int top_k, int hidden);

  [[nodiscard]] int nLayers() const { return static_cast<int>(layers_.size()); }
  [[nodiscard]] int nExperts() const { return n_experts_; }
  [[nodiscard]] int topK() const { return top_k_; }
  [[nodiscard]] int hidden() const { return hidden_; }
  [[nodiscard]] const LayerProgram& layer(int layer) const {
    return layers_[static_cast<std::size_t>(layer)];
  }
  [[nodiscard]] std::span<const VirtualColumn> columns() const { return columns_; }  // id of column i: E + i
  [[nodiscard]] bool empty() const;

  [[nodiscard]] bool applies(const PositionSet& where, int position) const;
  [[nodiscard]] std::span<const std::int32_t> ids(PoolRange range) const {
    return std::span(id_pool_).subspan(static_cast<std::size_t>(range.begin),
                                       static_cast<std::size_t>(range.count));
  }
  [[nodiscard]] std::span<const float> floats(PoolRange range) const {
    return std::span(float_pool_)
        .subspan(static_cast<std::size_t>(range.begin), static_cast<std::size_t>(range.count));
  }

  // The output vector of column i at a position. Range: a high-level column must fire there.
  [[nodiscard]] std::span<const float> virtualVector(int column, int position) const;
  // Whether column i exists at that position (always, but for high-level columns that do not fire there).
  [[nodiscard]] bool columnFires(int column, int position) const;

  // Where high-level columns fire, ascending, each once.
  [[nodiscard]] std::vector<int> firingPositions() const;

  // High-level columns: from now on column i fires at `position` with this vector (H numbers, already
  // scaled). Positions are set in ascending order; firings from `position` on can be dropped to rewind.
  void setFiring(int column, int position, std::span<const float> vector);
  void dropFirings(int from_position);

 private:
  friend class ProgramBuilder;
  int n_experts_, top_k_, hidden_;
  std::vector<LayerProgram> layers_;
  std::vector<VirtualColumn> columns_;
  std::vector<std::int32_t> id_pool_;
  std::vector<float> float_pool_;
  struct Firing {
    std::int32_t column, position;
    std::size_t begin;  // of firing_pool_
  };
  [[nodiscard]] const Firing* firingOf(int column, int position) const;  // null: does not fire

  std::vector<Firing> firings_;  // by position
  std::vector<float> firing_pool_;
};

// The table run on one row. These are the reference for every backend.
//
// logits: [E + V] with V = layer.n_columns; the first E hold the model's logits on entry. Applies the logit
// edits in order and fills the virtual columns (-inf where one does not compete at this position).
void applyLogitEdits(const RoutingProgram& program, int layer, int position, std::span<float> logits);

// The final decision at one position from edited logits: the model's choice, then the choice edits in order.
// `scratch` holds at least E + V ids and E + V floats and is overwritten.
// Errors: Error{kNumeric} naming layer, position and expert if a logit is NaN or +inf, or if an expert whose
// logit is -inf is chosen by its logit. Lists that compile() accepts get there only by overflow.
struct DecisionScratch {
  std::vector<std::int32_t> order;
  std::vector<float> weights;
  void reserve(int n_ids);
};
void decideFinal(const RoutingProgram& program, int layer, int position, std::span<const float> logits,
                 DecisionScratch& scratch, DecisionRef& decision);

// out = scale * out + constant, for every output edit of this expert at this position, in order.
void applyOutputEdits(const RoutingProgram& program, int layer, int position, int expert,
                      std::span<float> out);

// row += vector, for every residual edit of this site at this position, in order.
void applyResidualEdits(const RoutingProgram& program, int layer, ResidualSite site, int position,
                        std::span<float> row);

}  // namespace rs
