// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_table.h"

#include <algorithm>
#include <cmath>

namespace rs::canvas {

void HeatTable::sourceChanged() {
  const HeatPicture& picture = view_.picture();
  const int tokens = picture.isShown() ? picture.source()->tokens() : 0;
  const int experts = picture.isShown() ? picture.source()->experts() : 0;
  const uint64_t revision = picture.isShown() ? picture.source()->revision() : 0;
  const int before = tokens_;
  const bool only_grows = before > 0 && tokens > before && experts == experts_ && value_ == picture.value() &&
                          revision == revision_;
  revision_ = revision;
  value_ = picture.value();
  if (before == 0 || tokens < before || experts != experts_) {
    beginResetModel();
    tokens_ = tokens;
    experts_ = experts;
    endResetModel();
    return;
  }
  if (tokens > before) {
    beginInsertRows({}, before, tokens - 1);
    tokens_ = tokens;
    endInsertRows();
  }
  if (!only_grows) {
    tellOthers(before);
  }
}

void HeatTable::tellOthers(int n_tokens) {
  if (n_tokens > 0) {
    Q_EMIT dataChanged(index(0, 0), index(n_tokens - 1, experts_));
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, experts_);
  }
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
  const bool is_aloud = role == Qt::AccessibleTextRole;
  const int n = orientation == Qt::Vertical ? tokens_ : experts_ + 1;
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
