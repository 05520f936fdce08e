// SPDX-License-Identifier: Apache-2.0
#include "core/routing/program_difference.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "core/base/error.h"
#include "core/routing/ops_by_position.h"

namespace rs {
namespace {

template <class Op>
struct Rows {
  Rows(const RoutingProgram& program, const std::vector<Op>& of) : ops(of), by_position(program, of) {}

  const std::vector<Op>& ops;
  OpsByPosition by_position;
};

// One program at one layer.
struct LayerRows {
  LayerRows(const RoutingProgram& of, int layer)
      : program(of),
        logit_ops(of, of.layer(layer).logit_ops),
        competing(of, of.layer(layer).competing),
        choice_ops(of, of.layer(layer).choice_ops),
        output_ops(of, of.layer(layer).output_ops),
        residual_ops(of, of.layer(layer).residual_ops) {}

  const RoutingProgram& program;
  Rows<LogitOp> logit_ops;
  Rows<CompeteOp> competing;
  Rows<ChoiceOp> choice_ops;
  Rows<OutputOp> output_ops;
  Rows<ResidualOp> residual_ops;
};

// One program at one layer, as far as it applies at a position.
class Place {
 public:
  Place(const RoutingProgram& program, int position) : program_(program), position_(position) {}

  [[nodiscard]] const RoutingProgram& program() const { return program_; }
  // The rows that apply, in order.
  template <class Op>
  [[nodiscard]] std::vector<const Op*> applying(const Rows<Op>& rows) const {
    std::vector<const Op*> found;
    for (const std::int32_t i : rows.by_position.at(position_)) {
      const Op& op = rows.ops[static_cast<std::size_t>(i)];
      if (hasColumn(op)) {
        found.push_back(&op);
      }
    }
    return found;
  }
  // The vector that a virtual id adds; empty for one of the model's experts.
  [[nodiscard]] std::span<const float> vectorOf(std::int32_t id) const {
    return id < program_.nExperts() ? std::span<const float>()
                                    : program_.virtualVector(id - program_.nExperts(), position_);
  }

 private:
  // Whether the virtual expert that the row is about, if it is about one, exists here.
  template <class Op>
  [[nodiscard]] bool hasColumn(const Op& /*about none*/) const {
    return true;
  }
  [[nodiscard]] bool hasColumn(const CompeteOp& op) const {
    return program_.columnFires(op.column, position_);
  }
  [[nodiscard]] bool hasColumn(const ChoiceOp& op) const {
    return op.to < program_.nExperts() || program_.columnFires(op.to - program_.nExperts(), position_);
  }

  const RoutingProgram& program_;
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
bool sameRows(const Place& a, const Rows<Op>& in_a, const Place& b, const Rows<Op>& in_b) {
  const auto x = a.applying(in_a);
  const auto y = b.applying(in_b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [&](const Op* in_x, const Op* in_y) { return same(a, *in_x, b, *in_y); });
}

// Two programs at one layer.
class LayerPair {
 public:
  LayerPair(const RoutingProgram& a, const RoutingProgram& b, int layer) : a_(a, layer), b_(b, layer) {
    addNamedPositions(a_);
    addNamedPositions(b_);
    std::sort(named_.begin(), named_.end());
    named_.erase(std::unique(named_.begin(), named_.end()), named_.end());
    while (unnamed_ < static_cast<int>(named_.size()) &&
           named_[static_cast<std::size_t>(unnamed_)] == unnamed_) {
      ++unnamed_;
    }
  }

  // Positions that have to be looked at one by one, ascending; all others are like unnamed().
  [[nodiscard]] const std::vector<int>& named() const { return named_; }
  [[nodiscard]] int unnamed() const { return unnamed_; }

  [[nodiscard]] bool differAt(int position) const {
    const Place a(a_.program, position);
    const Place b(b_.program, position);
    return !(sameRows(a, a_.logit_ops, b, b_.logit_ops) && sameRows(a, a_.competing, b, b_.competing) &&
             sameRows(a, a_.choice_ops, b, b_.choice_ops) && sameRows(a, a_.output_ops, b, b_.output_ops) &&
             sameRows(a, a_.residual_ops, b, b_.residual_ops));
  }

 private:
  void addNamedPositions(const LayerRows& layer) {
    for (const OpsByPosition* ops :
         {&layer.logit_ops.by_position, &layer.competing.by_position, &layer.choice_ops.by_position,
          &layer.output_ops.by_position, &layer.residual_ops.by_position}) {
      for (const OpsByPosition::Named& named : ops->named()) {
        named_.push_back(named.position);
      }
    }
    const auto fired = layer.program.firingPositions();
    named_.insert(named_.end(), fired.begin(), fired.end());
  }

  LayerRows a_;
  LayerRows b_;
  std::vector<int> named_;
  int unnamed_ = 0;  // the first that nobody names
};

bool areBothEmpty(const RoutingProgram& a, const RoutingProgram& b, int layer) {
  return a.layer(layer).empty() && b.layer(layer).empty();
}

int firstDifference(const RoutingProgram& a, const RoutingProgram& b, int layer) {
  const LayerPair pair(a, b, layer);
  const auto& named = pair.named();
  const auto first =
      std::find_if(named.begin(), named.end(), [&](int position) { return pair.differAt(position); });
  const int first_named = first == named.end() ? kNoPosition : *first;
  return pair.unnamed() < first_named && pair.differAt(pair.unnamed()) ? pair.unnamed() : first_named;
}

std::vector<int> differencesIn(const RoutingProgram& a, const RoutingProgram& b, int layer, int n_positions) {
  const LayerPair pair(a, b, layer);
  const bool differs_elsewhere = pair.differAt(pair.unnamed());
  std::vector<int> found;
  auto next = pair.named().begin();
  for (int position = 0; position < n_positions; ++position) {
    const bool is_named = next != pair.named().end() && *next == position;
    next += is_named ? 1 : 0;
    if (is_named ? pair.differAt(position) : differs_elsewhere) {
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
