// SPDX-License-Identifier: Apache-2.0
//
// Which ops of a table apply at a position, found without a look at those of all other positions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/routing/program.h"

namespace rs {

class OpsByPosition {
 public:
  // An op, by its index in the table, at one of the positions it names.
  struct Named {
    std::int32_t position;
    std::int32_t op;
  };

  // The ops of the table that are wanted. Cost: n log n in the positions they name.
  template <class Op, class IsWanted>
  OpsByPosition(const RoutingProgram& program, const std::vector<Op>& table, IsWanted is_wanted) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (is_wanted(table[i])) {
        add(program, table[i].where, static_cast<std::int32_t>(i));
      }
    }
    sortNamed();
  }

  template <class Op>
  OpsByPosition(const RoutingProgram& program, const std::vector<Op>& table)
      : OpsByPosition(program, table, [](const Op&) { return true; }) {}

  // Indices of the ops that apply there, in the order of the table. Cost: those it returns.
  [[nodiscard]] std::vector<std::int32_t> at(int position) const;
  // Those of them that name the position.
  [[nodiscard]] std::span<const Named> namedAt(int position) const;
  // By position, then in the order of the table.
  [[nodiscard]] std::span<const Named> named() const { return named_; }

 private:
  void add(const RoutingProgram& program, const PositionSet& where, std::int32_t op);
  void sortNamed();

  std::vector<std::int32_t> everywhere_;
  std::vector<Named> named_;
};

}  // namespace rs
