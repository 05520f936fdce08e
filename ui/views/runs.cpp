// SPDX-License-Identifier: Apache-2.0
//
// runs: every run there is; which one is shown (B) and which it is compared with (A).
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"
#include "ui/widgets/tool_button.h"

namespace rs::ui {
namespace {

QString stateText(const RunSnapshot& run) {
  switch (run.state) {
    case RunState::kRunning:
      return QObject::tr("running");
    case RunState::kPaused:
      return QObject::tr("paused");
    case RunState::kDone:
      return QObject::tr("done");
    case RunState::kCancelled:
      return QObject::tr("stopped");
    case RunState::kFailed:
      return QObject::tr("failed");
  }
  return {};
}

class RunsView final : public View {
 public:
  explicit RunsView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        table_(new TextTable(QStringLiteral("runs.table"), QObject::tr("Runs"),
                             {QString(), QObject::tr("Run"), QObject::tr("T"), QObject::tr("Steering"),
                              QObject::tr("State"), QObject::tr("From")},
                             widget_)) {
    auto* buttons = new QHBoxLayout;
    addToolButton(*buttons, *widget_,
                  {"runs.reference", QObject::tr("As A"), QObject::tr("Compare the shown run with this one")},
                  [this] { act(&Workbench::setReference); });
    addToolButton(*buttons, *widget_, {"runs.drop", QObject::tr("Drop"), QObject::tr("Forget this run")},
                  [this] { act(&Workbench::dropRun); });
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(table_, 1);
    column->addLayout(buttons);
    QObject::connect(table_, &QTableWidget::cellClicked, widget_, [this](int row, int) { choose(row); });
    QObject::connect(table_, &QTableWidget::itemActivated, widget_,
                     [this](const QTableWidgetItem* item) { choose(item->row()); });
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    runs_ = workbench_.runs();
    int marked = -1;
    int row = 0;
    for (const auto& run : runs_) {
      const bool is_shown = shown.run != nullptr && run->id == shown.run->id;
      const bool is_reference = shown.reference != nullptr && run->id == shown.reference->id;
      table_->setRow(row,
                     {is_shown       ? QStringLiteral("B")
                      : is_reference ? QStringLiteral("A")
                                     : QString(),
                      nameOf(*run), QString::number(run->tokens == nullptr ? 0 : run->tokens->size()),
                      steeringText(run->steering), stateText(*run),
                      run->parent == 0 ? QString() : QString::number(run->parent)},
                     is_shown                          ? colours().accent
                     : run->state == RunState::kFailed ? colours().error
                                                       : QColor());
      if (run->state == RunState::kFailed) {
        table_->item(row, 4)->setToolTip(QString::fromStdString(run->error));
      }
      marked = is_shown ? row : marked;
      ++row;
    }
    table_->endRows(row);
    if (row != n_sized_) {
      n_sized_ = row;
      table_->resizeColumnsToContents();
    }
    if (!table_->hasFocus()) {
      table_->markRow(marked);
    }
  }

 private:
  static QString nameOf(const RunSnapshot& run) {
    return run.id > 0 ? QString::number(run.id) : QObject::tr("s%1").arg(-run.id);
  }

  void act(void (Workbench::*ask)(RunId)) {
    if (const int row = table_->currentRow(); row >= 0 && row < static_cast<int>(runs_.size())) {
      (workbench_.*ask)(runs_[static_cast<std::size_t>(row)]->id);
    }
  }

  void choose(int row) {
    if (row >= 0 && row < static_cast<int>(runs_.size())) {
      workbench_.showRun(runs_[static_cast<std::size_t>(row)]->id);
    }
  }

  Workbench& workbench_;
  QWidget* widget_;
  TextTable* table_;
  std::vector<std::shared_ptr<const RunSnapshot>> runs_;
  int n_sized_ = -1;
};

}  // namespace

ViewInfo runsView() {
  return describeView<RunsView>(
      {.id = "runs",
       .title = "Runs",
       .summary = "Every run: B is shown in all panes, A is what it is compared with.",
       .gestures = "Click: show this run\nCtrl+C: copy the table",
       .area = ViewArea::kLeft});
}

}  // namespace rs::ui
