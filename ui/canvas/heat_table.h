// SPDX-License-Identifier: Apache-2.0
//
// The heat map as a table, for those who read rather than look: one row a token, one column an expert of one
// layer.
#pragma once

#include <QAbstractTableModel>

#include "ui/canvas/heat_view.h"

namespace rs::canvas {

class HeatTable final : public QAbstractTableModel {
 public:
  // Lifetime: the view outlives the table.
  explicit HeatTable(const HeatView& view) : view_(view) {}
  // Tokens that were appended become rows, and whoever reads the table keeps their place in it.
  void sourceChanged();
  void setLayer(int layer);
  [[nodiscard]] int layer() const { return layer_; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  void tellOthers(int n_tokens);

  const HeatView& view_;
  int layer_ = 0;
  int tokens_ = 0;
  int experts_ = 0;
  uint64_t revision_ = 0;
  HeatValue value_ = HeatValue::kWeight;
};

}  // namespace rs::canvas
