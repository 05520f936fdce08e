// SPDX-License-Identifier: Apache-2.0
//
// edits: the list that steers the routing, in its order, with a form for the chosen one.
#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSaveFile>
#include <QScrollArea>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "core/base/error.h"
#include "core/routing/edit_json.h"
#include "ui/actions.h"
#include "ui/forms/edit_form.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"
#include "ui/widgets/tool_button.h"

namespace rs::ui {
namespace {

constexpr int kEffectColumn = 5;

QString klText(const EditEffect& effect) {
  return (effect.kl_is_floor ? QStringLiteral("≥ ") : QString()) + numberText(effect.kl_last, 4);
}

class EditsView final : public View {
 public:
  explicit EditsView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        effect_(new QLabel(widget_)),
        table_(new TextTable(
            QStringLiteral("edits.table"), QObject::tr("Edits in their order"),
            {QObject::tr("On"), QObject::tr("Edit"), QObject::tr("Layers"), QObject::tr("Tokens"),
             QObject::tr("Fields"), QObject::tr("Effect"), QObject::tr("Name")},
            widget_)),
        form_(new EditForm(widget_)) {
    build(context.actions);
    QObject::connect(&workbench_, &Workbench::steeringChanged, widget_, [this] { refill(); });
    refill();
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    shown_ = shown;
    tellEffect();
    tellContributions();
  }

 private:
  void build(const ActionRegistry& actions) {
    effect_->setObjectName(QStringLiteral("edits.effect"));
    effect_->setWordWrap(true);
    auto* scroll = new QScrollArea(widget_);
    scroll->setObjectName(QStringLiteral("edits.scroll"));
    scroll->setAccessibleName(QObject::tr("Settings of the edit"));
    scroll->setWidget(form_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    auto* splitter = new QSplitter(Qt::Horizontal, widget_);
    splitter->addWidget(table_);
    splitter->addWidget(scroll);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(effect_);
    column->addWidget(splitter, 1);
    column->addLayout(buildButtons(actions));

    table_->setRowCount(0);
    table_->horizontalHeaderItem(kEffectColumn)
        ->setToolTip(QObject::tr("Decisions of this run that are others without the edit, in its first layer "
                                 "and after it, of those "
                                 "that it can touch; how far the last token's prediction moves (≥: from the "
                                 "likeliest tokens alone)"));
    QObject::connect(table_, &QTableWidget::itemSelectionChanged, widget_, [this] { showInForm(); });
    QObject::connect(table_, &QTableWidget::itemChanged, widget_, [this](const QTableWidgetItem* item) {
      if (!is_filling_ && item->column() == 0) {
        setOn(item->row(), item->checkState() == Qt::Checked);
      }
    });
    form_->applied = [this](const Edit& edit) {
      if (const int row = chosen(); row >= 0) {
        workbench_.replaceEdit(static_cast<std::size_t>(row), edit, QObject::tr("Change ") + editText(edit));
      }
    };
  }

  QHBoxLayout* buildButtons(const ActionRegistry& actions) {
    auto* row = new QHBoxLayout;
    auto* add = new QToolButton(widget_);
    add->setObjectName(QStringLiteral("edits.add"));
    add->setText(QObject::tr("Add"));
    add->setToolTip(QObject::tr("A new edit at the cursor, of any kind"));
    add->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(add);
    for (const EditOp* op : allEditOps()) {
      QAction* action = menu->addAction(fromView(op->title));
      action->setObjectName(QStringLiteral("edits.add.") + fromView(op->id));
      action->setToolTip(fromView(op->summary));
      QObject::connect(action, &QAction::triggered, widget_, [this, op] { addOp(*op); });
    }
    menu->setToolTipsVisible(true);
    add->setMenu(menu);
    row->addWidget(add);
    addToolButton(*row, *widget_, {"edits.up", QObject::tr("Up"), QObject::tr("Earlier in the order")},
                  [this] { move(-1); });
    addToolButton(*row, *widget_, {"edits.down", QObject::tr("Down"), QObject::tr("Later in the order")},
                  [this] { move(1); });
    addToolButton(*row, *widget_,
                  {"edits.duplicate", QObject::tr("Duplicate"), QObject::tr("A copy after this one")},
                  [this] { duplicate(); });
    addToolButton(*row, *widget_,
                  {"edits.remove", QObject::tr("Remove"), QObject::tr("Take the chosen edit away")}, [this] {
                    if (const int index = chosen(); index >= 0) {
                      workbench_.removeEdit(static_cast<std::size_t>(index));
                    }
                  });
    addToolButton(*row, *widget_,
                  {"edits.measure", QObject::tr("Effect of each"),
                   QObject::tr("Goes through the run once more without each edit and compares")},
                  [this] { workbench_.askContributions(); });
    row->addStretch(1);
    auto* copy = new QToolButton(widget_);
    copy->setDefaultAction(actions.find(QStringLiteral("edit.copy_command")));
    copy->setObjectName(QStringLiteral("edits.copy_command"));
    row->addWidget(copy);
    addToolButton(*row, *widget_,
                  {"edits.import", QObject::tr("Import …"),
                   QObject::tr("Edits from a file, after those that are there")},
                  [this] { importFile(); });
    addToolButton(*row, *widget_,
                  {"edits.export", QObject::tr("Export …"), QObject::tr("The list as a file for --edits")},
                  [this] { exportFile(); });
    return row;
  }

  [[nodiscard]] const EditList& edits() const { return workbench_.steering().edits; }

  [[nodiscard]] int chosen() const {
    const int row = table_->currentRow();
    return row < static_cast<int>(edits().size()) ? row : -1;
  }

  void refill() {
    is_filling_ = true;
    const int row_before = table_->currentRow();
    const int n = static_cast<int>(edits().size());
    const bool has_grown = n > table_->rowCount();
    for (int row = 0; row < n; ++row) {
      const Edit& edit = edits()[static_cast<std::size_t>(row)];
      table_->setRow(row,
                     {QString::number(row + 1), fromView(edit.op->title), layersText(edit.where),
                      positionsText(edit), fieldsText(edit), contributionText(static_cast<std::size_t>(row)),
                      QString::fromStdString(edit.name)},
                     edit.on ? QColor() : colours().faint);
      QTableWidgetItem* box = table_->item(row, 0);
      box->setFlags(box->flags() | Qt::ItemIsUserCheckable);
      box->setCheckState(edit.on ? Qt::Checked : Qt::Unchecked);
    }
    table_->endRows(n);
    table_->resizeColumnsToContents();
    table_->markRow(has_grown ? n - 1 : std::min(row_before, n - 1));
    is_filling_ = false;
    showInForm();
    tellEffect();
  }

  void showInForm() {
    const int row = chosen();
    form_->setEnabled(row >= 0);
    if (row >= 0) {
      form_->setEdit(edits()[static_cast<std::size_t>(row)]);
    }
  }

  void setOn(int row, bool is_on) {
    Edit edit = edits()[static_cast<std::size_t>(row)];
    if (edit.on != is_on) {
      edit.on = is_on;
      if (!workbench_.replaceEdit(
              static_cast<std::size_t>(row), edit,
              (is_on ? QObject::tr("Switch on ") : QObject::tr("Switch off ")) + editText(edit))) {
        refill();
      }
    }
  }

  // Where the cursor stands, switched off until its fields are filled in.
  void addOp(const EditOp& op) {
    Edit edit;
    edit.op = &op;
    const Cursor at = shown_.cursor;
    if (at.layer >= 0) {
      edit.where = {false, {at.layer}};
    }
    if (at.token >= 0) {
      edit.positions = std::vector<std::int32_t>{at.token};
    }
    for (const FieldInfo& field : op.fields) {
      if (field.is_required && field.mode.empty()) {
        edit.fields[std::string(field.id)] = firstValue(field, at);
      }
    }
    workbench_.addEdit(std::move(edit), QObject::tr("Add ") + fromView(op.title));
  }

  // A value that changes as little as can be, for the user to go on from.
  FieldValue firstValue(const FieldInfo& field, const Cursor& at) const {
    const std::int32_t expert = std::max(at.expert, 0);
    const auto n_experts = shown_.snapshot != nullptr && shown_.snapshot->model != nullptr
                               ? shown_.snapshot->model->config.n_experts
                               : 2;
    switch (field.type) {
      case FieldType::kExpert:
        return field.id == "to" ? (expert + 1) % n_experts : expert;
      case FieldType::kExperts:
        return std::vector<std::int32_t>{expert};
      case FieldType::kInteger:
        return static_cast<std::int32_t>(std::max(field.min, 1.0));
      case FieldType::kNumber:
        return std::clamp(1.0, field.min, field.max);
      case FieldType::kWeights:
        return std::vector<double>{1};
      case FieldType::kChoice:
        return std::string(field.options.front());
      case FieldType::kVector:
        return VectorSpec{{}, 0};
      case FieldType::kConstant:
        return 0.0;
      default:
        return std::string();
    }
  }

  void move(int step) {
    const int row = chosen();
    const int target = row + step;
    if (row < 0 || target < 0 || target >= static_cast<int>(edits().size())) {
      return;
    }
    Steering next = workbench_.steering();
    std::swap(next.edits[static_cast<std::size_t>(row)], next.edits[static_cast<std::size_t>(target)]);
    if (workbench_.changeSteering(next, QObject::tr("Move an edit"))) {
      table_->markRow(target);
      showInForm();
    }
  }

  void duplicate() {
    if (const int row = chosen(); row >= 0) {
      Steering next = workbench_.steering();
      next.edits.insert(next.edits.begin() + row, next.edits[static_cast<std::size_t>(row)]);
      workbench_.changeSteering(next, QObject::tr("Duplicate an edit"));
    }
  }

  void importFile() {
    const QString path = QFileDialog::getOpenFileName(widget_, QObject::tr("A file of edits"), {},
                                                      QObject::tr("Edits (*.json);;All files (*)"));
    if (path.isEmpty()) {
      return;
    }
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
      workbench_.tellError(QObject::tr("reading edits: %1; %2").arg(file.errorString(), path));
      return;
    }
    try {
      Steering next = workbench_.steering();
      const EditList read = parseEdits(file.readAll().toStdString());
      next.edits.insert(next.edits.end(), read.begin(), read.end());
      workbench_.changeSteering(next, QObject::tr("Import %1 edits").arg(read.size()));
    } catch (const Error& error) {
      workbench_.tellError(QObject::tr("reading %1: %2").arg(path, QString::fromStdString(error.what())));
    }
  }

  void exportFile() {
    const QString path = QFileDialog::getSaveFileName(
        widget_, QObject::tr("Edits as a file"), QStringLiteral("edits.json"), QObject::tr("Edits (*.json)"));
    if (path.isEmpty()) {
      return;
    }
    QSaveFile file(path);
    const std::string text = editsToJson(edits());
    if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), static_cast<qint64>(text.size())) < 0 ||
        !file.commit()) {
      workbench_.tellError(QObject::tr("writing edits: %1; %2").arg(file.errorString(), path));
      return;
    }
    workbench_.note(QObject::tr("Wrote %1 edits to %2").arg(edits().size()).arg(path));
  }

  [[nodiscard]] QString contributionText(std::size_t edit) const {
    const EditEffect* effect = workbench_.contribution(edit);
    return effect == nullptr ? QString()
                             : QObject::tr("%1 + %2 of %3, KL %4, top-1 %5")
                                   .arg(effect->flips_here)
                                   .arg(effect->flips_after)
                                   .arg(effect->n_decisions)
                                   .arg(klText(*effect),
                                        effect->top_changes ? QObject::tr("changes") : QObject::tr("stays"));
  }

  void tellContributions() {
    is_filling_ = true;
    for (int row = 0; row < table_->rowCount(); ++row) {
      const QString text = contributionText(static_cast<std::size_t>(row));
      if (QTableWidgetItem* item = table_->item(row, kEffectColumn); item->text() != text) {
        item->setText(text);
        table_->widenFor(row);
      }
    }
    is_filling_ = false;
  }

  void tellEffect() {
    const auto& effect = workbench_.effect();
    if (edits().empty() && workbench_.steering().virtual_experts.empty()) {
      effect_->setText(QObject::tr(
          "No edits. Click a cell of the heat map or a bar of Token detail, then press F to force "
          "the expert, X to ban it, or drag its bar."));
    } else if (!effect.has_value()) {
      effect_->setText(QObject::tr("The effect stands here once a run has been steered."));
    } else {
      effect_->setText(
          QObject::tr("Decisions flipped: %1 in the edited layer, %2 after it, of %3 compared. "
                      "Next token: KL %4 nats, top-1 %5. %6 ms.")
              .arg(effect->flips_here)
              .arg(effect->flips_after)
              .arg(effect->n_decisions)
              .arg(klText(*effect), effect->top_changes ? QObject::tr("changes") : QObject::tr("stays"))
              .arg(effect->milliseconds, 0, 'f', 1));
    }
  }

  Workbench& workbench_;
  QWidget* widget_;
  QLabel* effect_;
  TextTable* table_;
  EditForm* form_;
  Shown shown_;
  bool is_filling_ = false;
};

}  // namespace

ViewInfo editsView() {
  return describeView<EditsView>(
      {.id = "edits",
       .title = "Edits",
       .summary = "What steers the routing, in order, and what it changes.",
       .gestures = "Click: show in the form\nThe box: on or off\nCtrl+Z: undo\nCtrl+C: copy the "
                   "table",
       .area = ViewArea::kBottom});
}

}  // namespace rs::ui
