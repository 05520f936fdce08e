// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/strip_table.h"

#include <cmath>

namespace rs::canvas {

void StripTable::sourceChanged() {
  beginResetModel();
  const StripSource* source = view_.picture().source();
  tokens_ = source == nullptr ? 0 : source->tokens();
  values_.clear();
  for (int i = 1; i < kStripValues && source != nullptr; ++i) {
    if (source->offers(static_cast<StripValue>(i))) {
      values_.push_back(static_cast<StripValue>(i));
    }
  }
  endResetModel();
}

int StripTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : tokens_;
}

// Text, values, marks.
int StripTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || tokens_ == 0 ? 0 : 2 + static_cast<int>(values_.size());
}

QVariant StripTable::data(const QModelIndex& index, int role) const {
  const StripSource* source = view_.picture().source();
  if (!index.isValid() || source == nullptr || index.row() >= source->tokens()) {
    return {};
  }
  if (role == Qt::AccessibleTextRole) {
    return QString::fromStdString(view_.describe(index.row()));
  }
  if (role != Qt::DisplayRole) {
    return {};
  }
  const auto column = static_cast<size_t>(index.column());
  if (column == 0) {
    return QString::fromStdString(source->text(index.row()));
  }
  if (column <= values_.size()) {
    const float value = source->value(values_[column - 1], index.row());
    return std::isnan(value) ? QVariant() : QVariant(static_cast<double>(value));
  }
  const unsigned flags = source->flags(index.row());
  QStringList marks;
  for (const auto& [flag, name] : {std::pair(kEdited, tr("edited")), std::pair(kHijacked, tr("hijacked")),
                                   std::pair(kVirtual, tr("virtual")), std::pair(kFragile, tr("fragile"))}) {
    if ((flags & flag) != 0) {
      marks += name;
    }
  }
  return marks.join(QStringLiteral(", "));
}

QVariant StripTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (role != Qt::DisplayRole) {
    return {};
  }
  if (orientation == Qt::Vertical) {
    return section;
  }
  const auto column = static_cast<size_t>(section);
  if (column >= 1 && column <= values_.size()) {
    const std::string_view name = nameOf(values_[column - 1]);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
  }
  return column == 0 ? tr("text") : tr("marks");
}

}  // namespace rs::canvas
