// SPDX-License-Identifier: Apache-2.0
#include "ui/start_screen.h"

#include <QAction>
#include <QDateTime>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QListWidgetItem>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

#include "sessions/places.h"
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

std::vector<UnsavedSession> unsavedSessions() {
  std::vector<UnsavedSession> sessions;
  for (const sessions::UntitledSession& untitled : sessions::untitledSessions()) {
    const bool has_content = untitled.n_runs > 0 || untitled.n_documents > 0 || untitled.is_damaged;
    if (untitled.is_open || !has_content) {
      continue;
    }
    const QDateTime at = QDateTime::fromString(QString::fromStdString(untitled.changed_at), Qt::ISODate);
    const QString what = untitled.is_damaged ? QObject::tr("damaged: what can be read will be saved")
                                             : QObject::tr("%n run(s)", nullptr, untitled.n_runs);
    sessions.push_back(
        {QString::fromStdString(untitled.path),
         QStringLiteral("%1    %2").arg(QLocale().toString(at.toLocalTime(), QLocale::ShortFormat), what)});
  }
  return sessions;
}

StartScreen::StartScreen(const ActionRegistry& actions, WithPath open, WithPath discard, QWidget* parent)
    : QWidget(parent),
      open_(std::move(open)),
      discard_(std::move(discard)),
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
  listOf(*unsaved_, *unsaved_box_, "start.unsaved", tr("Sessions without a name, to be recovered"));
  addUnsavedButtons();
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

void StartScreen::addUnsavedButtons() {
  const auto selected = [this] {
    const QListWidgetItem* item =
        unsaved_->currentItem() != nullptr ? unsaved_->currentItem() : unsaved_->item(0);
    return item == nullptr ? QString() : item->data(Qt::UserRole).toString();
  };
  auto* row = new QHBoxLayout;
  const auto button = [&](const char* name, const QString& text, const QString& tip, const WithPath& act) {
    auto* made = new QPushButton(text, unsaved_box_);
    made->setObjectName(QString::fromLatin1(name));
    made->setToolTip(tip);
    connect(made, &QPushButton::clicked, this, [selected, &act] {
      if (const QString path = selected(); !path.isEmpty()) {
        act(path);
      }
    });
    row->addWidget(made);
  };
  button("start.recover", tr("Recover"), tr("Go on with this session"), open_);
  button("start.discard", tr("Discard …"), tr("Remove this session for good"), discard_);
  row->addStretch(1);
  static_cast<QVBoxLayout*>(unsaved_box_->layout())->addLayout(row);
}

void StartScreen::add(QListWidget& list, const QString& text, const QString& path) {
  auto* item = new QListWidgetItem(text, &list);
  item->setData(Qt::UserRole, path);
  item->setToolTip(path);
}

void StartScreen::setRecent(const QStringList& paths) {
  recent_->clear();
  for (const QString& path : paths) {
    const QFileInfo info(path);
    add(*recent_, QStringLiteral("%1    %2").arg(info.fileName(), info.path()), path);
  }
  recent_box_->setVisible(!paths.isEmpty());
}

void StartScreen::setUnsaved(const std::vector<UnsavedSession>& sessions) {
  unsaved_->clear();
  for (const UnsavedSession& session : sessions) {
    add(*unsaved_, session.text, session.path);
  }
  unsaved_box_->setVisible(!sessions.empty());
}

}  // namespace rs::ui
