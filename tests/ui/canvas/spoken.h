// SPDX-License-Identifier: Apache-2.0
//
// Listens to what the canvases tell assistive tools while it lives.
#pragma once

#include <QAccessible>
#include <QStringList>
#include <vector>

#include "ui/imgui/assistive.h"

namespace rs::test {

class Spoken {
 public:
  struct Event {
    QAccessible::Event type;
    QString name;  // of the object that the event is about
    int row = -1;  // of a cell
    int column = -1;
    int first_row = -1;  // of a change of a table
    int last_row = -1;
    int change = -1;
  };

  Spoken() : before_(canvas::setToolListener(hear)) { heard().clear(); }
  ~Spoken() { canvas::setToolListener(before_); }
  Spoken(const Spoken&) = delete;
  Spoken& operator=(const Spoken&) = delete;

  static std::vector<Event>& heard() {
    static std::vector<Event> events;
    return events;
  }
  [[nodiscard]] static std::vector<Event> of(QAccessible::Event type) {
    std::vector<Event> found;
    for (const Event& event : heard()) {
      if (event.type == type) {
        found.push_back(event);
      }
    }
    return found;
  }

 private:
  static void hear(QAccessibleEvent& event) {
    Event entry{event.type(), {}};
    if (event.type() == QAccessible::Focus || event.type() == QAccessible::TableModelChanged) {
      if (QAccessibleInterface* about = event.accessibleInterface(); about != nullptr) {
        entry.name = about->text(QAccessible::Name);
        if (const QAccessibleTableCellInterface* cell = about->tableCellInterface(); cell != nullptr) {
          entry.row = cell->rowIndex();
          entry.column = cell->columnIndex();
        }
      }
    }
    if (event.type() == QAccessible::TableModelChanged) {
      const auto* change = static_cast<QAccessibleTableModelChangeEvent*>(&event);
      entry.first_row = change->firstRow();
      entry.last_row = change->lastRow();
      entry.change = change->modelChangeType();
    }
    heard().push_back(entry);
  }

  canvas::ToolListener before_;
};

}  // namespace rs::test
