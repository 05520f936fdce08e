// SPDX-License-Identifier: Apache-2.0
#include "ui/guide.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <algorithm>
#include <utility>
#include <vector>

#include "ui/reading/text_reading.h"
#include "ui/theme.h"

namespace rs::ui {
namespace {

constexpr const char* kCalculator = "calculator";

// Its first line, without tokens of the chat format.
QString answerOf(const RunSnapshot& run, const TokenNames* tokenizer) {
  std::vector<std::int32_t> said;
  for (auto at = static_cast<std::size_t>(run.n_prompt); at < run.tokens->size(); ++at) {
    const std::int32_t id = (*run.tokens)[at];
    if (tokenizer == nullptr || !tokenizer->isSpecial(id)) {
      said.push_back(id);
    }
  }
  return tokensText(tokenizer, said).trimmed().section(QLatin1Char('\n'), 0, 0);
}

bool usesCalculator(const Steering& steering) {
  return std::any_of(steering.virtual_experts.begin(), steering.virtual_experts.end(),
                     [](const std::string& text) { return text.rfind(kCalculator, 0) == 0; });
}

}  // namespace

Guide::Guide(Workbench& workbench, std::function<void()> compare, QWidget* parent)
    : QFrame(parent),
      workbench_(workbench),
      compare_(std::move(compare)),
      text_(new QLabel(this)),
      button_(new QPushButton(this)) {
  setObjectName(QStringLiteral("guide"));
  setAccessibleName(tr("What to try next"));
  text_->setObjectName(QStringLiteral("guide.text"));
  text_->setTextFormat(Qt::PlainText);
  button_->setObjectName(QStringLiteral("guide.button"));
  auto* close = new QToolButton(this);
  close->setObjectName(QStringLiteral("guide.close"));
  close->setText(tr("Hide"));
  close->setAutoRaise(true);
  close->setToolTip(tr("No more hints in this window"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(10, 4, 6, 4);
  row->addWidget(text_);
  row->addWidget(button_);
  row->addStretch(1);
  row->addWidget(close);
  connect(button_, &QPushButton::clicked, this, [this] { act(); });
  connect(close, &QToolButton::clicked, this, [this] {
    was_sent_away_ = true;
    hide();
  });
  hide();
}

void Guide::offer(Step step, const QString& text, const QString& button) {
  step_ = step;
  text_->setText(text);
  button_->setText(button);
  const QString style =
      QStringLiteral("#guide { border: 0; border-left: 4px solid %1; }").arg(colours().accent.name());
  if (style != styleSheet()) {  // to set it polishes the widget anew
    setStyleSheet(style);
  }
  setVisible(true);
}

void Guide::show(const Shown& shown) {
  if (was_sent_away_ || shown.snapshot->model == nullptr || !shown.snapshot->model->is_demo) {
    hide();
    return;
  }
  if (shown.run == nullptr || shown.run->tokens == nullptr || shown.run->state == RunState::kRunning) {
    if (shown.run == nullptr) {
      offer(Step::kRun, tr("Ask the model something and see how it routes every token."),
            tr("Run the prompt"));
    }
    return;
  }
  const QString answer = answerOf(*shown.run, shown.tokenizer.get());
  if (!usesCalculator(shown.run->steering)) {
    offer(Step::kCalculator,
          tr("The model answers “%1”. A virtual expert can take part in its routing and compute instead.")
              .arg(answer),
          tr("Switch the calculator on"));
  } else {
    const QString before = shown.reference != nullptr && shown.reference->tokens != nullptr
                               ? answerOf(*shown.reference, shown.tokenizer.get())
                               : QString();
    offer(Step::kCompare,
          before.isEmpty()
              ? tr("With the calculator the answer is “%1”.").arg(answer)
              : tr("With the calculator the answer is “%1”; without it, it was “%2”.").arg(answer, before),
          tr("Compare the two runs"));
  }
}

void Guide::act() {
  switch (step_) {
    case Step::kRun:
      workbench_.startRun();
      break;
    case Step::kCalculator: {
      Steering next = workbench_.steering();
      next.virtual_experts.emplace_back(kCalculator);
      workbench_.changeSteering(next, tr("Switch the calculator on"));
      break;
    }
    case Step::kCompare:
      compare_();
      break;
  }
}

}  // namespace rs::ui
