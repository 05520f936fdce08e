// SPDX-License-Identifier: Apache-2.0
//
// add: a number added to router logits.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "experts", .type = FieldType::kExperts, .help = "the experts to push"},
    {.id = "value", .type = FieldType::kNumber, .help = "what is added; negative pushes down"},
};

void compileAdd(const EditScope& edit, ProgramBuilder& program) {
  const LogitOp op = {LogitOpKind::kAdd, edit.where(program), edit.expertSet("experts", program),
                      edit.number("value")};
  for (const int layer : edit.layers()) {
    program.addLogitOp(layer, op);
  }
}

}  // namespace

extern const EditOp kAddEdit;
const EditOp kAddEdit = {
    .id = "add",
    .title = "Add",
    .summary = "Adds a number to the router logits of these experts; a banned one stays banned.",
    .stage = EditStage::kLogits,
    .fields = kFields,
    .compile = compileAdd};

}  // namespace rs
