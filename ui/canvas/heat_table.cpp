// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_table.h"

#include <algorithm>
#include <cmath>

namespace rs::canvas {

void HeatTable::sourceChanged() {
  beginResetModel();
  const HeatPicture& picture = view_.picture();
  tokens_ = picture.isShown() ? picture.source()->tokens() : 0;
  experts_ = picture.isShown() ? picture.source()->experts() : 0;
  endResetModel();
}

void HeatTable::setLayer(int layer) {
  const int wanted = std::max(0, layer);
  if (wanted != layer_ || experts_ == 0) {
    layer_ = wanted;
    sourceChanged();
  }
}

int HeatTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : tokens_;
}

// The first column is the token's text.
int HeatTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || tokens_ == 0 ? 0 : 1 + experts_;
}

QVariant HeatTable::data(const QModelIndex& index, int role) const {
  const HeatPicture& picture = view_.picture();
  if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::AccessibleTextRole) || !picture.isShown() ||
      index.row() >= picture.source()->tokens()) {
    return {};
  }
  if (index.column() == 0) {
    return QString::fromStdString(picture.source()->tokenText(index.row()));
  }
  const Cell cell{index.row(), layer_, index.column() - 1};
  if (role == Qt::AccessibleTextRole) {
    return QString::fromStdString(view_.describe(cell));
  }
  const float value = view_.valueAt(cell);
  return std::isnan(value) ? QVariant() : QVariant(static_cast<double>(value));
}

QVariant HeatTable::headerData(int section, Qt::Orientation orientation, int role) const {
  const HeatPicture& picture = view_.picture();
  if (role != Qt::DisplayRole || !picture.isShown()) {
    return {};
  }
  if (orientation == Qt::Vertical) {
    return section;
  }
  return section == 0 ? tr("token")
                      : QString::fromStdString(picture.source()->expertName(layer_, section - 1));
}

}  // namespace rs::canvas
