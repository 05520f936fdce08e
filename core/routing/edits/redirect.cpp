// SPDX-License-Identifier: Apache-2.0
//
// redirect: one expert in the place of another.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "from", .type = FieldType::kExpert, .help = "the expert that loses its slot"},
    {.id = "to", .type = FieldType::kExpert, .help = "the expert that takes slot and weight"},
};

void compileRedirect(const EditScope& edit, ProgramBuilder& program) {
  ChoiceOp op;
  op.kind = ChoiceOpKind::kRedirect;
  op.where = edit.where(program);
  op.from = edit.integer("from");
  op.to = edit.integer("to");
  for (const int layer : edit.layers()) {
    program.addChoiceOp(layer, op);
  }
}

}  // namespace

extern const EditOp kRedirectEdit;
const EditOp kRedirectEdit = {
    .id = "redirect",
    .title = "Redirect",
    .summary = "Where `from` is chosen and `to` is not, `to` takes its slot and weight.",
    .stage = EditStage::kChoice,
    .fields = kFields,
    .compile = compileRedirect};

}  // namespace rs
