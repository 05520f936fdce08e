// SPDX-License-Identifier: Apache-2.0
//
// The token strip as a table: one row a token, with its text, the numbers it has and its marks.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "ui/canvas/strip_view.h"

namespace rs::canvas {

class StripTable final : public QAbstractTableModel {
 public:
  // Lifetime: the view outlives the table.
  explicit StripTable(const StripView& view) : view_(view) {}
  // Tokens that were appended become rows, and whoever reads the table keeps their place in it.
  void sourceChanged();

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  [[nodiscard]] QVariant numberAt(const QModelIndex& at, StripValue value) const;
  [[nodiscard]] QString marksAt(int token) const;

  const StripView& view_;
  int tokens_ = 0;
  uint64_t revision_ = 0;
  std::vector<StripValue> values_;  // columns after the text
};

}  // namespace rs::canvas
