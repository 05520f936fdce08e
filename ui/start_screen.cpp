// SPDX-License-Identifier: Apache-2.0
#include "ui/start_screen.h"

#include <QAction>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QListWidgetItem>
#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

#include "ui/actions.h"

namespace rs::ui {
namespace {

QPushButton* startButton(const ActionRegistry& actions, const QString& id, const QString& text,
                         QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  button->setObjectName(QStringLiteral("start.") + id);
  button->setMinimumHeight(40);
  QAction* action = actions.find(id);
  button->setEnabled(action != nullptr);
  if (action != nullptr) {
    button->setToolTip(action->toolTip());
    QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
  }
  return button;
}

}  // namespace

StartScreen::StartScreen(const ActionRegistry& actions, std::function<void(const QString&)> open,
                         QWidget* parent)
    : QWidget(parent),
      open_(std::move(open)),
      recent_(new QListWidget(this)),
      recent_box_(new QWidget(this)),
      unsaved_(new QListWidget(this)),
      unsaved_box_(new QWidget(this)) {
  setObjectName(QStringLiteral("start"));
  auto* title = new QLabel(QStringLiteral("Routescope"), this);
  QFont font = title->font();
  font.setPointSizeF(font.pointSizeF() * 2.2);
  font.setBold(true);
  title->setFont(font);
  auto* line =
      new QLabel(tr("See which experts every token visits in every layer, and send it elsewhere."), this);
  auto* demo = startButton(actions, QStringLiteral("file.demo"), tr("Open the demo model"), this);
  demo->setDefault(true);
  demo->setAutoDefault(true);
  auto* model = startButton(actions, QStringLiteral("file.open_model"), tr("Open a model directory …"), this);
  auto* session = startButton(actions, QStringLiteral("file.open"), tr("Open a session …"), this);
  auto* hint = new QLabel(tr("A model directory or a session can also be dropped here."), this);
  hint->setEnabled(false);

  const auto listOf = [this](QListWidget& list, QWidget& box, const char* name, const QString& heading) {
    list.setObjectName(QString::fromLatin1(name));
    list.setAccessibleName(heading);
    list.setMaximumHeight(160);
    auto* layout = new QVBoxLayout(&box);
    layout->setContentsMargins(0, 12, 0, 0);
    layout->addWidget(new QLabel(heading, &box));
    layout->addWidget(&list);
    box.hide();
    connect(&list, &QListWidget::itemActivated, this,
            [this](const QListWidgetItem* item) { open_(item->data(Qt::UserRole).toString()); });
  };
  listOf(*unsaved_, *unsaved_box_, "start.unsaved", tr("Sessions without a name"));
  listOf(*recent_, *recent_box_, "start.recent", tr("Recent"));

  auto* column = new QVBoxLayout;
  column->setSpacing(10);
  for (QWidget* widget :
       std::initializer_list<QWidget*>{title, line, demo, model, session, hint, unsaved_box_, recent_box_}) {
    column->addWidget(widget);
  }
  auto* row = new QHBoxLayout;
  row->addStretch(1);
  row->addLayout(column, 2);
  row->addStretch(1);
  auto* outer = new QVBoxLayout(this);
  outer->addStretch(1);
  outer->addLayout(row);
  outer->addStretch(2);
  setFocusProxy(demo);
}

void StartScreen::fill(QListWidget& list, QWidget& box, const QStringList& paths) {
  list.clear();
  for (const QString& path : paths) {
    const QFileInfo info(path);
    auto* item = new QListWidgetItem(QStringLiteral("%1    %2").arg(info.fileName(), info.path()), &list);
    item->setData(Qt::UserRole, path);
    item->setToolTip(path);
  }
  box.setVisible(!paths.isEmpty());
}

void StartScreen::setRecent(const QStringList& paths) {
  fill(*recent_, *recent_box_, paths);
}

void StartScreen::setUnsaved(const QStringList& paths) {
  fill(*unsaved_, *unsaved_box_, paths);
}

}  // namespace rs::ui
