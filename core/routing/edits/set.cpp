// SPDX-License-Identifier: Apache-2.0
//
// set: router logits replaced by a number.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "experts", .type = FieldType::kExperts, .help = "the experts to set"},
    {.id = "value", .type = FieldType::kNumber, .help = "their new logit"},
};

void compileSet(const EditScope& edit, ProgramBuilder& program) {
  const LogitOp op = {LogitOpKind::kSet, edit.where(program), edit.expertSet("experts", program),
                      edit.number("value")};
  for (const int layer : edit.layers()) {
    program.addLogitOp(layer, op);
  }
}

}  // namespace

extern const EditOp kSetEdit;
const EditOp kSetEdit = {
    .id = "set",
    .title = "Set",
    .summary = "The router logits of these experts become a number; lifts an earlier ban.",
    .stage = EditStage::kLogits,
    .fields = kFields,
    .compile = compileSet};

}  // namespace rs
