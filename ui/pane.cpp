// SPDX-License-Identifier: Apache-2.0
#include "ui/pane.h"
#include "ui/reading/text_reading.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QToolTip>
#include <QVBoxLayout>

namespace rs::ui {
Pane::Pane(const ViewInfo& info, const ViewContext& context, QWidget* parent)
    : QWidget(parent), info_(info), view_(info.create(context)), header_(new QWidget(this)), lock_(nullptr) {
  setObjectName(QStringLiteral("pane.") + fromView(info.id));
  setAccessibleName(title());
  setAccessibleDescription(fromView(info.summary));
  buildHeader();
  QWidget& body = view_->widget();
  if (body.objectName().isEmpty()) {
    body.setObjectName(QStringLiteral("view.") + fromView(info.id));
  }
  // A proxy would take Tab past all that comes before it in the view.
  main_ = body.focusProxy();
  body.setFocusProxy(nullptr);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(header_);
  layout->addWidget(&body, 1);
}

Pane::~Pane() {
  // Widgets first: those of a view may call it until they are gone.
  delete &view_->widget();
}

void Pane::buildHeader() {
  header_->setObjectName(QStringLiteral("header.") + fromView(info_.id));
  auto* label = new QLabel(title(), header_);
  QFont font = label->font();
  font.setBold(true);
  label->setFont(font);
  label->setToolTip(fromView(info_.summary));
  lock_ = new QToolButton(header_);
  lock_->setObjectName(QStringLiteral("lock.") + fromView(info_.id));
  lock_->setText(tr("Lock"));
  lock_->setAccessibleName(tr("Lock %1 to this token and layer").arg(title()));
  lock_->setToolTip(tr("Keep showing this token and layer while the cursor moves on"));
  lock_->setCheckable(true);
  lock_->setAutoRaise(true);
  connect(lock_, &QToolButton::toggled, this, [this](bool is_locked) { setLocked(is_locked); });
  auto* help = new QToolButton(header_);
  help->setObjectName(QStringLiteral("help.") + fromView(info_.id));
  help->setText(QStringLiteral("?"));
  help->setAccessibleName(tr("Gestures of %1").arg(title()));
  help->setToolTip(tr("What the mouse and the keys do here"));
  help->setAutoRaise(true);
  connect(help, &QToolButton::clicked, this, [this] { showHelp(); });
  auto* row = new QHBoxLayout(header_);
  row->setContentsMargins(8, 2, 4, 2);
  row->setSpacing(2);
  row->addWidget(label);
  row->addStretch(1);
  row->addWidget(lock_);
  row->addWidget(help);
}

QString Pane::title() const {
  return fromView(info_.title);
}

void Pane::addHeaderButton(QToolButton& button) {
  header_->layout()->addWidget(&button);
}

void Pane::offer(const Shown& shown) {
  shown_ = shown;
  if (isLocked()) {
    shown_.cursor = locked_cursor_;
  }
  is_dirty_ = true;
}

void Pane::setSeen(bool is_seen) {
  is_seen_ = is_seen;
  showNews();
}

void Pane::showNews() {
  if (is_seen_ && is_dirty_ && shown_.snapshot != nullptr) {
    is_dirty_ = false;
    view_->show(shown_);
  }
}

bool Pane::isLocked() const {
  return lock_->isChecked();
}

void Pane::setLocked(bool is_locked) {
  lock_->setChecked(is_locked);
  lock_->setText(is_locked ? tr("Locked") : tr("Lock"));
  locked_cursor_ = shown_.cursor;
}

void Pane::takeKeyboard() {
  QWidget& body = view_->widget();
  if (main_ != nullptr && main_->isVisible()) {
    main_->setFocus(Qt::ShortcutFocusReason);
    return;
  }
  for (QWidget* at = body.nextInFocusChain(); at != &body; at = at->nextInFocusChain()) {
    if (body.isAncestorOf(at) && at->isVisible() && at->isEnabled() &&
        (at->focusPolicy() & Qt::TabFocus) != 0) {
      at->setFocus(Qt::ShortcutFocusReason);
      return;
    }
  }
  lock_->setFocus(Qt::ShortcutFocusReason);
}

void Pane::showHelp() {
  QString text = QStringLiteral("<p><b>%1</b><br>%2</p><table cellspacing=4>")
                     .arg(title().toHtmlEscaped(), fromView(info_.summary).toHtmlEscaped());
  for (const QString& line : fromView(info_.gestures).split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
    const qsizetype colon = line.indexOf(QStringLiteral(": "));
    text += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                .arg(line.left(colon).toHtmlEscaped(), line.mid(colon + 2).toHtmlEscaped());
  }
  QToolTip::showText(header_->mapToGlobal(QPoint(8, header_->height())), text + QStringLiteral("</table>"),
                     this, {}, 60'000);
}

}  // namespace rs::ui
