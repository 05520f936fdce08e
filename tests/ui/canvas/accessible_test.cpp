// SPDX-License-Identifier: Apache-2.0
//
// The canvases as a screen reader meets them: tables with the cells of their twins, each an object only once
// it is asked for.
#include <QAbstractTableModel>
#include <QAccessible>
#include <QApplication>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>
#include <catch2/catch.hpp>
#include <set>

#include "tests/ui/canvas/sources.h"
#include "tests/ui/canvas/spoken.h"
#include "tests/ui/canvas/waiting.h"
#include "ui/canvas/accessible_canvas.h"
#include "ui/canvas/heat_map.h"
#include "ui/canvas/token_strip.h"

using rs::test::Spoken;

namespace rs::canvas {
namespace {

template <typename Canvas, typename Source>
struct Shown {
  Source source;
  QWidget top;
  Canvas canvas{&top};

  Shown() {
    auto* layout = new QVBoxLayout(&top);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(&canvas);
    top.resize(640, 360);
    canvas.setSource(&source);
    top.show();
    REQUIRE(QTest::qWaitForWindowExposed(&top));
    QApplication::setActiveWindow(&top);
    settleCanvas(canvas);
  }
  [[nodiscard]] QAccessibleInterface* object() { return QAccessible::queryAccessibleInterface(&canvas); }
  [[nodiscard]] AccessibleCanvas& spoken() { return *dynamic_cast<AccessibleCanvas*>(object()); }
  [[nodiscard]] QAccessibleTableInterface& table() { return *object()->tableInterface(); }
};
using Heat = Shown<HeatMap, FakeHeat>;
using Strip = Shown<TokenStrip, FakeStrip>;

QString name(QAccessibleInterface* object) {
  REQUIRE(object != nullptr);
  return object->text(QAccessible::Name);
}

// Every cell of the twin, as object, child and text; those who hold one hold the same.
void checkAgainst(const QAbstractTableModel& twin, QAccessibleInterface& object) {
  QAccessibleTableInterface* table = object.tableInterface();
  REQUIRE(table != nullptr);
  CHECK(object.role() == QAccessible::Table);
  REQUIRE(table->rowCount() == twin.rowCount());
  REQUIRE(table->columnCount() == twin.columnCount());
  REQUIRE(object.childCount() == (twin.rowCount() + 1) * twin.columnCount());
  for (int row = 0; row < twin.rowCount(); ++row) {
    for (int column = 0; column < twin.columnCount(); ++column) {
      QAccessibleInterface* cell = table->cellAt(row, column);
      REQUIRE(cell != nullptr);
      const QModelIndex at = twin.index(row, column);
      const bool is_right = cell->text(QAccessible::Name) == at.data(Qt::AccessibleTextRole).toString() &&
                            cell->text(QAccessible::Value) == at.data().toString() &&
                            cell->tableCellInterface()->rowIndex() == row &&
                            cell->tableCellInterface()->columnIndex() == column &&
                            object.child(object.indexOfChild(cell)) == cell && cell->parent() == &object;
      if (!is_right) {
        CAPTURE(row, column, cell->text(QAccessible::Name).toStdString());
        FAIL("a cell is not that of the twin");
      }
    }
  }
  CHECK(table->cellAt(twin.rowCount(), 0) == nullptr);
  CHECK(table->cellAt(0, twin.columnCount()) == nullptr);
  CHECK(table->cellAt(-1, 0) == nullptr);
  CHECK(object.child(object.childCount()) == nullptr);
  CHECK(object.child(-1) == nullptr);
}

TEST_CASE("to a screen reader the canvases are the tables that their twins are") {
  Heat heat;
  heat.canvas.setCursorCell({4, 2, 1});
  checkAgainst(*heat.canvas.tableTwin(), *heat.object());
  CHECK(name(heat.table().cellAt(7, 4)) ==
        QStringLiteral("token 7 't7', layer 2, E3, weight %1")
            .arg(QString::asprintf("%.4g", static_cast<double>(FakeHeat::weightAt(7, 2, 3)))));
  CHECK(heat.table().columnDescription(4) == QStringLiteral("layer 2, E3"));
  CHECK(heat.table().rowDescription(7) == QStringLiteral("token 7 't7'"));
  Strip strip;
  checkAgainst(*strip.canvas.tableTwin(), *strip.object());
  CHECK(strip.table().rowDescription(1) == QStringLiteral("token 1 'a'"));
  CHECK(name(strip.table().cellAt(1, 1)) == QStringLiteral("token 1 'a', probability 0.13"));
  CHECK(name(strip.table().cellAt(0, 1)).endsWith(QStringLiteral("probability no data")));
  CHECK(strip.table().columnDescription(1) == QStringLiteral("probability"));
}

TEST_CASE("a cell names its row and its column") {
  Heat heat;
  QAccessibleTableCellInterface* cell = heat.table().cellAt(7, 4)->tableCellInterface();
  REQUIRE(cell->rowHeaderCells().size() == 1);
  CHECK(name(cell->rowHeaderCells()[0]) == QStringLiteral("t7"));
  REQUIRE(cell->columnHeaderCells().size() == 1);
  CHECK(name(cell->columnHeaderCells()[0]) == QStringLiteral("layer 0, E3"));
  CHECK(cell->columnHeaderCells()[0]->role() == QAccessible::ColumnHeader);
  CHECK(heat.object()->indexOfChild(cell->columnHeaderCells()[0]) == 4);
}

TEST_CASE("of 131,072 tokens only the cells asked for become objects, and the oldest go again") {
  Heat heat;
  heat.source.n_tokens = 131'072;
  heat.source.n_layers = 24;
  heat.source.n_experts = 32;
  heat.canvas.sourceChanged();
  QAccessibleInterface* object = heat.object();
  CHECK(heat.table().rowCount() == 131'072);
  CHECK(heat.table().columnCount() == 33);
  CHECK(object->childCount() == 131'073 * 33);
  CHECK(heat.spoken().cellsKept() == 0);
  QAccessibleInterface* last = heat.table().cellAt(131'071, 32);
  CHECK(name(last).startsWith(QStringLiteral("token 131071 't131071', layer 0, E31")));
  CHECK(heat.table().cellAt(131'071, 32) == last);
  CHECK(heat.spoken().cellsKept() == 1);
  const QAccessible::Id id = QAccessible::uniqueId(last);
  for (int row = 0; row < kMostCells + 500; ++row) {
    REQUIRE(heat.table().cellAt(row * 7, 1) != nullptr);
  }
  // None goes before the caller is done with it.
  CHECK(QAccessible::accessibleInterface(id) == last);
  QApplication::processEvents();
  CHECK(heat.spoken().cellsKept() == kMostCells);
  CHECK(QAccessible::accessibleInterface(id) == nullptr);
  heat.canvas.setSelection({0, 131'072});
  CHECK(heat.table().selectedRowCount() == 131'072);
  CHECK(heat.table().selectedCellCount() == 131'072 * 33);
  CHECK(heat.table().selectedCells().size() == kMostCells);
}

TEST_CASE("no object of a cell outlives its canvas") {
  std::vector<QAccessible::Id> ids;
  {
    Heat heat;
    for (int row = 0; row < 10; ++row) {
      ids.push_back(QAccessible::uniqueId(heat.table().cellAt(row, row % 9)));
    }
    ids.push_back(QAccessible::uniqueId(heat.object()));
    CHECK(QAccessible::accessibleInterface(ids.front()) != nullptr);
  }
  for (const QAccessible::Id id : ids) {
    CHECK(QAccessible::accessibleInterface(id) == nullptr);
  }
}

TEST_CASE("tokens that arrive are inserted rows, other values changed data, another model a new table") {
  Heat heat;
  Strip strip;
  QAccessibleInterface* cell = heat.table().cellAt(3, 2);
  REQUIRE(strip.object() != nullptr);
  const Spoken spoken;
  const auto last = [] {
    const auto events = Spoken::of(QAccessible::TableModelChanged);
    REQUIRE(!events.empty());
    return events.back();
  };
  heat.source.n_tokens = 43;
  heat.canvas.sourceChanged();
  CHECK(last().change == QAccessibleTableModelChangeEvent::RowsInserted);
  CHECK(last().first_row == 40);
  CHECK(last().last_row == 42);
  CHECK(heat.table().cellAt(3, 2) == cell);
  CHECK(heat.table().rowCount() == 43);
  const QString before = name(cell);
  heat.source.changes = 1;
  heat.source.weight_scale = 0.5F;
  heat.canvas.sourceChanged();
  CHECK(last().change == QAccessibleTableModelChangeEvent::DataChanged);
  CHECK(last().last_row == 42);
  CHECK(heat.table().cellAt(3, 2) == cell);
  CHECK(name(cell) != before);
  const std::size_t n_told = Spoken::of(QAccessible::TableModelChanged).size();
  heat.canvas.sourceChanged();  // the same values: an expert may have another name
  CHECK(Spoken::of(QAccessible::TableModelChanged).size() == n_told + 1);
  CHECK(last().change == QAccessibleTableModelChangeEvent::DataChanged);
  heat.source.n_experts = 5;
  heat.canvas.sourceChanged();
  CHECK(last().change == QAccessibleTableModelChangeEvent::ModelReset);
  CHECK(heat.spoken().cellsKept() == 0);
  CHECK(heat.table().columnCount() == 6);
  strip.source.n_tokens = 501;
  strip.canvas.sourceChanged();
  CHECK(last().change == QAccessibleTableModelChangeEvent::RowsInserted);
  CHECK(last().first_row == 500);
}

TEST_CASE("the cell that a key moves the cursor to gets the focus, the right one and once") {
  Heat heat;
  heat.canvas.setCursorCell({5, 1, 3});
  heat.canvas.setFocus();
  settleCanvas(heat.canvas);
  REQUIRE(heat.canvas.hasFocus());
  const Spoken spoken;
  QTest::keyClick(&heat.canvas, Qt::Key_Right);
  settleCanvas(heat.canvas);
  auto moves = Spoken::of(QAccessible::Focus);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].row == 6);
  CHECK(moves[0].column == 4);
  CHECK(moves[0].name.startsWith(QStringLiteral("token 6 't6', layer 1, E3, weight ")));
  CHECK(Spoken::of(QAccessible::DescriptionChanged).size() == 1);
  // Into the next layer: the columns are others, and the cell is named by the new one.
  Spoken::heard().clear();
  QTest::keyClick(&heat.canvas, '.');
  settleCanvas(heat.canvas);
  moves = Spoken::of(QAccessible::Focus);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].name.startsWith(QStringLiteral("token 6 't6', layer 2, E3, weight ")));
  CHECK(Spoken::of(QAccessible::TableModelChanged).size() == 1);
  QAccessibleInterface* cell = heat.object()->focusChild();
  REQUIRE(cell != nullptr);
  CHECK(cell->state().focused);
  CHECK_FALSE(heat.table().cellAt(6, 3)->state().focused);

  Strip strip;
  strip.canvas.setCursorToken(4);
  strip.canvas.setFocus();
  settleCanvas(strip.canvas);
  REQUIRE(strip.canvas.hasFocus());
  Spoken::heard().clear();
  QTest::keyClick(&strip.canvas, Qt::Key_Left);
  settleCanvas(strip.canvas);
  moves = Spoken::of(QAccessible::Focus);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].row == 3);
  CHECK(moves[0].name.startsWith(QStringLiteral("token 3 '\u00b7word3'")));
}

TEST_CASE("a canvas without the focus keeps it to itself where the cursor is") {
  Heat heat;
  QWidget other(&heat.top);
  other.setFocusPolicy(Qt::StrongFocus);
  other.show();
  other.setFocus();
  settleCanvas(heat.canvas);
  REQUIRE_FALSE(heat.canvas.hasFocus());
  const Spoken spoken;
  heat.canvas.setCursorCell({9, 1, 2});
  settleCanvas(heat.canvas);
  CHECK(Spoken::of(QAccessible::Focus).empty());
  CHECK(Spoken::of(QAccessible::DescriptionChanged).size() == 1);
  heat.canvas.setFocus();
  settleCanvas(heat.canvas);
  const auto moves = Spoken::of(QAccessible::Focus);
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].row == 9);
  CHECK(moves[0].column == 3);
}

TEST_CASE("a value chosen by a key is told to the table and said of the cell") {
  Heat heat;
  heat.canvas.setCursorCell({5, 1, 3});
  REQUIRE(heat.object() != nullptr);
  const Spoken spoken;
  QTest::keyClick(&heat.canvas, '2');
  settleCanvas(heat.canvas);
  const auto changes = Spoken::of(QAccessible::TableModelChanged);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].change == QAccessibleTableModelChangeEvent::DataChanged);
  CHECK(heat.canvas.accessibleDescription().contains(QStringLiteral("probability")));
  CHECK(name(heat.table().cellAt(5, 4)).contains(QStringLiteral("probability")));
}

TEST_CASE("a cell is where it is drawn, and what is at a point is the cell there") {
  Heat heat;
  heat.canvas.setCursorCell({12, 1, 3});
  settleCanvas(heat.canvas);
  const ItemBox box = *heat.canvas.items().find("heat.cursor");
  QAccessibleInterface* cell = heat.table().cellAt(12, 4);
  const QRect rect = cell->rect();
  const QPoint middle = heat.canvas.mapToGlobal(
      QPoint(static_cast<int>((box.left + box.right) / 2), static_cast<int>((box.top + box.bottom) / 2)));
  CHECK(rect.contains(middle));
  CHECK(rect.width() <= static_cast<int>(box.width()) + 2);
  CHECK(rect.height() <= static_cast<int>(box.height()) + 2);
  CHECK(heat.object()->childAt(middle.x(), middle.y()) == cell);
  CHECK_FALSE(cell->state().offscreen);
  heat.canvas.showTokens(30, 40);
  settleCanvas(heat.canvas);
  CHECK(cell->rect().isEmpty());
  CHECK(cell->state().offscreen);

  Strip strip;
  const ItemBox chip = *strip.canvas.items().find("strip.chip.5");
  const QPoint on_chip = strip.canvas.mapToGlobal(
      QPoint(static_cast<int>((chip.left + chip.right) / 2), static_cast<int>((chip.top + chip.bottom) / 2)));
  CHECK(strip.object()->childAt(on_chip.x(), on_chip.y()) == strip.table().cellAt(5, 0));
  CHECK(strip.table().cellAt(5, 0)->rect().contains(on_chip));
  CHECK(strip.table().cellAt(400, 0)->rect().isEmpty());
}

TEST_CASE("a tool moves the cursor and selects tokens as a hand does") {
  Heat heat;
  const QSignalSpy moved(&heat.canvas, &HeatMap::cursorMoved);
  const QSignalSpy selected(&heat.canvas, &HeatMap::selectionChanged);
  QAccessibleActionInterface* action = heat.table().cellAt(20, 6)->actionInterface();
  REQUIRE(action != nullptr);
  action->doAction(QAccessibleActionInterface::setFocusAction());
  REQUIRE(moved.count() == 1);
  CHECK(moved[0][0].value<Cell>() == Cell{20, 0, 5});
  CHECK(heat.canvas.hasFocus());
  CHECK(heat.table().selectRow(8));
  CHECK(heat.table().selectRow(9));
  CHECK(heat.canvas.view().selection() == Tokens{8, 10});
  CHECK(selected.count() == 2);
  CHECK(heat.table().isRowSelected(9));
  CHECK(heat.table().cellAt(9, 2)->state().selected);
  CHECK_FALSE(heat.table().cellAt(10, 2)->state().selected);
  CHECK(heat.table().selectedRows() == QList<int>{8, 9});
  CHECK(heat.table().unselectRow(8));
  CHECK(heat.table().selectedRows() == QList<int>{9});
  CHECK_FALSE(heat.table().unselectRow(8));
  CHECK_FALSE(heat.table().selectRow(40));
  CHECK_FALSE(heat.table().selectColumn(1));
}

TEST_CASE("without a run a canvas is an empty table") {
  Heat heat;
  heat.canvas.setSource(nullptr);
  CHECK(heat.table().rowCount() == 0);
  CHECK(heat.table().columnCount() == 0);
  CHECK(heat.object()->childCount() == 0);
  CHECK(heat.object()->child(0) == nullptr);
  CHECK(heat.table().cellAt(0, 0) == nullptr);
  heat.canvas.setFocus();
  CHECK(heat.object()->focusChild() == nullptr);
  CHECK(heat.table().columnDescription(0).isEmpty());
  CHECK(heat.table().rowDescription(0).isEmpty());
}

}  // namespace
}  // namespace rs::canvas
