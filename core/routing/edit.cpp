// SPDX-License-Identifier: Apache-2.0
#include "core/routing/edit.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {

#define RS_EDIT(id) extern const EditOp k##id##Edit;
#include "core/routing/edits/registered.inc"
#undef RS_EDIT

namespace {

const EditOp* const kOps[] = {
#define RS_EDIT(id) &k##id##Edit,
#include "core/routing/edits/registered.inc"
#undef RS_EDIT
};

constexpr FieldInfo kCommonFields[] = {
    {.id = "op", .type = FieldType::kOperation, .help = "what the edit does"},
    {.id = "layer", .type = FieldType::kLayers, .help = "where: a layer, a list of layers, or \"all\""},
    {.id = "pos",
     .type = FieldType::kPositions,
     .help = "token positions, counted from 0 over prompt and continuation; absent: all",
     .is_required = false},
    {.id = "name",
     .type = FieldType::kText,
     .help = "a name of your own, shown with it",
     .is_required = false},
    {.id = "on",
     .type = FieldType::kSwitch,
     .help = "false: kept but not run; a virtual expert that is off keeps its id",
     .is_required = false,
     .default_value = 1},
};

}  // namespace

std::span<const EditOp* const> allEditOps() {
  return kOps;
}

const EditOp* findEditOp(std::string_view id) {
  const auto at =
      std::find_if(std::begin(kOps), std::end(kOps), [&](const EditOp* op) { return op->id == id; });
  return at == std::end(kOps) ? nullptr : *at;
}

std::span<const FieldInfo> commonEditFields() {
  return kCommonFields;
}

const FieldInfo* findField(const EditOp& op, std::string_view id) {
  const auto at = std::find_if(op.fields.begin(), op.fields.end(),
                               [&](const FieldInfo& field) { return field.id == id; });
  return at == op.fields.end() ? nullptr : &*at;
}

std::string_view nameOf(EditStage stage) {
  switch (stage) {
    case EditStage::kLogits:
      return "logits";
    case EditStage::kChoice:
      return "choice";
    case EditStage::kOutput:
      return "output";
    case EditStage::kResidual:
      return "residual";
  }
  return "";
}

std::string typeText(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kInteger:
      return "an integer";
    case FieldType::kNumber:
      return "a number";
    case FieldType::kExpert:
      return "an expert";
    case FieldType::kExperts:
      return "a list of experts";
    case FieldType::kWeights:
      return "a list of numbers";
    case FieldType::kChoice:
    case FieldType::kOperation:
      return "a name";
    case FieldType::kText:
      return "a text";
    case FieldType::kVector:
      return "H numbers or {\"unembed\": token}";
    case FieldType::kConstant:
      return "a number or H numbers";
    case FieldType::kLayers:
      return "a layer, a list of layers or \"all\"";
    case FieldType::kPositions:
      return "a list of positions";
    case FieldType::kSwitch:
      return "true or false";
  }
  return "";
}

std::string rangeText(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kExpert:
    case FieldType::kExperts:
      return "0..E-1";
    case FieldType::kWeights:
      return "at least 0, sum 1";
    case FieldType::kChoice: {
      const std::vector<std::string> options(field.options.begin(), field.options.end());
      return join(options, ", ");
    }
    case FieldType::kInteger:
      return format("%.0f..", field.min) + (field.max_is_experts ? "E" : format("%.0f", field.max));
    case FieldType::kNumber:
      break;
    default:
      return "";
  }
  if (std::isinf(field.min)) {
    return "";
  }
  if (std::isinf(field.max)) {
    return format(field.min_is_open ? "> %g" : ">= %g", field.min);
  }
  return format(field.min_is_open ? "(%g, %g]" : "[%g, %g]", field.min, field.max);
}

std::string defaultText(const FieldInfo& field) {
  if (field.is_required) {
    return "";
  }
  switch (field.type) {
    case FieldType::kNumber:
    case FieldType::kConstant:
      return format("%g", field.default_value);
    case FieldType::kSwitch:
      return field.default_value != 0 ? "true" : "false";
    default:
      return "absent";
  }
}

void refuseEdit(const EditPlace& place, std::string_view field, const std::string& problem) {
  std::string text = "edit " + std::to_string(place.number);
  if (!place.op.empty()) {
    text += " (" + std::string(place.op) + ")";
  }
  if (!field.empty()) {
    text += ", field " + std::string(field);
  }
  throw Error(ErrorCode::kUsage, text + ": " + problem);
}

}  // namespace rs
