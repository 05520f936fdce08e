// SPDX-License-Identifier: Apache-2.0
//
// expert_inspector: the expert at the cursor over the whole run, against what chance would give.
#include <QLabel>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>
#include <utility>

#include "ui/behind.h"
#include "ui/reading/expert_statistics.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"

namespace rs::ui {
namespace {

constexpr int kContextBefore = 4;
constexpr int kContextAfter = 2;
// While a run grows the numbers are worked out anew this often at most.
constexpr int kPauseMilliseconds = 400;

class ExpertInspectorView final : public View {
 public:
  explicit ExpertInspectorView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        about_(new QLabel(widget_)),
        tokens_(
            new TextTable(QStringLiteral("inspector.tokens"), QObject::tr("Tokens that used the expert most"),
                          {QObject::tr("Token"), QObject::tr("Weight"), QObject::tr("In context")}, widget_)),
        companions_(new TextTable(QStringLiteral("inspector.companions"),
                                  QObject::tr("Experts chosen together with it"),
                                  {QObject::tr("With"), QObject::tr("Together"), QObject::tr("Expected"),
                                   QObject::tr("95 % by chance"), QObject::tr("n")},
                                  widget_)) {
    about_->setObjectName(QStringLiteral("inspector.about"));
    about_->setWordWrap(true);
    auto* splitter = new QSplitter(Qt::Horizontal, widget_);
    splitter->addWidget(tokens_);
    splitter->addWidget(companions_);
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(about_);
    column->addWidget(splitter, 1);
    compute();  // nothing yet: it says what to do
    pause_.setSingleShot(true);
    QObject::connect(&pause_, &QTimer::timeout, widget_, [this] { compute(); });
    QObject::connect(tokens_, &QTableWidget::itemSelectionChanged, widget_, [this] {
      const int row = tokens_->currentRow();
      if (row >= 0 && row < static_cast<int>(statistics_.top_tokens.size())) {
        workbench_.cursor().moveToken(statistics_.top_tokens[static_cast<std::size_t>(row)].token);
      }
    });
    QObject::connect(companions_, &QTableWidget::cellDoubleClicked, widget_, [this](int row, int) {
      workbench_.cursor().moveExpert(statistics_.companions[static_cast<std::size_t>(row)].expert);
    });
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    const bool is_same = shown.run == shown_.run && shown.cursor.layer == shown_.cursor.layer &&
                         shown.cursor.expert == shown_.cursor.expert && shown.selection == shown_.selection &&
                         shown.experts.revision() == shown_.experts.revision();
    const bool only_grew = shown_.run != nullptr && shown.run != nullptr && shown.run->id == shown_.run->id &&
                           shown.cursor.expert == shown_.cursor.expert &&
                           shown.cursor.layer == shown_.cursor.layer &&
                           (shown.run->state == RunState::kRunning || shown.size() > shown_.size());
    shown_ = shown;
    if (is_same) {
      return;
    }
    if (!only_grew) {
      pause_.stop();
      compute();
    } else if (!pause_.isActive()) {
      pause_.start(kPauseMilliseconds);
    }
  }

 private:
  // What the numbers are of; std::nullopt: there is nothing to count.
  struct Subject {
    RunId run = 0;
    int layer = 0;
    int expert = 0;
    TokenRange selection;
    friend bool operator==(const Subject&, const Subject&) = default;
  };
  [[nodiscard]] std::optional<Subject> subject() const {
    const Cursor& at = shown_.cursor;
    const bool has_expert = shown_.run != nullptr && shown_.size() > 0 && at.layer >= 0 && at.expert >= 0 &&
                            at.expert < shown_.run->trace->config().n_experts;
    return has_expert ? std::optional(Subject{shown_.run->id, at.layer, at.expert, shown_.selection})
                      : std::nullopt;
  }

  void compute() {
    const auto wanted = subject();
    if (!wanted.has_value()) {
      statistics_ = {};
      about_->setText(
          QObject::tr("Click an expert in the heat map or in Token detail: here stands what it does."));
      tokens_->endRows(0);
      companions_->endRows(0);
      return;
    }
    is_wanted_ = is_counting_;
    if (is_counting_) {
      return;  // again once it has ended: a run that grows would be counted many times at once
    }
    is_counting_ = true;
    const bool has_range = !shown_.selection.empty();
    const int first = has_range ? std::clamp(shown_.selection.first, 0, shown_.size() - 1) : 0;
    const int last =
        has_range ? std::clamp(shown_.selection.last, first, shown_.size() - 1) : shown_.size() - 1;
    runBehind(
        *widget_,
        [run = shown_.run, wanted = *wanted, first, last] {
          return expertStatistics(*run, wanted.layer, wanted.expert, first, last);
        },
        [this, wanted, first, last](ExpertStatistics statistics) {
          is_counting_ = false;
          if (subject() == wanted) {  // it may have more tokens by now
            statistics_ = std::move(statistics);
            tell(first, last);
            fillTokens();
            fillCompanions();
          }
          if (std::exchange(is_wanted_, false)) {
            compute();
          }
        });
  }

  void tell(int first, int last) {
    const ExpertLoad& load = statistics_.load;
    about_->setText(
        QObject::tr("%1 in layer %2, tokens %3 to %4: %5 of %6 tokens, %7 (95 %: %8 to %9). ")
            .arg(expertLabel(*shown_.run, shown_.experts, shown_.cursor.layer, shown_.cursor.expert))
            .arg(shown_.cursor.layer)
            .arg(first)
            .arg(last)
            .arg(load.hits)
            .arg(load.n)
            .arg(percentText(load.share), percentText(load.interval.low), percentText(load.interval.high)) +
        QObject::tr("Even use would be %1; dealt at random, 95 % lie within %2 to %3, and a share this far "
                    "from even comes "
                    "up with p = %4 (%5 permutations).")
            .arg(percentText(load.uniform), percentText(load.null_range.low),
                 percentText(load.null_range.high), numberText(load.p_value))
            .arg(load.n_permutations));
  }

  void fillTokens() {
    int row = 0;
    for (const TokenUse& use : statistics_.top_tokens) {
      tokens_->setRow(row++, {QString::number(use.token), numberText(static_cast<double>(use.weight)),
                              contextOf(use.token)});
    }
    tokens_->endRows(row);
  }

  QString contextOf(int token) const {
    const auto ids = shown_.run->trace->tokens();
    QString text;
    for (int at = std::max(0, token - kContextBefore);
         at <= std::min(shown_.size() - 1, token + kContextAfter); ++at) {
      const QString label = tokenLabel(shown_.tokenizer.get(), ids[static_cast<std::size_t>(at)]);
      text += at == token ? QStringLiteral("▸%1◂").arg(label) : label;
    }
    return text;
  }

  void fillCompanions() {
    int row = 0;
    for (const Companion& companion : statistics_.companions) {
      const auto together = static_cast<double>(companion.together);
      const bool is_beyond = together < companion.null_range.low || together > companion.null_range.high;
      companions_->setRow(
          row++,
          {expertLabel(*shown_.run, shown_.experts, shown_.cursor.layer, companion.expert),
           QString::number(companion.together), numberText(companion.expected, 1),
           QObject::tr("%1 to %2")
               .arg(numberText(companion.null_range.low, 0), numberText(companion.null_range.high, 0)),
           QString::number(companion.n)},
          is_beyond ? colours().accent : QColor());
    }
    companions_->endRows(row);
  }

  Workbench& workbench_;
  QWidget* widget_;
  QLabel* about_;
  TextTable* tokens_;
  TextTable* companions_;
  QTimer pause_;
  Shown shown_;
  ExpertStatistics statistics_;
  bool is_counting_ = false;
  bool is_wanted_ = false;  // once more, after that
};

}  // namespace

ViewInfo expertInspectorView() {
  return describeView<ExpertInspectorView>(
      {.id = "expert_inspector",
       .title = "Expert",
       .summary = "The expert at the cursor over the run or the selected tokens: load, tokens, companions, "
                  "against chance.",
       .gestures =
           "Click a token: cursor there\nDouble click a companion: cursor to it\nCtrl+C: copy the table",
       .area = ViewArea::kBottom});
}

}  // namespace rs::ui
