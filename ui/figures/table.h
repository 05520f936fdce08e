// SPDX-License-Identifier: Apache-2.0
//
// A table on paper: columns as wide as their text, and where that is too wide the long ones broken into
// lines.
//
// Thread: values.
#pragma once

#include <QRectF>
#include <QString>
#include <QStringList>
#include <vector>

#include "ui/figures/sheet.h"

namespace rs::figures {

struct TableColumn {
  QString title;
  Align align = Align::kLeft;
};

struct TableRow {
  QStringList cells;  // one for each column
  QColor ink = Ink::black();
};

class Table {
 public:
  // rows_name: what rows are called where not all fit: "edits".
  Table(std::vector<TableColumn> columns, std::vector<TableRow> rows, QString rows_name)
      : columns_(std::move(columns)), rows_(std::move(rows)), rows_name_(std::move(rows_name)) {}

  // All rows, up to a page of twice the width.
  [[nodiscard]] double heightFor(double width, const Typeface& face) const;
  // As many rows as fit, and how many more there are.
  void paint(Sheet& sheet, const QRectF& area) const;

 private:
  using Lines = std::vector<QStringList>;  // of every cell of a row
  struct Layout {
    double points = 0;
    double gap = 0;
    std::vector<double> widths;
    Lines titles;
    std::vector<Lines> rows;  // the first of all
  };
  [[nodiscard]] Layout layOut(double width, double height, const Typeface& face) const;
  [[nodiscard]] static double heightOf(const Lines& lines, double line);
  void paintLines(Sheet& sheet, const Lines& lines, const Layout& layout, QPointF top_left, QColor ink) const;

  std::vector<TableColumn> columns_;
  std::vector<TableRow> rows_;
  QString rows_name_;
};

}  // namespace rs::figures
