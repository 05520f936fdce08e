// SPDX-License-Identifier: Apache-2.0
//
// A table of texts that is filled anew many times a second: items stay, only changed cells are painted.
// Ctrl+C copies the selection, or all of it, as tab-separated lines.
//
// Thread: the window's.
#pragma once

#include <QColor>
#include <QStringList>
#include <QTableWidget>

namespace rs::ui {

class TextTable final : public QTableWidget {
 public:
  TextTable(const QString& name, const QString& accessible_name, const QStringList& columns, QWidget* parent);

  // Range: as many texts as columns. Rows are appended as needed.
  void setRow(int row, const QStringList& texts, const QColor& colour = {});
  // Drops the rows from here on.
  void endRows(int n_rows);
  // From now on columns, which are as wide as their titles, grow with the texts of setRow().
  void growWithTexts();
  // Columns that are too narrow for this row.
  void widenFor(int row);
  [[nodiscard]] QString cell(int row, int column) const;
  // Without telling anybody.
  void markRow(int row);
  [[nodiscard]] QString asTsv() const;

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void widen(int column, const QString& text);

  bool grows_ = false;
};

}  // namespace rs::ui
