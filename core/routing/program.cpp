// SPDX-License-Identifier: Apache-2.0
#include "core/routing/program.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();

// A choice made by this kind of edit does not depend on the edits before it.
bool replacesChoice(ChoiceOpKind kind) {
  return kind == ChoiceOpKind::kTopK || kind == ChoiceOpKind::kTopP || kind == ChoiceOpKind::kForce ||
         kind == ChoiceOpKind::kVirtualForce;
}

// An edit that writes a virtual id applies only where that column exists.
bool appliesAt(const RoutingProgram& program, const ChoiceOp& op, int position) {
  return program.applies(op.where, position) &&
         (op.to < program.nExperts() || program.columnFires(op.to - program.nExperts(), position));
}

// How many of the most likely columns reach share p of a softmax over all logits.
int countTopP(std::span<const float> logits, const ChoiceOp& op, DecisionScratch& scratch) {
  const std::span order = std::span(scratch.order).first(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto logit_of = [&](std::int32_t id) { return logits[static_cast<std::size_t>(id)]; };
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return logit_of(a) != logit_of(b) ? logit_of(a) > logit_of(b) : a < b;
  });
  const auto top = static_cast<double>(logit_of(order[0]));
  const auto share = [&](std::int32_t id) { return std::exp(static_cast<double>(logit_of(id)) - top); };
  double total = 0;
  int n_finite = 0;
  for (const std::int32_t id : order) {
    total += share(id);
    n_finite += logit_of(id) != kBanned ? 1 : 0;
  }
  int n = 1;
  double reached = 0;
  for (const std::int32_t id : order) {
    reached += share(id) / total;
    n += reached < static_cast<double>(op.value) ? 1 : 0;
  }
  // Rounding may keep the sum below p = 1 to the end; banned columns add nothing to it.
  return std::min(std::clamp(n, static_cast<int>(op.k), static_cast<int>(op.k_max)), n_finite);
}

void forceExperts(const RoutingProgram& program, const ChoiceOp& op, std::span<const float> logits,
                  DecisionRef& decision) {
  const auto ids = program.ids(op.experts);
  decision.n_slots = static_cast<int>(ids.size());
  check(decision.n_slots <= decision.capacity, "a decision is as wide as its layer says");
  std::copy(ids.begin(), ids.end(), decision.ids);
  if (op.weights.count == 0) {
    weighByLogits(logits, decision);
    return;
  }
  const auto weights = program.floats(op.weights);
  std::copy(weights.begin(), weights.end(), decision.weights);
}

void takeSlot(DecisionRef& decision, std::int32_t from, std::int32_t to) {
  std::int32_t* end = decision.ids + decision.n_slots;
  if (std::find(decision.ids, end, to) == end) {
    std::replace(decision.ids, end, from, to);
  }
}

void reserveSlot(DecisionRef& decision, std::int32_t id, float weight) {
  check(decision.n_slots < decision.capacity, "a decision is as wide as its layer says");
  for (int slot = 0; slot < decision.n_slots; ++slot) {
    decision.weights[slot] *= 1 - weight;
  }
  decision.ids[decision.n_slots] = id;
  decision.weights[decision.n_slots] = weight;
  ++decision.n_slots;
}

void applyChoiceOp(const RoutingProgram& program, const ChoiceOp& op, std::span<const float> logits,
                   DecisionScratch& scratch, DecisionRef& decision) {
  switch (op.kind) {
    case ChoiceOpKind::kTopK:
      chooseTopK(logits, op.k, decision);
      weighByLogits(logits, decision);
      break;
    case ChoiceOpKind::kTopP:
      chooseTopK(logits, countTopP(logits, op, scratch), decision);
      weighByLogits(logits, decision);
      break;
    case ChoiceOpKind::kForce:
      forceExperts(program, op, logits, decision);
      break;
    case ChoiceOpKind::kRedirect:
    case ChoiceOpKind::kReplace:
      takeSlot(decision, op.from, op.to);
      break;
    case ChoiceOpKind::kReserve:
      reserveSlot(decision, op.to, op.value);
      break;
    case ChoiceOpKind::kVirtualForce:
      decision.n_slots = 1;
      decision.ids[0] = op.to;
      decision.weights[0] = 1;
      break;
  }
}

void decide(const RoutingProgram& program, int layer, int position, std::span<const float> logits,
            DecisionScratch& scratch, DecisionRef& decision) {
  const auto& ops = program.layer(layer).choice_ops;
  checkLogits(logits);
  // Earlier choices would be thrown away, so the work starts at the last one that replaces all others.
  std::size_t next = ops.size();
  while (next > 0 && !(replacesChoice(ops[next - 1].kind) && appliesAt(program, ops[next - 1], position))) {
    --next;
  }
  if (next == 0) {
    chooseTopK(logits, program.topK(), decision);
    weighByLogits(logits, decision);
  } else {
    --next;
  }
  for (; next < ops.size(); ++next) {
    if (appliesAt(program, ops[next], position)) {
      applyChoiceOp(program, ops[next], logits, scratch, decision);
    }
  }
}

}  // namespace

RoutingProgram::RoutingProgram(int n_layers, int n_experts, int top_k, int hidden)
    : n_experts_(n_experts), top_k_(top_k), hidden_(hidden) {
  check(n_layers >= 1 && top_k >= 1 && top_k <= n_experts && hidden >= 1, "a program fits a model");
  layers_.resize(static_cast<std::size_t>(n_layers));
  for (LayerProgram& layer : layers_) {
    layer.max_slots = top_k;
  }
}

bool RoutingProgram::empty() const {
  return std::all_of(layers_.begin(), layers_.end(), [](const LayerProgram& layer) { return layer.empty(); });
}

bool RoutingProgram::applies(const PositionSet& where, int position) const {
  if (where.everywhere) {
    return true;
  }
  const auto positions = ids(where.positions);
  return std::binary_search(positions.begin(), positions.end(), position);
}

const RoutingProgram::Firing* RoutingProgram::firingOf(int column, int position) const {
  const auto at = std::lower_bound(firings_.begin(), firings_.end(), position,
                                   [](const Firing& firing, int p) { return firing.position < p; });
  for (auto firing = at; firing != firings_.end() && firing->position == position; ++firing) {
    if (firing->column == column) {
      return &*firing;
    }
  }
  return nullptr;
}

bool RoutingProgram::columnFires(int column, int position) const {
  return !columns_[static_cast<std::size_t>(column)].fires_by_position ||
         firingOf(column, position) != nullptr;
}

std::span<const float> RoutingProgram::virtualVector(int column, int position) const {
  const VirtualColumn& owner = columns_[static_cast<std::size_t>(column)];
  if (!owner.fires_by_position) {
    return floats(owner.vector);
  }
  const Firing* firing = firingOf(column, position);
  check(firing != nullptr, "the vector of a virtual expert is asked for only where it fires");
  return std::span(firing_pool_).subspan(firing->begin, static_cast<std::size_t>(hidden_));
}

std::vector<int> RoutingProgram::firingPositions() const {
  std::vector<int> positions;
  for (const Firing& firing : firings_) {
    if (positions.empty() || positions.back() != firing.position) {
      positions.push_back(firing.position);
    }
  }
  return positions;
}

void RoutingProgram::setFiring(int column, int position, std::span<const float> vector) {
  check(column >= 0 && static_cast<std::size_t>(column) < columns_.size() &&
            columns_[static_cast<std::size_t>(column)].fires_by_position,
        "only a high-level virtual expert fires by position");
  check(vector.size() == static_cast<std::size_t>(hidden_), "a virtual expert writes H numbers");
  if (const Firing* again = firingOf(column, position)) {
    std::copy(vector.begin(), vector.end(), firing_pool_.begin() + static_cast<std::ptrdiff_t>(again->begin));
    return;
  }
  check(position >= 0 && (firings_.empty() || firings_.back().position <= position),
        "firings are set in ascending order of position");
  firings_.push_back({column, position, firing_pool_.size()});
  firing_pool_.insert(firing_pool_.end(), vector.begin(), vector.end());
}

void RoutingProgram::dropFirings(int from_position) {
  const auto at = std::lower_bound(firings_.begin(), firings_.end(), from_position,
                                   [](const Firing& firing, int p) { return firing.position < p; });
  if (at != firings_.end()) {
    firing_pool_.resize(at->begin);
    firings_.erase(at, firings_.end());
  }
}

void DecisionScratch::reserve(int n_ids) {
  order.resize(std::max(order.size(), static_cast<std::size_t>(n_ids)));
  weights.resize(order.size());
}

void applyLogitEdits(const RoutingProgram& program, int layer, int position, std::span<float> logits) {
  const LayerProgram& table = program.layer(layer);
  const auto n_experts = static_cast<std::size_t>(program.nExperts());
  check(logits.size() == n_experts + static_cast<std::size_t>(table.n_columns),
        "a row of router logits has one number for each expert and virtual column");
  for (const LogitOp& op : table.logit_ops) {
    if (!program.applies(op.where, position)) {
      continue;
    }
    if (op.kind == LogitOpKind::kTemperature) {
      for (float& logit : logits.first(n_experts)) {
        logit /= op.value;
      }
      continue;
    }
    for (const std::int32_t expert : program.ids(op.experts)) {
      float& logit = logits[static_cast<std::size_t>(expert)];
      const float base = op.kind == LogitOpKind::kAdd ? logit : 0;
      logit = op.kind == LogitOpKind::kBan ? kBanned : base + op.value;
    }
  }
  const auto virtual_logits = logits.subspan(n_experts);
  std::fill(virtual_logits.begin(), virtual_logits.end(), kBanned);
  for (const CompeteOp& op : table.competing) {
    if (program.applies(op.where, position) && program.columnFires(op.column, position)) {
      virtual_logits[static_cast<std::size_t>(op.column)] = op.logit;
    }
  }
}

void decideFinal(const RoutingProgram& program, int layer, int position, std::span<const float> logits,
                 DecisionScratch& scratch, DecisionRef& decision) {
  check(scratch.order.size() >= logits.size(), "the scratch of a decision holds one id for each column");
  try {
    decide(program, layer, position, logits, scratch, decision);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNumeric) {
      throw;
    }
    throw Error(error.code(), format("layer %d, position %d: %s", layer, position, error.what()));
  }
  for (int slot = decision.n_slots; slot < decision.capacity; ++slot) {
    decision.ids[slot] = -1;
    decision.weights[slot] = 0;
  }
}

void applyOutputEdits(const RoutingProgram& program, int layer, int position, int expert,
                      std::span<float> out) {
  for (const OutputOp& op : program.layer(layer).output_ops) {
    if (op.expert != expert || !program.applies(op.where, position)) {
      continue;
    }
    const auto vector = program.floats(op.vector);
    check(vector.empty() || vector.size() == out.size(), "the output of an expert has H numbers");
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = op.scale * out[i] + (vector.empty() ? op.constant : vector[i]);
    }
  }
}

void applyResidualEdits(const RoutingProgram& program, int layer, ResidualSite site, int position,
                        std::span<float> row) {
  for (const ResidualOp& op : program.layer(layer).residual_ops) {
    if (op.site != site || !program.applies(op.where, position)) {
      continue;
    }
    const auto vector = program.floats(op.vector);
    check(vector.size() == row.size(), "a row of the residual has H numbers");
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] += vector[i];
    }
  }
}

}  // namespace rs
