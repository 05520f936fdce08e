// SPDX-License-Identifier: Apache-2.0
//
// decision_history: what every layer did with the cursor's token.
#include <algorithm>

#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"

namespace rs::ui {
namespace {

QColor colourOf(DecisionStatus status) {
  switch (status) {
    case DecisionStatus::kFlipped:
      return colours().flipped;
    case DecisionStatus::kForced:
      return colours().forced;
    case DecisionStatus::kVirtual:
      return colours().virtual_expert;
    case DecisionStatus::kKept:
      break;
  }
  return {};
}

class DecisionHistoryView final : public View {
 public:
  explicit DecisionHistoryView(const ViewContext& context)
      : workbench_(context.workbench),
        table_(new TextTable(QStringLiteral("history.table"),
                             QObject::tr("Decisions of every layer for this token"),
                             {QObject::tr("Layer"), QObject::tr("Chosen"), QObject::tr("Runner-up"),
                              QObject::tr("Margin"), QObject::tr("Entropy"), QObject::tr("Status")},
                             nullptr)) {
    table_->growWithTexts();
    QObject::connect(table_, &QTableWidget::itemSelectionChanged, table_, [this] {
      if (table_->currentRow() >= 0) {
        workbench_.cursor().moveLayer(table_->currentRow());
      }
    });
    QObject::connect(table_, &QTableWidget::cellDoubleClicked, table_, [this](int row, int) {
      if (row < static_cast<int>(best_.size())) {
        workbench_.cursor().move({shown_.cursor.token, row, best_[static_cast<std::size_t>(row)]});
      }
    });
  }

  QWidget& widget() override { return *table_; }

  void show(const Shown& shown) override {
    shown_ = shown;
    best_.clear();
    if (shown.cursor.token < 0 || shown.cursor.token >= shown.size()) {
      table_->endRows(0);
      return;
    }
    const int n_layers = shown.run->trace->config().n_layers;
    for (int layer = 0; layer < n_layers; ++layer) {
      fillRow(layer);
    }
    table_->endRows(n_layers);
    table_->markRow(shown.cursor.layer);
  }

 private:
  void fillRow(int layer) {
    const RunSnapshot& run = *shown_.run;
    const auto preview =
        shown_.first_look == nullptr ? nullptr : shown_.first_look->at(layer, shown_.cursor.token);
    const DecisionReading reading =
        readDecision(run, layer, shown_.cursor.token, shown_.reference.get(), preview);
    // A virtual expert's slot is the last in rank, and what it has to say is the first thing to know.
    std::vector<Slot> by_weight = reading.final;
    std::stable_sort(by_weight.begin(), by_weight.end(),
                     [](const Slot& a, const Slot& b) { return a.weight > b.weight; });
    QStringList chosen;
    for (const Slot& slot : by_weight) {
      chosen << QStringLiteral("%1 %2").arg(expertLabel(run, shown_.experts, layer, slot.expert),
                                            numberText(static_cast<double>(slot.weight), 2));
    }
    const bool is_stale = preview == nullptr && run.stale.has_value() && layer >= run.stale->layer &&
                          shown_.cursor.token >= run.stale->position;
    table_->setRow(
        layer,
        {QString::number(layer), chosen.join(QStringLiteral("  ")),
         reading.runner_up < 0 ? QString() : expertLabel(run, shown_.experts, layer, reading.runner_up),
         numberText(static_cast<double>(reading.margin)), numberText(reading.entropy, 2),
         is_stale ? QObject::tr("stale") : fromView(nameOf(reading.status))},
        is_stale ? colours().faint : colourOf(reading.status));
    best_.push_back(by_weight.empty() ? -1 : by_weight.front().expert);
  }

  Workbench& workbench_;
  TextTable* table_;
  Shown shown_;
  std::vector<int> best_;  // the likeliest expert of each layer
};

}  // namespace

ViewInfo decisionHistoryView() {
  return describeView<DecisionHistoryView>(
      {.id = "decision_history",
       .title = "Decision history",
       .summary = "What every layer chose for the cursor's token, how nearly, and whether it was changed.",
       .gestures = "Click: cursor to this layer\nDouble click: cursor to its likeliest expert\nCtrl+C: copy "
                   "the table",
       .area = ViewArea::kRightBelow});
}

}  // namespace rs::ui
