// SPDX-License-Identifier: Apache-2.0
#include "core/routing/ban_check.h"

#include <algorithm>
#include <set>

#include "core/base/text.h"

namespace rs {
namespace {

// The ops of one layer that ban, lift a ban or choose by logits.
class LayerBans {
 public:
  LayerBans(const ProgramBuilder& builder, int layer)
      : program_(builder.program()), owners_(builder.owners(layer)), layer_(layer) {
    banned_.resize(static_cast<std::size_t>(program_.nExperts()));
  }

  [[nodiscard]] bool hasBan() const {
    const auto& ops = table().logit_ops;
    return std::any_of(ops.begin(), ops.end(),
                       [](const LogitOp& op) { return op.kind == LogitOpKind::kBan; });
  }

  // One position of each set of positions that the same ops apply to.
  [[nodiscard]] std::vector<int> representatives(int n_positions) const {
    std::vector<int> mentioned;
    for (const PositionSet* where : sets()) {
      const auto positions = program_.ids(where->positions);
      mentioned.insert(mentioned.end(), positions.begin(), positions.end());
    }
    std::sort(mentioned.begin(), mentioned.end());
    mentioned.erase(std::unique(mentioned.begin(), mentioned.end()), mentioned.end());
    int other = 0;  // the first position that no op names stands for all such
    while (other < static_cast<int>(mentioned.size()) &&
           mentioned[static_cast<std::size_t>(other)] == other) {
      ++other;
    }
    if (n_positions == 0 || other < n_positions) {
      mentioned.push_back(other);
    }
    std::set<std::vector<bool>> seen;
    std::vector<int> first_of_each;
    for (const int position : mentioned) {
      std::vector<bool> applied;
      for (const PositionSet* where : sets()) {
        applied.push_back(program_.applies(*where, position));
      }
      if (seen.insert(std::move(applied)).second) {
        first_of_each.push_back(position);
      }
    }
    return first_of_each;
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
    for (std::size_t i = 0; i < table().choice_ops.size(); ++i) {
      const ChoiceOp& op = table().choice_ops[i];
      if (program_.applies(op.where, position)) {
        checkChoice(op, owners_.choice_ops[i], n_left, position);
      }
    }
  }

 private:
  [[nodiscard]] const LayerProgram& table() const { return program_.layer(layer_); }

  [[nodiscard]] std::vector<const PositionSet*> sets() const {
    std::vector<const PositionSet*> sets;
    for (const LogitOp& op : table().logit_ops) {
      if (op.kind == LogitOpKind::kBan || op.kind == LogitOpKind::kSet) {
        sets.push_back(&op.where);
      }
    }
    for (const ChoiceOp& op : table().choice_ops) {
      if (op.kind == ChoiceOpKind::kTopK || op.kind == ChoiceOpKind::kTopP ||
          op.kind == ChoiceOpKind::kForce) {
        sets.push_back(&op.where);
      }
    }
    return sets;
  }

  // Fills banned_ and returns the last ban that applies.
  EditPlace banAt(int position) {
    std::fill(banned_.begin(), banned_.end(), false);
    EditPlace last;
    for (std::size_t i = 0; i < table().logit_ops.size(); ++i) {
      const LogitOp& op = table().logit_ops[i];
      const bool is_ban = op.kind == LogitOpKind::kBan;
      if ((!is_ban && op.kind != LogitOpKind::kSet) || !program_.applies(op.where, position)) {
        continue;
      }
      for (const std::int32_t expert : program_.ids(op.experts)) {
        banned_[static_cast<std::size_t>(expert)] = is_ban;
      }
      last = is_ban ? owners_.logit_ops[i] : last;
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
  std::vector<bool> banned_;
};

}  // namespace

void checkBans(const ProgramBuilder& builder, int n_positions) {
  for (int layer = 0; layer < builder.program().nLayers(); ++layer) {
    LayerBans bans(builder, layer);
    if (!bans.hasBan()) {
      continue;
    }
    for (const int position : bans.representatives(n_positions)) {
      bans.checkAt(position);
    }
  }
}

}  // namespace rs
