// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/twin_table.h"

#include <QAbstractTableModel>
#include <QHeaderView>
#include <QSignalBlocker>

namespace rs::ui {

TwinTable::TwinTable(canvas::TableCanvas& canvas, const QString& name, const QString& accessible_name,
                     QWidget* parent)
    : QTableView(parent) {
  setObjectName(name);
  setAccessibleName(accessible_name);
  setModel(canvas.tableTwin());
  setSelectionMode(QAbstractItemView::SingleSelection);
  setTabKeyNavigation(false);
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
  connect(selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& at) {
    if (at.isValid()) {
      Q_EMIT wentTo({at.row(), at.column()});
    }
  });
}

void TwinTable::showPlace(const canvas::Place& place) {
  const QModelIndex at = model()->index(place.row, place.column);
  const bool is_there =
      at == currentIndex() || (selectionBehavior() == SelectRows && at.row() == currentIndex().row());
  if (at.isValid() && !is_there) {
    const QSignalBlocker blocker(selectionModel());
    setCurrentIndex(at);
    viewport()->update();
  }
}

}  // namespace rs::ui
