// SPDX-License-Identifier: Apache-2.0
#include "ui/banner.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "ui/theme.h"

namespace rs::ui {

Banner::Banner(QWidget* parent) : QFrame(parent), text_(new QLabel(this)) {
  setObjectName(QStringLiteral("banner"));
  setAccessibleName(tr("Error"));
  text_->setObjectName(QStringLiteral("banner.text"));
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::PlainText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  auto* copy = new QToolButton(this);
  copy->setObjectName(QStringLiteral("banner.copy"));
  copy->setText(tr("Copy"));
  copy->setToolTip(tr("Copy the message"));
  connect(copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(message()); });
  auto* close = new QToolButton(this);
  close->setObjectName(QStringLiteral("banner.close"));
  close->setText(tr("Close"));
  close->setToolTip(tr("Take the message away; it stays in the log"));
  connect(close, &QToolButton::clicked, this, [this] { hide(); });
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(10, 4, 6, 4);
  row->addWidget(text_, 1);
  row->addWidget(copy);
  row->addWidget(close);
  hide();
}

void Banner::tell(const QString& message) {
  text_->setText(message);
  setStyleSheet(
      QStringLiteral("#banner { border: 0; border-left: 4px solid %1; }").arg(colours().error.name()));
  show();
}

QString Banner::message() const {
  return text_->text();
}

}  // namespace rs::ui
