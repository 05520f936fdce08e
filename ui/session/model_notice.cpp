// SPDX-License-Identifier: Apache-2.0
#include "ui/session/model_notice.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <utility>

#include "ui/theme.h"

namespace rs::ui {
namespace {

// Enough of a hash to tell two models apart by eye.
QString shortHash(const std::string& hash) {
  return QString::fromStdString(hash.substr(0, 12));
}

}  // namespace

ModelNotice::ModelNotice(std::function<void(const QString& path)> open, QWidget* parent)
    : QFrame(parent),
      open_(std::move(open)),
      text_(new QLabel(this)),
      button_(new QPushButton(tr("Open its model"), this)) {
  setObjectName(QStringLiteral("model_notice"));
  setAccessibleName(tr("The session's model"));
  text_->setObjectName(QStringLiteral("model_notice.text"));
  text_->setTextFormat(Qt::PlainText);
  text_->setWordWrap(true);
  button_->setObjectName(QStringLiteral("model_notice.open"));
  auto* close = new QToolButton(this);
  close->setObjectName(QStringLiteral("model_notice.hide"));
  close->setText(tr("Hide"));
  close->setAutoRaise(true);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(10, 4, 6, 4);
  row->addWidget(text_, 1);
  row->addWidget(button_);
  row->addWidget(close);
  connect(button_, &QPushButton::clicked, this, [this] { open_(path_); });
  connect(close, &QToolButton::clicked, this, [this] { hide(); });
  hide();
}

void ModelNotice::show(const WantedModel& wanted, const ModelInfo* opened) {
  if (wanted.hash.empty() || (opened != nullptr && opened->model_hash == wanted.hash)) {
    hide();
    return;
  }
  path_ = QString::fromStdString(wanted.path);
  QString text = tr("The runs of this session were made with %1 (hash %2…).")
                     .arg(QString::fromStdString(wanted.name), shortHash(wanted.hash));
  if (opened != nullptr) {
    text += tr(" Open is %1 (hash %2…), which runs anew but not on with them.")
                .arg(QString::fromStdString(opened->name), shortHash(opened->model_hash));
  } else {
    text += tr(" They can be explored without it; to run again, open it.");
  }
  if (!wanted.problem.empty()) {
    text += tr(" It was not opened by itself: %1").arg(QString::fromStdString(wanted.problem));
  }
  text_->setText(text);
  button_->setText(path_.isEmpty() ? tr("Open its model …") : tr("Open its model"));
  button_->setToolTip(path_.isEmpty() ? tr("Choose the directory of this model") : path_);
  setStyleSheet(
      QStringLiteral("#model_notice { border: 0; border-left: 4px solid %1; }").arg(colours().accent.name()));
  setVisible(true);
}

}  // namespace rs::ui
