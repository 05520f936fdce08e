// SPDX-License-Identifier: Apache-2.0
#include "ui/palette.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QListWidgetItem>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/actions.h"

namespace rs::ui {

bool matchesLetters(const QString& typed, const QString& text) {
  qsizetype at = 0;
  for (const QChar letter : typed) {
    if (letter.isSpace()) {
      continue;
    }
    at = text.indexOf(letter, at, Qt::CaseInsensitive);
    if (at < 0) {
      return false;
    }
    ++at;
  }
  return true;
}

Palette::Palette(const ActionRegistry& actions, QWidget* parent)
    : QDialog(parent), actions_(actions), input_(new QLineEdit(this)), list_(new QListWidget(this)) {
  setObjectName(QStringLiteral("palette"));
  setWindowTitle(tr("Do anything"));
  input_->setObjectName(QStringLiteral("palette.input"));
  input_->setPlaceholderText(tr("Type what you want to do"));
  input_->setAccessibleName(tr("Action to look for"));
  input_->setClearButtonEnabled(true);
  input_->installEventFilter(this);
  list_->setObjectName(QStringLiteral("palette.list"));
  list_->setAccessibleName(tr("Actions"));
  list_->setUniformItemSizes(true);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(input_);
  layout->addWidget(list_);
  resize(560, 420);
  connect(input_, &QLineEdit::textChanged, this, [this](const QString& text) { filter(text); });
  connect(input_, &QLineEdit::returnPressed, this, [this] { runChosen(); });
  connect(list_, &QListWidget::itemActivated, this, [this] { runChosen(); });
  filter({});
}

bool Palette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == input_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Down || key == Qt::Key_Up) {
      const int step = key == Qt::Key_Down ? 1 : -1;
      list_->setCurrentRow(std::clamp(list_->currentRow() + step, 0, std::max(list_->count() - 1, 0)));
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

void Palette::filter(const QString& text) {
  list_->clear();
  // Whole words first: letters in a row mean more than letters somewhere.
  for (const bool wants_words : {true, false}) {
    for (const ActionRegistry::Entry* entry : actions_.byUse()) {
      const QString line = entry->spec.menu.isEmpty()
                               ? entry->spec.text
                               : entry->spec.menu + QStringLiteral(": ") + entry->spec.text;
      const bool has_words = line.contains(text.trimmed(), Qt::CaseInsensitive);
      if (has_words != wants_words || !matchesLetters(text, line)) {
        continue;
      }
      const QString keys = entry->action->shortcut().toString(QKeySequence::NativeText);
      auto* item = new QListWidgetItem(keys.isEmpty() ? line : line + QStringLiteral("    ") + keys, list_);
      item->setData(Qt::UserRole, entry->spec.id);
      item->setToolTip(entry->action->toolTip());
      if (!entry->action->isEnabled()) {
        item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
      }
    }
  }
  list_->setCurrentRow(0);
}

void Palette::runChosen() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr || !item->flags().testFlag(Qt::ItemIsEnabled)) {
    return;
  }
  QAction* action = actions_.find(item->data(Qt::UserRole).toString());
  accept();
  if (action != nullptr) {
    action->trigger();
  }
}

}  // namespace rs::ui
