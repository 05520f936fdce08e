// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/tool_button.h"

#include <QToolButton>
#include <utility>

namespace rs::ui {

void addToolButton(QHBoxLayout& row, QWidget& owner, const ToolButtonInfo& info, std::function<void()> run) {
  auto* button = new QToolButton(&owner);
  button->setObjectName(QString::fromLatin1(info.name));
  button->setText(info.text);
  button->setToolTip(info.tip);
  QObject::connect(button, &QToolButton::clicked, &owner, std::move(run));
  row.addWidget(button);
}

}  // namespace rs::ui
