// SPDX-License-Identifier: Apache-2.0
//
// Figures of what the panes show: the action, the buttons of the panes, the dialog.
#include <QApplication>
#include <QToolButton>

#include "ui/figure_dialog.h"
#include "ui/main_window.h"
#include "ui/pane.h"
#include "ui/reading/text_reading.h"
#include "ui/session/session_link.h"

namespace rs::ui {

void MainWindow::addFigureActions() {
  actions_.add({.id = QStringLiteral("file.figure"),
                .menu = tr("File"),
                .text = tr("Export a figure …"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E)},
                .tip = tr("The picture of the pane that was used last, as PDF, SVG or PNG for a paper"),
                .run = [this] { openFigure(figure_pane_); },
                .is_enabled = [this] { return workbench_->run() != nullptr && session_->isOpen(); }});
  connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
    for (; now != nullptr; now = now->parentWidget()) {
      const auto* pane = dynamic_cast<const Pane*>(now);
      if (pane != nullptr && figures::kindOfPane(pane->info().id) != nullptr) {
        figure_pane_ = pane->info().id;
      }
    }
  });
}

void MainWindow::addFigureButton(Pane& pane) {
  const std::string_view id = pane.info().id;
  if (figures::kindOfPane(id) == nullptr) {
    return;
  }
  auto* button = new QToolButton(&pane.header());
  button->setObjectName(QStringLiteral("figure.") + fromView(id));
  button->setText(tr("Figure"));
  button->setAccessibleName(tr("Figure of %1").arg(pane.title()));
  button->setToolTip(tr("This picture as PDF, SVG or PNG for a paper"));
  button->setAutoRaise(true);
  connect(button, &QToolButton::clicked, this, [this, id] { openFigure(id); });
  pane.addHeaderButton(*button);
}

void MainWindow::openFigure(std::string_view pane_id) {
  const auto run = workbench_->run();
  if (run == nullptr) {
    workbench_->tellError(tr("Export a figure: there is no run yet; run a prompt first"));
    return;
  }
  const auto tell = [this](RunId id) {
    workbench_->tellError(
        tr("Export a figure: the session does not hold run %1 yet; let it end first").arg(id));
  };
  const bool is_asked = session_->onceStored([this, pane_id, id = run->id, tell] {
    const auto stored = session_->numbersOf(id);
    if (stored.empty()) {
      tell(id);
      return;
    }
    auto* dialog = new FigureDialog(figureSubject(pane_id, stored.back()), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
  });
  if (!is_asked) {
    tell(run->id);
  }
}

FigureSubject MainWindow::figureSubject(std::string_view pane_id, sessions::RunId run) const {
  FigureSubject subject;
  subject.session = session_->path().toStdString();
  subject.run = run;
  subject.reference.how = figures::ReferenceChoice::How::kNone;
  if (const auto reference = workbench_->reference(); reference != nullptr) {
    if (const auto stored = session_->numbersOf(reference->id); !stored.empty()) {
      subject.reference = {figures::ReferenceChoice::How::kRun, stored.back()};
    }
  }
  subject.tokenizer = [model = workbench_->model()](const sessions::ModelFacts& facts) {
    const bool is_it = model != nullptr && model->tokenizer_hash == facts.tokenizer_hash;
    return is_it ? model->tokenizer : nullptr;
  };
  subject.app_version = QApplication::applicationVersion().toStdString();
  const figures::KindInfo* kind = figures::kindOfPane(pane_id);
  subject.kind = std::string(kind == nullptr ? figures::allKinds().front().id : kind->id);
  if (Pane* shown = pane(pane_id); shown != nullptr) {
    subject.options = shown->view().figureOptions();
  }
  subject.cursor = workbench_->cursor().cursor();
  subject.selection = workbench_->cursor().selection();
  return subject;
}

}  // namespace rs::ui
