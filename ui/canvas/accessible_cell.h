// SPDX-License-Identifier: Apache-2.0
//
// One cell of a canvas, or the header of a column, as an assistive tool meets it: the text of the twin there,
// the place on the screen, and a way to move the cursor to it. Holds nothing but its place. Thread: the
// window's own. Lifetime: Qt's cache owns it; AccessibleCanvas says when it goes.
#pragma once

#include <QAccessible>
#include <QPointer>

#include "ui/canvas/table_canvas.h"

namespace rs::canvas {

// What a row or column is called aloud: longer than what stands in the header.
[[nodiscard]] QString headerText(const QAbstractTableModel& table, int section, Qt::Orientation orientation);

class AccessibleCell final : public QAccessibleInterface,
                             public QAccessibleTableCellInterface,
                             public QAccessibleActionInterface {
 public:
  // Row -1: the header of the column.
  AccessibleCell(TableCanvas& canvas, const Place& place) : canvas_(&canvas), place_(place) {}
  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] TableCanvas* canvas() const { return canvas_; }

  [[nodiscard]] bool isValid() const override;
  [[nodiscard]] QObject* object() const override { return nullptr; }
  [[nodiscard]] QWindow* window() const override;
  [[nodiscard]] QAccessibleInterface* childAt(int /*x*/, int /*y*/) const override { return nullptr; }
  [[nodiscard]] QAccessibleInterface* parent() const override;
  [[nodiscard]] QAccessibleInterface* child(int /*index*/) const override { return nullptr; }
  [[nodiscard]] int childCount() const override { return 0; }
  [[nodiscard]] int indexOfChild(const QAccessibleInterface* /*child*/) const override { return -1; }
  [[nodiscard]] QString text(QAccessible::Text kind) const override;
  void setText(QAccessible::Text /*kind*/, const QString& /*text*/) override {}
  [[nodiscard]] QRect rect() const override;
  [[nodiscard]] QAccessible::Role role() const override;
  [[nodiscard]] QAccessible::State state() const override;
  void* interface_cast(QAccessible::InterfaceType type) override;

  [[nodiscard]] bool isSelected() const override;
  [[nodiscard]] QList<QAccessibleInterface*> columnHeaderCells() const override;
  [[nodiscard]] QList<QAccessibleInterface*> rowHeaderCells() const override;
  [[nodiscard]] int columnIndex() const override { return place_.column; }
  [[nodiscard]] int rowIndex() const override { return place_.row; }
  [[nodiscard]] int columnExtent() const override { return 1; }
  [[nodiscard]] int rowExtent() const override { return 1; }
  [[nodiscard]] QAccessibleInterface* table() const override { return parent(); }

  // To move the cursor here, which is what a click does.
  [[nodiscard]] QStringList actionNames() const override;
  void doAction(const QString& action) override;
  [[nodiscard]] QStringList keyBindingsForAction(const QString& /*action*/) const override { return {}; }

 private:
  [[nodiscard]] bool isHeader() const { return place_.row < 0; }

  QPointer<TableCanvas> canvas_;
  Place place_;
};

}  // namespace rs::canvas
