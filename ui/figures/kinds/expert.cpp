// SPDX-License-Identifier: Apache-2.0
//
// expert: how much every expert of a layer is used, against even use, with intervals and what chance would
// give.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "ui/figures/kind.h"
#include "ui/reading/expert_statistics.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

constexpr std::array<std::string_view, 2> kOrders{"expert", "load"};

class ExpertPlot final : public Plot {
 public:
  ExpertPlot(const FigureRuns& runs, int layer, TokenSpan tokens, bool is_sorted, int marked)
      : runs_(runs), layer_(layer), tokens_(tokens), is_sorted_(is_sorted), marked_(marked) {
    loads_ = ui::layerLoads(*runs_.run, layer_, tokens_.first, tokens_.last);
    order_.resize(loads_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    if (is_sorted_) {
      std::stable_sort(order_.begin(), order_.end(),
                       [&](std::size_t a, std::size_t b) { return loads_[a].hits > loads_[b].hits; });
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    std::vector<LegendEntry> entries{
        {LegendEntry::Mark::kBox, Ink::blue(), QStringLiteral("share of tokens, 95 % interval")},
        {LegendEntry::Mark::kDashed, Ink::black(), QStringLiteral("even use")},
        {LegendEntry::Mark::kBox, Ink::lightGrey(), QStringLiteral("95 % of random dealings")}};
    if (marked_ >= 0) {
      entries.push_back({LegendEntry::Mark::kBox, Ink::vermilion(), runs_.expertText(marked_)});
    }
    const double width = area.width() - axisWidth(sheet.face()) - 4;
    legend(sheet, {area.left() + axisWidth(sheet.face()), area.top()}, width, entries);
    const double head = legendHeight(sheet.face(), entries, width) + 3;
    const CellNames names = cellNames();
    const double foot = is_sorted_ ? namesHeight(sheet.face(), names, width) : axisHeight(sheet.face());
    const QRectF plot(area.left() + axisWidth(sheet.face()), area.top() + head, width,
                      area.height() - head - foot);
    double high = 0;
    for (const ui::ExpertLoad& load : loads_) {
      high = std::max({high, load.interval.high, load.null_range.high});
    }
    Scale scale = roundedScale(0, 100 * std::min(high, 1.0), 5);
    scale.from = plot.bottom();
    scale.to = plot.top();
    const ui::ExpertLoad& any = loads_.front();
    const double band_top = scale.at(100 * any.null_range.high);
    sheet.fill(QRectF(plot.left(), band_top, plot.width(), scale.at(100 * any.null_range.low) - band_top),
               Ink::lightGrey());
    paintBars(sheet, plot, scale);
    const double even = scale.at(100 * any.uniform);
    sheet.dashed({plot.left(), even}, {plot.right(), even}, Ink::black());
    sheet.frame(plot);
    leftAxis(sheet, plot, scale, QStringLiteral("tokens (%)"));
    if (is_sorted_) {
      namesAxis(sheet, plot, names);
    } else {
      indexAxis(sheet, plot, 0, static_cast<int>(order_.size()), names.axis);
    }
  }

  [[nodiscard]] double heightFor(double width, const Typeface& /*face*/) const override {
    return std::clamp(width * 0.5, 120.0, 230.0);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("expert,hits,n,share,low,high,uniform,null_low,null_high,p_value,permutations\n");
    for (const std::size_t expert : order_) {
      const ui::ExpertLoad& load = loads_[expert];
      text += QByteArray::number(static_cast<qsizetype>(expert)) + ',' + QByteArray::number(load.hits) + ',' +
              QByteArray::number(load.n);
      for (const double value : {load.share, load.interval.low, load.interval.high, load.uniform,
                                 load.null_range.low, load.null_range.high, load.p_value}) {
        text += ',' + csvNumber(value);
      }
      text += ',' + QByteArray::number(load.n_permutations) + '\n';
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    const ui::ExpertLoad& any = loads_.front();
    QString text =
        QStringLiteral(
            "Run %1, layer %2, tokens %3 to %4: share of n = %5 tokens that go to each of %6 experts; "
            "95 % Wilson intervals. Even use is %7; grey: 95 % of %8 random dealings of the "
            "same slots (%9). ")
            .arg(runs_.run_id)
            .arg(layer_)
            .arg(tokens_.first)
            .arg(tokens_.last)
            .arg(any.n)
            .arg(loads_.size())
            .arg(ui::percentText(any.uniform))
            .arg(any.n_permutations)
            .arg(ui::percentText(any.null_range.low) + QStringLiteral(" to ") +
                 ui::percentText(any.null_range.high));
    text += QStringLiteral("%1 of %2 experts lie outside; chance alone gives about %3.")
                .arg(outside())
                .arg(loads_.size())
                .arg(ui::numberText(0.05 * static_cast<double>(loads_.size()), 1));
    if (marked_ >= 0) {
      const ui::ExpertLoad& load = loads_[static_cast<std::size_t>(marked_)];
      text += QStringLiteral(" %1: %2 of %3 tokens, p = %4.")
                  .arg(runs_.expertText(marked_))
                  .arg(load.hits)
                  .arg(load.n)
                  .arg(ui::numberText(load.p_value));
    }
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["n"] = loads_.front().n;
    facts["outside_null"] = outside();
    facts["permutations"] = loads_.front().n_permutations;
  }

 private:
  [[nodiscard]] qsizetype outside() const {
    return std::count_if(loads_.begin(), loads_.end(), [](const ui::ExpertLoad& load) {
      return load.share < load.null_range.low || load.share > load.null_range.high;
    });
  }

  void paintBars(Sheet& sheet, const QRectF& plot, const Scale& scale) const {
    const double cell = plot.width() / static_cast<double>(order_.size());
    const double half = std::min(cell * 0.36, 12.0);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const ui::ExpertLoad& load = loads_[order_[i]];
      const double middle = plot.left() + (static_cast<double>(i) + 0.5) * cell;
      const double y = scale.at(100 * load.share);
      const bool is_marked = static_cast<int>(order_[i]) == marked_;
      sheet.fill(QRectF(middle - half, y, 2 * half, plot.bottom() - y),
                 is_marked ? Ink::vermilion() : Ink::blue());
      sheet.errorBar({middle, scale.at(100 * load.interval.low)},
                     {middle, scale.at(100 * load.interval.high)});
    }
  }

  [[nodiscard]] CellNames cellNames() const {
    CellNames cells;
    cells.axis = is_sorted_ ? QStringLiteral("expert, most used first") : QStringLiteral("expert");
    for (const std::size_t expert : order_) {
      const ui::ExpertLoad& load = loads_[expert];
      cells.names << QString::number(expert);
      cells.important.push_back(load.share > load.null_range.high || static_cast<int>(expert) == marked_);
    }
    return cells;
  }

  FigureRuns runs_;
  int layer_;
  TokenSpan tokens_;
  bool is_sorted_;
  int marked_;
  std::vector<ui::ExpertLoad> loads_;
  std::vector<std::size_t> order_;
};

class Expert final : public Kind {
 public:
  static constexpr std::string_view kId = "expert";
  static constexpr std::string_view kTitle = "Expert load";
  static constexpr std::string_view kSummary =
      "The use of every expert of a layer against even use, with intervals and what random dealing gives.";

  void visit(ParamVisitor& visitor) override {
    visitor(layer_, "layer", "which layer; negative: counted from the end", kFromEitherEnd);
    visitor(expert_, "expert", "an expert to mark; -1: none", IntRange{-1, 1 << 20});
    tokens_.visit(visitor);
    visitor(order_, "order", "bars by number of the expert or by load");
  }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    const int marked = expert_ < 0 ? -1 : indexOf(expert_, runs.experts(), "an expert");
    return std::make_unique<ExpertPlot>(runs, indexOf(layer_, runs.layers(), "a layer"), tokens_.in(runs),
                                        order_.value == 1, marked);
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"expert_inspector"};
    return kPanes;
  }

 private:
  int layer_ = 0;
  int expert_ = -1;
  TokenSpan tokens_;
  Choice order_{kOrders, 0};
};

}  // namespace

KindInfo expertFigure() {
  return describe<Kind, Expert>();
}

}  // namespace rs::figures
