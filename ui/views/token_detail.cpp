// SPDX-License-Identifier: Apache-2.0
//
// token_detail: the router's logits of the cursor's token and layer, and the place where the routing is taken
// over.
#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>

#include "ui/actions.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"
#include "ui/steering_edits.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/logit_bars.h"
#include "ui/widgets/picture_or_table.h"
#include "ui/widgets/text_table.h"

namespace rs::ui {
namespace {

class TokenDetailView final : public View {
 public:
  explicit TokenDetailView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        title_(new QLabel(widget_)),
        about_(new QLabel(widget_)),
        order_(new QComboBox(widget_)),
        bars_(new LogitBars(widget_)),
        table_(new TextTable(QStringLiteral("detail.table"), QObject::tr("Router logits as a table"),
                             {QObject::tr("Rank"), QObject::tr("Expert"), QObject::tr("Logit"),
                              QObject::tr("Own logit"), QObject::tr("Weight"), QObject::tr("Own choice")},
                             widget_)),
        pages_(new PictureOrTable(bars_, table_, QStringLiteral("detail.as_table"), widget_)) {
    build(context.actions);
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    shown_ = shown;
    drag_.reset();
    refresh();
  }

 private:
  struct Drag {
    int expert;
    double delta;  // of its logit
  };

  void build(const ActionRegistry& actions) {
    title_->setObjectName(QStringLiteral("detail.title"));
    title_->setTextFormat(Qt::PlainText);
    title_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    about_->setObjectName(QStringLiteral("detail.about"));
    about_->setWordWrap(true);
    order_->setObjectName(QStringLiteral("detail.order"));
    order_->setAccessibleName(QObject::tr("Order of the experts"));
    order_->addItems({QObject::tr("largest first"), QObject::tr("by id")});
    bars_->setObjectName(QStringLiteral("detail.bars"));
    bars_->setAccessibleName(QObject::tr("Router logits"));

    auto* buttons = new QHBoxLayout;
    addButton(*buttons, actions, "edit.force", QObject::tr("Force  F"));
    addButton(*buttons, actions, "edit.ban", QObject::tr("Ban  X"));
    addButton(*buttons, actions, "edit.clear", QObject::tr("Clear  Del"));
    buttons->addStretch(1);
    buttons->addWidget(order_);
    buttons->addWidget(pages_->button());
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(title_);
    column->addWidget(about_);
    column->addWidget(pages_, 1);
    column->addLayout(buttons);
    widget_->setFocusProxy(pages_);
    connectAll();
  }

  // The action under a short name: its own is too long for a narrow pane.
  void addButton(QHBoxLayout& row, const ActionRegistry& actions, const char* id, const QString& text) {
    QAction* action = actions.find(QString::fromLatin1(id));
    auto* button = new QToolButton(widget_);
    button->setObjectName(QStringLiteral("detail.") + QString::fromLatin1(id));
    button->setText(text);
    button->setToolTip(action->toolTip());
    button->setEnabled(action->isEnabled());
    QObject::connect(button, &QToolButton::clicked, action, &QAction::trigger);
    QObject::connect(action, &QAction::changed, button,
                     [action, button] { button->setEnabled(action->isEnabled()); });
    row.addWidget(button);
  }

  void connectAll() {
    QObject::connect(order_, &QComboBox::currentIndexChanged, widget_, [this] { refresh(); });
    QObject::connect(table_, &QTableWidget::itemSelectionChanged, widget_, [this] {
      const int row = table_->currentRow();
      if (row >= 0 && row < static_cast<int>(bars_->bars().size())) {
        pick(bars_->bars()[static_cast<std::size_t>(row)].expert);
      }
    });
    bars_->picked = [this](int expert) { pick(expert); };
    bars_->hovered = [this](int expert) {
      workbench_.cursor().setHover(expert < 0 ? Cursor()
                                              : Cursor{shown_.cursor.token, shown_.cursor.layer, expert});
    };
    bars_->dragged = [this](int expert, double value, bool is_done) { drag(expert, value, is_done); };
    bars_->drag_cancelled = [this] {
      drag_.reset();
      refresh();
    };
  }

  void pick(int expert) {
    // From a locked pane the cursor comes here, so that the keys act on what was clicked.
    workbench_.cursor().move({shown_.cursor.token, shown_.cursor.layer, expert});
  }

  void drag(int expert, double value, bool is_done) {
    if (!shown_.hasDecision()) {
      return;
    }
    const DecisionReading reading =
        readDecision(*shown_.run, shown_.cursor.layer, shown_.cursor.token, nullptr, firstLookHere());
    const double before = static_cast<double>(reading.logits[static_cast<std::size_t>(expert)]);
    // Two digits: what a hand can mean.
    const Drag drag{expert, std::round((value - before) * 100) / 100};
    drag_ = is_done ? std::nullopt : std::optional(drag);
    if (!is_done || drag.delta == 0 ||
        !workbench_.addToLogit({shown_.cursor.token, shown_.cursor.layer, expert}, drag.delta, false)) {
      refresh();
    }
  }

  void refresh() {
    if (!shown_.hasDecision()) {
      title_->setText(QObject::tr("No decision here yet"));
      about_->setText(QObject::tr("Run a prompt, then click a token or a cell of the heat map."));
      bars_->setBars({}, -1);
      table_->endRows(0);
      return;
    }
    const DecisionReading reading = readDecision(*shown_.run, shown_.cursor.layer, shown_.cursor.token,
                                                 shown_.reference.get(), previewHere());
    fillBars(reading);
    tell(reading);
  }

  std::shared_ptr<const DecisionPreview> firstLookHere() const {
    return shown_.first_look == nullptr ? nullptr
                                        : shown_.first_look->at(shown_.cursor.layer, shown_.cursor.token);
  }

  // The decision in place of the one that was run: under the dragged bar, else under edits that the engine
  // has yet to run.
  std::shared_ptr<const DecisionPreview> previewHere() const {
    if (!drag_.has_value()) {
      return firstLookHere();
    }
    const int layer = shown_.cursor.layer;
    const int token = shown_.cursor.token;
    Steering steering = workbench_.steering();
    steering.edits = withAdd(steering.edits, {layer, token}, drag_->expert, drag_->delta);
    return decisionUnder(*shown_.run, steering, layer, token);
  }

  void fillBars(const DecisionReading& reading) {
    const std::span<const float> logits = reading.logits;
    const std::vector<Slot>& chosen = reading.final;
    const int n_experts = shown_.run->trace->config().n_experts;
    std::vector<int> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    const bool is_sorted = order_->currentIndex() == 0;
    if (is_sorted) {
      std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
      });
    }
    // A virtual expert with a slot of its own has no logit: it stands first, with its weight.
    for (auto slot = chosen.rbegin(); slot != chosen.rend(); ++slot) {
      if (static_cast<std::size_t>(slot->expert) >= logits.size()) {
        order.insert(order.begin(), slot->expert);
      }
    }
    std::vector<LogitBar> bars;
    for (const int expert : order) {
      const auto index = static_cast<std::size_t>(expert);
      LogitBar bar;
      bar.expert = expert;
      bar.label = expertLabel(*shown_.run, shown_.experts, shown_.cursor.layer, expert);
      constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
      bar.logit = index < logits.size() ? logits[index] : kNone;
      bar.own = index < reading.own_logits.size() ? reading.own_logits[index] : bar.logit;
      bar.can_drag = expert < n_experts;
      bar.is_own_choice = std::any_of(reading.own.begin(), reading.own.end(),
                                      [&](const Slot& slot) { return slot.expert == expert; });
      for (const Slot& slot : chosen) {
        if (slot.expert == expert) {
          bar.is_chosen = true;
          bar.weight = slot.weight;
        }
      }
      bars.push_back(std::move(bar));
    }
    fillTable(bars);
    bars_->setBars(std::move(bars), is_sorted ? static_cast<int>(chosen.size()) : -1);
    const bool hovers_here =
        shown_.hover.layer == shown_.cursor.layer && shown_.hover.token == shown_.cursor.token;
    bars_->setMarked(shown_.cursor.expert, hovers_here ? shown_.hover.expert : -1);
  }

  void fillTable(const std::vector<LogitBar>& bars) {
    int marked = -1;
    for (int row = 0; row < static_cast<int>(bars.size()); ++row) {
      const LogitBar& bar = bars[static_cast<std::size_t>(row)];
      table_->setRow(row,
                     {QString::number(row + 1), bar.label, numberText(static_cast<double>(bar.logit)),
                      numberText(static_cast<double>(bar.own)),
                      bar.weight > 0 ? numberText(static_cast<double>(bar.weight)) : QString(),
                      bar.is_own_choice ? QObject::tr("yes") : QString()},
                     bar.is_chosen ? colours().accent : QColor());
      marked = bar.expert == shown_.cursor.expert ? row : marked;
    }
    table_->endRows(static_cast<int>(bars.size()));
    table_->markRow(marked);
  }

  void tell(const DecisionReading& reading) {
    const std::int32_t id = shown_.run->trace->tokens()[static_cast<std::size_t>(shown_.cursor.token)];
    title_->setText(QObject::tr("Layer %1 · token %2 “%3”")
                        .arg(shown_.cursor.layer)
                        .arg(shown_.cursor.token)
                        .arg(tokenLabel(shown_.tokenizer.get(), id)));
    const auto& stale = shown_.run->stale;
    const bool is_stale = reading.preview == nullptr && stale.has_value() &&
                          shown_.cursor.layer >= stale->layer && shown_.cursor.token >= stale->position;
    bars_->setStale(is_stale);
    about_->setText(aboutText(reading, is_stale));
  }

  QString aboutText(const DecisionReading& reading, bool is_stale) const {
    if (reading.preview != nullptr && !reading.preview->problem.empty()) {
      return QString::fromStdString(reading.preview->problem);
    }
    if (drag_.has_value() && reading.preview != nullptr) {
      const float logit = reading.logits[static_cast<std::size_t>(drag_->expert)];
      return QObject::tr("Let go to set this logit to %1").arg(numberText(static_cast<double>(logit), 2));
    }
    QString text = QObject::tr("margin %1 · entropy %2 nats · %3")
                       .arg(numberText(static_cast<double>(reading.margin)), numberText(reading.entropy),
                            fromView(nameOf(reading.status)));
    if (is_stale) {
      text += QObject::tr(" · stale, being computed");
    } else if (reading.preview != nullptr) {
      text += QObject::tr(" · what follows is being computed");
    }
    return text;
  }

  Workbench& workbench_;
  QWidget* widget_;
  QLabel* title_;
  QLabel* about_;
  QComboBox* order_;
  LogitBars* bars_;
  TextTable* table_;
  PictureOrTable* pages_;
  Shown shown_;
  std::optional<Drag> drag_;
};

}  // namespace

ViewInfo tokenDetailView() {
  return describeView<TokenDetailView>(
      {.id = "token_detail",
       .title = "Token detail",
       .summary = "Every router logit of the cursor's token and layer; here the routing is taken over.",
       .gestures =
           "Click: cursor to this expert\nDrag a bar: add to its logit\nF: force the expert, Shift+F for all "
           "tokens\nX: ban the expert, Shift+X for all tokens\nDel: take its edits away\n"
           "Plus, Minus: lean on it, away from it\nUp, Down: another expert",
       .area = ViewArea::kRight});
}

}  // namespace rs::ui
