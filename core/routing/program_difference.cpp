// SPDX-License-Identifier: Apache-2.0
#include "core/routing/program_difference.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <set>
#include <span>

#include "core/base/error.h"

namespace rs {
namespace {

// One program at one layer, as far as it applies at a position.
class Place {
 public:
  Place(const RoutingProgram& program, int layer, int position)
      : program_(program), table_(program.layer(layer)), position_(position) {}

  [[nodiscard]] const RoutingProgram& program() const { return program_; }
  [[nodiscard]] const LayerProgram& table() const { return table_; }

  [[nodiscard]] bool applies(const LogitOp& op) const { return program_.applies(op.where, position_); }
  [[nodiscard]] bool applies(const OutputOp& op) const { return program_.applies(op.where, position_); }
  [[nodiscard]] bool applies(const ResidualOp& op) const { return program_.applies(op.where, position_); }
  [[nodiscard]] bool applies(const CompeteOp& op) const {
    return program_.applies(op.where, position_) && program_.columnFires(op.column, position_);
  }
  [[nodiscard]] bool applies(const ChoiceOp& op) const {
    return program_.applies(op.where, position_) &&
           (op.to < program_.nExperts() || program_.columnFires(op.to - program_.nExperts(), position_));
  }
  // The vector that a virtual id adds; empty for one of the model's experts.
  [[nodiscard]] std::span<const float> vectorOf(std::int32_t id) const {
    return id < program_.nExperts() ? std::span<const float>()
                                    : program_.virtualVector(id - program_.nExperts(), position_);
  }

 private:
  const RoutingProgram& program_;
  const LayerProgram& table_;
  int position_;
};

bool sameIds(const Place& a, PoolRange in_a, const Place& b, PoolRange in_b) {
  const auto x = a.program().ids(in_a);
  const auto y = b.program().ids(in_b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

// By their bits: 0 and -0 make different sums.
bool sameNumber(float x, float y) {
  return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
}

bool sameNumbers(std::span<const float> x, std::span<const float> y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), sameNumber);
}

bool sameFloats(const Place& a, PoolRange in_a, const Place& b, PoolRange in_b) {
  return sameNumbers(a.program().floats(in_a), b.program().floats(in_b));
}

bool same(const Place& a, const LogitOp& x, const Place& b, const LogitOp& y) {
  return x.kind == y.kind && sameNumber(x.value, y.value) && sameIds(a, x.experts, b, y.experts);
}

bool same(const Place& a, const CompeteOp& x, const Place& b, const CompeteOp& y) {
  const std::int32_t n_experts = a.program().nExperts();
  return x.column == y.column && sameNumber(x.logit, y.logit) &&
         sameNumbers(a.vectorOf(n_experts + x.column), b.vectorOf(n_experts + y.column));
}

bool same(const Place& a, const ChoiceOp& x, const Place& b, const ChoiceOp& y) {
  return x.kind == y.kind && x.k == y.k && x.k_max == y.k_max && sameNumber(x.value, y.value) &&
         x.from == y.from && x.to == y.to && sameIds(a, x.experts, b, y.experts) &&
         sameFloats(a, x.weights, b, y.weights) && sameNumbers(a.vectorOf(x.to), b.vectorOf(y.to));
}

bool same(const Place& a, const OutputOp& x, const Place& b, const OutputOp& y) {
  return x.expert == y.expert && sameNumber(x.scale, y.scale) && sameNumber(x.constant, y.constant) &&
         sameFloats(a, x.vector, b, y.vector);
}

bool same(const Place& a, const ResidualOp& x, const Place& b, const ResidualOp& y) {
  return x.site == y.site && sameFloats(a, x.vector, b, y.vector);
}

// The rows that apply, in order, are the same.
template <class Op>
bool sameRows(const Place& a, const std::vector<Op>& in_a, const Place& b, const std::vector<Op>& in_b) {
  auto x = in_a.begin();
  auto y = in_b.begin();
  while (true) {
    x = std::find_if(x, in_a.end(), [&](const Op& op) { return a.applies(op); });
    y = std::find_if(y, in_b.end(), [&](const Op& op) { return b.applies(op); });
    if (x == in_a.end() || y == in_b.end()) {
      return x == in_a.end() && y == in_b.end();
    }
    if (!same(a, *x, b, *y)) {
      return false;
    }
    ++x;
    ++y;
  }
}

bool samePlace(const Place& a, const Place& b) {
  const LayerProgram& x = a.table();
  const LayerProgram& y = b.table();
  return sameRows(a, x.logit_ops, b, y.logit_ops) && sameRows(a, x.competing, b, y.competing) &&
         sameRows(a, x.choice_ops, b, y.choice_ops) && sameRows(a, x.output_ops, b, y.output_ops) &&
         sameRows(a, x.residual_ops, b, y.residual_ops);
}

template <class Op>
void addPositions(const RoutingProgram& program, const std::vector<Op>& ops, std::set<int>& positions) {
  for (const Op& op : ops) {
    if (!op.where.everywhere) {
      const auto named = program.ids(op.where.positions);
      positions.insert(named.begin(), named.end());
    }
  }
}

// Positions at which a layer may do anything else than at all positions that nobody names.
void addNamedPositions(const RoutingProgram& program, int layer, std::set<int>& positions) {
  const LayerProgram& table = program.layer(layer);
  addPositions(program, table.logit_ops, positions);
  addPositions(program, table.competing, positions);
  addPositions(program, table.choice_ops, positions);
  addPositions(program, table.output_ops, positions);
  addPositions(program, table.residual_ops, positions);
  const auto fired = program.firingPositions();
  positions.insert(fired.begin(), fired.end());
}

int firstDifference(const RoutingProgram& a, const RoutingProgram& b, int layer) {
  std::set<int> positions;
  addNamedPositions(a, layer, positions);
  addNamedPositions(b, layer, positions);
  int unnamed = 0;
  while (positions.contains(unnamed)) {
    ++unnamed;
  }
  positions.insert(unnamed);
  for (const int position : positions) {
    if (!samePlace(Place(a, layer, position), Place(b, layer, position))) {
      return position;
    }
  }
  return kNoPosition;
}

}  // namespace

std::vector<int> firstDifferences(const RoutingProgram& a, const RoutingProgram& b) {
  check(a.nLayers() == b.nLayers() && a.nExperts() == b.nExperts(), "programs of one model are compared");
  std::vector<int> first;
  for (int layer = 0; layer < a.nLayers(); ++layer) {
    const bool is_empty = a.layer(layer).empty() && b.layer(layer).empty();
    first.push_back(is_empty ? kNoPosition : firstDifference(a, b, layer));
  }
  return first;
}

bool touches(const RoutingProgram& program, int layer, int position) {
  const RoutingProgram none(program.nLayers(), program.nExperts(), program.topK(), program.hidden());
  return !program.layer(layer).empty() &&
         !samePlace(Place(program, layer, position), Place(none, layer, position));
}

}  // namespace rs
