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
    table_->growWithTexts();
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
    rows_.resize(runs_.size());
    int marked = -1;
    for (int row = 0; row < static_cast<int>(runs_.size()); ++row) {
      const auto& run = runs_[static_cast<std::size_t>(row)];
      const bool is_shown = shown.run != nullptr && run->id == shown.run->id;
      const bool is_reference = shown.reference != nullptr && run->id == shown.reference->id;
      Row& known = rows_[static_cast<std::size_t>(row)];
      // Of many runs one goes on: the others are not told anew.
      if (Row now{run, is_shown, is_reference, isDark()}; known != now) {
        known = std::move(now);
        fill(row, known);
      }
      marked = is_shown ? row : marked;
    }
    table_->endRows(static_cast<int>(runs_.size()));
    if (!table_->hasFocus()) {
      table_->markRow(marked);
    }
  }

 private:
  // What a row says.
  struct Row {
    std::shared_ptr<const RunSnapshot> run;
    bool is_shown = false;
    bool is_reference = false;
    bool is_dark = false;  // colours of the theme
    friend bool operator==(const Row&, const Row&) = default;
  };

  static QString nameOf(const RunSnapshot& run) {
    return run.id > 0 ? QString::number(run.id) : QObject::tr("s%1").arg(-run.id);
  }

  void fill(int row, const Row& known) {
    const RunSnapshot& run = *known.run;
    table_->setRow(row,
                   {known.is_shown       ? QStringLiteral("B")
                    : known.is_reference ? QStringLiteral("A")
                                         : QString(),
                    nameOf(run), QString::number(run.tokens == nullptr ? 0 : run.tokens->size()),
                    steeringText(run.steering), stateText(run),
                    run.parent == 0 ? QString() : QString::number(run.parent)},
                   known.is_shown                   ? colours().accent
                   : run.state == RunState::kFailed ? colours().error
                                                    : QColor());
    if (run.state == RunState::kFailed) {
      table_->item(row, 4)->setToolTip(QString::fromStdString(run.error));
    }
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
  std::vector<Row> rows_;
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
