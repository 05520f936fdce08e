// SPDX-License-Identifier: Apache-2.0
//
// resid_add: a vector added to the residual stream.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

// In the order of ResidualSite.
constexpr std::string_view kSites[] = {"resid_pre", "resid_mid", "resid_post"};

constexpr FieldInfo kFields[] = {
    {.id = "site",
     .type = FieldType::kChoice,
     .help = "before attention, between attention and experts, or after the experts",
     .options = kSites},
    {.id = "vector", .type = FieldType::kVector, .help = "what is added"},
    {.id = "scale",
     .type = FieldType::kNumber,
     .help = "factor of the vector",
     .is_required = false,
     .default_value = 1},
};

void compileResidAdd(const EditScope& edit, ProgramBuilder& program) {
  const ResidualOp op = {static_cast<ResidualSite>(edit.option("site")), edit.where(program),
                         edit.scaledVector("vector", program)};
  for (const int layer : edit.layers()) {
    program.addResidualOp(layer, op);
  }
}

}  // namespace

extern const EditOp kResidAddEdit;
const EditOp kResidAddEdit = {.id = "resid_add",
                              .title = "Add to residual",
                              .summary = "Adds scale * vector to the residual stream.",
                              .stage = EditStage::kResidual,
                              .fields = kFields,
                              .compile = compileResidAdd};

}  // namespace rs
