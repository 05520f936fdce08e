// SPDX-License-Identifier: Apache-2.0
//
// virtual_experts: programs that take part in the routing: on and off, their options, and every time they
// spoke.
#include <QCheckBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/experts/registry.h"
#include "ui/forms/param_form.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"

namespace rs::ui {
namespace {

std::string idOf(const std::string& specification) {
  return specification.substr(0, specification.find(':'));
}

class VirtualExpertsView final : public View {
 public:
  explicit VirtualExpertsView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        about_(new QLabel(widget_)),
        ask_(new QPushButton(QObject::tr("Ask the model alone"), widget_)),
        table_(new TextTable(
            QStringLiteral("virtual.firings"), QObject::tr("What virtual experts said, and where"),
            {QObject::tr("Token"), QObject::tr("Trigger"), QObject::tr("Operands"), QObject::tr("Value"),
             QObject::tr("Pushed"), QObject::tr("Layers"), QObject::tr("Model alone")},
            widget_)) {
    build();
    QObject::connect(&workbench_, &Workbench::steeringChanged, widget_, [this] { readSteering(); });
    readSteering();
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    shown_ = shown;
    fillTable();
  }

 private:
  struct Entry {
    QGroupBox* box = nullptr;
    QWidget* form = nullptr;
    std::string specification;  // what the form shows
  };

  void build() {
    auto* experts = new QWidget(widget_);
    auto* list = new QVBoxLayout(experts);
    list->setContentsMargins(0, 0, 4, 0);
    for (const VirtualExpertInfo& info : virtualExperts()) {
      const std::string id(info.id);
      Entry entry;
      entry.box = new QGroupBox(fromView(info.title), experts);
      entry.box->setObjectName(QStringLiteral("virtual.") + fromView(info.id));
      entry.box->setAccessibleName(fromView(info.title));
      entry.box->setToolTip(fromView(info.summary));
      entry.box->setCheckable(true);
      entry.box->setChecked(false);
      new QVBoxLayout(entry.box);
      QObject::connect(entry.box, &QGroupBox::toggled, widget_, [this, id](bool is_on) { setOn(id, is_on); });
      list->addWidget(entry.box);
      entries_.emplace(id, entry);
    }
    list->addStretch(1);
    auto* scroll = new QScrollArea(widget_);
    scroll->setObjectName(QStringLiteral("virtual.scroll"));
    scroll->setAccessibleName(QObject::tr("Virtual experts and their settings"));
    scroll->setWidget(experts);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);

    about_->setObjectName(QStringLiteral("virtual.about"));
    about_->setWordWrap(true);
    ask_->setObjectName(QStringLiteral("virtual.ask"));
    ask_->setToolTip(QObject::tr("What the model would have said at these tokens without any steering"));
    auto* right = new QWidget(widget_);
    auto* right_column = new QVBoxLayout(right);
    right_column->setContentsMargins(0, 0, 0, 0);
    auto* head = new QHBoxLayout;
    head->addWidget(about_, 1);
    head->addWidget(ask_);
    right_column->addLayout(head);
    right_column->addWidget(table_, 1);
    auto* splitter = new QSplitter(Qt::Horizontal, widget_);
    splitter->addWidget(scroll);
    splitter->addWidget(right);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 3);
    splitter->setSizes({280, 720});
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->addWidget(splitter, 1);

    QObject::connect(ask_, &QPushButton::clicked, widget_, [this] { ask(); });
    QObject::connect(table_, &QTableWidget::itemSelectionChanged, widget_, [this] {
      const int row = table_->currentRow();
      if (shown_.run != nullptr && row >= 0 && row < static_cast<int>(shown_.run->firings.size())) {
        workbench_.cursor().moveToken(shown_.run->firings[static_cast<std::size_t>(row)].firing.position);
      }
    });
  }

  void setOn(const std::string& id, bool is_on) {
    if (is_reading_) {
      return;
    }
    Steering next = workbench_.steering();
    std::erase_if(next.virtual_experts, [&](const std::string& text) { return idOf(text) == id; });
    if (is_on) {
      // With the options it had when it was last on.
      const std::string& before = entries_[id].specification;
      next.virtual_experts.push_back(before.empty() ? id : before);
    }
    if (!workbench_.changeSteering(next,
                                   is_on ? QObject::tr("Switch %1 on").arg(QString::fromStdString(id))
                                         : QObject::tr("Switch %1 off").arg(QString::fromStdString(id)))) {
      readSteering();
    }
  }

  void setOption(const std::string& id, const std::string& name, const std::string& text) {
    try {
      const std::string& before = entries_[id].specification;
      NamedVirtualExpert named = makeVirtualExpert(before.empty() ? id : before);
      ParamSetter setter(id, name, text);
      named.expert->visit(setter);
      setter.finish();
      Steering next = workbench_.steering();
      for (std::string& specification : next.virtual_experts) {
        if (idOf(specification) == id) {
          specification = specificationOf(named);
        }
      }
      workbench_.changeSteering(next, QObject::tr("Set %1 of %2 to %3")
                                          .arg(QString::fromStdString(name), QString::fromStdString(id),
                                               QString::fromStdString(text)));
    } catch (const Error& error) {
      workbench_.tellError(QString::fromStdString(error.what()));
    }
    // After the signal of the input that is being replaced.
    QMetaObject::invokeMethod(
        widget_, [this] { readSteering(); }, Qt::QueuedConnection);
  }

  void readSteering() {
    is_reading_ = true;
    for (auto& named : entries_) {
      const std::string& id = named.first;
      auto& entry = named.second;
      const auto& list = workbench_.steering().virtual_experts;
      const auto found =
          std::find_if(list.begin(), list.end(), [&](const std::string& text) { return idOf(text) == id; });
      entry.box->setChecked(found != list.end());
      const std::string wanted = found != list.end()           ? *found
                                 : entry.specification.empty() ? id
                                                               : entry.specification;
      if (wanted != entry.specification || entry.form == nullptr) {
        entry.specification = wanted;
        buildForm(id, entry);
      }
    }
    is_reading_ = false;
  }

  void buildForm(const std::string& id, Entry& entry) {
    delete entry.form;
    entry.form = new QWidget(entry.box);
    auto* layout = new QFormLayout(entry.form);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setVerticalSpacing(3);
    NamedVirtualExpert named = makeVirtualExpert(entry.specification);
    ParamFormBuilder builder(*layout, QStringLiteral("virtual.") + QString::fromStdString(id),
                             [this, id](const std::string& name, const std::string& text) {
                               if (!is_reading_) {
                                 setOption(id, name, text);
                               }
                             });
    named.expert->visit(builder);
    entry.box->layout()->addWidget(entry.form);
  }

  void ask() {
    std::vector<int> positions;
    if (shown_.run != nullptr) {
      for (const FiringRecord& record : shown_.run->firings) {
        positions.push_back(record.firing.position);
      }
      std::sort(positions.begin(), positions.end());
      positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
      workbench_.askUnaided(positions);
    }
  }

  void fillTable() {
    const bool has_run = shown_.run != nullptr;
    const std::size_t n = has_run ? shown_.run->firings.size() : 0;
    ask_->setEnabled(n > 0 && shown_.run->id > 0);
    int row = 0;
    for (std::size_t i = 0; i < n; ++i) {
      fillRow(row++, shown_.run->firings[i]);
    }
    if (has_run) {
      for (const AbstentionRecord& record : shown_.run->abstentions) {
        table_->setRow(
            row++,
            {QString::number(record.abstention.position), QString::fromStdString(record.abstention.trigger),
             QString(), QObject::tr("silent: %1").arg(QString::fromStdString(record.abstention.reason)),
             QString(), QString(), QString()},
            colours().faint);
      }
    }
    table_->endRows(row);
    about_->setText(
        row > 0
            ? QObject::tr("It spoke at %1 tokens. Each row: what asked, what it computed, what it pushed.")
                  .arg(n)
            : QObject::tr("Nothing asked a virtual expert yet. Switch the calculator on and run 127 * 89 ="));
  }

  void fillRow(int row, const FiringRecord& record) {
    const Firing& firing = record.firing;
    const auto alone = workbench_.unaided(shown_.run->id, firing.position);
    table_->setRow(
        row,
        {QString::number(firing.position), QString::fromStdString(firing.trigger),
         QString::fromStdString(firing.expression), QString::fromStdString(firing.value),
         QObject::tr("%1 (%2 of %3)")
             .arg(tokenLabel(shown_.tokenizer.get(), firing.token))
             .arg(firing.answer_index + 1)
             .arg(firing.n_answer_tokens),
         layersOfExpert(record.expert),
         alone.has_value() ? QStringLiteral("%1  %2").arg(tokenLabel(shown_.tokenizer.get(), alone->id),
                                                          percentText(std::exp(alone->logprob)))
                           : QString()},
        colours().virtual_expert);
  }

  QString layersOfExpert(int expert) const {
    const auto& list = shown_.run->steering.virtual_experts;
    if (expert < 0 || expert >= static_cast<int>(list.size())) {
      return {};
    }
    const LayerSpan span = makeVirtualExpert(list[static_cast<std::size_t>(expert)]).expert->push().layers;
    QStringList layers;
    for (const int layer : layersOf(span, shown_.run->trace->config().n_layers)) {
      layers << QString::number(layer);
    }
    return layers.join(QStringLiteral(", "));
  }

  Workbench& workbench_;
  QWidget* widget_;
  QLabel* about_;
  QPushButton* ask_;
  TextTable* table_;
  std::map<std::string, Entry> entries_;
  Shown shown_;
  bool is_reading_ = false;
};

}  // namespace

ViewInfo virtualExpertsView() {
  return describeView<VirtualExpertsView>(
      {.id = "virtual_experts",
       .title = "Virtual experts",
       .summary = "Programs that take part in the routing, and every time they spoke.",
       .gestures =
           "The box of an expert: on or off\nClick a row: cursor to that token\nCtrl+C: copy the table",
       .area = ViewArea::kBottom});
}

}  // namespace rs::ui
