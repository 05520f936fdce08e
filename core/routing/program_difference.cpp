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

// Positions of this layer that have to be looked at one by one; all others are like `unnamed`.
struct Positions {
  std::set<int> named;
  int unnamed = 0;  // the first that nobody names
};

Positions positionsOf(const RoutingProgram& a, const RoutingProgram& b, int layer) {
  Positions positions;
  addNamedPositions(a, layer, positions.named);
  addNamedPositions(b, layer, positions.named);
  while (positions.named.contains(positions.unnamed)) {
    ++positions.unnamed;
  }
  return positions;
}

bool differAt(const RoutingProgram& a, const RoutingProgram& b, int layer, int position) {
  return !samePlace(Place(a, layer, position), Place(b, layer, position));
}

bool areBothEmpty(const RoutingProgram& a, const RoutingProgram& b, int layer) {
  return a.layer(layer).empty() && b.layer(layer).empty();
}

int firstDifference(const RoutingProgram& a, const RoutingProgram& b, int layer) {
  Positions positions = positionsOf(a, b, layer);
  positions.named.insert(positions.unnamed);
  const auto first = std::find_if(positions.named.begin(), positions.named.end(),
                                  [&](int position) { return differAt(a, b, layer, position); });
  return first == positions.named.end() ? kNoPosition : *first;
}

std::vector<int> differencesIn(const RoutingProgram& a, const RoutingProgram& b, int layer, int n_positions) {
  const Positions positions = positionsOf(a, b, layer);
  const bool differs_elsewhere = differAt(a, b, layer, positions.unnamed);
  std::vector<int> found;
  for (int position = 0; position < n_positions; ++position) {
    const bool differs =
        positions.named.contains(position) ? differAt(a, b, layer, position) : differs_elsewhere;
    if (differs) {
      found.push_back(position);
    }
  }
  return found;
}

void checkOneModel(const RoutingProgram& a, const RoutingProgram& b) {
  check(a.nLayers() == b.nLayers() && a.nExperts() == b.nExperts(), "programs of one model are compared");
}

}  // namespace

std::vector<int> firstDifferences(const RoutingProgram& a, const RoutingProgram& b) {
  checkOneModel(a, b);
  std::vector<int> first;
  for (int layer = 0; layer < a.nLayers(); ++layer) {
    first.push_back(areBothEmpty(a, b, layer) ? kNoPosition : firstDifference(a, b, layer));
  }
  return first;
}

std::vector<std::vector<int>> differences(const RoutingProgram& a, const RoutingProgram& b, int n_positions) {
  checkOneModel(a, b);
  std::vector<std::vector<int>> found;
  for (int layer = 0; layer < a.nLayers(); ++layer) {
    found.push_back(areBothEmpty(a, b, layer) ? std::vector<int>() : differencesIn(a, b, layer, n_positions));
  }
  return found;
}

}  // namespace rs
