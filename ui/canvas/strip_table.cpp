// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/strip_table.h"

#include <cmath>
#include <utility>

namespace rs::canvas {

void StripTable::sourceChanged() {
  const StripSource* source = view_.picture().source();
  Source now;
  std::vector<StripValue> values;
  if (source != nullptr) {
    now.tokens = source->tokens();
    for (int i = 1; i < kStripValues; ++i) {
      const auto value = static_cast<StripValue>(i);
      // They only grow: the sum changes with each of them.
      now.revision += source->revision(value);
      if (source->offers(value)) {
        values.push_back(value);
      }
    }
  }
  if (values != values_) {
    now.take_columns = [&] { values_ = std::move(values); };
  }
  follow(now);
}

// Text, values, marks.
int StripTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || tokens() == 0 ? 0 : 2 + static_cast<int>(values_.size());
}

QVariant StripTable::numberAt(const QModelIndex& at, StripValue value) const {
  const float number = view_.picture().source()->value(value, at.row());
  return std::isnan(number) ? QVariant() : QVariant(static_cast<double>(number));
}

QString StripTable::marksAt(int token) const {
  const unsigned flags = view_.picture().source()->flags(token);
  QStringList marks;
  for (const auto& [flag, name] : {std::pair(kEdited, tr("edited")), std::pair(kHijacked, tr("hijacked")),
                                   std::pair(kVirtual, tr("virtual")), std::pair(kFragile, tr("fragile"))}) {
    if ((flags & flag) != 0) {
      marks += name;
    }
  }
  return marks.join(QStringLiteral(", "));
}

// Aloud, the first cell says all that is known of the token, the others what they are of.
QVariant StripTable::data(const QModelIndex& index, int role) const {
  const StripSource* source = view_.picture().source();
  const bool is_aloud = role == Qt::AccessibleTextRole;
  if (!index.isValid() || source == nullptr || index.row() >= source->tokens() ||
      (role != Qt::DisplayRole && !is_aloud)) {
    return {};
  }
  const auto column = static_cast<size_t>(index.column());
  if (column == 0) {
    return QString::fromStdString(is_aloud ? view_.describe(index.row()) : source->text(index.row()));
  }
  const bool is_number = column <= values_.size();
  QVariant shown = is_number ? numberAt(index, values_[column - 1]) : QVariant(marksAt(index.row()));
  if (!is_aloud) {
    return shown;
  }
  const QString text = shown.toString().isEmpty()
                           ? (is_number ? tr("no data") : tr("none"))
                           : (is_number ? QString::number(shown.toDouble(), 'g', 4) : shown.toString());
  return tr("%1, %2 %3")
      .arg(headerData(index.row(), Qt::Vertical, Qt::AccessibleTextRole).toString(),
           headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString(), text);
}

QVariant StripTable::headerData(int section, Qt::Orientation orientation, int role) const {
  const StripSource* source = view_.picture().source();
  const bool is_aloud = role == Qt::AccessibleTextRole;
  if ((role != Qt::DisplayRole && !is_aloud) || section < 0) {
    return {};
  }
  if (orientation == Qt::Vertical) {
    if (!is_aloud || source == nullptr || section >= source->tokens()) {
      return section;
    }
    return tr("token %1 '%2'").arg(section).arg(QString::fromStdString(source->text(section)));
  }
  const auto column = static_cast<size_t>(section);
  if (column >= 1 && column <= values_.size()) {
    const std::string_view name = nameOf(values_[column - 1]);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
  }
  return column == 0 ? tr("text") : tr("marks");
}

}  // namespace rs::canvas
