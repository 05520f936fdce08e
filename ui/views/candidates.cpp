// SPDX-License-Identifier: Apache-2.0
//
// candidates: what may follow the cursor's token, before and after the edits.
#include <QLabel>
#include <QVBoxLayout>
#include <cmath>

#include "ui/reading/candidate_reading.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"

namespace rs::ui {
namespace {

class CandidatesView final : public View {
 public:
  explicit CandidatesView(const ViewContext& /*context*/)
      : widget_(new QWidget),
        about_(new QLabel(widget_)),
        table_(new TextTable(QStringLiteral("candidates.table"), QObject::tr("Likeliest next tokens"),
                             {QObject::tr("Rank"), QObject::tr("Run B"), QObject::tr("p"),
                              QObject::tr("Run A"), QObject::tr("p")},
                             widget_)) {
    about_->setObjectName(QStringLiteral("candidates.about"));
    about_->setWordWrap(true);
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(about_);
    column->addWidget(table_, 1);
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    const NextToken* after = nextAt(shown.run.get(), shown.cursor.token);
    if (after == nullptr) {
      about_->setText(
          QObject::tr("Run a prompt, then put the cursor on a token: here stands what may follow it."));
      table_->endRows(0);
      return;
    }
    const NextToken* before =
        sameUpTo(shown, shown.cursor.token) ? nextAt(shown.reference.get(), shown.cursor.token) : nullptr;
    fill(shown, *after, before);
    tell(shown, *after, before);
  }

 private:
  static bool sameUpTo(const Shown& shown, int token) {
    return shown.reference != nullptr && token < commonPositions(*shown.run, *shown.reference);
  }

  void fill(const Shown& shown, const NextToken& after, const NextToken* before) {
    int row = 0;
    for (int rank = 0; rank < kCandidates; ++rank) {
      const Candidate& now = after.best[static_cast<std::size_t>(rank)];
      if (now.id < 0) {
        break;
      }
      QStringList cells{QString::number(rank + 1), tokenLabel(shown.tokenizer.get(), now.id), shareText(now)};
      bool is_new = false;
      if (before != nullptr) {
        const Candidate& then = before->best[static_cast<std::size_t>(rank)];
        cells << (then.id < 0 ? QString() : tokenLabel(shown.tokenizer.get(), then.id)) << shareText(then);
        is_new = then.id != now.id;
      }
      table_->setRow(row++, cells, is_new ? colours().flipped : QColor());
    }
    table_->endRows(row);
  }

  static QString shareText(const Candidate& candidate) {
    return candidate.id < 0 ? QString() : percentText(std::exp(static_cast<double>(candidate.logprob)), 2);
  }

  void tell(const Shown& shown, const NextToken& after, const NextToken* before) {
    QString text = QObject::tr("After token %1, entropy %2 nats.")
                       .arg(shown.cursor.token)
                       .arg(numberText(static_cast<double>(after.entropy), 2));
    if (before != nullptr) {
      text += QObject::tr(" KL(A to B) at least %1 nats, from the %2 likeliest of each.")
                  .arg(numberText(divergenceFloor(*before, after), 4))
                  .arg(kCandidates);
    } else if (shown.reference != nullptr) {
      text += QObject::tr(" Run A holds another text here.");
    }
    about_->setText(text);
  }

  QWidget* widget_;
  QLabel* about_;
  TextTable* table_;
};

}  // namespace

ViewInfo candidatesView() {
  return describeView<CandidatesView>(
      {.id = "candidates",
       .title = "Candidates",
       .summary = "The likeliest next tokens at the cursor, in run B and in run A.",
       .gestures = "Ctrl+C: copy the table",
       .area = ViewArea::kBottom});
}

}  // namespace rs::ui
