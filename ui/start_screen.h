// SPDX-License-Identifier: Apache-2.0
//
// What the window shows while nothing is open: the demo model, a model directory, a session, recent ones.
//
// Thread: the window's.
#pragma once

#include <QStringList>
#include <QWidget>
#include <functional>
#include <vector>

class QListWidget;

namespace rs::ui {

class ActionRegistry;

// A session without a name that no window has open.
struct UnsavedSession {
  QString path;
  QString text;  // when, and what is in it
};
// Those that are worth a look, newest first.
[[nodiscard]] std::vector<UnsavedSession> unsavedSessions();

class StartScreen final : public QWidget {
 public:
  using WithPath = std::function<void(const QString&)>;
  // The buttons trigger actions of the registry; `open` and `discard` are called with the path of an entry.
  StartScreen(const ActionRegistry& actions, WithPath open, WithPath discard, QWidget* parent);
  void setRecent(const QStringList& paths);
  // Sessions without a name, left by a crash or never saved.
  void setUnsaved(const std::vector<UnsavedSession>& sessions);

 private:
  void add(QListWidget& list, const QString& text, const QString& path);
  void addUnsavedButtons();

  WithPath open_;
  WithPath discard_;

  QListWidget* recent_;
  QWidget* recent_box_;
  QListWidget* unsaved_;
  QWidget* unsaved_box_;
};

}  // namespace rs::ui
