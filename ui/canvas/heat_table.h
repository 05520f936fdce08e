// SPDX-License-Identifier: Apache-2.0
//
// The heat map as a table, for those who read rather than look: one row a token, one column an expert of one
// layer.
#pragma once

#include <algorithm>

#include "ui/canvas/heat_view.h"
#include "ui/canvas/token_table.h"

namespace rs::canvas {

class HeatTable final : public TokenTable {
 public:
  // Lifetime: the view outlives the table.
  explicit HeatTable(const HeatView& view) : view_(view), layer_(std::max(0, view.cursor().layer)) {}
  void sourceChanged();
  void setLayer(int layer);
  [[nodiscard]] int layer() const { return layer_; }

  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  const HeatView& view_;
  int layer_;
  int experts_ = 0;
  HeatValue value_ = HeatValue::kWeight;
};

}  // namespace rs::canvas
