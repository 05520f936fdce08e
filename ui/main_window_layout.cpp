// SPDX-License-Identifier: Apache-2.0
//
// Where the panes of the window stand: docks, the two layouts, what is in front, and what is kept of it.
#include <QApplication>
#include <QDockWidget>
#include <QSettings>
#include <QStackedWidget>
#include <algorithm>

#include "ui/main_window.h"
#include "ui/pane.h"

namespace rs::ui {
namespace {

Qt::DockWidgetArea areaOf(ViewArea area) {
  switch (area) {
    case ViewArea::kLeft:
      return Qt::LeftDockWidgetArea;
    case ViewArea::kTop:
    case ViewArea::kStrip:
    case ViewArea::kCenter:
      return Qt::TopDockWidgetArea;
    case ViewArea::kBottom:
      return Qt::BottomDockWidgetArea;
    case ViewArea::kRight:
    case ViewArea::kRightBelow:
      break;
  }
  return Qt::RightDockWidgetArea;
}

}  // namespace

void MainWindow::placeDocks() {
  QDockWidget* first_of_area[7] = {};
  for (const Dock& entry : docks_) {
    if (entry.dock == nullptr) {
      continue;
    }
    const ViewArea area = entry.pane->info().area;
    QDockWidget*& first = first_of_area[static_cast<std::size_t>(area)];
    removeDockWidget(entry.dock);
    addDockWidget(areaOf(area), entry.dock);
    if (first == nullptr) {
      first = entry.dock;
    } else if (area == ViewArea::kTop) {
      splitDockWidget(first, entry.dock, Qt::Horizontal);
    } else {
      tabifyDockWidget(first, entry.dock);
    }
  }
  QDockWidget* top = first_of_area[static_cast<std::size_t>(ViewArea::kTop)];
  for (const Dock& entry : docks_) {
    if (entry.dock == nullptr || top == nullptr) {
      continue;
    }
    if (entry.pane->info().area == ViewArea::kStrip) {
      // Under both of the top panes: their row becomes one cell first.
      addDockWidget(Qt::TopDockWidgetArea, entry.dock, Qt::Vertical);
    }
  }
}

void MainWindow::arrange(Layout layout) {
  placeDocks();
  QList<QDockWidget*> right;
  QList<QDockWidget*> left;
  QList<QDockWidget*> bottom;
  QList<QDockWidget*> top;
  for (const Dock& entry : docks_) {
    if (entry.dock == nullptr) {
      continue;
    }
    const ViewInfo& info = entry.pane->info();
    entry.dock->setFloating(false);
    entry.dock->setVisible(layout == Layout::kExplore ? info.in_explore : info.in_intervene);
    switch (areaOf(info.area)) {
      case Qt::LeftDockWidgetArea:
        left << entry.dock;
        break;
      case Qt::RightDockWidgetArea:
        right << entry.dock;
        break;
      case Qt::BottomDockWidgetArea:
        bottom << entry.dock;
        break;
      default:
        top << entry.dock;
        break;
    }
  }
  const bool intervenes = layout == Layout::kIntervene;
  const auto resizeAll = [this](const QList<QDockWidget*>& docks, int size, Qt::Orientation orientation) {
    for (QDockWidget* dock : docks) {
      resizeDocks({dock}, {size}, orientation);
    }
  };
  resizeAll(left, 190, Qt::Horizontal);
  resizeAll(right, intervenes ? 520 : 400, Qt::Horizontal);
  resizeAll(bottom, intervenes ? 330 : 230, Qt::Vertical);
  for (QDockWidget* dock : top) {
    resizeDocks({dock}, {dock->objectName() == QLatin1String("dock.token_strip") ? 110 : 150}, Qt::Vertical);
  }
  QList<QDockWidget*> row;
  for (QDockWidget* dock : top) {
    if (dock->objectName() != QLatin1String("dock.token_strip")) {
      row << dock;
    }
  }
  resizeDocks(row, QList<int>(row.size(), 400), Qt::Horizontal);
  bringToFront("edits");
}

Pane* MainWindow::pane(std::string_view id) const {
  const auto found = std::find_if(docks_.begin(), docks_.end(),
                                  [&](const Dock& entry) { return entry.pane->info().id == id; });
  return found == docks_.end() ? nullptr : found->pane;
}

void MainWindow::goToPane(std::string_view id) {
  bringToFront(id);
  if (Pane* asked = pane(id); asked != nullptr) {
    asked->takeKeyboard();
  }
}

void MainWindow::stepPane(int step) {
  const auto n = static_cast<int>(docks_.size());
  const QWidget* focus = QApplication::focusWidget();
  int at = 0;
  for (int i = 0; i < n; ++i) {
    const Dock& entry = docks_[static_cast<std::size_t>(i)];
    const QWidget* whole = entry.dock != nullptr ? static_cast<QWidget*>(entry.dock) : entry.pane;
    at = focus != nullptr && whole->isAncestorOf(focus) ? i : at;
  }
  for (int i = 1; i <= n; ++i) {
    const Dock& entry = docks_[static_cast<std::size_t>(((at + i * step) % n + n) % n)];
    if (entry.dock == nullptr || !entry.dock->isHidden()) {
      goToPane(entry.pane->info().id);
      return;
    }
  }
}

void MainWindow::bringToFront(std::string_view id) {
  for (const Dock& entry : docks_) {
    if (entry.pane->info().id == id && entry.dock != nullptr) {
      entry.dock->show();
      entry.dock->raise();
      entry.pane->setSeen(true);
    }
  }
}

void MainWindow::restoreLayout() {
  arrange(Layout::kExplore);
  QSettings settings;
  const QByteArray state = settings.value(QStringLiteral("layout")).toByteArray();
  if (!state.isEmpty()) {
    restoreState(state, kLayoutVersion);
  }
}

void MainWindow::saveLayout() const {
  QSettings settings;
  settings.setValue(QStringLiteral("geometry"), saveGeometry());
  if (stack_->currentIndex() > 0) {
    settings.setValue(QStringLiteral("layout"), saveState(kLayoutVersion));
  }
}

}  // namespace rs::ui
