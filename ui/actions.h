// SPDX-License-Identifier: Apache-2.0
//
// Every action of the window in one list: menus, toolbar, palette, shortcuts and the list of shortcuts in the
// help all come from it.
//
// Thread: the window's.
#pragma once

#include <QAction>
#include <QKeySequence>
#include <QObject>
#include <QString>
#include <functional>
#include <vector>

class QWidget;

namespace rs::ui {

struct ActionSpec {
  QString id = {};    // "run.start": object name "action.run.start"
  QString menu = {};  // "Run"; "": in the palette alone
  QString text = {};  // "Run the prompt"
  QList<QKeySequence> shortcuts = {};
  QString tip = {};  // one sentence; "": the text
  std::function<void()> run = {};
  std::function<bool()> is_enabled = {};  // absent: always
  std::function<bool()> is_checked = {};  // present: checkable
};

class ActionRegistry final : public QObject {
 public:
  // Shortcuts work wherever the focus is inside `window`.
  explicit ActionRegistry(QWidget& window);

  // Range: the id is new.
  QAction& add(ActionSpec spec);
  void separator(const QString& menu);
  // Null: there is none.
  [[nodiscard]] QAction* find(const QString& id) const;
  // Asks every action whether it is enabled and checked.
  void refresh();

  struct Entry {
    ActionSpec spec;
    QAction* action;  // null: a separator
  };
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  // Used ones first, the latest at the top; for the palette.
  [[nodiscard]] std::vector<const Entry*> byUse() const;

 private:
  QWidget& window_;
  std::vector<Entry> entries_;
  std::vector<QString> used_;  // ids, latest last
};

}  // namespace rs::ui
