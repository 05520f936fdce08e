// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/text_table.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QSignalBlocker>

namespace rs::ui {

TextTable::TextTable(const QString& name, const QString& accessible_name, const QStringList& columns,
                     QWidget* parent)
    : QTableWidget(0, static_cast<int>(columns.size()), parent) {
  setObjectName(name);
  setAccessibleName(accessible_name);
  setHorizontalHeaderLabels(columns);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setShowGrid(false);
  setAlternatingRowColors(true);
  setWordWrap(false);
  setTabKeyNavigation(false);
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
  horizontalHeader()->setStretchLastSection(true);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void TextTable::setRow(int row, const QStringList& texts, const QColor& colour) {
  while (rowCount() <= row) {
    insertRow(rowCount());
  }
  for (int column = 0; column < columnCount(); ++column) {
    const QString text = column < texts.size() ? texts[column] : QString();
    QTableWidgetItem* cell_item = item(row, column);
    if (cell_item == nullptr) {
      cell_item = new QTableWidgetItem;
      setItem(row, column, cell_item);
    }
    if (cell_item->text() != text) {
      cell_item->setText(text);
      cell_item->setToolTip(text);
      if (grows_) {
        widen(column, text);
      }
    }
    const QBrush brush = colour.isValid() ? QBrush(colour) : QBrush();
    if (cell_item->foreground() != brush) {
      cell_item->setData(Qt::ForegroundRole, colour.isValid() ? QVariant(brush) : QVariant());
    }
  }
}

void TextTable::endRows(int n_rows) {
  if (rowCount() > n_rows) {
    setRowCount(n_rows);
  }
}

void TextTable::growWithTexts() {
  grows_ = true;
  resizeColumnsToContents();
}

void TextTable::widenFor(int row) {
  for (int column = 0; column < columnCount(); ++column) {
    widen(column, cell(row, column));
  }
}

void TextTable::widen(int column, const QString& text) {
  constexpr int kMargins = 16;
  const int wanted = fontMetrics().horizontalAdvance(text) + kMargins;
  if (column + 1 < columnCount() && wanted > columnWidth(column)) {  // the last one takes what is left
    setColumnWidth(column, wanted);
  }
}

QString TextTable::cell(int row, int column) const {
  const QTableWidgetItem* cell_item = item(row, column);
  return cell_item == nullptr ? QString() : cell_item->text();
}

void TextTable::markRow(int row) {
  const QSignalBlocker blocker(this);
  if (row < 0 || row >= rowCount()) {
    clearSelection();
  } else if (currentRow() != row || !selectionModel()->isRowSelected(row)) {
    selectionModel()->setCurrentIndex(model()->index(row, 0),
                                      QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
  }
}

QString TextTable::asTsv() const {
  QStringList header;
  for (int column = 0; column < columnCount(); ++column) {
    header << horizontalHeaderItem(column)->text();
  }
  QStringList lines{header.join(QLatin1Char('\t'))};
  const bool has_selection = selectionModel()->selectedRows().size() > 1;
  for (int row = 0; row < rowCount(); ++row) {
    if (has_selection && !selectionModel()->isRowSelected(row)) {
      continue;
    }
    QStringList cells;
    for (int column = 0; column < columnCount(); ++column) {
      cells << cell(row, column);
    }
    lines << cells.join(QLatin1Char('\t'));
  }
  return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

void TextTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) {
    QGuiApplication::clipboard()->setText(asTsv());
    event->accept();
    return;
  }
  QTableWidget::keyPressEvent(event);
}

}  // namespace rs::ui
