// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/picture_or_table.h"

#include <QToolButton>

namespace rs::ui {

PictureOrTable::PictureOrTable(QWidget* picture, QWidget* table, const QString& button_name, QWidget* parent)
    : QStackedWidget(parent), button_(new QToolButton(parent)) {
  addWidget(picture);
  addWidget(table);
  setFocusProxy(picture);
  button_->setObjectName(button_name);
  button_->setText(tr("Table"));
  button_->setToolTip(tr("The same numbers as a table"));
  button_->setCheckable(true);
  connect(button_, &QToolButton::toggled, this, &PictureOrTable::turnTo);
}

void PictureOrTable::turnTo(bool is_table) {
  setCurrentIndex(is_table ? 1 : 0);
  setFocusProxy(currentWidget());
  Q_EMIT turned();
}

}  // namespace rs::ui
