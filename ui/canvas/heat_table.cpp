// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rs::canvas {

void HeatTable::sourceChanged() {
  const HeatPicture& picture = view_.picture();
  Source now;
  now.has_other_values = std::exchange(value_, picture.value()) != picture.value();
  int experts = 0;
  if (picture.isShown()) {
    now.tokens = picture.source()->tokens();
    now.revision = picture.source()->revision();
    experts = picture.source()->experts();
  }
  if (experts != experts_) {
    now.take_columns = [&] { experts_ = experts; };
  }
  follow(now);
}

void HeatTable::setLayer(int layer) {
  const int wanted = std::max(0, layer);
  if (std::exchange(layer_, wanted) != wanted) {
    tellValues();
  }
}

// The first column is the token's text.
int HeatTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || tokens() == 0 ? 0 : 1 + experts_;
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
  const bool is_aloud = role == Qt::AccessibleTextRole;
  const int n = orientation == Qt::Vertical ? tokens() : experts_ + 1;
  if ((role != Qt::DisplayRole && !is_aloud) || !picture.isShown() || section < 0 || section >= n) {
    return {};
  }
  const HeatSource& source = *picture.source();
  if (orientation == Qt::Vertical) {
    return is_aloud ? QVariant(QString::fromStdString(view_.describe({section, -1, -1}))) : QVariant(section);
  }
  if (section == 0) {
    return tr("token");
  }
  const QString name = QString::fromStdString(source.expertName(layer_, section - 1));
  return is_aloud ? tr("layer %1, %2").arg(layer_).arg(name) : name;
}

}  // namespace rs::canvas
