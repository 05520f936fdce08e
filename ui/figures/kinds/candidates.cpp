// SPDX-License-Identifier: Apache-2.0
//
// candidates: what may follow a token, as bars; before and after where there are two runs.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/text.h"
#include "ui/figures/kind.h"
#include "ui/reading/candidate_reading.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

struct Row {
  std::int32_t id = 0;
  std::optional<double> after;  // share; absent: not among the likeliest
  std::optional<double> before;
};

std::optional<double> shareOf(const NextToken& next, std::int32_t id) {
  for (const Candidate& candidate : next.best) {
    if (candidate.id == id) {
      return std::exp(static_cast<double>(candidate.logprob));
    }
  }
  return std::nullopt;
}

class CandidatesPlot final : public Plot {
 public:
  CandidatesPlot(const FigureRuns& runs, int token, int most) : runs_(runs), token_(token) {
    const NextToken* after = ui::nextAt(runs_.run.get(), token_);
    if (after == nullptr) {
      throw Error(ErrorCode::kUsage,
                  format("drawing candidates: nothing is stored about what may follow token %d of run %lld; "
                         "choose a token of the answer",
                         token_, static_cast<long long>(runs_.run_id)));
    }
    const NextToken* before =
        runs_.reference != nullptr && token_ < ui::commonPositions(*runs_.run, *runs_.reference)
            ? ui::nextAt(runs_.reference.get(), token_)
            : nullptr;
    is_pair_ = before != nullptr;
    entropy_ = static_cast<double>(after->entropy);
    for (int rank = 0; rank < std::min(most, kCandidates); ++rank) {
      add(after->best[static_cast<std::size_t>(rank)].id, *after, before);
    }
    if (before != nullptr) {
      divergence_ = divergenceFloor(*before, *after);
      for (int rank = 0; rank < std::min(most, kCandidates); ++rank) {
        add(before->best[static_cast<std::size_t>(rank)].id, *after, before);
      }
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    const Typeface& face = sheet.face();
    const double names = namesWidth(face, area.width());
    const std::vector<LegendEntry> entries = legendEntries();
    const double width = area.width() - names - 30;
    const double head = is_pair_ ? legendHeight(face, entries, width) + 3 : 3;
    if (is_pair_) {
      legend(sheet, {area.left() + names, area.top()}, width, entries);
    }
    const QRectF plot(area.left() + names, area.top() + head, width,
                      area.height() - head - axisHeight(sheet.face()));
    double high = 0;
    for (const Row& row : rows_) {
      high = std::max({high, row.after.value_or(0), row.before.value_or(0)});
    }
    Scale scale = roundedScale(0, std::max(high, 0.001), 4);
    scale.from = plot.left();
    scale.to = plot.right();
    const double row_height = plot.height() / static_cast<double>(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double top = plot.top() + static_cast<double>(i) * row_height;
      const QString name = face.elided(face.shown(runs_.idText(rows_[i].id)), names - 6);
      sheet.textBeside({plot.left() - 4, top + row_height / 2}, name, Align::kRight);
      const double half = is_pair_ ? row_height * 0.4 : row_height * 0.7;
      double y = top + row_height * (is_pair_ ? 0.1 : 0.15);
      if (is_pair_) {
        paintBar(sheet, rows_[i].before, QRectF(plot.left(), y, 0, half), scale, Ink::lightGrey());
        y += half;
      }
      paintBar(sheet, rows_[i].after, QRectF(plot.left(), y, 0, half), scale, Ink::blue());
    }
    sheet.frame(plot);
    bottomAxis(sheet, plot, scale, QStringLiteral("probability of the next token"));
  }

  [[nodiscard]] double heightFor(double /*width*/, const Typeface& face) const override {
    const double row = face.lineHeight() * (is_pair_ ? 1.75 : 1.15);
    return static_cast<double>(rows_.size()) * row + axisHeight(face) + face.lineHeight() + 6;
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("token_id,text,probability,probability_reference\n");
    for (const Row& row : rows_) {
      text += QByteArray::number(row.id) + ',' + csvText(runs_.idText(row.id)) + ',' +
              csvNumber(row.after.value_or(std::nan(""))) + ',' +
              csvNumber(row.before.value_or(std::nan(""))) + '\n';
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    QString text = QStringLiteral("What may follow token %1 \u201c").arg(token_) + runs_.tokenText(token_) +
                   QStringLiteral(
                       "\u201d of run %1; entropy %2 nats. One position (n = 1), temperature 1: "
                       "probabilities of the model, no estimates.")
                       .arg(runs_.run_id)
                       .arg(ui::numberText(entropy_, 2));
    if (is_pair_) {
      text += QStringLiteral(
                  " Before: run %1; KL of after from before at least %2 nats, from the %3 likeliest of "
                  "each (\u2013: not among them).")
                  .arg(*runs_.reference_id)
                  .arg(ui::numberText(divergence_, 4))
                  .arg(kCandidates);
    }
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["entropy_nats"] = entropy_;
    if (is_pair_) {
      facts["divergence_at_least_nats"] = divergence_;
    }
  }

 private:
  void add(std::int32_t id, const NextToken& after, const NextToken* before) {
    const bool is_there =
        std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) { return row.id == id; });
    if (id >= 0 && !is_there) {
      rows_.push_back({id, shareOf(after, id), before == nullptr ? std::nullopt : shareOf(*before, id)});
    }
  }

  static void paintBar(Sheet& sheet, std::optional<double> share, QRectF bar, const Scale& scale,
                       QColor colour) {
    const double small = sheet.face().smallPoints();
    if (share.has_value()) {
      bar.setWidth(scale.at(*share) - scale.from);
      sheet.fill(bar, colour);
    }
    if (bar.height() < sheet.face().capHeight(small)) {
      return;
    }
    const QString text = share.has_value() ? ui::percentText(*share) : QStringLiteral("\u2013");
    // Beside the bar, or within a bar that leaves no room.
    const bool fits = scale.from + bar.width() + 3 + sheet.face().width(text, small) < scale.to - 1;
    const bool is_dark = colour.lightness() < 128;
    fits ? sheet.textBeside({scale.from + bar.width() + 3, bar.center().y()}, text, Align::kLeft, small)
         : sheet.textBeside({scale.from + bar.width() - 3, bar.center().y()}, text, Align::kRight, small,
                            is_dark ? QColor(Qt::white) : Ink::black());
  }

  [[nodiscard]] double namesWidth(const Typeface& face, double width) const {
    double widest = 0;
    for (const Row& row : rows_) {
      widest = std::max(widest, face.width(face.shown(runs_.idText(row.id))));
    }
    return std::min(widest + 8, width * 0.4);
  }

  [[nodiscard]] std::vector<LegendEntry> legendEntries() const {
    return {{LegendEntry::Mark::kBox, Ink::lightGrey(),
             QStringLiteral("before (run %1)").arg(runs_.reference_id.value_or(0))},
            {LegendEntry::Mark::kBox, Ink::blue(), QStringLiteral("after (run %1)").arg(runs_.run_id)}};
  }

  FigureRuns runs_;
  int token_;
  bool is_pair_ = false;
  double entropy_ = 0;
  double divergence_ = 0;
  std::vector<Row> rows_;
};

class Candidates final : public Kind {
 public:
  static constexpr std::string_view kId = "candidates";
  static constexpr std::string_view kTitle = "Candidates";
  static constexpr std::string_view kSummary =
      "The likeliest next tokens after one token, before and after the edits, with the divergence.";

  void visit(ParamVisitor& visitor) override {
    visitor(token_, "token", "after which token; -1: the last", IntRange{-(1 << 30), 1 << 30});
    visitor(most_, "most", "so many of each run", IntRange{1, kCandidates});
  }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    return std::make_unique<CandidatesPlot>(runs, indexOf(token_, runs.run->size(), "a token"), most_);
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"candidates"};
    return kPanes;
  }

 private:
  int token_ = -1;
  int most_ = 8;
};

}  // namespace

KindInfo candidatesFigure() {
  return describe<Kind, Candidates>();
}

}  // namespace rs::figures
