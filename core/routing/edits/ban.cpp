// SPDX-License-Identifier: Apache-2.0
//
// ban: an expert that cannot be chosen by its logit.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

constexpr FieldInfo kFields[] = {
    {.id = "experts", .type = FieldType::kExperts, .help = "the experts to ban"},
};

void compileBan(const EditScope& edit, ProgramBuilder& program) {
  const LogitOp op = {LogitOpKind::kBan, edit.where(program), edit.expertSet("experts", program), 0};
  for (const int layer : edit.layers()) {
    program.addLogitOp(layer, op);
  }
}

}  // namespace

extern const EditOp kBanEdit;
const EditOp kBanEdit = {.id = "ban",
                         .title = "Ban",
                         .summary = "The router logits of these experts become -inf.",
                         .stage = EditStage::kLogits,
                         .fields = kFields,
                         .compile = compileBan};

}  // namespace rs
