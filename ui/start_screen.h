// SPDX-License-Identifier: Apache-2.0
//
// What the window shows while nothing is open: the demo model, a model directory, a session, recent ones.
//
// Thread: the window's.
#pragma once

#include <QStringList>
#include <QWidget>
#include <functional>

class QListWidget;

namespace rs::ui {

class ActionRegistry;

class StartScreen final : public QWidget {
 public:
  // The buttons trigger actions of the registry; `open` is called with the path of a recent entry.
  StartScreen(const ActionRegistry& actions, std::function<void(const QString&)> open, QWidget* parent);
  void setRecent(const QStringList& paths);
  // Sessions without a name, left by a crash or never saved.
  void setUnsaved(const QStringList& paths);

 private:
  std::function<void(const QString&)> open_;
  void fill(QListWidget& list, QWidget& box, const QStringList& paths);

  QListWidget* recent_;
  QWidget* recent_box_;
  QListWidget* unsaved_;
  QWidget* unsaved_box_;
};

}  // namespace rs::ui
