// SPDX-License-Identifier: Apache-2.0
//
// virtual: one more column of the router, with a fixed output vector.
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

// In the order of VirtualMode.
constexpr std::string_view kModes[] = {"observe", "compete", "reserve", "replace", "force"};

constexpr FieldInfo kFields[] = {
    {.id = "mode",
     .type = FieldType::kChoice,
     .help =
         "observe: shown only; compete: a logit in the choice and its softmax; reserve: one more slot with "
         "a fixed weight, the others share the rest; replace: takes an expert's slot and weight where that "
         "is chosen; force: the only slot, with weight 1",
     .options = kModes},
    {.id = "vector", .type = FieldType::kVector, .help = "what it puts out"},
    {.id = "scale",
     .type = FieldType::kNumber,
     .help = "factor of the vector",
     .is_required = false,
     .default_value = 1},
    {.id = "logit", .type = FieldType::kNumber, .help = "its logit", .mode = "compete"},
    {.id = "weight",
     .type = FieldType::kNumber,
     .help = "its weight; the others are scaled by 1 - weight",
     .min = 0,
     .max = 1,
     .mode = "reserve"},
    {.id = "expert",
     .type = FieldType::kExpert,
     .help = "the expert whose place it takes",
     .mode = "replace"},
};

void compileVirtual(const EditScope& edit, ProgramBuilder& program) {
  VirtualRule rule;
  rule.mode = static_cast<VirtualMode>(edit.option("mode"));
  switch (rule.mode) {
    case VirtualMode::kCompete:
      rule.logit = edit.number("logit");
      break;
    case VirtualMode::kReserve:
      rule.weight = edit.number("weight");
      break;
    case VirtualMode::kReplace:
      rule.expert = edit.integer("expert");
      break;
    case VirtualMode::kObserve:
    case VirtualMode::kForce:
      break;
  }
  const PositionSet where = edit.where(program);
  const int column = program.addColumn({edit.name(), edit.scaledVector("vector", program), false});
  for (const int layer : edit.layers()) {
    program.addVirtual(layer, where, column, rule);
  }
}

}  // namespace

extern const EditOp kVirtualEdit;
const EditOp kVirtualEdit = {.id = "virtual",
                             .title = "Virtual expert",
                             .summary =
                                 "One more column of the router whose output is a fixed vector; ids E, E+1, "
                                 "… in order of the list.",
                             .stage = EditStage::kChoice,
                             .fields = kFields,
                             .compile = compileVirtual};

}  // namespace rs
