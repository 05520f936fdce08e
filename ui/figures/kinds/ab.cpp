// SPDX-License-Identifier: Apache-2.0
//
// ab: a run against its reference: flipped decisions in every layer with intervals, and how far the
// predictions moved at every token.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/stats/interval.h"
#include "core/stats/quantile.h"
#include "ui/figures/kind.h"
#include "ui/reading/candidate_reading.h"
#include "ui/reading/run_comparison.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

double shareOf(std::int64_t hits, std::int64_t n) {
  return n == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(n);
}

class AbPlot final : public Plot {
 public:
  AbPlot(const FigureRuns& runs, bool shows_divergence) : runs_(runs) {
    const RunSnapshot& before = runs_.needReference("figure ab");
    comparison_ = compareRouting(*before.trace, *runs_.run->trace);
    if (comparison_.n_positions == 0) {
      throw Error(ErrorCode::kUsage,
                  "drawing figure ab: the two runs have no token in common; choose another --reference");
    }
    for (const LayerFlips& layer : comparison_.layers) {
      flips_ += layer.flips;
      n_ += layer.n;
    }
    for (int token = 0; shows_divergence && token < comparison_.n_positions; ++token) {
      const NextToken* then = ui::nextAt(&before, token);
      const NextToken* now = ui::nextAt(runs_.run.get(), token);
      divergence_.push_back(then == nullptr || now == nullptr ? std::nan("") : divergenceFloor(*then, *now));
    }
    const bool is_known = std::any_of(divergence_.begin(), divergence_.end(),
                                      [](double value) { return std::isfinite(value); });
    if (!is_known) {
      divergence_.clear();
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    const std::vector<LegendEntry> entries{
        {LegendEntry::Mark::kBox, Ink::blue(), QStringLiteral("flipped decisions, 95 % interval")},
        {LegendEntry::Mark::kDashed, Ink::black(), QStringLiteral("all layers together")}};
    const double width = area.width() - axisWidth(sheet.face()) - 4;
    legend(sheet, {area.left() + axisWidth(sheet.face()), area.top()}, width, entries);
    const double head = legendHeight(sheet.face(), entries, width) + 3;
    const int n_plots = divergence_.empty() ? 1 : 2;
    const double height =
        (area.height() - head - (n_plots - 1) * 4 - n_plots * axisHeight(sheet.face())) / n_plots;
    const QRectF upper(area.left() + axisWidth(sheet.face()), area.top() + head, width, height);
    paintFlips(sheet, upper);
    if (n_plots == 2) {
      paintDivergence(sheet, upper.translated(0, height + axisHeight(sheet.face()) + 4));
    }
  }

  [[nodiscard]] double heightFor(double width, const Typeface& /*face*/) const override {
    return divergence_.empty() ? std::clamp(width * 0.45, 110.0, 200.0)
                               : std::clamp(width * 0.75, 190.0, 340.0);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("series,index,value,n,low,high\n");
    for (const LayerFlips& layer : comparison_.layers) {
      const Interval interval = wilsonInterval(layer.flips, layer.n);
      text += "flips," + QByteArray::number(layer.layer) + ',' + QByteArray::number(layer.flips) + ',' +
              QByteArray::number(layer.n) + ',' + csvNumber(interval.low) + ',' + csvNumber(interval.high) +
              '\n';
    }
    for (std::size_t token = 0; token < divergence_.size(); ++token) {
      text += "divergence_nats," + QByteArray::number(static_cast<qsizetype>(token)) + ',' +
              csvNumber(divergence_[token]) + ",1,,\n";
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    const Interval all = wilsonInterval(flips_, n_);
    QString text =
        QStringLiteral(
            "Run %1 against run %2: share of tokens whose set of experts differs, per layer, n = %3 "
            "tokens each; 95 % Wilson intervals, which take tokens as independent. ")
            .arg(runs_.run_id)
            .arg(*runs_.reference_id)
            .arg(comparison_.n_positions);
    text +=
        QStringLiteral("Together %1 of %2 decisions, %3 (95 %: %4 to %5).")
            .arg(flips_)
            .arg(n_)
            .arg(ui::percentText(shareOf(flips_, n_)), ui::percentText(all.low), ui::percentText(all.high));
    if (!divergence_.empty()) {
      text += QStringLiteral(
                  " Below: KL divergence of the next token, a lower bound from the %1 likeliest of each "
                  "run; median %2 nats over n = %3 tokens.")
                  .arg(kCandidates)
                  .arg(ui::numberText(median(known()), 4))
                  .arg(known().size());
    }
    if (comparison_.first_other_token.has_value()) {
      text += QStringLiteral(" The texts part at token %1.").arg(*comparison_.first_other_token);
    }
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["positions"] = comparison_.n_positions;
    facts["flips"] = flips_;
    facts["decisions"] = n_;
    if (comparison_.first.has_value()) {
      facts["first_difference"] = {{"token", comparison_.first->position},
                                   {"layer", comparison_.first->layer}};
    }
  }

 private:
  [[nodiscard]] std::vector<double> known() const {
    std::vector<double> values;
    std::copy_if(divergence_.begin(), divergence_.end(), std::back_inserter(values),
                 [](double value) { return std::isfinite(value); });
    return values;
  }

  void paintFlips(Sheet& sheet, const QRectF& plot) const {
    double high = 0.02;
    for (const LayerFlips& layer : comparison_.layers) {
      high = std::max(high, wilsonInterval(layer.flips, layer.n).high);
    }
    Scale scale = roundedScale(0, 100 * std::min(high, 1.0), 4);
    scale.from = plot.bottom();
    scale.to = plot.top();
    const double cell = plot.width() / static_cast<double>(comparison_.layers.size());
    for (std::size_t i = 0; i < comparison_.layers.size(); ++i) {
      const LayerFlips& layer = comparison_.layers[i];
      const Interval interval = wilsonInterval(layer.flips, layer.n);
      const double middle = plot.left() + (static_cast<double>(i) + 0.5) * cell;
      const double half = std::min(cell * 0.38, 14.0);
      const double y = scale.at(100 * shareOf(layer.flips, layer.n));
      sheet.fill(QRectF(middle - half, y, 2 * half, plot.bottom() - y), Ink::blue());
      sheet.errorBar({middle, scale.at(100 * interval.low)}, {middle, scale.at(100 * interval.high)});
    }
    const double together = scale.at(100 * shareOf(flips_, n_));
    sheet.dashed({plot.left(), together}, {plot.right(), together}, Ink::black());
    sheet.frame(plot);
    leftAxis(sheet, plot, scale, QStringLiteral("flipped (%)"));
    indexAxis(sheet, plot, comparison_.layers.front().layer, comparison_.layers.back().layer + 1,
              QStringLiteral("layer"));
  }

  void paintDivergence(Sheet& sheet, const QRectF& plot) const {
    double high = 1e-3;
    for (const double value : known()) {
      high = std::max(high, value);
    }
    // Numbers with more digits have no room beside the axis.
    const double factor = high < 0.01 ? 1000 : 1;
    Scale scale = roundedScale(0, high * factor, 4);
    scale.from = plot.bottom();
    scale.to = plot.top();
    const double cell = plot.width() / static_cast<double>(divergence_.size());
    for (std::size_t i = 0; i < divergence_.size(); ++i) {
      const double left = plot.left() + static_cast<double>(i) * cell;
      if (std::isnan(divergence_[i])) {
        continue;
      }
      const double y = scale.at(std::min(divergence_[i] * factor, scale.high));
      const double inset = std::max(std::min(0.1 * cell, 0.5), cell / 2 - 14);
      // What is infinite reaches the top, in another colour.
      sheet.fill(QRectF(left + inset, y, std::max(cell - 2 * inset, 0.2), plot.bottom() - y),
                 std::isfinite(divergence_[i]) ? Ink::vermilion() : Ink::purple());
    }
    sheet.frame(plot);
    leftAxis(sheet, plot, scale,
             factor > 1 ? QStringLiteral("KL (10\u207b\u00b3 nats)") : QStringLiteral("KL (nats)"));
    indexAxis(sheet, plot, 0, static_cast<int>(divergence_.size()), QStringLiteral("token position"));
  }

  static Comparison compareRouting(const Trace& before, const Trace& after) {
    Comparison comparison = ui::compareRouting(before, after);
    if (comparison.layers.empty()) {
      comparison.n_positions = 0;
    }
    return comparison;
  }

  FigureRuns runs_;
  Comparison comparison_;
  std::vector<double> divergence_;  // NaN: not stored; empty: nowhere, or not wanted
  std::int64_t flips_ = 0;
  std::int64_t n_ = 0;
};

class Ab final : public Kind {
 public:
  static constexpr std::string_view kId = "ab";
  static constexpr std::string_view kTitle = "A/B";
  static constexpr std::string_view kSummary =
      "A run against its reference: flips in every layer with intervals, and the divergence at every token.";

  void visit(ParamVisitor& visitor) override {
    visitor(divergence_, "divergence", "with the divergence at every token, where it is stored");
  }
  [[nodiscard]] bool needsReference() const override { return true; }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    return std::make_unique<AbPlot>(runs, divergence_);
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"ab"};
    return kPanes;
  }

 private:
  bool divergence_ = true;
};

}  // namespace

KindInfo abFigure() {
  return describe<Kind, Ab>();
}

}  // namespace rs::figures
