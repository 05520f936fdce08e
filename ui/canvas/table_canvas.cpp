// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/table_canvas.h"

#include <QAbstractTableModel>
#include <QAccessible>
#include <algorithm>
#include <cmath>

#include "ui/canvas/accessible_canvas.h"
#include "ui/imgui/assistive.h"

namespace rs::canvas {

TableCanvas::TableCanvas(QWidget* parent) : ImGuiCanvas(parent) {
  installAccessibleCanvas();
}

QRect TableCanvas::rectOf(const ItemBox& box) {
  const QPoint corner(static_cast<int>(box.left), static_cast<int>(box.top));
  const QPoint end(static_cast<int>(std::ceil(box.right)), static_cast<int>(std::ceil(box.bottom)));
  return {corner, QSize(std::max(1, end.x() - corner.x()), std::max(1, end.y() - corner.y()))};
}

void TableCanvas::announceCursor(const std::string& line) {
  announce(line);
  focusCell();
}

void TableCanvas::announceSelection() {
  QAccessibleEvent event(this, QAccessible::SelectionWithin);
  tellTools(event);
}

// Qt names the widget once the focus is there; the cell comes after it.
void TableCanvas::focusInEvent(QFocusEvent* event) {
  ImGuiCanvas::focusInEvent(event);
  QMetaObject::invokeMethod(this, &TableCanvas::focusCell, Qt::QueuedConnection);
}

void TableCanvas::focusCell() {
  const Place place = cursorPlace();
  if (!hasFocus() || place.isNone()) {
    return;
  }
  const QAbstractTableModel& twin = *tableTwin();
  if (place.row < twin.rowCount() && place.column < twin.columnCount()) {
    QAccessibleEvent event(this, QAccessible::Focus);
    event.setChild(childOf(place, twin.columnCount()));
    tellTools(event);
  }
}

}  // namespace rs::canvas
