// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/table.h"

#include <algorithm>
#include <numeric>

namespace rs::figures {
namespace {

constexpr double kMostHeight = 2.0;  // widths
constexpr double kRowGap = 2;        // points
constexpr qsizetype kMostLines = 6;  // of a cell
constexpr double kLeastGap = 5;      // between columns
constexpr double kGoodGap = 9;

// At blanks, and where a word is wider than the column, within it.
QStringList linesOf(const Typeface& face, const QString& text, double width, double points) {
  QStringList lines;
  for (QString line : face.wrapped(text, width, points)) {
    while (face.width(line, points) > width && line.size() > 1) {
      const qsizetype n =
          std::max<qsizetype>(face.fitting(line, width, points), line[0].isHighSurrogate() ? 2 : 1);
      lines << line.left(n);
      line.remove(0, n);
    }
    lines << line;
  }
  if (lines.size() > kMostLines) {
    lines.resize(kMostLines);
    lines.last() = face.elided(lines.last() + QStringLiteral(" \u2026 "), width, points);
  }
  return lines.isEmpty() ? QStringList{QString()} : lines;
}

// The widths, the widest cut down to one that lets all of them fit. least: what a column needs for itself.
std::vector<double> fitted(const std::vector<double>& wanted, const std::vector<double>& least,
                           double width) {
  const auto total = [&](double most) {
    double sum = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      sum += std::min(wanted[i], std::max(most, least[i]));
    }
    return sum;
  };
  // A sheet too narrow for the titles breaks them as well.
  const bool is_narrow = total(0) > width;
  double low = 0;
  double high = width;
  constexpr int kSteps = 40;
  for (int step = 0; step < kSteps; ++step) {
    const double middle = (low + high) / 2;
    (total(middle) <= width ? low : high) = middle;
  }
  std::vector<double> widths;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    widths.push_back(is_narrow ? wanted[i] * width / std::accumulate(wanted.begin(), wanted.end(), 0.0)
                               : std::min(wanted[i], std::max(low, least[i])));
  }
  return widths;
}

}  // namespace

double Table::heightOf(const Lines& lines, double line) {
  qsizetype most = 1;
  for (const QStringList& cell : lines) {
    most = std::max(most, cell.size());
  }
  return static_cast<double>(most) * line + kRowGap;
}

Table::Layout Table::layOut(double width, double height, const Typeface& face) const {
  Layout layout;
  // No more rows than there is room for.
  const auto n_rows = std::min(
      rows_.size(), static_cast<std::size_t>(height / (face.lineHeight(face.smallPoints()) + kRowGap)) + 1);
  std::vector<double> wanted;
  const double n_gaps = std::max(static_cast<double>(columns_.size()) - 1, 1.0);
  for (const double points : {face.points(), face.smallPoints()}) {
    wanted.clear();
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      double widest = face.width(face.shown(columns_[column].title), points);
      for (std::size_t row = 0; row < n_rows; ++row) {
        widest = std::max(widest,
                          face.width(face.shown(rows_[row].cells[static_cast<qsizetype>(column)]), points));
      }
      wanted.push_back(widest + 0.1);  // what fits must not be broken by rounding
    }
    layout.points = points;
    if (std::accumulate(wanted.begin(), wanted.end(), n_gaps * kGoodGap) <= width) {
      break;
    }
  }
  std::vector<double> least;
  for (const TableColumn& column : columns_) {
    double widest = 0;
    for (const QString& word : face.shown(column.title).split(QLatin1Char(' '))) {
      widest = std::max(widest, face.width(word, layout.points) + 0.1);
    }
    least.push_back(widest);
  }
  layout.widths = fitted(wanted, least, width - n_gaps * kLeastGap);
  layout.gap = (width - std::accumulate(layout.widths.begin(), layout.widths.end(), 0.0)) / n_gaps;
  const auto add = [&](auto cell_of) {
    Lines lines;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      lines.push_back(linesOf(face, face.shown(cell_of(column)), layout.widths[column], layout.points));
    }
    return lines;
  };
  layout.titles = add([&](std::size_t column) { return columns_[column].title; });
  for (std::size_t row = 0; row < n_rows; ++row) {
    layout.rows.push_back(
        add([&](std::size_t column) { return rows_[row].cells[static_cast<qsizetype>(column)]; }));
  }
  return layout;
}

double Table::heightFor(double width, const Typeface& face) const {
  const Layout layout = layOut(width, kMostHeight * width, face);
  const double line = face.lineHeight(layout.points);
  double height = heightOf(layout.titles, line) + 3 * kRowGap;
  for (const Lines& row : layout.rows) {
    height += heightOf(row, line);
  }
  return std::min(height, kMostHeight * width);
}

void Table::paintLines(Sheet& sheet, const Lines& lines, const Layout& layout, QPointF top_left,
                       QColor ink) const {
  const double line = sheet.face().lineHeight(layout.points);
  double x = top_left.x();
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const double width = layout.widths[column];
    const Align align = columns_[column].align;
    const double at = align == Align::kLeft ? x : align == Align::kCentre ? x + width / 2 : x + width;
    double y = top_left.y() + line * 0.8;
    for (const QString& text : lines[column]) {
      sheet.text({at, y}, text, align, layout.points, ink);
      y += line;
    }
    x += width + layout.gap;
  }
}

void Table::paint(Sheet& sheet, const QRectF& area) const {
  const Typeface& face = sheet.face();
  const Layout layout = layOut(area.width(), area.height(), face);
  const double line = face.lineHeight(layout.points);
  double y = area.top() + 1;
  sheet.line({area.left(), y}, {area.right(), y}, Ink::black(), 0.8);
  y += kRowGap;
  paintLines(sheet, layout.titles, layout, {area.left(), y}, Ink::black());
  y += heightOf(layout.titles, line) - kRowGap / 2;
  sheet.line({area.left(), y}, {area.right(), y}, Ink::black(), 0.5);
  y += kRowGap / 2;
  double still = 0;
  for (const Lines& row : layout.rows) {
    still += heightOf(row, line);
  }
  const double bottom = area.bottom() - kRowGap;
  const bool are_all = layout.rows.size() == rows_.size() && y + still <= bottom + 0.01;
  const bool has_lines = still > static_cast<double>(layout.rows.size()) * (line + kRowGap) + 0.01;
  std::size_t n_painted = 0;
  for (const Lines& row : layout.rows) {
    const double height = heightOf(row, line);
    if (y + height + (are_all ? 0 : line) > bottom + 0.01) {
      break;
    }
    if (has_lines && n_painted > 0) {
      sheet.line({area.left(), y}, {area.right(), y}, Ink::lightGrey(), 0.3);
    }
    paintLines(sheet, row, layout, {area.left(), y + kRowGap / 2}, rows_[n_painted].ink);
    y += height;
    ++n_painted;
  }
  if (n_painted < rows_.size()) {
    sheet.text({area.right(), y + line * 0.8},
               QStringLiteral("\u2026 %1 %2 more").arg(rows_.size() - n_painted).arg(rows_name_),
               Align::kRight, layout.points, Ink::grey());
    y += line;
  }
  sheet.line({area.left(), y + 0.5}, {area.right(), y + 0.5}, Ink::black(), 0.8);
}

}  // namespace rs::figures
