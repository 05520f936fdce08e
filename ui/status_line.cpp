// SPDX-License-Identifier: Apache-2.0
#include "ui/status_line.h"

#include <QProgressBar>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "ui/kept_budget.h"
#include "ui/reading/text_reading.h"
#include "ui/widgets/steady_label.h"

namespace rs::ui {
namespace {

// Rows counted in one go: about a millisecond for 24 layers of 32 experts.
constexpr int kRowsAtOnce = 512;
// A job that is over sooner is not shown: widgets that come and go with every edit are no news.
constexpr int kPatienceMilliseconds = 200;

}  // namespace

QString progressText(const Progress& progress) {
  QString text = QString::fromStdString(progress.what);
  const bool is_bytes = progress.unit == "bytes";
  const auto amount = [&](std::int64_t n) {
    return is_bytes ? QString::fromStdString(bytesText(static_cast<std::uint64_t>(n))) : QString::number(n);
  };
  if (progress.total > 0) {
    text += QStringLiteral(" %1 of %2").arg(amount(progress.done), amount(progress.total));
    text += is_bytes ? QString() : QLatin1Char(' ') + QString::fromStdString(progress.unit);
    if (progress.seconds > 1 && progress.done > 0) {
      const double left = progress.seconds * static_cast<double>(progress.total - progress.done) /
                          static_cast<double>(progress.done);
      text += QStringLiteral(", %1 s left").arg(static_cast<int>(std::ceil(left)));
    }
  }
  return text;
}

StatusLine::StatusLine(Workbench& workbench, QWidget* parent) : QStatusBar(parent), workbench_(workbench) {
  setObjectName(QStringLiteral("status"));
  setSizeGripEnabled(false);
  model_ = addField("status.model", tr("Model, backend and its kernels"));
  speed_ = addField("status.speed", tr("Measured speed of what ran last"));
  tokens_ = addField("status.tokens", tr("Tokens of the run: prompt and answer"));
  coverage_ =
      addField("status.coverage", tr("Layers seen, and experts that got at least one token, in this run"));
  fragile_ = addField("status.fragile",
                      tr("Decisions whose last chosen expert leads the next by less than %1, of all")
                          .arg(static_cast<double>(kFragileMargin)));
  kept_ = new QToolButton(this);
  kept_->setObjectName(QStringLiteral("status.kept"));
  kept_->setAutoRaise(true);
  connect(kept_, &QToolButton::clicked, this, [this] { askForKeptBudget(workbench_, this); });
  addWidget(kept_);
  job_ = new SteadyLabel(this);
  job_->setObjectName(QStringLiteral("status.job"));
  job_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  job_->makeRoomFor(tr("generating 100 of 100 tokens"));
  progress_ = new QProgressBar(this);
  progress_->setObjectName(QStringLiteral("status.progress"));
  progress_->setAccessibleName(tr("Progress"));
  progress_->setFixedWidth(120);
  progress_->setMaximumHeight(14);
  progress_->setTextVisible(false);
  cancel_ = new QToolButton(this);
  cancel_->setObjectName(QStringLiteral("status.cancel"));
  cancel_->setText(tr("Stop"));
  cancel_->setToolTip(tr("Stop the job; what it has stays (Esc)"));
  connect(cancel_, &QToolButton::clicked, this, [this] { workbench_.stop(); });
  for (QWidget* widget : std::initializer_list<QWidget*>{job_, progress_, cancel_}) {
    // Their place is kept: what comes and goes with every job would lay out the whole window anew.
    QSizePolicy policy = widget->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    widget->setSizePolicy(policy);
    addPermanentWidget(widget);
    widget->hide();
  }
  patience_.setSingleShot(true);
  patience_.setInterval(kPatienceMilliseconds);
  connect(&patience_, &QTimer::timeout, this, [this] { showJobWidgets(workbench_.isBusy()); });
  counting_.setSingleShot(true);
  connect(&counting_, &QTimer::timeout, this, [this] { showTotals(); });
}

SteadyLabel* StatusLine::addField(const char* name, const QString& tip) {
  auto* label = new SteadyLabel(this);
  label->setObjectName(QString::fromLatin1(name));
  label->setToolTip(tip);
  addWidget(label);
  return label;
}

void StatusLine::show(const Shown& shown) {
  run_ = shown.run;
  kept_->setVisible(shown.snapshot->model != nullptr);
  if (const QString text = keptText(shown.snapshot->kept); text != kept_->text()) {
    kept_->setText(text);
    kept_->setToolTip(keptExplanation(*shown.snapshot));
  }
  showModel(*shown.snapshot, run_.get());
  showTotals();
  showJob(*shown.snapshot);
}

void StatusLine::showModel(const Snapshot& snapshot, const RunSnapshot* run) {
  if (snapshot.model == nullptr) {
    model_->say(run == nullptr ? tr("no model is open") : tr("session without its model"));
  } else {
    const ModelInfo& info = *snapshot.model;
    model_->say(QStringLiteral("%1 · %2 %3, %4")
                    .arg(QString::fromStdString(info.name), QString::fromStdString(info.backend),
                         QString::fromStdString(info.isa),
                         info.precision == Precision::kExact ? tr("exact") : tr("fast")));
  }
  const double speed = run == nullptr ? 0 : run->tokens_per_second;
  speed_->say(speed > 0 ? tr("%1 tok/s").arg(speed, 0, 'f', speed < 10 ? 1 : 0) : QString());
  tokens_->say(run == nullptr || run->tokens == nullptr
                   ? QString()
                   : tr("T %1 = %2 + %3")
                         .arg(run->tokens->size())
                         .arg(run->n_prompt)
                         .arg(static_cast<int>(run->tokens->size()) - run->n_prompt));
}

void StatusLine::showTotals() {
  if (run_ == nullptr || run_->trace == nullptr) {
    coverage_->say({});
    fragile_->say({});
    return;
  }
  if (!totals_.advance(*run_, kRowsAtOnce)) {
    counting_.start(0);
  }
  const int n_experts = totals_.nLayers() * totals_.nExperts();
  coverage_->say(tr("coverage %1/%2 layers, %3/%4 experts")
                     .arg(totals_.layersSeen())
                     .arg(totals_.nLayers())
                     .arg(totals_.expertsUsed())
                     .arg(n_experts));
  fragile_->say(tr("fragile %1/%2").arg(totals_.nFragile()).arg(totals_.nDecisions()));
}

void StatusLine::showJobWidgets(bool are_shown) {
  for (QWidget* widget : std::initializer_list<QWidget*>{job_, progress_, cancel_}) {
    widget->setVisible(are_shown);
  }
}

void StatusLine::showJob(const Snapshot& snapshot) {
  if (!workbench_.isBusy()) {
    patience_.stop();
    showJobWidgets(false);
  } else if (job_->isHidden() && !patience_.isActive()) {
    patience_.start();
  }
  if (!snapshot.progress.has_value()) {
    job_->say(tr("working"));
    progress_->setRange(0, 0);
    return;
  }
  const Progress& progress = *snapshot.progress;
  job_->say(progressText(progress));
  constexpr int kSteps = 1000;
  progress_->setRange(0, progress.total > 0 ? kSteps : 0);
  if (progress.total > 0) {
    progress_->setValue(static_cast<int>(progress.done * kSteps / progress.total));
  }
}

}  // namespace rs::ui
