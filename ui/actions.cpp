// SPDX-License-Identifier: Apache-2.0
#include "ui/actions.h"

#include <QWidget>
#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace rs::ui {

ActionRegistry::ActionRegistry(QWidget& window) : QObject(&window), window_(window) {}

QAction& ActionRegistry::add(ActionSpec spec) {
  check(find(spec.id) == nullptr, "an action's id is its own");
  auto* action = new QAction(spec.text, &window_);
  action->setObjectName(QStringLiteral("action.") + spec.id);
  action->setShortcuts(spec.shortcuts);
  action->setShortcutContext(Qt::WindowShortcut);
  QString tip = spec.tip.isEmpty() ? spec.text : spec.tip;
  if (!spec.shortcuts.isEmpty()) {
    tip += QStringLiteral(" (%1)").arg(spec.shortcuts.front().toString(QKeySequence::NativeText));
  }
  action->setToolTip(tip);
  action->setStatusTip(tip);
  action->setCheckable(static_cast<bool>(spec.is_checked));
  window_.addAction(action);
  const QString id = spec.id;
  connect(action, &QAction::triggered, this, [this, id] {
    std::erase(used_, id);
    used_.push_back(id);
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& candidate) { return candidate.spec.id == id; });
    // A copy: what it runs may add actions.
    const std::function<void()> run = entry->spec.run;
    run();
    refresh();
  });
  entries_.push_back({std::move(spec), action});
  return *action;
}

void ActionRegistry::separator(const QString& menu) {
  entries_.push_back({{.menu = menu}, nullptr});
}

QAction* ActionRegistry::find(const QString& id) const {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& candidate) {
    return candidate.action != nullptr && candidate.spec.id == id;
  });
  return entry == entries_.end() ? nullptr : entry->action;
}

void ActionRegistry::refresh() {
  for (const Entry& entry : entries_) {
    if (entry.action == nullptr) {
      continue;
    }
    if (entry.spec.is_enabled) {
      entry.action->setEnabled(entry.spec.is_enabled());
    }
    if (entry.spec.is_checked) {
      entry.action->setChecked(entry.spec.is_checked());
    }
  }
}

std::vector<const ActionRegistry::Entry*> ActionRegistry::byUse() const {
  std::vector<const Entry*> sorted;
  for (const Entry& entry : entries_) {
    if (entry.action != nullptr) {
      sorted.push_back(&entry);
    }
  }
  const auto rank = [this](const Entry* entry) {
    const auto found = std::find(used_.rbegin(), used_.rend(), entry->spec.id);
    return found - used_.rbegin();
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Entry* a, const Entry* b) { return rank(a) < rank(b); });
  return sorted;
}

}  // namespace rs::ui
