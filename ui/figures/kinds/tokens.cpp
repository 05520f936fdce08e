// SPDX-License-Identifier: Apache-2.0
//
// tokens: the tokens of a run as text on the colour of a value, or the value as a line over the tokens.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "ui/figures/kind.h"
#include "ui/figures/token_ground.h"
#include "ui/reading/text_reading.h"
#include "ui/sources/run_strip_source.h"

namespace rs::figures {
namespace {

using canvas::StripValue;

constexpr std::array<std::string_view, 2> kForms{"text", "line"};
constexpr std::array<std::string_view, canvas::kStripValues - 1> kValues{"probability", "margin", "entropy",
                                                                         "surprise", "load"};

// Beside an axis.
QString shortNameOf(StripValue value) {
  const bool is_nats = value == StripValue::kEntropy || value == StripValue::kSurprise;
  const QString name = value == StripValue::kMargin ? QStringLiteral("smallest margin")
                       : value == StripValue::kLoad ? QStringLiteral("weight")
                                                    : ui::fromView(canvas::nameOf(value));
  return is_nats ? name + QStringLiteral(" (nats)") : name;
}

struct Token {
  double value = 0;  // NaN: none
  unsigned flags = 0;
  QString text;
};

class TokensPlot final : public Plot {
 public:
  TokensPlot(const FigureRuns& runs, StripValue value, bool is_text, TokenSpan tokens, int layer, int expert)
      : runs_(runs), value_(value), is_text_(is_text), span_(tokens), layer_(layer), expert_(expert) {
    ui::RunStripSource source;
    source.setRun(runs_.run, runs_.names, layer, expert);
    if (!source.offers(value)) {
      throw Error(ErrorCode::kUsage,
                  "drawing tokens: '" + std::string(canvas::nameOf(value)) + "' is not stored with this run" +
                      (value == StripValue::kLoad ? "; name an expert with --expert" : ""));
    }
    for (int at = span_.first; at <= span_.last; ++at) {
      tokens_.push_back(
          {static_cast<double>(source.value(value, at)), source.flags(at), runs_.tokenText(at)});
      n_known_ += std::isnan(tokens_.back().value) ? 0 : 1;
    }
    if (n_known_ == 0) {
      throw Error(ErrorCode::kUsage,
                  "drawing tokens: of '" + std::string(canvas::nameOf(value)) +
                      "' nothing is stored for these tokens of the run; --value margin is always there");
    }
    std::vector<double> values;
    std::transform(tokens_.begin(), tokens_.end(), std::back_inserter(values),
                   [](const Token& token) { return token.value; });
    ground_ = groundOver(value, source.range(value), values);
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    is_text_ ? paintText(sheet, area) : paintLine(sheet, area);
  }

  [[nodiscard]] double heightFor(double width, const Typeface& face) const override {
    if (!is_text_) {
      return std::clamp(width * 0.4, 100.0, 200.0);
    }
    int n_lines = 1;
    placeAll(face, width, 1 << 20, [&](const Token&, int line, double, double) { n_lines = line + 1; });
    constexpr double kMost = 2.0;
    return std::min(n_lines * lineStep(face), kMost * width) + headHeight(face, width);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("position,token_id,text,value,generated,edited,changed,virtual,fragile\n");
    int position = span_.first;
    for (const Token& token : tokens_) {
      const auto flag = [&](unsigned bit) { return QByteArray((token.flags & bit) != 0 ? ",1" : ",0"); };
      text += QByteArray::number(position) + ',' +
              QByteArray::number(runs_.run->trace->tokens()[static_cast<std::size_t>(position)]) + ',' +
              csvText(token.text) + ',' + csvNumber(token.value) + flag(canvas::kGenerated) +
              flag(canvas::kEdited) + flag(canvas::kHijacked) + flag(canvas::kVirtual) +
              flag(canvas::kFragile) + '\n';
      ++position;
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    QString text = QStringLiteral("Run %1, tokens %2 to %3: %4")
                       .arg(runs_.run_id)
                       .arg(span_.first)
                       .arg(span_.last)
                       .arg(unitOf(value_));
    if (value_ == StripValue::kLoad) {
      text += QStringLiteral(" %1 in layer %2").arg(runs_.expertText(expert_)).arg(layer_);
    }
    text += QStringLiteral("; n = %1 tokens with a value, one run, no estimates.").arg(n_known_);
    if (is_text_) {
      text += QStringLiteral(" \u00b7 is a blank.");
    }
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["n"] = n_known_;
    facts["low"] = ground_.low;
    facts["high"] = ground_.high;
  }

 private:
  [[nodiscard]] bool has(unsigned flag) const {
    return std::any_of(tokens_.begin(), tokens_.end(),
                       [&](const Token& token) { return (token.flags & flag) != 0; });
  }

  static constexpr double kPad = 1.2;
  static constexpr double kChipGap = 0.8;
  static double lineStep(const Typeface& face) { return face.lineHeight() * 1.35; }

  // place(token, line, x, width) for all that fit on so many lines; returns how many that were.
  template <typename Place>
  std::size_t placeAll(const Typeface& face, double width, int n_lines, Place place) const {
    double x = 0;
    int line = 0;
    std::size_t n = 0;
    for (const Token& token : tokens_) {
      const QString text = face.shown(token.text);
      const double wide = std::min(face.width(text) + 2 * kPad, width);
      const bool is_new_line = n > 0 && x + wide > width;
      line += is_new_line ? 1 : 0;
      x = is_new_line ? 0 : x;
      if (line >= n_lines) {
        return n;
      }
      place(token, line, x, wide);
      x += wide + kChipGap;
      ++n;
      if (token.text.endsWith(QStringLiteral("\\n"))) {  // a line end of the text is one here
        ++line;
        x = 0;
      }
    }
    return n;
  }

  [[nodiscard]] std::vector<LegendEntry> legendEntries() const {
    std::vector<LegendEntry> entries;
    const bool has_edited = std::any_of(tokens_.begin(), tokens_.end(), [](const Token& token) {
      return (token.flags & canvas::kHijacked) != 0 && (token.flags & canvas::kVirtual) == 0;
    });
    if (has_edited) {
      entries.push_back(
          {LegendEntry::Mark::kLine, Ink::black(), QStringLiteral("a decision changed by an edit")});
    }
    if (has(canvas::kVirtual)) {
      entries.push_back(
          {LegendEntry::Mark::kLine, Ink::purple(), QStringLiteral("a virtual expert took part")});
    }
    if (has(canvas::kGenerated) && (tokens_.front().flags & canvas::kGenerated) == 0) {
      entries.push_back({LegendEntry::Mark::kDashed, Ink::grey(), QStringLiteral("the answer begins")});
    }
    return entries;
  }

  [[nodiscard]] double headHeight(const Typeface& face, double width) const {
    return groundKeyHeight(face) + legendHeight(face, legendEntries(), width) + 3;
  }

  void paintText(Sheet& sheet, const QRectF& area) const {
    const Typeface& face = sheet.face();
    groundKey(sheet, area, ground_);
    legend(sheet, {area.left(), area.top() + 1.4 * face.lineHeight()}, area.width(), legendEntries());
    const double top = area.top() + headHeight(face, area.width());
    const double step = lineStep(face);
    const int n_lines = std::max(1, static_cast<int>((area.bottom() - top + 0.01) / step));
    bool was_generated = true;
    const std::size_t n_placed =
        placeAll(face, area.width(), n_lines, [&](const Token& token, int line, double x, double width) {
          const QRectF chip(area.left() + x, top + line * step, width, step * 0.82);
          paintChip(sheet, token, chip);
          const bool is_generated = (token.flags & canvas::kGenerated) != 0;
          if (is_generated && !was_generated) {
            sheet.dashed({chip.left() - kChipGap / 2, chip.top() - 1},
                         {chip.left() - kChipGap / 2, chip.bottom() + 1}, Ink::grey(), 0.8);
          }
          was_generated = is_generated;
        });
    if (n_placed < tokens_.size()) {
      const QString more = QStringLiteral("\u2026 %1 tokens more").arg(tokens_.size() - n_placed);
      const double width = face.width(more) + 4;
      sheet.fill(QRectF(area.right() - width, top + (n_lines - 1) * step, width, step), Qt::white);
      sheet.text({area.right(), top + (n_lines - 1) * step + face.capHeight() * 1.4}, more, Align::kRight);
    }
  }

  void paintChip(Sheet& sheet, const Token& token, const QRectF& chip) const {
    const Typeface& face = sheet.face();
    sheet.fill(chip, ground_.colourOf(token.value));
    sheet.textBeside({chip.left() + kPad, chip.center().y()},
                     face.elided(face.shown(token.text), chip.width() - 2 * kPad + 0.01));
    const bool is_virtual = (token.flags & canvas::kVirtual) != 0;
    if (is_virtual || (token.flags & canvas::kHijacked) != 0) {
      sheet.line(chip.bottomLeft(), chip.bottomRight(), is_virtual ? Ink::purple() : Ink::black(), 1.2);
    }
  }

  void paintLine(Sheet& sheet, const QRectF& area) const {
    const std::vector<LegendEntry> entries = legendEntries();
    const double width = area.width() - axisWidth(sheet.face()) - 4;
    legend(sheet, {area.left() + axisWidth(sheet.face()), area.top()}, width, entries);
    const double head = legendHeight(sheet.face(), entries, width) + 3;
    const QRectF plot(area.left() + axisWidth(sheet.face()), area.top() + head, width,
                      area.height() - head - axisHeight(sheet.face()));
    double high = 0;
    for (const Token& token : tokens_) {
      high = std::isfinite(token.value) ? std::max(high, token.value) : high;
    }
    Scale scale = roundedScale(0, high > 0 ? high : 1, 4);
    scale.from = plot.bottom();
    scale.to = plot.top();
    paintValues(sheet, plot, scale);
    sheet.frame(plot);
    leftAxis(sheet, plot, scale, shortNameOf(value_));
    indexAxis(sheet, plot, span_.first, span_.last + 1, QStringLiteral("token position"));
  }

  void paintValues(Sheet& sheet, const QRectF& plot, const Scale& scale) const {
    const double cell = plot.width() / static_cast<double>(tokens_.size());
    std::vector<QPointF> line;
    const auto flush = [&] {
      if (line.size() > 1) {
        sheet.polyline(line, Ink::blue(), cell > 2 ? 0.8 : 0.4);
      }
      line.clear();
    };
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const double x = plot.left() + (static_cast<double>(i) + 0.5) * cell;
      const bool begins = i > 0 && (tokens_[i].flags & canvas::kGenerated) != 0 &&
                          (tokens_[i - 1].flags & canvas::kGenerated) == 0;
      if (begins) {
        sheet.dashed({x - cell / 2, plot.top()}, {x - cell / 2, plot.bottom()}, Ink::grey());
      }
      if (!std::isfinite(tokens_[i].value)) {
        flush();
        continue;
      }
      line.emplace_back(x, scale.at(tokens_[i].value));
      if (cell > 4) {
        sheet.dot(line.back(), 1.2, Ink::blue());
      }
      if ((tokens_[i].flags & (canvas::kVirtual | canvas::kHijacked)) != 0) {
        sheet.line({x - cell / 2, plot.bottom() - 1}, {x + cell / 2, plot.bottom() - 1},
                   (tokens_[i].flags & canvas::kVirtual) != 0 ? Ink::purple() : Ink::black(), 2);
      }
    }
    flush();
  }

  FigureRuns runs_;
  StripValue value_;
  bool is_text_;
  TokenSpan span_;
  int layer_;
  int expert_;
  TokenGround ground_;
  qsizetype n_known_ = 0;
  std::vector<Token> tokens_;
};

class Tokens final : public Kind {
 public:
  static constexpr std::string_view kId = "tokens";
  static constexpr std::string_view kTitle = "Tokens";
  static constexpr std::string_view kSummary =
      "The tokens of a run as text on the colour of a value, or the value as a line over the tokens.";

  void visit(ParamVisitor& visitor) override {
    visitor(form_, "form", "text: the tokens themselves; line: the value over positions");
    visitor(value_, "value", "what is shown of every token");
    tokens_.visit(visitor);
    visitor(layer_, "layer", "with value load: whose expert; negative: counted from the end", kFromEitherEnd);
    visitor(expert_, "expert", "with value load: which expert", IntRange{-1, 1 << 20});
  }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    const auto value = static_cast<StripValue>(value_.value + 1);
    const bool is_load = value == StripValue::kLoad;
    const int n_columns = runs.experts() + static_cast<int>(runs.run->column_names.size());
    const int expert = is_load && expert_ >= 0 ? indexOf(expert_, n_columns, "an expert") : -1;
    return std::make_unique<TokensPlot>(runs, value, form_.value == 0, tokens_.in(runs),
                                        is_load ? indexOf(layer_, runs.layers(), "a layer") : -1, expert);
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"token_strip"};
    return kPanes;
  }

 private:
  Choice form_{kForms, 0};
  Choice value_{kValues, 0};
  TokenSpan tokens_;
  int layer_ = 0;
  int expert_ = -1;
};

}  // namespace

KindInfo tokensFigure() {
  return describe<Kind, Tokens>();
}

}  // namespace rs::figures
