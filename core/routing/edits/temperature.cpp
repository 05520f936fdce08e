// SPDX-License-Identifier: Apache-2.0
//
// temperature: router logits flattened or sharpened.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "value",
     .type = FieldType::kNumber,
     .help = "above 1 flattens the weights, below 1 sharpens them",
     .min = 0,
     .min_is_open = true},
};

void compileTemperature(const EditScope& edit, ProgramBuilder& program) {
  const LogitOp op = {LogitOpKind::kTemperature, edit.where(program), {}, edit.number("value")};
  for (const int layer : edit.layers()) {
    program.addLogitOp(layer, op);
  }
}

}  // namespace

extern const EditOp kTemperatureEdit;
const EditOp kTemperatureEdit = {
    .id = "temperature",
    .title = "Temperature",
    .summary = "Divides every router logit of the model's own experts by a number.",
    .stage = EditStage::kLogits,
    .fields = kFields,
    .compile = compileTemperature};

}  // namespace rs
