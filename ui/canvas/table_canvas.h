// SPDX-License-Identifier: Apache-2.0
//
// A canvas that is also a table, of the rows and columns of its twin: what a screen reader walks through,
// since nothing in a canvas is a widget. AccessibleCanvas speaks for it. Thread: the window's own.
#pragma once

#include <QRect>

#include "ui/canvas/cell.h"
#include "ui/imgui/canvas.h"

class QAbstractTableModel;

namespace rs::canvas {

// A cell of the twin. -1: none.
struct Place {
  int row = -1;
  int column = -1;
  [[nodiscard]] bool isNone() const { return row < 0 || column < 0; }
  bool operator==(const Place&) const = default;
};

class TableCanvas : public ImGuiCanvas {
  Q_OBJECT

 public:
  explicit TableCanvas(QWidget* parent);

  // Belongs to the widget.
  [[nodiscard]] virtual QAbstractTableModel* tableTwin() = 0;
  [[nodiscard]] virtual Place cursorPlace() const = 0;
  [[nodiscard]] virtual Tokens selectedRows() const = 0;
  // Where a place was drawn last, in whole logical pixels of the canvas; empty: out of sight.
  [[nodiscard]] virtual QRect boxOf(const Place& place) const = 0;
  [[nodiscard]] virtual Place placeAt(const QPoint& at) const = 0;
  // As by hand, with signals.
  virtual void goTo(const Place& place) = 0;
  virtual void selectRows(const Tokens& rows) = 0;

 Q_SIGNALS:
  void selectionChanged(const rs::canvas::Tokens& tokens);
  void pinned(int token);  // -1: none
  void viewChanged();      // zoom, pan, or what is shown, by hand

 protected:
  // At least a pixel, so that what is in sight is not empty.
  [[nodiscard]] static QRect rectOf(const ItemBox& box);
  // The cursor is on another cell: says the line about it and, to those who have the focus here, the cell.
  void announceCursor(const std::string& line);
  void announceSelection();
  void focusInEvent(QFocusEvent* event) override;

 private:
  void focusCell();
};

}  // namespace rs::canvas
