// SPDX-License-Identifier: Apache-2.0
//
// The real window as a screen reader and a keyboard meet it: every thing that takes the focus has a name, the
// canvases are tables with the cells of their twins, and every action is within reach of the keys.
#include <QAbstractButton>
#include <QAbstractTableModel>
#include <QAccessible>
#include <QAction>
#include <QDockWidget>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QTabBar>
#include <QTableView>
#include <QTest>
#include <QToolBar>
#include <QToolButton>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/ui/canvas/spoken.h"
#include "tests/ui/window_driver.h"
#include "ui/canvas/heat_map.h"
#include "ui/canvas/token_strip.h"
#include "ui/palette.h"
#include "ui/pane.h"

using rs::test::Driver;
using rs::test::settle;
using rs::test::Spoken;
using rs::test::waitFor;

namespace rs::ui {
namespace {

// Every object that is a widget, from the window on. Cells and items of views are not gone into.
void collect(QAccessibleInterface* object, std::vector<QAccessibleInterface*>& found) {
  if (object == nullptr || object->state().invisible) {
    return;
  }
  found.push_back(object);
  if (object->tableInterface() != nullptr || object->role() == QAccessible::List) {
    return;
  }
  for (int i = 0; i < object->childCount(); ++i) {
    collect(object->child(i), found);
  }
}

std::vector<QAccessibleInterface*> objectsOf(QWidget& window) {
  std::vector<QAccessibleInterface*> found;
  collect(QAccessible::queryAccessibleInterface(&window), found);
  return found;
}

// What Qt makes by itself: parts of a widget that has the names, and the tabs of docks.
bool isOfQt(const QWidget& widget) {
  const bool has_dock_tabs =
      qobject_cast<const QTabBar*>(&widget) != nullptr && widget.parentWidget() == widget.window();
  return widget.objectName().startsWith(QStringLiteral("qt_")) || has_dock_tabs;
}

// Brings every pane to the front once and looks at what is there then.
template <typename Look>
void lookAtAllPanes(Driver& driver, const Look& look) {
  for (const ViewInfo& info : allViews()) {
    driver.window->bringToFront(info.id);
    settle();
    INFO("pane " << info.id);
    look();
  }
}

template <typename Canvas>
void checkTwin(Canvas& canvas, QTableView& twin_view) {
  QAccessibleInterface* object = QAccessible::queryAccessibleInterface(&canvas);
  REQUIRE(object != nullptr);
  CHECK(object->role() == QAccessible::Table);
  CHECK(!object->text(QAccessible::Name).isEmpty());
  QAccessibleTableInterface* table = object->tableInterface();
  REQUIRE(table != nullptr);
  const QAbstractItemModel& twin = *twin_view.model();
  REQUIRE(twin.rowCount() > 0);
  CHECK(table->rowCount() == twin.rowCount());
  CHECK(table->columnCount() == twin.columnCount());
  // The same as Qt itself says of the table on the other page.
  QAccessibleTableInterface* other = QAccessible::queryAccessibleInterface(&twin_view)->tableInterface();
  int different = 0;
  for (int row = 0; row < twin.rowCount(); ++row) {
    for (int column = 0; column < twin.columnCount(); ++column) {
      const QString text = table->cellAt(row, column)->text(QAccessible::Name);
      different += text.isEmpty() || text != other->cellAt(row, column)->text(QAccessible::Name) ? 1 : 0;
    }
  }
  CHECK(different == 0);
}

TEST_CASE("everything that takes the focus has a name to say and a name to find it by") {
  Driver driver;
  const auto check = [&] {
    for (QAccessibleInterface* object : objectsOf(*driver.window)) {
      const auto* widget = qobject_cast<QWidget*>(object->object());
      if (widget == nullptr || widget->focusPolicy() == Qt::NoFocus || isOfQt(*widget)) {
        continue;
      }
      if (object->text(QAccessible::Name).isEmpty() || widget->objectName().isEmpty()) {
        INFO(widget->metaObject()->className()
             << " '" << widget->objectName().toStdString() << "' in '"
             << widget->parentWidget()->objectName().toStdString() << "' is called '"
             << object->text(QAccessible::Name).toStdString() << "'");
        CHECK(false);
      }
    }
  };
  check();  // the start screen
  driver.openDemo();
  lookAtAllPanes(driver, check);
}

TEST_CASE("no two things that take the focus in one pane are called the same") {
  Driver driver;
  driver.openDemo();
  lookAtAllPanes(driver, [&] {
    std::set<QString> names;
    for (QAccessibleInterface* object : objectsOf(*driver.window)) {
      const auto* widget = qobject_cast<QWidget*>(object->object());
      if (widget != nullptr && widget->focusPolicy() != Qt::NoFocus && !isOfQt(*widget)) {
        INFO(widget->objectName().toStdString());
        CHECK(names.insert(widget->objectName()).second);
      }
    }
  });
}

TEST_CASE("Tab goes round all that takes the focus, and every button is there or does what an action does") {
  Driver driver;
  driver.openDemo();
  std::set<QString> actions;
  for (const ActionRegistry::Entry& entry : driver.window->actions().entries()) {
    if (entry.action != nullptr) {
      actions.insert(entry.spec.text);
    }
  }
  lookAtAllPanes(driver, [&] {
    std::set<QWidget*> visited;
    driver.takeKeyboard();
    constexpr int kMore = 400;
    for (int i = 0; i < kMore; ++i) {
      QTest::keyClick(driver.window->windowHandle(), Qt::Key_Tab);
      QWidget* now = QApplication::focusWidget();
      REQUIRE(now != nullptr);
      if (!visited.insert(now).second && i > kMore / 2) {
        break;
      }
    }
    for (QWidget* widget : driver.window->findChildren<QWidget*>()) {
      const auto* button = qobject_cast<QAbstractButton*>(widget);
      const bool takes_focus = (widget->focusPolicy() & Qt::TabFocus) != 0;
      if (!widget->isVisible() || !widget->isEnabled() || isOfQt(*widget) ||
          (button == nullptr && !takes_focus)) {
        continue;
      }
      const bool has_action = button != nullptr && actions.count(button->accessibleName()) > 0;
      INFO(widget->metaObject()->className() << " " << widget->objectName().toStdString());
      CHECK((has_action || visited.count(widget) > 0 || visited.count(widget->focusProxy()) > 0));
    }
  });
}

TEST_CASE("the canvases of a run are tables that say what the tables beside them say") {
  Driver driver;
  driver.openDemo();
  driver.window->workbench().cursor().move({2, 1, 0});
  settle();
  checkTwin(*driver.find<canvas::HeatMap>("heat.canvas"), *driver.find<QTableView>("heat.table"));
  checkTwin(*driver.find<canvas::TokenStrip>("strip.canvas"), *driver.find<QTableView>("strip.table"));
}

TEST_CASE("an arrow key in the window moves the cursor and says the right cell") {
  Driver driver;
  driver.openDemo();
  CursorState& cursor = driver.window->workbench().cursor();
  cursor.move({2, 1, 3});
  settle();
  auto* heat = driver.find<canvas::HeatMap>("heat.canvas");
  heat->setFocus();
  settle();
  REQUIRE(heat->hasFocus());
  const Spoken spoken;
  driver.key(Qt::Key_Right);
  REQUIRE(waitFor([&] { return cursor.cursor().token == 3; }));
  settle();
  auto said = Spoken::of(QAccessible::Focus);
  REQUIRE(said.size() == 1);
  CHECK(said[0].row == 3);
  CHECK(said[0].column == 4);
  const QAbstractItemModel& twin = *driver.find<QTableView>("heat.table")->model();
  CHECK(said[0].name == twin.index(3, 4).data(Qt::AccessibleTextRole).toString());
  CHECK(said[0].name.contains(QStringLiteral("layer 1, E3, ")));
  // The strip follows, and stays silent: the focus is elsewhere.
  auto* strip = driver.find<canvas::TokenStrip>("strip.canvas");
  CHECK(strip->cursorPlace().row == 3);
  strip->setFocus();
  settle();
  Spoken::heard().clear();
  driver.key(Qt::Key_Left);
  REQUIRE(waitFor([&] { return cursor.cursor().token == 2; }));
  settle();
  said = Spoken::of(QAccessible::Focus);
  REQUIRE(said.size() == 1);
  CHECK(said[0].row == 2);
  CHECK(said[0].name.startsWith(QStringLiteral("token 2 ")));
}

TEST_CASE("a run at work tells of its tokens as rows") {
  Driver driver;
  driver.openDemo();
  auto* strip = driver.find<canvas::TokenStrip>("strip.canvas");
  REQUIRE(QAccessible::queryAccessibleInterface(strip) != nullptr);
  const Spoken spoken;
  driver.window->actions().find(QStringLiteral("run.start"))->trigger();
  REQUIRE(waitFor([] { return !Spoken::of(QAccessible::TableModelChanged).empty(); }));
  REQUIRE(driver.idle());
  const QAbstractItemModel& twin = *driver.find<QTableView>("strip.table")->model();
  CHECK(QAccessible::queryAccessibleInterface(strip)->tableInterface()->rowCount() == twin.rowCount());
  CHECK(twin.rowCount() == driver.window->workbench().run()->size());
}

TEST_CASE("a cell of the heat map's table is the expert that its header names") {
  Driver driver;
  driver.openDemo();
  CursorState& cursor = driver.window->workbench().cursor();
  cursor.move({1, 1, 0});
  settle();
  driver.click(driver.find<QToolButton>("heat.as_table"));
  auto* table = driver.find<QTableView>("heat.table");
  CHECK(table->currentIndex().row() == 1);
  CHECK(table->model()->headerData(table->currentIndex().column(), Qt::Horizontal).toString() ==
        QStringLiteral("E0"));
  table->setFocus();
  driver.key(Qt::Key_Right);
  CHECK(cursor.cursor() == Cursor{1, 1, 1});
  CHECK(table->model()->headerData(table->currentIndex().column(), Qt::Horizontal).toString() ==
        QStringLiteral("E1"));
  driver.key(Qt::Key_Down);
  CHECK(cursor.cursor() == Cursor{2, 1, 1});
}

TEST_CASE("a pane turned to its table gives the keyboard to the table, and back to the picture") {
  Driver driver;
  driver.openDemo();
  const auto focusAfter = [&](const char* pane) {
    driver.window->actions().find(QStringLiteral("view.pane.prompt"))->trigger();
    settle();
    driver.window->actions().find(QStringLiteral("view.pane.") + QLatin1String(pane))->trigger();
    settle();
    return QApplication::focusWidget() == nullptr ? QString() : QApplication::focusWidget()->objectName();
  };
  struct Pane {
    const char *id, *button, *picture, *table;
  };
  for (const auto& [id, button, picture, table] :
       {Pane{"heat_map", "heat.as_table", "heat.canvas", "heat.table"},
        Pane{"token_strip", "strip.as_table", "strip.canvas", "strip.table"},
        Pane{"token_detail", "detail.as_table", "detail.bars", "detail.table"}}) {
    CHECK(focusAfter(id) == QLatin1String(picture));
    driver.click(driver.find<QToolButton>(button));
    CHECK(focusAfter(id) == QLatin1String(table));
    driver.click(driver.find<QToolButton>(button));
    CHECK(focusAfter(id) == QLatin1String(picture));
  }
}

TEST_CASE("every action can be found in the palette by its words") {
  Driver driver;
  driver.openDemo();
  driver.key(Qt::Key_K, Qt::ControlModifier);
  auto* palette = driver.window->findChild<Palette*>(QStringLiteral("palette"));
  REQUIRE(palette != nullptr);
  auto* input = palette->findChild<QLineEdit*>(QStringLiteral("palette.input"));
  const auto* list = palette->findChild<QListWidget*>(QStringLiteral("palette.list"));
  CHECK(input->hasFocus());
  for (const ActionRegistry::Entry& entry : driver.window->actions().entries()) {
    if (entry.action == nullptr) {
      continue;
    }
    input->setText(entry.spec.text);
    constexpr int kRowsInSight = 15;
    int row = 0;
    while (row < list->count() && list->item(row)->data(Qt::UserRole).toString() != entry.spec.id) {
      ++row;
    }
    INFO(entry.spec.id.toStdString());
    CHECK(row < std::min(list->count(), kRowsInSight));
    CHECK(!entry.spec.text.isEmpty());
  }
  QTest::keyClick(input, Qt::Key_Escape);
}

TEST_CASE("the menus open by letters of their own, and what is not in the palette is in one of them") {
  Driver driver;
  driver.openDemo();
  std::set<QAction*> within_reach;
  for (const ActionRegistry::Entry& entry : driver.window->actions().entries()) {
    within_reach.insert(entry.action);
  }
  std::set<QString> letters;
  for (QAction* menu : driver.window->menuBar()->actions()) {
    const QKeySequence mnemonic = QKeySequence::mnemonic(menu->text());
    INFO(menu->text().toStdString());
    CHECK(!mnemonic.isEmpty());
    CHECK(letters.insert(mnemonic.toString()).second);
  }
  // Menus of the bar and of buttons that Tab reaches.
  for (const QMenu* menu : driver.window->findChildren<QMenu*>()) {
    const auto* button = qobject_cast<QAbstractButton*>(menu->parent());
    const QObject* top = menu;
    while (qobject_cast<const QMenu*>(top) != nullptr) {
      top = top->parent();
    }
    if (top == driver.window->menuBar() || (button != nullptr && button->focusPolicy() != Qt::NoFocus)) {
      within_reach.insert(menu->menuAction());
      for (QAction* action : menu->actions()) {
        within_reach.insert(action);
      }
    }
  }
  for (QAction* action : driver.window->findChildren<QAction*>()) {
    // Docks and toolbars have an action to hide them, which nothing here shows.
    const bool is_of_qt = action->objectName().startsWith(QStringLiteral("_q_")) ||
                          action->text().isEmpty() ||
                          qobject_cast<QDockWidget*>(action->parent()) != nullptr ||
                          qobject_cast<QToolBar*>(action->parent()) != nullptr;
    if (!action->isSeparator() && !is_of_qt) {
      INFO(action->objectName().toStdString() << " '" << action->text().toStdString() << "' of "
                                              << action->parent()->objectName().toStdString());
      CHECK(within_reach.count(action) == 1);
    }
  }
}

TEST_CASE("an action of a pane opens it and gives it the keyboard, and a key goes from pane to pane") {
  Driver driver;
  driver.openDemo();
  const auto hasKeyboard = [&](std::string_view id) {
    const QWidget* focus = QApplication::focusWidget();
    Pane* pane = driver.window->pane(id);
    return focus != nullptr && (pane->isAncestorOf(focus) || pane->header().isAncestorOf(focus));
  };
  for (const ViewInfo& info : allViews()) {
    INFO(info.id);
    QAction* action = driver.window->actions().find(QStringLiteral("view.pane.") + fromView(info.id));
    REQUIRE(action != nullptr);
    action->trigger();
    settle();
    CHECK(hasKeyboard(info.id));
    CHECK(driver.window->pane(info.id)->isVisible());
  }
  driver.window->goToPane("heat_map");
  settle();
  CHECK(driver.find<canvas::HeatMap>("heat.canvas")->hasFocus());
  std::set<std::string_view> visited;
  for (std::size_t i = 0; i < allViews().size(); ++i) {
    driver.key(Qt::Key_F6, Qt::ControlModifier);
    for (const ViewInfo& info : allViews()) {
      if (hasKeyboard(info.id)) {
        visited.insert(info.id);
      }
    }
  }
  CHECK(visited.size() == allViews().size());
  CHECK(hasKeyboard("heat_map"));
  driver.key(Qt::Key_F6, Qt::ControlModifier | Qt::ShiftModifier);
  driver.key(Qt::Key_F6, Qt::ControlModifier);
  CHECK(hasKeyboard("heat_map"));
}

TEST_CASE("no key means two actions, nor an action and a menu") {
  Driver driver;
  driver.openDemo();
  std::map<QString, QString> owners;
  for (QAction* menu : driver.window->menuBar()->actions()) {
    owners[QKeySequence::mnemonic(menu->text()).toString()] = menu->text();
  }
  for (const ActionRegistry::Entry& entry : driver.window->actions().entries()) {
    if (entry.action == nullptr) {
      continue;
    }
    for (const QKeySequence& keys : entry.action->shortcuts()) {
      INFO(keys.toString().toStdString()
           << ": " << owners[keys.toString()].toStdString() << " and " << entry.spec.id.toStdString());
      CHECK(owners[keys.toString()].isEmpty());
      owners[keys.toString()] = entry.spec.id;
    }
  }
}

}  // namespace
}  // namespace rs::ui
