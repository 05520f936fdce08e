// SPDX-License-Identifier: Apache-2.0
//
// token-detail: every router logit of one token in one layer as bars, with the line of the top k, and the
// model's own logits beside those after the edits.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/base/error.h"
#include "ui/figures/kind.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

constexpr std::array<std::string_view, 2> kOrders{"size", "expert"};
constexpr int kMostBars = 512;

struct Bar {
  int expert = 0;
  double logit = 0;  // -inf: banned; NaN: a virtual expert with a slot of its own has none
  double own = 0;    // NaN: not stored
  double weight = 0;
  bool is_chosen = false;
  bool is_own_choice = false;
};

bool holds(const std::vector<ui::Slot>& slots, int expert) {
  return std::any_of(slots.begin(), slots.end(), [&](const ui::Slot& slot) { return slot.expert == expert; });
}

class DetailPlot final : public Plot {
 public:
  DetailPlot(const FigureRuns& runs, int layer, int token, bool is_sorted, int most)
      : runs_(runs), layer_(layer), token_(token), is_sorted_(is_sorted) {
    const ui::DecisionReading reading = ui::readDecision(*runs_.run, layer_, token_, runs_.reference.get());
    margin_ = static_cast<double>(reading.margin);
    entropy_ = reading.entropy;
    status_ = ui::fromView(ui::nameOf(reading.status));
    k_ = static_cast<int>(reading.final.size());
    has_own_ = !reading.own_logits.empty();
    fill(reading);
    n_experts_ = static_cast<int>(bars_.size());
    if (is_sorted_) {
      bars_.resize(std::min(bars_.size(), static_cast<std::size_t>(most)));
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    const std::vector<LegendEntry> entries = legendEntries();
    const double axis = axisWidth(sheet.face());
    const double width = area.width() - axis - 2;
    const double head = legendHeight(sheet.face(), entries, width) + 3;
    legend(sheet, {area.left() + axis, area.top()}, width, entries);
    const CellNames names = cellNames();
    const QRectF plot(area.left() + axis, area.top() + head, width,
                      area.height() - head - namesHeight(sheet.face(), names, width));
    const Scale scale = scaleOf(plot);
    const double cell = plot.width() / static_cast<double>(bars_.size());
    const double zero = scale.at(std::clamp(0.0, scale.low, scale.high));
    for (std::size_t i = 0; i < bars_.size(); ++i) {
      paintBar(sheet, bars_[i], plot.left() + static_cast<double>(i) * cell, cell, scale, zero);
    }
    sheet.line({plot.left(), zero}, {plot.right(), zero}, Ink::grey(), 0.4);
    paintTopK(sheet, plot, cell);
    sheet.frame(plot);
    leftAxis(sheet, plot, scale, QStringLiteral("router logit"));
    namesAxis(sheet, plot, names);
  }

  [[nodiscard]] double heightFor(double width, const Typeface& /*face*/) const override {
    return std::clamp(width * 0.5, 110.0, 230.0);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("rank,expert,name,logit,own_logit,weight,chosen,own_choice\n");
    int rank = 0;
    for (const Bar& bar : bars_) {
      text += QByteArray::number(++rank) + ',' + QByteArray::number(bar.expert) + ',' +
              csvText(runs_.expertText(bar.expert)) + ',' + csvNumber(bar.logit) + ',' + csvNumber(bar.own) +
              ',' + csvNumber(bar.weight) + (bar.is_chosen ? ",1," : ",0,") +
              (bar.is_own_choice ? "1\n" : "0\n");
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    // The token's text never goes through arg(): it may look like one of its markers.
    QString text =
        QStringLiteral("Run %1, layer %2, token %3 \u201c").arg(runs_.run_id).arg(layer_).arg(token_) +
        runs_.tokenText(token_) +
        QStringLiteral("\u201d: %1 of %2 experts, %3 chosen. Margin %4, ")
            .arg(bars_.size())
            .arg(n_experts_)
            .arg(k_)
            .arg(ui::numberText(margin_));
    text += QStringLiteral("entropy %1 nats, decision %2. One decision (n = 1): no interval.")
                .arg(ui::numberText(entropy_), status_);
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["margin"] = margin_;
    facts["entropy_nats"] = entropy_;
    facts["status"] = status_.toStdString();
    facts["chosen"] = k_;
  }

 private:
  void fill(const ui::DecisionReading& reading) {
    const int n = std::max(static_cast<int>(reading.logits.size()), runs_.experts());
    for (int expert = 0; expert < n; ++expert) {
      bars_.push_back(barOf(reading, expert));
    }
    if (is_sorted_) {
      std::stable_sort(bars_.begin(), bars_.end(),
                       [](const Bar& a, const Bar& b) { return a.logit > b.logit; });
    }
    for (auto slot = reading.final.rbegin(); slot != reading.final.rend(); ++slot) {
      if (slot->expert >= n) {
        bars_.insert(bars_.begin(), barOf(reading, slot->expert));
      }
    }
  }

  static Bar barOf(const ui::DecisionReading& reading, int expert) {
    const auto index = static_cast<std::size_t>(expert);
    Bar bar;
    bar.expert = expert;
    bar.logit = index < reading.logits.size() ? static_cast<double>(reading.logits[index]) : std::nan("");
    bar.own =
        index < reading.own_logits.size() ? static_cast<double>(reading.own_logits[index]) : std::nan("");
    bar.is_chosen = holds(reading.final, expert);
    bar.is_own_choice = holds(reading.own, expert);
    for (const ui::Slot& slot : reading.final) {
      bar.weight = slot.expert == expert ? static_cast<double>(slot.weight) : bar.weight;
    }
    return bar;
  }

  // Whether an edit moved any logit: only then the model's own are worth a mark each.
  [[nodiscard]] bool showsOwn() const {
    return has_own_ && std::any_of(bars_.begin(), bars_.end(), [](const Bar& bar) {
             return std::isfinite(bar.own) && bar.own != bar.logit;
           });
  }

  [[nodiscard]] std::vector<LegendEntry> legendEntries() const {
    const auto any = [this](auto holds) { return std::any_of(bars_.begin(), bars_.end(), holds); };
    std::vector<LegendEntry> entries;
    if (any([](const Bar& bar) { return bar.is_chosen && bar.is_own_choice; })) {
      entries.push_back({LegendEntry::Mark::kBox, Ink::blue(), QStringLiteral("chosen")});
    }
    if (any([](const Bar& bar) { return bar.is_chosen && !bar.is_own_choice; })) {
      entries.push_back({LegendEntry::Mark::kBox, Ink::vermilion(), QStringLiteral("chosen by an edit")});
    }
    entries.push_back({LegendEntry::Mark::kBox, Ink::lightGrey(), QStringLiteral("not chosen")});
    if (any([](const Bar& bar) { return !bar.is_chosen && bar.is_own_choice; })) {
      entries.push_back({LegendEntry::Mark::kDot, Ink::green(), QStringLiteral("the model's own choice")});
    }
    if (showsOwn()) {
      entries.push_back({LegendEntry::Mark::kLine, Ink::black(), QStringLiteral("logit before edits")});
    }
    if (hasTopK()) {
      entries.push_back({LegendEntry::Mark::kDashed, Ink::black(), QStringLiteral("top-%1 line").arg(k_)});
    }
    return entries;
  }

  [[nodiscard]] Scale scaleOf(const QRectF& plot) const {
    double low = 0;
    double high = 0;
    for (const Bar& bar : bars_) {
      for (const double value : {bar.logit, bar.own}) {
        if (std::isfinite(value)) {
          low = std::min(low, value);
          high = std::max(high, value);
        }
      }
    }
    Scale scale = roundedScale(low, high, 5);
    scale.from = plot.bottom();
    scale.to = plot.top();
    return scale;
  }

  void paintBar(Sheet& sheet, const Bar& bar, double left, double cell, const Scale& scale,
                double zero) const {
    const double inset = std::min(cell * 0.12, 1.0);
    const double middle = left + cell / 2;
    if (std::isfinite(bar.logit)) {
      const double y = scale.at(bar.logit);
      const QColor colour = !bar.is_chosen      ? Ink::lightGrey()
                            : bar.is_own_choice ? Ink::blue()
                                                : Ink::vermilion();
      sheet.fill(QRectF(left + inset, std::min(y, zero), cell - 2 * inset, std::abs(y - zero)), colour);
    } else if (bar.is_chosen) {
      sheet.textBeside({middle, zero - sheet.face().lineHeight()}, QStringLiteral("own slot"), Align::kCentre,
                       sheet.face().smallPoints());
    } else {
      const double r = std::min(cell * 0.3, 2.2);
      sheet.line({middle - r, zero - r - 3}, {middle + r, zero + r - 3}, Ink::black(), 0.7);
      sheet.line({middle - r, zero + r - 3}, {middle + r, zero - r - 3}, Ink::black(), 0.7);
    }
    if (showsOwn() && std::isfinite(bar.own) && bar.own != bar.logit) {
      sheet.line({left + inset, scale.at(bar.own)}, {left + cell - inset, scale.at(bar.own)}, Ink::black(),
                 0.9);
    }
    if (bar.is_own_choice && !bar.is_chosen) {
      const double own = std::isfinite(bar.own) ? bar.own : bar.logit;
      const double y = std::isfinite(own) ? scale.at(own) : zero;
      sheet.dot({middle, std::max(y - (own < 0 ? -4 : 4), scale.to + 2)}, std::min(1.8, cell * 0.4),
                Ink::green());
    }
  }

  // Whether a line divides chosen from not chosen.
  [[nodiscard]] bool hasTopK() const {
    return is_sorted_ && k_ > 0 && static_cast<std::size_t>(k_) < bars_.size() &&
           std::all_of(bars_.begin(), bars_.begin() + k_, [](const Bar& bar) { return bar.is_chosen; });
  }

  void paintTopK(Sheet& sheet, const QRectF& plot, double cell) const {
    if (hasTopK()) {
      const double x = plot.left() + cell * k_;
      sheet.dashed({x, plot.top()}, {x, plot.bottom()}, Ink::black());
    }
  }

  [[nodiscard]] CellNames cellNames() const {
    CellNames cells;
    cells.axis = is_sorted_ ? QStringLiteral("expert, largest logit first") : QStringLiteral("expert");
    for (const Bar& bar : bars_) {
      cells.names << runs_.expertText(bar.expert);
      cells.important.push_back(bar.is_chosen || bar.is_own_choice);
    }
    return cells;
  }

  FigureRuns runs_;
  int layer_;
  int token_;
  bool is_sorted_;
  bool has_own_ = false;
  int k_ = 0;
  int n_experts_ = 0;
  double margin_ = 0;
  double entropy_ = 0;
  QString status_;
  std::vector<Bar> bars_;
};

class TokenDetail final : public Kind {
 public:
  static constexpr std::string_view kId = "token-detail";
  static constexpr std::string_view kTitle = "Token detail";
  static constexpr std::string_view kSummary =
      "Every router logit of one token in one layer, the experts chosen, and what the edits changed.";

  void visit(ParamVisitor& visitor) override {
    visitor(layer_, "layer", "which layer; negative: counted from the end", kFromEitherEnd);
    visitor(token_, "token", "which token; -1: the last", kFromEitherEnd);
    visitor(order_, "order", "bars by size of the logit or by number of the expert");
    visitor(most_, "most", "with order size: so many bars at most", IntRange{2, kMostBars});
  }

  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    return std::make_unique<DetailPlot>(runs, indexOf(layer_, runs.layers(), "a layer"),
                                        indexOf(token_, runs.run->size(), "a token"), order_.value == 0,
                                        most_);
  }

  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"token_detail"};
    return kPanes;
  }

 private:
  int layer_ = 0;
  int token_ = -1;
  Choice order_{kOrders, 0};
  int most_ = 64;
};

}  // namespace

KindInfo tokenDetailFigure() {
  return describe<Kind, TokenDetail>();
}

}  // namespace rs::figures
