// SPDX-License-Identifier: Apache-2.0
//
// Fills the tables of a RoutingProgram edit by edit, remembering which edit each row came from.
#pragma once

#include <span>
#include <vector>

#include "core/routing/compile.h"
#include "core/routing/program.h"

namespace rs {

class ProgramBuilder {
 public:
  // Which edit each row of a layer's table came from, for messages.
  struct Owners {
    std::vector<EditPlace> logit_ops;
    std::vector<EditPlace> choice_ops;
  };

  explicit ProgramBuilder(const ModelConfig& config);

  // Rows added from now on belong to this edit.
  void beginEdit(EditPlace place) { place_ = place; }

  [[nodiscard]] PoolRange addIds(std::span<const std::int32_t> ids);
  [[nodiscard]] PoolRange addFloats(std::span<const float> numbers);
  // Returns the column; its id is E + column.
  [[nodiscard]] int addColumn(VirtualColumn column);

  void addLogitOp(int layer, const LogitOp& op);
  void addChoiceOp(int layer, const ChoiceOp& op);
  void addOutputOp(int layer, const OutputOp& op);
  void addResidualOp(int layer, const ResidualOp& op);
  // What a virtual expert adds to the tables of one layer.
  void addVirtual(int layer, const PositionSet& where, int column, const VirtualRule& rule);

  [[nodiscard]] const RoutingProgram& program() const { return program_; }
  [[nodiscard]] const Owners& owners(int layer) const { return owners_[static_cast<std::size_t>(layer)]; }
  // Works out what follows from the tables: columns and slots of each layer.
  [[nodiscard]] RoutingProgram finish();

 private:
  LayerProgram& at(int layer) { return program_.layers_[static_cast<std::size_t>(layer)]; }

  RoutingProgram program_;
  std::vector<Owners> owners_;
  EditPlace place_;
};

}  // namespace rs
