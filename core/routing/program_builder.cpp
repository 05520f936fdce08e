// SPDX-License-Identifier: Apache-2.0
#include "core/routing/program_builder.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"

namespace rs {
namespace {

template <typename T>
PoolRange append(std::vector<T>& pool, std::span<const T> values) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
  if (values.size() > kMost - pool.size()) {
    throw Error(ErrorCode::kMemory, "edits: expected at most 2147483647 numbers in all lists together");
  }
  const PoolRange range = {static_cast<std::int32_t>(pool.size()), static_cast<std::int32_t>(values.size())};
  pool.insert(pool.end(), values.begin(), values.end());
  return range;
}

// No decision is wider, at any position, before or after any edit from the last replacing one on.
int widestDecision(const LayerProgram& layer, int top_k) {
  int width = top_k;
  for (const ChoiceOp& op : layer.choice_ops) {
    const int before = op.where.everywhere ? 0 : width;  // positions outside keep what they had
    switch (op.kind) {
      case ChoiceOpKind::kTopK:
        width = std::max(before, op.k);
        break;
      case ChoiceOpKind::kTopP:
        width = std::max(before, op.k_max);
        break;
      case ChoiceOpKind::kForce:
        width = std::max(before, op.experts.count);
        break;
      case ChoiceOpKind::kVirtualForce:
        width = std::max(width, 1);
        break;
      case ChoiceOpKind::kReserve:
        ++width;
        break;
      case ChoiceOpKind::kRedirect:
      case ChoiceOpKind::kReplace:
        break;
    }
  }
  return width;
}

}  // namespace

ProgramBuilder::ProgramBuilder(const ModelConfig& config)
    : program_(config.n_layers, config.n_experts, config.top_k, config.hidden),
      owners_(static_cast<std::size_t>(config.n_layers)) {}

PoolRange ProgramBuilder::addIds(std::span<const std::int32_t> ids) {
  return append(program_.id_pool_, ids);
}

PoolRange ProgramBuilder::addFloats(std::span<const float> numbers) {
  return append(program_.float_pool_, numbers);
}

int ProgramBuilder::addColumn(VirtualColumn column) {
  program_.columns_.push_back(std::move(column));
  return static_cast<int>(program_.columns_.size()) - 1;
}

void ProgramBuilder::addLogitOp(int layer, const LogitOp& op) {
  at(layer).logit_ops.push_back(op);
  owners_[static_cast<std::size_t>(layer)].logit_ops.push_back(place_);
}

void ProgramBuilder::addChoiceOp(int layer, const ChoiceOp& op) {
  at(layer).choice_ops.push_back(op);
  owners_[static_cast<std::size_t>(layer)].choice_ops.push_back(place_);
}

void ProgramBuilder::addOutputOp(int layer, const OutputOp& op) {
  at(layer).output_ops.push_back(op);
}

void ProgramBuilder::addResidualOp(int layer, const ResidualOp& op) {
  at(layer).residual_ops.push_back(op);
}

void ProgramBuilder::addVirtual(int layer, const PositionSet& where, int column, const VirtualRule& rule) {
  ChoiceOp op;
  op.where = where;
  op.to = program_.nExperts() + column;
  switch (rule.mode) {
    case VirtualMode::kObserve:
      return;
    case VirtualMode::kCompete:
      at(layer).competing.push_back({where, column, rule.logit});
      return;
    case VirtualMode::kReserve:
      op.kind = ChoiceOpKind::kReserve;
      op.value = rule.weight;
      break;
    case VirtualMode::kReplace:
      op.kind = ChoiceOpKind::kReplace;
      op.from = rule.expert;
      break;
    case VirtualMode::kForce:
      op.kind = ChoiceOpKind::kVirtualForce;
      break;
  }
  addChoiceOp(layer, op);
}

RoutingProgram ProgramBuilder::finish() {
  for (LayerProgram& layer : program_.layers_) {
    layer.n_columns = layer.competing.empty() ? 0 : layer.competing.back().column + 1;
    layer.max_slots = widestDecision(layer, program_.topK());
  }
  return std::move(program_);
}

}  // namespace rs
