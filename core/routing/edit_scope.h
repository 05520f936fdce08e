// SPDX-License-Identifier: Apache-2.0
//
// One edit while it is compiled: its fields, checked against their descriptions and the model, in the form
// the tables want them.
//
// Lifetime: borrows everything it is given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/program_builder.h"

namespace rs {

class EditScope {
 public:
  // Checks every field of the edit against its description.
  // Errors: Error{kUsage} with the edit's number and field, expected and found.
  EditScope(const Edit& edit, int number, const ModelConfig& config, const CompileOptions& options);

  [[nodiscard]] EditPlace place() const { return {number_, edit_.op->id}; }
  [[nodiscard]] const std::string& name() const { return edit_.name; }
  // Layers in which the edit runs, ascending; none if it is off.
  [[nodiscard]] const std::vector<std::int32_t>& layers() const { return layers_; }
  [[nodiscard]] PositionSet where(ProgramBuilder& program) const;

  [[nodiscard]] bool has(std::string_view field) const { return edit_.fields.contains(field); }
  [[nodiscard]] std::int32_t integer(std::string_view field) const;  // kInteger, kExpert
  // A number, or its default. Errors: Error{kUsage} if it does not fit into f32.
  [[nodiscard]] float number(std::string_view field) const;
  [[nodiscard]] std::size_t option(std::string_view field) const;  // index into FieldInfo::options
  [[nodiscard]] const std::vector<std::int32_t>& experts(std::string_view field) const;      // as given
  [[nodiscard]] PoolRange expertSet(std::string_view field, ProgramBuilder& program) const;  // each once
  [[nodiscard]] const std::vector<double>& numbers(std::string_view field) const;
  // The H numbers of the field, times its companion `scale`.
  [[nodiscard]] PoolRange scaledVector(std::string_view field, ProgramBuilder& program) const;
  // A field that is a number or H numbers: the numbers, or nothing if it is one number.
  [[nodiscard]] PoolRange constantVector(std::string_view field, ProgramBuilder& program) const;

  [[noreturn]] void refuse(std::string_view field, const std::string& problem) const {
    refuseEdit(place(), field, problem);
  }

 private:
  void checkLayers();
  void checkPositions() const;
  void checkFields() const;
  void checkField(const FieldInfo& field, const FieldValue& value) const;
  void checkExpert(std::string_view field, std::int32_t expert) const;
  void checkNumber(const FieldInfo& field, double value) const;
  void checkWeights(std::string_view field, const std::vector<double>& weights) const;
  void checkVector(std::string_view field, const VectorSpec& vector) const;
  void checkHidden(std::string_view field, std::size_t size) const;
  [[nodiscard]] std::string mode() const;  // "" if the operation has no modes
  [[nodiscard]] std::vector<double> direction(std::string_view field, std::int32_t token) const;
  [[nodiscard]] PoolRange addScaled(std::string_view field, const std::vector<double>& numbers, double scale,
                                    ProgramBuilder& program) const;

  const Edit& edit_;
  int number_;
  const ModelConfig& config_;
  const CompileOptions& options_;
  std::vector<std::int32_t> layers_;
};

}  // namespace rs
