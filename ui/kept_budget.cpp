// SPDX-License-Identifier: Apache-2.0
#include "ui/kept_budget.h"

#include <QInputDialog>
#include <QObject>
#include <QSettings>
#include <QSpinBox>

#include "core/base/text.h"

namespace rs::ui {
namespace {

constexpr std::uint64_t kMegabyte = 1'000'000;
constexpr int kMostMegabytes = 1 << 20;

QString settingName() {
  return QStringLiteral("kept_megabytes");
}

QString sizeText(std::uint64_t bytes) {
  return QString::fromStdString(bytesText(bytes));
}

}  // namespace

QString keptText(const KeptInputs& kept) {
  return QObject::tr("kept %1 of %2").arg(sizeText(kept.bytes), sizeText(kept.budget));
}

QString keptExplanation(const Snapshot& snapshot) {
  QString text = QObject::tr(
      "The inputs of layers are kept, so that an edit runs again from its layer and not from the first.");
  if (snapshot.model != nullptr) {
    const ModelConfig& config = snapshot.model->config;
    const auto token = static_cast<std::uint64_t>(config.n_layers) *
                       static_cast<std::uint64_t>(config.hidden) * sizeof(float);
    text += QObject::tr("\nA token takes %1 in all %2 layers: the budget holds %3 tokens in each.")
                .arg(sizeText(token))
                .arg(config.n_layers)
                .arg(snapshot.kept.budget / token);
    text += QObject::tr("\nOf the run at work %1 of %2 layers are kept.")
                .arg(snapshot.kept.layers.size())
                .arg(config.n_layers);
  }
  return text;
}

void askForKeptBudget(Workbench& workbench, QWidget* parent) {
  const auto snapshot = workbench.engine().snapshot();
  QInputDialog dialog(parent);
  dialog.setObjectName(QStringLiteral("kept_budget"));
  dialog.setWindowTitle(QObject::tr("Memory for kept layer inputs"));
  dialog.setLabelText(keptExplanation(*snapshot) +
                      QObject::tr("\n\nMegabytes for all runs together (0: keep nothing):"));
  dialog.setInputMode(QInputDialog::IntInput);
  dialog.setIntRange(0, kMostMegabytes);
  dialog.setIntValue(static_cast<int>(snapshot->kept.budget / kMegabyte));
  if (auto* field = dialog.findChild<QSpinBox*>(); field != nullptr) {
    field->setObjectName(QStringLiteral("kept_budget.megabytes"));
    field->setAccessibleName(QObject::tr("Megabytes"));
  }
  if (dialog.exec() == QDialog::Accepted) {
    QSettings().setValue(settingName(), dialog.intValue());
    workbench.setKeptBudget(static_cast<std::uint64_t>(dialog.intValue()) * kMegabyte);
  }
}

void restoreKeptBudget(Workbench& workbench) {
  bool is_number = false;
  const int megabytes = QSettings().value(settingName()).toInt(&is_number);
  if (is_number && megabytes >= 0 && megabytes <= kMostMegabytes) {
    workbench.setKeptBudget(static_cast<std::uint64_t>(megabytes) * kMegabyte);
  }
}

}  // namespace rs::ui
