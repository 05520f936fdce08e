// SPDX-License-Identifier: Apache-2.0
//
// ab: run A beside run B: where their routing parts first, flips in every layer, both texts.
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTextCursor>
#include <QTextEdit>
#include <QVBoxLayout>
#include <algorithm>

#include "core/base/error.h"
#include "core/stats/interval.h"
#include "core/text/utf8.h"
#include "ui/behind.h"
#include "ui/reading/run_comparison.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"

namespace rs::ui {
namespace {

// Of each text, from where the answer begins.
constexpr int kMaxAnswerTokens = 1024;

class AbView final : public View {
 public:
  explicit AbView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        a_(new QComboBox(widget_)),
        b_(new QComboBox(widget_)),
        about_(new QLabel(widget_)),
        go_(new QPushButton(QObject::tr("Go there"), widget_)),
        table_(new TextTable(QStringLiteral("ab.layers"), QObject::tr("Flipped decisions in every layer"),
                             {QObject::tr("Layer"), QObject::tr("Flips"), QObject::tr("n"),
                              QObject::tr("Share"), QObject::tr("95 % interval")},
                             widget_)),
        text_a_(new QTextEdit(widget_)),
        text_b_(new QTextEdit(widget_)) {
    build();
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    shown_ = shown;
    fillRuns(*a_, shown.reference);
    fillRuns(*b_, shown.run);
    if (shown.run == nullptr || shown.reference == nullptr || shown.size() == 0 ||
        shown.reference->size() == 0) {
      about_->setText(
          QObject::tr("Two runs are needed: run a prompt, then steer it, or choose another run as A."));
      go_->hide();
      table_->endRows(0);
      text_a_->clear();
      text_b_->clear();
      compared_a_ = compared_b_ = nullptr;
      return;
    }
    if (shown.run != compared_b_ || shown.reference != compared_a_) {
      compared_a_ = shown.reference;
      compared_b_ = shown.run;
      fillTexts();
      compare();
    }
  }

 private:
  void build() {
    const auto choice = [this](QComboBox& box, const char* name, const QString& text) {
      box.setObjectName(QString::fromLatin1(name));
      box.setAccessibleName(text);
      box.setMinimumContentsLength(18);
      return new QLabel(text, widget_);
    };
    auto* head = new QHBoxLayout;
    head->addWidget(choice(*a_, "ab.a", QObject::tr("A")));
    head->addWidget(a_);
    head->addWidget(choice(*b_, "ab.b", QObject::tr("B")));
    head->addWidget(b_);
    about_->setObjectName(QStringLiteral("ab.about"));
    about_->setToolTip(
        QObject::tr("A run repeated without a change flips nothing: the engine gives the same bits"));
    about_->setWordWrap(true);
    head->addWidget(about_, 1);
    go_->setObjectName(QStringLiteral("ab.go"));
    go_->setToolTip(QObject::tr("Cursor to the first decision that differs"));
    head->addWidget(go_);
    auto* splitter = new QSplitter(Qt::Horizontal, widget_);
    splitter->addWidget(table_);
    for (QTextEdit* text : {text_a_, text_b_}) {
      text->setReadOnly(true);
      splitter->addWidget(text);
    }
    text_a_->setObjectName(QStringLiteral("ab.text_a"));
    text_a_->setAccessibleName(QObject::tr("Answer of run A"));
    text_b_->setObjectName(QStringLiteral("ab.text_b"));
    text_b_->setAccessibleName(QObject::tr("Answer of run B"));
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addLayout(head);
    column->addWidget(splitter, 1);
    QObject::connect(a_, &QComboBox::activated, widget_,
                     [this](int i) { workbench_.setReference(a_->itemData(i).toInt()); });
    QObject::connect(b_, &QComboBox::activated, widget_,
                     [this](int i) { workbench_.showRun(b_->itemData(i).toInt()); });
    QObject::connect(go_, &QPushButton::clicked, widget_, [this] {
      if (comparison_.first.has_value()) {
        const DecisionDifference& first = *comparison_.first;
        workbench_.cursor().move(
            {first.position, first.layer, first.right.empty() ? -1 : first.right.front()});
      }
    });
    QObject::connect(table_, &QTableWidget::itemSelectionChanged, widget_, [this] {
      const int row = table_->currentRow();
      if (row >= 0 && row < static_cast<int>(comparison_.layers.size())) {
        workbench_.cursor().moveLayer(comparison_.layers[static_cast<std::size_t>(row)].layer);
      }
    });
  }

  void fillRuns(QComboBox& box, const std::shared_ptr<const RunSnapshot>& chosen) {
    const auto runs = workbench_.runs();
    box.clear();
    for (const auto& run : runs) {
      box.addItem(QObject::tr("run %1: %2").arg(run->id).arg(steeringText(run->steering)), run->id);
      if (chosen != nullptr && run->id == chosen->id) {
        box.setCurrentIndex(box.count() - 1);
      }
    }
    if (chosen == nullptr) {
      box.setCurrentIndex(-1);
    }
  }

  // Behind the window: a long run takes longer than a frame.
  void compare() {
    if (is_comparing_) {
      return;  // again once it has ended: runs that grow would be compared many times at once
    }
    is_comparing_ = true;
    struct Compared {
      Comparison comparison;
      QString problem;
    };
    const auto work = [a = compared_a_, b = compared_b_] {
      Compared compared;
      try {
        compared.comparison = compareRouting(*a->trace, *b->trace);
      } catch (const Error& error) {
        compared.problem = QString::fromStdString(error.what());
      }
      return compared;
    };
    runBehind(*widget_, work, [this, a = compared_a_, b = compared_b_](Compared compared) {
      is_comparing_ = false;
      if (a == compared_a_ && b == compared_b_) {
        comparison_ = std::move(compared.comparison);
        tell(compared.problem);
      } else if (compared_a_ != nullptr && compared_b_ != nullptr) {
        compare();
      }
    });
  }

  void tell(const QString& problem) {
    if (!problem.isEmpty()) {
      about_->setText(problem);
      return;
    }
    int row = 0;
    std::int64_t flips = 0;
    std::int64_t n = 0;
    for (const LayerFlips& layer : comparison_.layers) {
      table_->setRow(row++, cellsOf(QString::number(layer.layer), layer.flips, layer.n),
                     layer.flips > 0 ? colours().flipped : QColor());
      flips += layer.flips;
      n += layer.n;
    }
    table_->setRow(row++, cellsOf(QObject::tr("all"), flips, n));
    table_->endRows(row);
    go_->setVisible(comparison_.first.has_value());
    QString text = QObject::tr("%1 of %2 decisions differ over %3 common tokens. ")
                       .arg(flips)
                       .arg(n)
                       .arg(comparison_.n_positions);
    if (comparison_.first.has_value()) {
      text += QObject::tr("First: token %1, layer %2, %3 instead of %4.")
                  .arg(comparison_.first->position)
                  .arg(comparison_.first->layer)
                  .arg(expertsText(comparison_.first->right), expertsText(comparison_.first->left));
    }
    if (comparison_.first_other_token.has_value()) {
      text += QObject::tr(" The texts part at token %1.").arg(*comparison_.first_other_token);
    }
    about_->setText(text);
  }

  static QStringList cellsOf(const QString& name, std::int64_t flips, std::int64_t n) {
    const Interval interval = wilsonInterval(flips, n);
    return {name, QString::number(flips), QString::number(n),
            n == 0 ? QString() : percentText(static_cast<double>(flips) / static_cast<double>(n)),
            QObject::tr("%1 to %2").arg(percentText(interval.low), percentText(interval.high))};
  }

  QString expertsText(const std::vector<std::int32_t>& experts) const {
    QStringList names;
    for (const std::int32_t expert : experts) {
      names << expertLabel(shown_.run.get(), shown_.run->trace->config().n_experts, expert);
    }
    return names.join(QStringLiteral(" "));
  }

  void fillTexts() {
    const auto a = std::span(*compared_a_->tokens);
    const auto b = std::span(*compared_b_->tokens);
    const auto same =
        static_cast<int>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    fillText(*text_a_, *compared_a_, same);
    fillText(*text_b_, *compared_b_, same);
  }

  // Tokens from `same` on stand out.
  void fillText(QTextEdit& edit, const RunSnapshot& run, int same) const {
    edit.clear();
    QTextCursor cursor(edit.document());
    Utf8Stream bytes;
    const int n = static_cast<int>(run.tokens->size());
    const int first = std::min(run.n_prompt, n);
    for (int at = first; at < std::min(n, first + kMaxAnswerTokens); ++at) {
      const std::int32_t id = (*run.tokens)[static_cast<std::size_t>(at)];
      QTextCharFormat format;
      if (at >= same) {
        format.setForeground(colours().flipped);
        format.setFontWeight(QFont::DemiBold);
      }
      cursor.insertText(shown_.tokenizer == nullptr || !shown_.tokenizer->contains(id)
                            ? QStringLiteral("#%1 ").arg(id)
                            : QString::fromStdString(bytes.push(shown_.tokenizer->tokenBytes(id))),
                        format);
    }
  }

  Workbench& workbench_;
  QWidget* widget_;
  QComboBox* a_;
  QComboBox* b_;
  QLabel* about_;
  QPushButton* go_;
  TextTable* table_;
  QTextEdit* text_a_;
  QTextEdit* text_b_;
  Shown shown_;
  std::shared_ptr<const RunSnapshot> compared_a_, compared_b_;
  Comparison comparison_;
  bool is_comparing_ = false;
};

}  // namespace

ViewInfo abView() {
  return describeView<AbView>(
      {.id = "ab",
       .title = "A/B",
       .summary = "Run A beside run B: the first decision that differs, flips in every layer, texts.",
       .gestures = "Click a layer: cursor there\nCtrl+T: swap A and B\nCtrl+C: copy the table",
       .area = ViewArea::kBottom});
}

}  // namespace rs::ui
