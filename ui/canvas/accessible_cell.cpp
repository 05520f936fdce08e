// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/accessible_cell.h"

#include <QAbstractTableModel>
#include <QWindow>

#include "ui/canvas/accessible_canvas.h"

namespace rs::canvas {

QString headerText(const QAbstractTableModel& table, int section, Qt::Orientation orientation) {
  const QString aloud = table.headerData(section, orientation, Qt::AccessibleTextRole).toString();
  return aloud.isEmpty() ? table.headerData(section, orientation, Qt::DisplayRole).toString() : aloud;
}

bool AccessibleCell::isValid() const {
  if (canvas_ == nullptr) {
    return false;
  }
  const QAbstractTableModel& table = *canvas_->tableTwin();
  return place_.row < table.rowCount() && place_.column < table.columnCount();
}

QWindow* AccessibleCell::window() const {
  return canvas_ == nullptr ? nullptr : canvas_->window()->windowHandle();
}

QAccessibleInterface* AccessibleCell::parent() const {
  return QAccessible::queryAccessibleInterface(canvas_.data());
}

QString AccessibleCell::text(QAccessible::Text kind) const {
  if (!isValid()) {
    return {};
  }
  const QAbstractTableModel& table = *canvas_->tableTwin();
  if (isHeader()) {
    return kind == QAccessible::Name ? headerText(table, place_.column, Qt::Horizontal) : QString();
  }
  const QModelIndex at = table.index(place_.row, place_.column);
  if (kind == QAccessible::Name) {
    const QString aloud = at.data(Qt::AccessibleTextRole).toString();
    return aloud.isEmpty() ? at.data().toString() : aloud;
  }
  return kind == QAccessible::Value ? at.data().toString() : QString();
}

QRect AccessibleCell::rect() const {
  if (!isValid() || isHeader()) {
    return {};
  }
  const QRect box = canvas_->boxOf(place_) & canvas_->rect();
  return box.isEmpty() ? QRect() : QRect(canvas_->mapToGlobal(box.topLeft()), box.size());
}

QAccessible::Role AccessibleCell::role() const {
  return isHeader() ? QAccessible::ColumnHeader : QAccessible::Cell;
}

QAccessible::State AccessibleCell::state() const {
  QAccessible::State state;
  if (!isValid()) {
    state.invalid = true;
    return state;
  }
  state.readOnly = true;
  state.disabled = !canvas_->isEnabled();
  if (isHeader()) {
    return state;
  }
  state.focusable = true;
  state.selectable = true;
  state.selected = isSelected();
  state.focused = canvas_->hasFocus() && canvas_->cursorPlace() == place_;
  state.active = canvas_->cursorPlace() == place_;
  state.invisible = !canvas_->isVisible();
  state.offscreen = rect().isEmpty();
  return state;
}

void* AccessibleCell::interface_cast(QAccessible::InterfaceType type) {
  if (type == QAccessible::TableCellInterface) {
    return static_cast<QAccessibleTableCellInterface*>(this);
  }
  if (type == QAccessible::ActionInterface && !isHeader()) {
    return static_cast<QAccessibleActionInterface*>(this);
  }
  return nullptr;
}

bool AccessibleCell::isSelected() const {
  const Tokens rows = canvas_ == nullptr ? Tokens{} : canvas_->selectedRows();
  return !rows.empty() && place_.row >= rows.begin && place_.row < rows.end;
}

QList<QAccessibleInterface*> AccessibleCell::columnHeaderCells() const {
  QAccessibleInterface* canvas = parent();
  QAccessibleInterface* header = canvas == nullptr || isHeader() ? nullptr : canvas->child(place_.column);
  return header == nullptr ? QList<QAccessibleInterface*>() : QList<QAccessibleInterface*>{header};
}

// The first column is the token's text, which says what the row is.
QList<QAccessibleInterface*> AccessibleCell::rowHeaderCells() const {
  QAccessibleInterface* canvas = parent();
  if (canvas == nullptr || isHeader() || place_.column == 0) {
    return {};
  }
  QAccessibleInterface* header = canvas->tableInterface()->cellAt(place_.row, 0);
  return header == nullptr ? QList<QAccessibleInterface*>() : QList<QAccessibleInterface*>{header};
}

QStringList AccessibleCell::actionNames() const {
  return isHeader() ? QStringList() : QStringList{setFocusAction()};
}

void AccessibleCell::doAction(const QString& action) {
  if (action == setFocusAction() && isValid() && !isHeader()) {
    canvas_->setFocus();
    canvas_->goTo(place_);
  }
}

}  // namespace rs::canvas
