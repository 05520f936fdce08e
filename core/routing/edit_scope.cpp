// SPDX-License-Identifier: Apache-2.0
#include "core/routing/edit_scope.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

constexpr double kSumTolerance = 1e-5;
constexpr double kMostF32 = std::numeric_limits<float>::max();

std::vector<std::int32_t> sortedOnce(std::vector<std::int32_t> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

bool holdsType(FieldType type, const FieldValue& value) {
  switch (type) {
    case FieldType::kInteger:
    case FieldType::kExpert:
      return std::holds_alternative<std::int32_t>(value);
    case FieldType::kNumber:
      return std::holds_alternative<double>(value);
    case FieldType::kChoice:
      return std::holds_alternative<std::string>(value);
    case FieldType::kExperts:
      return std::holds_alternative<std::vector<std::int32_t>>(value);
    case FieldType::kWeights:
      return std::holds_alternative<std::vector<double>>(value);
    case FieldType::kConstant:
      return std::holds_alternative<double>(value) || std::holds_alternative<std::vector<double>>(value);
    case FieldType::kVector:
      return std::holds_alternative<VectorSpec>(value);
    default:
      return false;
  }
}

std::string numberText(double value) {
  return format("%.9g", value);
}

}  // namespace

EditScope::EditScope(const Edit& edit, int number, const ModelConfig& config, const CompileOptions& options)
    : edit_(edit), number_(number), config_(config), options_(options) {
  if (edit_.op == nullptr) {
    refuseEdit({number, ""}, "op", "expected an operation, found none");
  }
  checkLayers();
  checkPositions();
  checkFields();
  if (!edit_.on) {
    layers_.clear();
  }
}

void EditScope::checkLayers() {
  if (edit_.where.all) {
    layers_.resize(static_cast<std::size_t>(config_.n_layers));
    std::iota(layers_.begin(), layers_.end(), 0);
    return;
  }
  if (edit_.where.layers.empty()) {
    refuse("layer", "expected a layer, a list of layers or \"all\", found an empty list");
  }
  for (const std::int32_t layer : edit_.where.layers) {
    if (layer < 0 || layer >= config_.n_layers) {
      refuse("layer", format("expected a layer in 0..%d, found %d", config_.n_layers - 1, layer));
    }
  }
  layers_ = sortedOnce(edit_.where.layers);
}

void EditScope::checkPositions() const {
  if (!edit_.positions) {
    return;
  }
  if (edit_.positions->empty()) {
    refuse("pos", "expected token positions, found an empty list; leave pos out for all positions");
  }
  for (const std::int32_t position : *edit_.positions) {
    if (position < 0 || (options_.n_positions > 0 && position >= options_.n_positions)) {
      const std::string expected = options_.n_positions > 0
                                       ? format("in 0..%d, the tokens of this run", options_.n_positions - 1)
                                       : "of at least 0";
      refuse("pos", "expected a position " + expected + format(", found %d", position));
    }
  }
}

std::string EditScope::mode() const {
  const auto at = edit_.fields.find(std::string_view("mode"));
  const auto* text = at == edit_.fields.end() ? nullptr : std::get_if<std::string>(&at->second);
  return text == nullptr ? "" : *text;
}

// The fields in order of description, so that `mode` is known to be good before the fields that depend on it.
void EditScope::checkFields() const {
  for (const auto& [id, value] : edit_.fields) {
    if (findField(*edit_.op, id) == nullptr) {
      refuse(id, "expected a field of this operation, found an unknown one");
    }
  }
  for (const FieldInfo& field : edit_.op->fields) {
    const auto at = edit_.fields.find(field.id);
    const bool belongs = field.mode.empty() || field.mode == mode();
    if (at == edit_.fields.end()) {
      if (belongs && field.is_required) {
        refuse(field.id, "expected " + typeText(field) + ", found nothing");
      }
    } else if (!belongs) {
      refuse(field.id, "expected only with mode " + std::string(field.mode) + ", found with mode " + mode());
    } else {
      checkField(field, at->second);
    }
  }
}

void EditScope::checkField(const FieldInfo& field, const FieldValue& value) const {
  if (!holdsType(field.type, value)) {
    refuse(field.id, "expected " + typeText(field) + ", found another type");
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (std::find(field.options.begin(), field.options.end(), *text) == field.options.end()) {
      const std::vector<std::string> options(field.options.begin(), field.options.end());
      refuse(field.id, "expected one of " + join(options, ", ") + ", found '" + *text + "'" +
                           didYouMean(*text, options));
    }
  } else if (const auto* integer = std::get_if<std::int32_t>(&value)) {
    if (field.type == FieldType::kExpert) {
      checkExpert(field.id, *integer);
    } else {
      checkNumber(field, *integer);
    }
  } else if (const auto* number = std::get_if<double>(&value)) {
    checkNumber(field, *number);
  } else if (const auto* experts = std::get_if<std::vector<std::int32_t>>(&value)) {
    if (experts->empty()) {
      refuse(field.id, "expected at least one expert, found an empty list");
    }
    for (const std::int32_t expert : *experts) {
      checkExpert(field.id, expert);
    }
  } else if (const auto* vector = std::get_if<VectorSpec>(&value)) {
    checkVector(field.id, *vector);
  } else if (field.type == FieldType::kWeights) {
    checkWeights(field.id, std::get<std::vector<double>>(value));
  } else {
    checkHidden(field.id, std::get<std::vector<double>>(value).size());
  }
}

void EditScope::checkExpert(std::string_view field, std::int32_t expert) const {
  if (expert < 0 || expert >= config_.n_experts) {
    refuse(field, format("expected an expert in 0..%d, found %d", config_.n_experts - 1, expert));
  }
}

void EditScope::checkNumber(const FieldInfo& field, double value) const {
  const double max = field.max_is_experts ? config_.n_experts : field.max;
  const bool is_above_min = field.min_is_open ? value > field.min : value >= field.min;
  if (std::isfinite(value) && is_above_min && value <= max) {
    return;
  }
  std::string range = rangeText(field);
  if (field.max_is_experts) {
    range += format(" with E = %d", config_.n_experts);
  }
  refuse(field.id, "expected a number" + (range.empty() ? " that is finite" : " in the range " + range) +
                       ", found " + numberText(value));
}

void EditScope::checkWeights(std::string_view field, const std::vector<double>& weights) const {
  double sum = 0;
  for (const double weight : weights) {
    if (!std::isfinite(weight) || weight < 0) {
      refuse(field, "expected finite weights of at least 0, found " + numberText(weight));
    }
    sum += weight;
  }
  if (weights.empty()) {
    refuse(field,
           "expected one weight for each expert, found an empty list; leave weights out for a softmax");
  }
  if (std::abs(sum - 1) > kSumTolerance) {
    refuse(field, "expected weights with sum 1 within 1e-5, found sum " + numberText(sum));
  }
}

void EditScope::checkVector(std::string_view field, const VectorSpec& vector) const {
  if (!vector.unembed) {
    checkHidden(field, vector.numbers.size());
  } else if (*vector.unembed < 0 || *vector.unembed >= config_.vocab) {
    refuse(field, format("expected a token in 0..%d, found %d", config_.vocab - 1, *vector.unembed));
  }
}

void EditScope::checkHidden(std::string_view field, std::size_t size) const {
  if (size != static_cast<std::size_t>(config_.hidden)) {
    refuse(field, format("expected %d numbers (the hidden width), found %zu", config_.hidden, size));
  }
}

PositionSet EditScope::where(ProgramBuilder& program) const {
  if (!edit_.positions) {
    return {};
  }
  return {false, program.addIds(sortedOnce(*edit_.positions))};
}

std::int32_t EditScope::integer(std::string_view field) const {
  return std::get<std::int32_t>(edit_.fields.find(field)->second);
}

float EditScope::number(std::string_view field) const {
  const FieldInfo& info = *findField(*edit_.op, field);
  const auto at = edit_.fields.find(field);
  const double value = at == edit_.fields.end() ? info.default_value : std::get<double>(at->second);
  const auto narrow = static_cast<float>(value);
  // A positive number below the smallest f32 becomes zero, which a range may exclude.
  const bool is_lost = info.min_is_open && static_cast<double>(narrow) <= info.min;
  if (std::abs(value) > kMostF32 || is_lost) {
    refuse(field, "expected a number that fits into 32-bit floating point, found " + numberText(value));
  }
  return narrow;
}

std::size_t EditScope::option(std::string_view field) const {
  const auto options = findField(*edit_.op, field)->options;
  const auto& text = std::get<std::string>(edit_.fields.find(field)->second);
  return static_cast<std::size_t>(std::find(options.begin(), options.end(), text) - options.begin());
}

const std::vector<std::int32_t>& EditScope::experts(std::string_view field) const {
  return std::get<std::vector<std::int32_t>>(edit_.fields.find(field)->second);
}

PoolRange EditScope::expertSet(std::string_view field, ProgramBuilder& program) const {
  return program.addIds(sortedOnce(experts(field)));
}

const std::vector<double>& EditScope::numbers(std::string_view field) const {
  return std::get<std::vector<double>>(edit_.fields.find(field)->second);
}

PoolRange EditScope::scaledVector(std::string_view field, ProgramBuilder& program) const {
  const auto at = edit_.fields.find(std::string_view("scale"));
  const double scale = at == edit_.fields.end() ? 1 : std::get<double>(at->second);
  const auto& vector = std::get<VectorSpec>(edit_.fields.find(field)->second);
  return addScaled(field, vector.unembed ? direction(field, *vector.unembed) : vector.numbers, scale,
                   program);
}

PoolRange EditScope::constantVector(std::string_view field, ProgramBuilder& program) const {
  const auto at = edit_.fields.find(field);
  if (at == edit_.fields.end() || std::holds_alternative<double>(at->second)) {
    return {};
  }
  return addScaled(field, std::get<std::vector<double>>(at->second), 1, program);
}

std::vector<double> EditScope::direction(std::string_view field, std::int32_t token) const {
  check(static_cast<bool>(options_.unembed_row), "edits that name a token need the unembedding");
  const std::vector<float> row = options_.unembed_row(token);
  check(row.size() == static_cast<std::size_t>(config_.hidden), "a row of the unembedding has H numbers");
  std::vector<double> unit(row.begin(), row.end());
  const double length = std::sqrt(std::inner_product(unit.begin(), unit.end(), unit.begin(), 0.0));
  if (!std::isfinite(length) || length == 0) {
    refuse(field, format("expected a token whose unembedding row has a direction, found token %d with a row "
                         "of length %g",
                         token, length));
  }
  for (double& x : unit) {
    x /= length;
  }
  return unit;
}

PoolRange EditScope::addScaled(std::string_view field, const std::vector<double>& numbers, double scale,
                               ProgramBuilder& program) const {
  std::vector<float> scaled(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double value = scale * numbers[i];
    if (!(std::abs(value) <= kMostF32)) {
      refuse(field, format("expected numbers that fit into 32-bit floating point after scaling, found %g at "
                           "index %zu",
                           value, i));
    }
    scaled[i] = static_cast<float>(value);
  }
  return program.addFloats(scaled);
}

}  // namespace rs
