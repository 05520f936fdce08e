// SPDX-License-Identifier: Apache-2.0
//
// force: experts chosen by hand.
#include <algorithm>

#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "experts",
     .type = FieldType::kExperts,
     .help = "the experts, each once; their order is the order of the slots"},
    {.id = "weights",
     .type = FieldType::kWeights,
     .help = "one weight for each expert; absent: the softmax of their logits",
     .is_required = false},
};

void compileForce(const EditScope& edit, ProgramBuilder& program) {
  const auto& experts = edit.experts("experts");
  for (auto expert = experts.begin(); expert != experts.end(); ++expert) {
    if (std::find(experts.begin(), expert, *expert) != expert) {
      edit.refuse("experts", "expected each expert once, found expert " + std::to_string(*expert) + " twice");
    }
  }
  ChoiceOp op;
  op.kind = ChoiceOpKind::kForce;
  op.where = edit.where(program);
  op.experts = program.addIds(experts);
  if (edit.has("weights")) {
    const auto& weights = edit.numbers("weights");
    if (weights.size() != experts.size()) {
      edit.refuse("weights", "expected one weight for each of " + std::to_string(experts.size()) +
                                 " experts, found " + std::to_string(weights.size()));
    }
    op.weights = program.addFloats(std::vector<float>(weights.begin(), weights.end()));
  }
  for (const int layer : edit.layers()) {
    program.addChoiceOp(layer, op);
  }
}

}  // namespace

extern const EditOp kForceEdit;
const EditOp kForceEdit = {.id = "force",
                           .title = "Force",
                           .summary = "Exactly these experts are chosen, in this order.",
                           .stage = EditStage::kChoice,
                           .fields = kFields,
                           .compile = compileForce};

}  // namespace rs
