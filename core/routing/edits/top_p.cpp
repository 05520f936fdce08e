// SPDX-License-Identifier: Apache-2.0
//
// top_p: as many experts as it takes to reach a share of the softmax.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "p",
     .type = FieldType::kNumber,
     .help = "the share of a softmax over all logits to reach",
     .min = 0,
     .max = 1,
     .min_is_open = true},
    {.id = "min", .type = FieldType::kInteger, .help = "fewest experts", .min = 1, .max_is_experts = true},
    {.id = "max", .type = FieldType::kInteger, .help = "most experts", .min = 1, .max_is_experts = true},
};

void compileTopP(const EditScope& edit, ProgramBuilder& program) {
  ChoiceOp op;
  op.kind = ChoiceOpKind::kTopP;
  op.where = edit.where(program);
  op.value = edit.number("p");
  op.k = edit.integer("min");
  op.k_max = edit.integer("max");
  if (op.k > op.k_max) {
    edit.refuse("max",
                "expected at least min = " + std::to_string(op.k) + ", found " + std::to_string(op.k_max));
  }
  for (const int layer : edit.layers()) {
    program.addChoiceOp(layer, op);
  }
}

}  // namespace

extern const EditOp kTopPEdit;
const EditOp kTopPEdit = {.id = "top_p",
                          .title = "Top p",
                          .summary =
                              "The fewest experts, within min..max, whose share of a softmax over all logits "
                              "reaches p; weights are a softmax over the chosen.",
                          .stage = EditStage::kChoice,
                          .fields = kFields,
                          .compile = compileTopP};

}  // namespace rs
