// SPDX-License-Identifier: Apache-2.0
//
// top_k: another number of experts.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "k", .type = FieldType::kInteger, .help = "how many experts", .min = 1, .max_is_experts = true},
};

void compileTopK(const EditScope& edit, ProgramBuilder& program) {
  ChoiceOp op;
  op.kind = ChoiceOpKind::kTopK;
  op.where = edit.where(program);
  op.k = edit.integer("k");
  for (const int layer : edit.layers()) {
    program.addChoiceOp(layer, op);
  }
}

}  // namespace

extern const EditOp kTopKEdit;
const EditOp kTopKEdit = {
    .id = "top_k",
    .title = "Top k",
    .summary =
        "The k largest logits are chosen instead of the model's number of them; weights "
        "are a softmax over the chosen.",
    .stage = EditStage::kChoice,
    .fields = kFields,
    .compile = compileTopK};

}  // namespace rs
