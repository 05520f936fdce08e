// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/token_table.h"

#include <utility>

namespace rs::canvas {

void TokenTable::follow(const Source& source) {
  const int before = tokens_;
  const bool has_same_revision = std::exchange(revision_, source.revision) == source.revision;
  if (before == 0 || source.tokens < before || source.take_columns) {
    beginResetModel();
    tokens_ = source.tokens;
    if (source.take_columns) {
      source.take_columns();
    }
    endResetModel();
    return;
  }
  const bool only_grows = source.tokens > before && has_same_revision && !source.has_other_values;
  if (!only_grows) {
    tellValues();
  }
  if (source.tokens > before) {
    beginInsertRows({}, before, source.tokens - 1);
    tokens_ = source.tokens;
    endInsertRows();
  }
}

void TokenTable::tellValues() {
  if (tokens_ > 0) {
    Q_EMIT dataChanged(index(0, 0), index(tokens_ - 1, columnCount() - 1));
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
  }
}

}  // namespace rs::canvas
