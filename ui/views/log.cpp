// SPDX-License-Identifier: Apache-2.0
//
// log: what happened, with the time it happened; the job at work on top.
#include <QDateTime>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/reading/text_reading.h"
#include "ui/status_line.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"

namespace rs::ui {
namespace {

constexpr int kMaxRows = 2000;

QString kindText(LogEntry::Kind kind) {
  switch (kind) {
    case LogEntry::Kind::kWarning:
      return QObject::tr("warning");
    case LogEntry::Kind::kError:
      return QObject::tr("error");
    case LogEntry::Kind::kNote:
      break;
  }
  return {};
}

class LogView final : public View {
 public:
  explicit LogView(const ViewContext& context)
      : widget_(new QWidget),
        job_(new QLabel(widget_)),
        table_(new TextTable(QStringLiteral("log.table"), QObject::tr("Log"),
                             {QObject::tr("Time"), QObject::tr("Kind"), QObject::tr("What")}, widget_)) {
    job_->setObjectName(QStringLiteral("log.job"));
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(job_);
    column->addWidget(table_, 1);
    QObject::connect(&context.workbench, &Workbench::logged, widget_,
                     [this](const LogEntry& entry) { add(entry); });
    for (const LogEntry& entry : context.workbench.log()) {
      add(entry);
    }
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    const auto& progress = shown.snapshot->progress;
    QString text = progress.has_value() ? progressText(*progress) : QObject::tr("Nothing is running.");
    const KeptInputs& kept = shown.snapshot->kept;
    if (kept.budget > 0) {
      constexpr double kMiB = 1 << 20;
      text += QObject::tr("  Kept layer inputs: %1 of %2 MiB.")
                  .arg(static_cast<double>(kept.bytes) / kMiB, 0, 'f', 1)
                  .arg(static_cast<double>(kept.budget) / kMiB, 0, 'f', 0);
    }
    job_->setText(text);
  }

 private:
  void add(const LogEntry& entry) {
    if (entry.kind == last_.kind && entry.text == last_.text && table_->rowCount() > 0) {
      ++n_repeats_;
      const int row = table_->rowCount() - 1;
      table_->item(row, 2)->setText(QObject::tr("%1 (%2 times)").arg(entry.text).arg(n_repeats_));
      return;
    }
    last_ = entry;
    n_repeats_ = 1;
    if (table_->rowCount() >= kMaxRows) {
      table_->removeRow(0);
    }
    const QColor colour = entry.kind == LogEntry::Kind::kError     ? colours().error
                          : entry.kind == LogEntry::Kind::kWarning ? colours().flipped
                                                                   : QColor();
    table_->setRow(
        table_->rowCount(),
        {QTime::currentTime().toString(QStringLiteral("HH:mm:ss")), kindText(entry.kind), entry.text},
        colour);
    table_->scrollToBottom();
  }

  QWidget* widget_;
  QLabel* job_;
  TextTable* table_;
  LogEntry last_;
  int n_repeats_ = 0;
};

}  // namespace

ViewInfo logView() {
  return describeView<LogView>({.id = "log",
                                .title = "Log",
                                .summary = "What happened, and the job at work.",
                                .gestures = "Ctrl+C: copy the table",
                                .area = ViewArea::kBottom});
}

}  // namespace rs::ui
