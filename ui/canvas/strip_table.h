// SPDX-License-Identifier: Apache-2.0
//
// The token strip as a table: one row a token, with its text, the numbers it has and its marks.
#pragma once

#include <vector>

#include "ui/canvas/strip_view.h"
#include "ui/canvas/token_table.h"

namespace rs::canvas {

class StripTable final : public TokenTable {
 public:
  // Lifetime: the view outlives the table.
  explicit StripTable(const StripView& view) : view_(view) {}
  void sourceChanged();

  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  [[nodiscard]] QVariant numberAt(const QModelIndex& at, StripValue value) const;
  [[nodiscard]] QString marksAt(int token) const;

  const StripView& view_;
  std::vector<StripValue> values_;  // columns after the text
};

}  // namespace rs::canvas
