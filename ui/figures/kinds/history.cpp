// SPDX-License-Identifier: Apache-2.0
//
// history: one token through the layers: margin and entropy of every decision, and what became of it.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ui/figures/kind.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/run_totals.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

using ui::DecisionStatus;

struct Row {
  std::vector<ui::Slot> experts;
  double margin = 0;  // infinity: nothing was left out
  double entropy = 0;
  int runner_up = -1;
  DecisionStatus status{};
};

QColor inkOf(DecisionStatus status) {
  switch (status) {
    case DecisionStatus::kKept:
      return Ink::blue();
    case DecisionStatus::kFlipped:
      return Ink::orange();
    case DecisionStatus::kForced:
      return Ink::vermilion();
    case DecisionStatus::kVirtual:
      return Ink::purple();
  }
  return Ink::black();
}

class HistoryPlot final : public Plot {
 public:
  HistoryPlot(const FigureRuns& runs, int token) : runs_(runs), token_(token) {
    for (int layer = 0; layer < runs_.layers(); ++layer) {
      const ui::DecisionReading reading = ui::readDecision(*runs_.run, layer, token_, runs_.reference.get());
      rows_.push_back({reading.final, static_cast<double>(reading.margin), reading.entropy, reading.runner_up,
                       reading.status});
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    const std::vector<LegendEntry> entries = legendEntries();
    const double width = area.width() - axisWidth(sheet.face()) - 4;
    legend(sheet, {area.left() + axisWidth(sheet.face()), area.top()}, width, entries);
    const double head = legendHeight(sheet.face(), entries, width) + 3;
    const double gap = 10;
    const double height = (area.height() - head - gap - axisHeight(sheet.face())) / 2;
    const QRectF upper(area.left() + axisWidth(sheet.face()), area.top() + head, width, height);
    const QRectF lower = upper.translated(0, height + gap);
    paintSeries(sheet, upper, &Row::margin, QStringLiteral("margin"), true);
    paintSeries(sheet, lower, &Row::entropy, QStringLiteral("entropy (nats)"), false);
    indexAxis(sheet, lower, 0, static_cast<int>(rows_.size()), QStringLiteral("layer"));
  }

  [[nodiscard]] double heightFor(double width, const Typeface& /*face*/) const override {
    return std::clamp(width * 0.62, 150.0, 280.0);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("layer,status,margin,entropy_nats,experts,weights,runner_up\n");
    int layer = 0;
    for (const Row& row : rows_) {
      QStringList experts;
      QStringList weights;
      for (const ui::Slot& slot : row.experts) {
        experts << runs_.expertText(slot.expert);
        weights << QString::fromLatin1(csvNumber(static_cast<double>(slot.weight)));
      }
      text +=
          QByteArray::number(layer++) + ',' +
          QByteArray(ui::nameOf(row.status).data(), static_cast<qsizetype>(ui::nameOf(row.status).size())) +
          ',' + csvNumber(row.margin) + ',' + csvNumber(row.entropy) + ',' +
          csvText(experts.join(QLatin1Char(' '))) + ',' + csvText(weights.join(QLatin1Char(' '))) + ',' +
          (row.runner_up < 0 ? QByteArray() : csvText(runs_.expertText(row.runner_up))) + '\n';
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    QString text = QStringLiteral("Run %1, token %2 \u201c").arg(runs_.run_id).arg(token_) +
                   runs_.tokenText(token_) +
                   QStringLiteral(
                       "\u201d: margin (last chosen logit minus first left out) and entropy of the router "
                       "in every layer, n = %1 decisions of one token: %2.")
                       .arg(rows_.size())
                       .arg(countsText());
    if (runs_.reference_id.has_value()) {
      text += QStringLiteral(" Flipped: against run %1.").arg(*runs_.reference_id);
    }
    return text;
  }

  void addFacts(nlohmann::json& facts) const override { facts["decisions"] = countsText().toStdString(); }

 private:
  [[nodiscard]] qsizetype count(DecisionStatus status) const {
    return std::count_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.status == status; });
  }
  static constexpr std::array<DecisionStatus, 4> kAll{DecisionStatus::kKept, DecisionStatus::kFlipped,
                                                      DecisionStatus::kForced, DecisionStatus::kVirtual};

  [[nodiscard]] QString countsText() const {
    QStringList parts;
    for (const DecisionStatus status : kAll) {
      if (count(status) > 0) {
        parts << QStringLiteral("%1 %2").arg(count(status)).arg(ui::fromView(ui::nameOf(status)));
      }
    }
    return parts.join(QStringLiteral(", "));
  }

  [[nodiscard]] std::vector<LegendEntry> legendEntries() const {
    std::vector<LegendEntry> entries;
    for (const DecisionStatus status : kAll) {
      if (count(status) > 0) {
        entries.push_back(
            {status == DecisionStatus::kKept ? LegendEntry::Mark::kRing : LegendEntry::Mark::kDot,
             inkOf(status), ui::fromView(ui::nameOf(status))});
      }
    }
    entries.push_back({LegendEntry::Mark::kDashed, Ink::grey(),
                       QStringLiteral("fragile below %1").arg(ui::numberText(ui::kFragileMargin, 2))});
    return entries;
  }

  void paintSeries(Sheet& sheet, const QRectF& plot, double Row::*value, const QString& name,
                   bool is_margin) const {
    double high = is_margin ? 2.0 * static_cast<double>(ui::kFragileMargin) : 0.1;
    for (const Row& row : rows_) {
      high = std::isfinite(row.*value) ? std::max(high, row.*value) : high;
    }
    Scale scale = roundedScale(0, high, 4);
    scale.from = plot.bottom();
    scale.to = plot.top();
    if (is_margin) {
      const double y = scale.at(static_cast<double>(ui::kFragileMargin));
      sheet.dashed({plot.left(), y}, {plot.right(), y}, Ink::grey());
    }
    const double cell = plot.width() / static_cast<double>(rows_.size());
    std::vector<QPointF> line;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      // What has no margin leaves a gap.
      if (std::isfinite(rows_[i].*value)) {
        line.emplace_back(plot.left() + (static_cast<double>(i) + 0.5) * cell, scale.at(rows_[i].*value));
      } else if (line.size() > 1) {
        sheet.polyline(line, Ink::lightGrey());
        line.clear();
      }
    }
    if (line.size() > 1) {
      sheet.polyline(line, Ink::lightGrey());
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (std::isfinite(rows_[i].*value)) {
        const QPointF at(plot.left() + (static_cast<double>(i) + 0.5) * cell, scale.at(rows_[i].*value));
        const double radius = std::min(1.9, cell * 0.45);
        rows_[i].status == DecisionStatus::kKept ? sheet.ring(at, radius, inkOf(rows_[i].status))
                                                 : sheet.dot(at, radius + 0.3, inkOf(rows_[i].status));
      }
    }
    sheet.frame(plot);
    leftAxis(sheet, plot, scale, name);
  }

  FigureRuns runs_;
  int token_;
  std::vector<Row> rows_;
};

class History final : public Kind {
 public:
  static constexpr std::string_view kId = "history";
  static constexpr std::string_view kTitle = "Decision history";
  static constexpr std::string_view kSummary =
      "One token through the layers: margin, entropy, and which decisions were kept, flipped, forced or "
      "virtual.";

  void visit(ParamVisitor& visitor) override {
    visitor(token_, "token", "which token; -1: the last", IntRange{-(1 << 30), 1 << 30});
  }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    return std::make_unique<HistoryPlot>(runs, indexOf(token_, runs.run->size(), "a token"));
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"decision_history"};
    return kPanes;
  }

 private:
  int token_ = -1;
};

}  // namespace

KindInfo historyFigure() {
  return describe<Kind, History>();
}

}  // namespace rs::figures
