// SPDX-License-Identifier: Apache-2.0
//
// What is made of the list of actions: menus, toolbar, palette, the list of shortcuts.
#include <QApplication>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QTableWidget>
#include <QToolBar>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/main_window.h"
#include "ui/palette.h"
#include "ui/pane.h"
#include "ui/reading/text_reading.h"

namespace rs::ui {

void MainWindow::buildMenus() {
  for (const QString& title : {tr("File"), tr("Edit"), tr("View"), tr("Go"), tr("Run"), tr("Help")}) {
    QMenu* menu = menuBar()->addMenu(QLatin1Char('&') + title);  // their first letters differ
    menu->setObjectName(QStringLiteral("menu.") + title);
    for (const ActionRegistry::Entry& entry : actions_.entries()) {
      if (entry.spec.menu == title) {
        if (entry.action == nullptr) {
          menu->addSeparator();
        } else {
          menu->addAction(entry.action);
        }
        if (entry.spec.id == QLatin1String("file.open")) {
          addFileMenus(*menu);
        }
      }
    }
  }
}

void MainWindow::buildToolBar() {
  QToolBar* bar = addToolBar(tr("Run"));
  bar->setObjectName(QStringLiteral("toolbar"));
  bar->setMovable(false);
  bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
  for (const char* id : {"run.start", "run.step", "run.continue", "run.from_edit", "run.stop", "",
                         "edit.undo", "edit.redo", "", "run.swap", "run.diff", "", "help.palette"}) {
    QAction* action = actions_.find(QString::fromLatin1(id));
    if (action == nullptr) {
      bar->addSeparator();
      continue;
    }
    bar->addAction(action);
    if (QWidget* button = bar->widgetForAction(action); button != nullptr) {
      button->setObjectName(QStringLiteral("tool.") + QString::fromLatin1(id));
      button->setAccessibleName(action->text());
    }
  }
}

void MainWindow::showPalette() {
  actions_.refresh();
  auto* palette = new Palette(actions_, this);
  palette->setAttribute(Qt::WA_DeleteOnClose);
  palette->open();
}

void MainWindow::showShortcuts() {
  auto* dialog = new QDialog(this);
  dialog->setObjectName(QStringLiteral("shortcuts"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Keys and gestures"));
  auto* table = new QTableWidget(0, 3, dialog);
  table->setObjectName(QStringLiteral("shortcuts.table"));
  table->setAccessibleName(dialog->windowTitle());
  table->setHorizontalHeaderLabels({tr("Where"), tr("Key or gesture"), tr("What it does")});
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  const auto row = [table](const QString& where, const QString& key, const QString& what) {
    const int at = table->rowCount();
    table->insertRow(at);
    int column = 0;
    for (const QString& text : {where, key, what}) {
      table->setItem(at, column++, new QTableWidgetItem(text));
    }
  };
  for (const ActionRegistry::Entry& entry : actions_.entries()) {
    if (entry.action == nullptr || entry.spec.shortcuts.isEmpty()) {
      continue;
    }
    QStringList keys;
    for (const QKeySequence& key : entry.spec.shortcuts) {
      keys << key.toString(QKeySequence::NativeText);
    }
    row(entry.spec.menu, keys.join(QStringLiteral(", ")), entry.spec.text);
  }
  for (const Dock& entry : docks_) {
    const QString gestures = fromView(entry.pane->info().gestures);
    for (const QString& line : gestures.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
      const qsizetype colon = line.indexOf(QStringLiteral(": "));
      row(entry.pane->title(), line.left(colon), line.mid(colon + 2));
    }
  }
  table->resizeColumnsToContents();
  auto* layout = new QVBoxLayout(dialog);
  layout->addWidget(table);
  dialog->resize(760, 560);
  dialog->open();
}

void MainWindow::showAbout() {
  auto* box = new QMessageBox(this);
  box->setObjectName(QStringLiteral("about"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setWindowTitle(tr("About Routescope"));
  box->setText(QStringLiteral("<b>Routescope %1</b>").arg(QApplication::applicationVersion()));
  box->setInformativeText(
      tr("See and steer how a Mixture-of-Experts model routes its tokens.\nApache-2.0. Qt %1.")
          .arg(QString::fromLatin1(qVersion())));
  box->open();
}

}  // namespace rs::ui
