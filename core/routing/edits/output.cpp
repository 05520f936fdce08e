// SPDX-License-Identifier: Apache-2.0
//
// output: the output of an expert scaled, shifted or replaced.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "expert", .type = FieldType::kExpert, .help = "the expert"},
    {.id = "scale", .type = FieldType::kNumber, .help = "factor of its output", .is_required = false},
    {.id = "const", .type = FieldType::kConstant, .help = "what is added to it", .is_required = false},
};

void compileOutput(const EditScope& edit, ProgramBuilder& program) {
  OutputOp op;
  op.where = edit.where(program);
  op.expert = edit.integer("expert");
  op.scale = edit.number("scale");
  op.vector = edit.constantVector("const", program);
  op.constant = op.vector.count > 0 ? 0 : edit.number("const");
  for (const int layer : edit.layers()) {
    program.addOutputOp(layer, op);
  }
}

}  // namespace

extern const EditOp kOutputEdit;
const EditOp kOutputEdit = {
    .id = "output",
    .title = "Output",
    .summary = "The expert's output becomes scale * output + const; the defaults ablate it.",
    .stage = EditStage::kOutput,
    .fields = kFields,
    .compile = compileOutput};

}  // namespace rs
