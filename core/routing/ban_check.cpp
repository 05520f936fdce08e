// SPDX-License-Identifier: Apache-2.0
#include "core/routing/ban_check.h"

#include <algorithm>
#include <span>

#include "core/base/text.h"
#include "core/routing/ops_by_position.h"

namespace rs {
namespace {

bool mayChangeBans(const LogitOp& op) {
  return op.kind == LogitOpKind::kBan || op.kind == LogitOpKind::kSet;
}

bool goesByLogits(const ChoiceOp& op) {
  return op.kind == ChoiceOpKind::kTopK || op.kind == ChoiceOpKind::kTopP || op.kind == ChoiceOpKind::kForce;
}

bool sameOps(std::span<const OpsByPosition::Named> a, std::span<const OpsByPosition::Named> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.op == y.op; });
}

// The ops of one layer that ban, lift a ban or choose by logits.
class LayerBans {
 public:
  LayerBans(const ProgramBuilder& builder, int layer)
      : program_(builder.program()),
        owners_(builder.owners(layer)),
        layer_(layer),
        bans_(program_, table().logit_ops, mayChangeBans),
        choices_(program_, table().choice_ops, goesByLogits) {
    banned_.resize(static_cast<std::size_t>(program_.nExperts()));
  }

  // In this order: the positions that an op names, ascending, then the first other one for all such. Of
  // neighbours in this order that the same ops name the first stands for all.
  [[nodiscard]] std::vector<int> representatives(int n_positions) const {
    const std::vector<int> named = namedPositions();
    std::vector<int> found;
    for (const int position : named) {
      if (found.empty() || !sameOps(bans_.namedAt(position), bans_.namedAt(found.back())) ||
          !sameOps(choices_.namedAt(position), choices_.namedAt(found.back()))) {
        found.push_back(position);
      }
    }
    int other = 0;
    while (other < static_cast<int>(named.size()) && named[static_cast<std::size_t>(other)] == other) {
      ++other;
    }
    if (n_positions == 0 || other < n_positions) {
      found.push_back(other);
    }
    return found;
  }

  void checkAt(int position) {
    const EditPlace last_ban = banAt(position);
    const auto n_left = static_cast<int>(std::count(banned_.begin(), banned_.end(), false));
    if (n_left < program_.topK()) {
      refuseEdit(last_ban, "experts",
                 format("expected at least %d experts (the model's own number) left unbanned in layer %d at "
                        "position %d, found %d",
                        program_.topK(), layer_, position, n_left));
    }
    for (const std::int32_t i : choices_.at(position)) {
      const auto row = static_cast<std::size_t>(i);
      checkChoice(table().choice_ops[row], owners_.choice_ops[row], n_left, position);
    }
  }

 private:
  [[nodiscard]] const LayerProgram& table() const { return program_.layer(layer_); }

  // Ascending, each once.
  [[nodiscard]] std::vector<int> namedPositions() const {
    std::vector<int> positions;
    for (const auto* ops : {&bans_, &choices_}) {
      for (const OpsByPosition::Named& named : ops->named()) {
        positions.push_back(named.position);
      }
    }
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    return positions;
  }

  // Fills banned_ and returns the last ban that applies.
  EditPlace banAt(int position) {
    std::fill(banned_.begin(), banned_.end(), false);
    EditPlace last;
    for (const std::int32_t i : bans_.at(position)) {
      const auto row = static_cast<std::size_t>(i);
      const LogitOp& op = table().logit_ops[row];
      const bool is_ban = op.kind == LogitOpKind::kBan;
      for (const std::int32_t expert : program_.ids(op.experts)) {
        banned_[static_cast<std::size_t>(expert)] = is_ban;
      }
      last = is_ban ? owners_.logit_ops[row] : last;
    }
    return last;
  }

  void checkChoice(const ChoiceOp& op, EditPlace owner, int n_left, int position) const {
    const bool is_top_p = op.kind == ChoiceOpKind::kTopP;
    if ((is_top_p || op.kind == ChoiceOpKind::kTopK) && op.k > n_left) {
      refuseEdit(owner, is_top_p ? "min" : "k",
                 format("expected at most %d, the experts left unbanned in layer %d at position %d, found %d",
                        n_left, layer_, position, op.k));
    }
    if (op.kind != ChoiceOpKind::kForce || op.weights.count > 0) {
      return;
    }
    for (const std::int32_t expert : program_.ids(op.experts)) {
      if (banned_[static_cast<std::size_t>(expert)]) {
        refuseEdit(owner, "experts",
                   format("expected experts that are not banned in layer %d at position %d, found %d; give "
                          "weights to force a banned expert",
                          layer_, position, expert));
      }
    }
  }

  const RoutingProgram& program_;
  const ProgramBuilder::Owners& owners_;
  int layer_;
  OpsByPosition bans_;
  OpsByPosition choices_;
  std::vector<bool> banned_;
};

}  // namespace

void checkBans(const ProgramBuilder& builder, int n_positions) {
  for (int layer = 0; layer < builder.program().nLayers(); ++layer) {
    const auto& ops = builder.program().layer(layer).logit_ops;
    if (std::none_of(ops.begin(), ops.end(),
                     [](const LogitOp& op) { return op.kind == LogitOpKind::kBan; })) {
      continue;
    }
    LayerBans bans(builder, layer);
    for (const int position : bans.representatives(n_positions)) {
      bans.checkAt(position);
    }
  }
}

}  // namespace rs
