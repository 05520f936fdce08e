// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/accessible_canvas.h"

#include <QAbstractTableModel>
#include <algorithm>

#include "ui/canvas/accessible_cell.h"
#include "ui/imgui/assistive.h"

namespace rs::canvas {
namespace {

using ModelChange = QAccessibleTableModelChangeEvent;

QAccessibleInterface* interfaceFor(const QString& class_name, QObject* object) {
  if (class_name == QLatin1String(TableCanvas::staticMetaObject.className())) {
    return new AccessibleCanvas(*static_cast<TableCanvas*>(object));  // the cache of Qt owns it
  }
  return nullptr;
}

std::int64_t keyOf(const Place& place) {
  constexpr int kColumnBits = 24;
  return (static_cast<std::int64_t>(place.row + 1) << kColumnBits) + place.column;
}

}  // namespace

void installAccessibleCanvas() {
  QAccessible::installFactory(interfaceFor);
}

AccessibleCanvas::AccessibleCanvas(TableCanvas& canvas)
    : QAccessibleWidget(&canvas, QAccessible::Table), canvas_(&canvas) {
  const QAbstractTableModel* twin = canvas.tableTwin();
  connections_ = {QObject::connect(twin, &QAbstractTableModel::modelReset,
                                   [this] { tell(ModelChange::ModelReset, -1, -1); }),
                  QObject::connect(twin, &QAbstractTableModel::rowsInserted,
                                   [this](const QModelIndex&, int first, int last) {
                                     tell(ModelChange::RowsInserted, first, last);
                                   }),
                  QObject::connect(twin, &QAbstractTableModel::rowsRemoved,
                                   [this](const QModelIndex&, int first, int last) {
                                     tell(ModelChange::RowsRemoved, first, last);
                                   }),
                  QObject::connect(twin, &QAbstractTableModel::dataChanged,
                                   [this](const QModelIndex& first, const QModelIndex& last) {
                                     tell(ModelChange::DataChanged, first.row(), last.row());
                                   })};
}

// The twin may be gone by now, and its connections with it.
AccessibleCanvas::~AccessibleCanvas() {
  for (const QMetaObject::Connection& connection : connections_) {
    QObject::disconnect(connection);
  }
  forgetCells();
}

void AccessibleCanvas::tell(ModelChange::ModelChangeType type, int first_row, int last_row) {
  ModelChange event(canvas_.data(), type);
  event.setFirstRow(first_row);
  event.setLastRow(last_row);
  event.setFirstColumn(0);
  event.setLastColumn(columnCount() - 1);
  modelChange(&event);
  tellTools(event);
}

// Places keep their objects while rows are appended and values change; what lay elsewhere is asked for anew.
void AccessibleCanvas::modelChange(QAccessibleTableModelChangeEvent* event) {
  if (event->modelChangeType() != ModelChange::DataChanged &&
      event->modelChangeType() != ModelChange::RowsInserted) {
    forgetCells();
  }
}

void AccessibleCanvas::forgetCells() const {
  for (const auto& [key, id] : cells_) {
    QAccessible::deleteAccessibleInterface(id);
  }
  cells_.clear();
  oldest_first_.clear();
}

void AccessibleCanvas::dropOldest() {
  while (oldest_first_.size() > kMostCells) {
    const auto oldest = cells_.find(oldest_first_.front());
    QAccessible::deleteAccessibleInterface(oldest->second);
    cells_.erase(oldest);
    oldest_first_.pop_front();
  }
}

void* AccessibleCanvas::interface_cast(QAccessible::InterfaceType type) {
  if (type == QAccessible::TableInterface) {
    return static_cast<QAccessibleTableInterface*>(this);
  }
  return QAccessibleWidget::interface_cast(type);
}

QAccessible::State AccessibleCanvas::state() const {
  QAccessible::State state = QAccessibleWidget::state();
  state.focusable = true;
  state.multiSelectable = true;
  return state;
}

int AccessibleCanvas::rowCount() const {
  return canvas_ == nullptr ? 0 : canvas_->tableTwin()->rowCount();
}

int AccessibleCanvas::columnCount() const {
  return canvas_ == nullptr ? 0 : canvas_->tableTwin()->columnCount();
}

// The surface that is drawn on is a widget too, and says nothing.
int AccessibleCanvas::childCount() const {
  return (rowCount() + 1) * columnCount();
}

QAccessibleInterface* AccessibleCanvas::child(int index) const {
  const int columns = columnCount();
  if (index < 0 || columns == 0) {
    return nullptr;
  }
  return at({index / columns - 1, index % columns});
}

int AccessibleCanvas::indexOfChild(const QAccessibleInterface* child) const {
  const auto* cell = dynamic_cast<const AccessibleCell*>(child);
  if (cell == nullptr || cell->canvas() != canvas_ || !cell->isValid()) {
    return -1;
  }
  return childOf(cell->place(), columnCount());
}

QAccessibleInterface* AccessibleCanvas::childAt(int x, int y) const {
  if (canvas_ == nullptr) {
    return nullptr;
  }
  const Place place = canvas_->placeAt(canvas_->mapFromGlobal(QPoint(x, y)));
  return place.isNone() ? nullptr : at(place);
}

QAccessibleInterface* AccessibleCanvas::focusChild() const {
  if (canvas_ == nullptr || !canvas_->hasFocus()) {
    return nullptr;
  }
  const Place place = canvas_->cursorPlace();
  return place.isNone() ? nullptr : at(place);
}

QAccessibleInterface* AccessibleCanvas::at(const Place& place) const {
  if (canvas_ == nullptr || place.row < -1 || place.row >= rowCount() || place.column < 0 ||
      place.column >= columnCount()) {
    return nullptr;
  }
  const std::int64_t key = keyOf(place);
  if (const auto found = cells_.find(key); found != cells_.end()) {
    return QAccessible::accessibleInterface(found->second);
  }
  if (oldest_first_.size() == kMostCells) {
    TableCanvas* canvas = canvas_.data();
    QMetaObject::invokeMethod(
        canvas,
        [canvas] {
          if (auto* table = dynamic_cast<AccessibleCanvas*>(QAccessible::queryAccessibleInterface(canvas))) {
            table->dropOldest();
          }
        },
        Qt::QueuedConnection);
  }
  auto* cell = new AccessibleCell(*canvas_, place);  // the cache of Qt owns it
  cells_.emplace(key, QAccessible::registerAccessibleInterface(cell));
  oldest_first_.push_back(key);
  return cell;
}

QAccessibleInterface* AccessibleCanvas::cellAt(int row, int column) const {
  return row < 0 ? nullptr : at({row, column});
}

QString AccessibleCanvas::columnDescription(int column) const {
  return canvas_ == nullptr ? QString() : headerText(*canvas_->tableTwin(), column, Qt::Horizontal);
}

QString AccessibleCanvas::rowDescription(int row) const {
  return canvas_ == nullptr ? QString() : headerText(*canvas_->tableTwin(), row, Qt::Vertical);
}

int AccessibleCanvas::selectedRowCount() const {
  return canvas_ == nullptr ? 0 : canvas_->selectedRows().size();
}

int AccessibleCanvas::selectedCellCount() const {
  return selectedRowCount() * columnCount();
}

QList<QAccessibleInterface*> AccessibleCanvas::selectedCells() const {
  QList<QAccessibleInterface*> cells;
  if (selectedRowCount() == 0) {
    return cells;
  }
  const Tokens rows = canvas_->selectedRows();
  const int columns = columnCount();
  const int n = std::min(kMostCells, selectedCellCount());
  for (int i = 0; i < n; ++i) {
    if (QAccessibleInterface* cell = cellAt(rows.begin + i / columns, i % columns); cell != nullptr) {
      cells.push_back(cell);
    }
  }
  return cells;
}

QList<int> AccessibleCanvas::selectedRows() const {
  QList<int> rows;
  if (selectedRowCount() > 0) {
    const Tokens selected = canvas_->selectedRows();
    for (int row = selected.begin; row < selected.end; ++row) {
      rows.push_back(row);
    }
  }
  return rows;
}

bool AccessibleCanvas::isRowSelected(int row) const {
  return selectedRowCount() > 0 && row >= canvas_->selectedRows().begin && row < canvas_->selectedRows().end;
}

// One run of rows can be selected: another row begins a new one, unless it continues the old.
bool AccessibleCanvas::selectRow(int row) {
  if (canvas_ == nullptr || row < 0 || row >= rowCount()) {
    return false;
  }
  const Tokens old = canvas_->selectedRows();
  const bool continues = !old.empty() && row >= old.begin - 1 && row <= old.end;
  canvas_->selectRows(continues ? Tokens{std::min(row, old.begin), std::max(row + 1, old.end)}
                                : Tokens{row, row + 1});
  return true;
}

// From the middle the longer rest stays, as with the mouse.
bool AccessibleCanvas::unselectRow(int row) {
  if (!isRowSelected(row)) {
    return false;
  }
  canvas_->selectRows(combine(canvas_->selectedRows(), {row, row + 1}, kAlt));
  return true;
}

}  // namespace rs::canvas
