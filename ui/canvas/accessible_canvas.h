// SPDX-License-Identifier: Apache-2.0
//
// What assistive tools see of a canvas: a table with the rows, columns and texts of its twin. A cell becomes
// an object when somebody asks for it, and goes again once kMostCells newer ones have been asked for and the
// event loop is back, so that none is taken from under a caller.
// Thread: the window's own.
#pragma once

#include <QAccessibleWidget>
#include <QPointer>
#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "ui/canvas/table_canvas.h"

namespace rs::canvas {

// More than a screen holds; a tool that walks further than this comes back to new objects.
inline constexpr int kMostCells = 2048;

// For every TableCanvas; again is as good as once.
void installAccessibleCanvas();

// The headers of the columns are the first children, then the cells row by row.
[[nodiscard]] inline int childOf(const Place& place, int columns) {
  return (place.row + 1) * columns + place.column;
}

class AccessibleCanvas final : public QAccessibleWidget, public QAccessibleTableInterface {
 public:
  explicit AccessibleCanvas(TableCanvas& canvas);
  ~AccessibleCanvas() override;

  // Cells that are objects now.
  [[nodiscard]] int cellsKept() const { return static_cast<int>(cells_.size()); }

  void* interface_cast(QAccessible::InterfaceType type) override;
  [[nodiscard]] QAccessible::State state() const override;
  [[nodiscard]] int childCount() const override;
  [[nodiscard]] QAccessibleInterface* child(int index) const override;
  [[nodiscard]] int indexOfChild(const QAccessibleInterface* child) const override;
  [[nodiscard]] QAccessibleInterface* childAt(int x, int y) const override;
  [[nodiscard]] QAccessibleInterface* focusChild() const override;

  [[nodiscard]] QAccessibleInterface* caption() const override { return nullptr; }
  [[nodiscard]] QAccessibleInterface* summary() const override { return nullptr; }
  [[nodiscard]] QAccessibleInterface* cellAt(int row, int column) const override;
  [[nodiscard]] QString columnDescription(int column) const override;
  [[nodiscard]] QString rowDescription(int row) const override;
  [[nodiscard]] int columnCount() const override;
  [[nodiscard]] int rowCount() const override;

  // Rows are selected, never columns. Of selected cells no more are made than are kept.
  [[nodiscard]] int selectedCellCount() const override;
  [[nodiscard]] QList<QAccessibleInterface*> selectedCells() const override;
  [[nodiscard]] int selectedColumnCount() const override { return 0; }
  [[nodiscard]] int selectedRowCount() const override;
  [[nodiscard]] QList<int> selectedColumns() const override { return {}; }
  [[nodiscard]] QList<int> selectedRows() const override;
  [[nodiscard]] bool isColumnSelected(int /*column*/) const override { return false; }
  [[nodiscard]] bool isRowSelected(int row) const override;
  bool selectRow(int row) override;
  bool selectColumn(int /*column*/) override { return false; }
  bool unselectRow(int row) override;
  bool unselectColumn(int /*column*/) override { return false; }
  void modelChange(QAccessibleTableModelChangeEvent* event) override;

 private:
  void tell(QAccessibleTableModelChangeEvent::ModelChangeType type, int first_row, int last_row);
  // Row -1: the header of the column.
  [[nodiscard]] QAccessibleInterface* at(const Place& place) const;
  void forgetCells() const;
  void dropOldest();

  QPointer<TableCanvas> canvas_;
  std::array<QMetaObject::Connection, 4> connections_;
  mutable std::unordered_map<std::int64_t, QAccessible::Id> cells_;
  mutable std::deque<std::int64_t> oldest_first_;
};

}  // namespace rs::canvas
