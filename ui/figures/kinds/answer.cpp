// SPDX-License-Identifier: Apache-2.0
//
// answer: prompt and answer as running text, every token on the colour of its probability or margin.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/stats/interval.h"
#include "core/text/utf8.h"
#include "ui/figures/kind.h"
#include "ui/figures/token_ground.h"
#include "ui/reading/text_reading.h"
#include "ui/sources/run_strip_source.h"

namespace rs::figures {
namespace {

using canvas::StripValue;

constexpr std::array<std::string_view, 3> kValues{"probability", "margin", "none"};
constexpr QChar kLineEnd(0x21B5);
constexpr double kPartLine = 0.8;  // under the prompt and the chat format

struct Token {
  QString text;  // whole characters, controls but line ends visible
  bool is_prompt = false;
  bool is_special = false;
  double probability = 0;  // NaN: not stored
  double margin = 0;
};

// A part of a token on one line.
struct Piece {
  std::size_t token = 0;
  QString text;
  int line = 0;
  double x = 0;
  double width = 0;
};

QString withVisibleControls(const QString& text) {
  QString out;
  for (const QChar c : text) {
    const bool is_control = c.category() == QChar::Other_Control && c != QLatin1Char('\n');
    out += is_control ? QString::fromStdString(visibleText(QString(c).toStdString())) : QString(c);
  }
  return out;
}

// Breaks lines at blanks, and where a word is wider than a line, within it.
class Flow {
 public:
  Flow(const Typeface& face, double width, int n_lines) : face_(face), width_(width), n_lines_(n_lines) {}

  void add(const std::vector<Token>& tokens) {
    for (std::size_t i = 0; i < tokens.size() && line_ < n_lines_; ++i) {
      QString part;
      for (const QChar c : tokens[i].text) {
        const bool is_blank = c == QLatin1Char(' ');
        const bool was_blank = part.endsWith(QLatin1Char(' '));
        if (!part.isEmpty() && is_blank != was_blank) {
          take(i, std::exchange(part, QString()));
        }
        if (c == QLatin1Char('\n')) {
          take(i, std::exchange(part, QString()));
          endWord();
          take(i, QString(kLineEnd));
          endWord();
          endLine();
        } else {
          part += c;
        }
      }
      take(i, part);
    }
    endWord();
  }

  [[nodiscard]] int lines() const { return x_ > 0 ? line_ + 1 : std::max(line_, 1); }
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  void take(std::size_t token, const QString& text) {
    if (text.isEmpty()) {
      return;
    }
    if (text.startsWith(QLatin1Char(' '))) {
      endWord();
      place(token, text);
    } else {
      const QString shown = face_.shown(text);
      word_.push_back({token, shown, 0, 0, face_.width(shown)});
      word_width_ += word_.back().width;
    }
  }

  void endWord() {
    if (x_ > 0 && x_ + word_width_ > width_) {
      endLine();
    }
    for (const Piece& piece : word_) {
      place(piece.token, piece.text);
    }
    word_.clear();
    word_width_ = 0;
  }

  void endLine() {
    ++line_;
    x_ = 0;
  }

  // As much on this line as there is room for; of blanks what has none is left out.
  void place(std::size_t token, QString text) {
    while (!text.isEmpty()) {
      qsizetype n = face_.fitting(text, width_ - x_);
      const bool is_blank = text.startsWith(QLatin1Char(' '));
      if (n == 0 && x_ == 0) {
        n = text.size() > 1 && text[0].isHighSurrogate() ? 2 : 1;  // a line narrower than a character
      }
      if (n > 0 && line_ < n_lines_) {
        const double wide = face_.width(text.left(n));
        pieces_.push_back({token, text.left(n), line_, x_, wide});
        x_ += wide;
      }
      text.remove(0, n);
      if (is_blank || line_ >= n_lines_) {
        return;
      }
      if (!text.isEmpty()) {
        endLine();
      }
    }
  }

  const Typeface& face_;
  double width_;
  int n_lines_;
  int line_ = 0;
  double x_ = 0;
  std::vector<Piece> word_;
  double word_width_ = 0;
  std::vector<Piece> pieces_;
};

class AnswerPlot final : public Plot {
 public:
  AnswerPlot(const FigureRuns& runs, StripValue value, TokenSpan tokens)
      : runs_(runs), value_(value), span_(tokens) {
    ui::RunStripSource source;
    source.setRun(runs_.run, runs_.names, -1, -1);
    readTokens(source);
    std::vector<double> values;
    for (const Token& token : tokens_) {
      values.push_back(valueOf(token));
      n_known_ += std::isnan(values.back()) ? 0 : 1;
      if (!token.is_prompt && !std::isnan(values.back())) {
        of_answer_.push_back(values.back());
      }
    }
    ground_ = groundOver(value_, source.range(value_), values);
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    const Typeface& face = sheet.face();
    if (value_ != StripValue::kNone) {
      groundKey(sheet, area, ground_);
    }
    const double key = value_ == StripValue::kNone ? 0 : groundKeyHeight(face);
    legend(sheet, {area.left(), area.top() + key}, area.width(), legendEntries());
    const double top = area.top() + headHeight(face, area.width());
    const double step = lineStep(face);
    const int n_lines = std::max(1, static_cast<int>((area.bottom() - top) / step + 0.01));
    Flow flow(face, area.width(), n_lines);
    flow.add(tokens_);
    for (const Piece& piece : flow.pieces()) {
      const Token& token = tokens_[piece.token];
      const QRectF box(area.left() + piece.x, top + piece.line * step, piece.width, step * 0.88);
      if (value_ != StripValue::kNone) {
        sheet.fill(box, ground_.colourOf(valueOf(token)));
      }
      sheet.textBeside({box.left(), box.center().y()}, piece.text);
      // Not the ink: that has to be read on any ground.
      if (token.is_prompt || token.is_special) {
        const double y = box.bottom() - kPartLine / 2;
        sheet.line({box.left(), y}, {box.right(), y}, partColour(token), kPartLine);
      }
    }
    const std::size_t n_placed = flow.pieces().empty() ? 0 : flow.pieces().back().token + 1;
    if (n_placed < tokens_.size()) {
      const QString more = QStringLiteral("\u2026 %1 tokens more").arg(tokens_.size() - n_placed);
      const double width = face.width(more) + 4;
      const double y = top + (n_lines - 1) * step;
      sheet.fill(QRectF(area.right() - width, y, width, step), Qt::white);
      sheet.textBeside({area.right(), y + step * 0.44}, more, Align::kRight);
    }
  }

  [[nodiscard]] double heightFor(double width, const Typeface& face) const override {
    constexpr double kMost = 2.0;  // widths
    const int most_lines = std::max(1, static_cast<int>(kMost * width / lineStep(face)));
    Flow flow(face, width, most_lines);
    flow.add(tokens_);
    return std::min(flow.lines(), most_lines) * lineStep(face) + headHeight(face, width);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("position,token_id,text,part,probability,smallest_margin\n");
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const int position = span_.first + static_cast<int>(i);
      const std::int32_t id = (*runs_.run->tokens)[static_cast<std::size_t>(position)];
      text += QByteArray::number(position) + ',' + QByteArray::number(id) + ',' + csvText(runs_.idText(id)) +
              (tokens_[i].is_prompt ? ",prompt," : ",answer,") + csvNumber(tokens_[i].probability) + ',' +
              csvNumber(tokens_[i].margin) + '\n';
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    const auto n_prompt =
        std::count_if(tokens_.begin(), tokens_.end(), [](const Token& token) { return token.is_prompt; });
    QString text = QStringLiteral("Run %1, tokens %2 to %3: n = %4 of the prompt, n = %5 of the answer.")
                       .arg(runs_.run_id)
                       .arg(span_.first)
                       .arg(span_.last)
                       .arg(n_prompt)
                       .arg(static_cast<qsizetype>(tokens_.size()) - n_prompt);
    if (value_ != StripValue::kNone) {
      text += QStringLiteral(" Ground: %1, known of n = %2.").arg(unitOf(value_)).arg(n_known_);
    }
    if (!of_answer_.empty()) {
      const MedianEstimate median = estimateMedian(of_answer_);
      text += QStringLiteral(
                  " Median of the answer %1 (%2 to %3, which holds the median with %4 at least if "
                  "tokens are independent; n = %5).")
                  .arg(ui::numberText(median.value), ui::numberText(median.interval.low),
                       ui::numberText(median.interval.high), ui::percentText(median.coverage))
                  .arg(median.n);
    }
    if (hasLineEnds()) {
      text += QStringLiteral(" \u21b5 is a line end.");
    }
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["tokens"] = tokens_.size();
    facts["n"] = n_known_;
    if (value_ != StripValue::kNone) {
      facts["low"] = ground_.low;
      facts["high"] = ground_.high;
    }
  }

 private:
  static double lineStep(const Typeface& face) { return face.lineHeight() * 1.3; }

  void readTokens(const ui::RunStripSource& source) {
    Utf8Stream stream;
    for (int at = span_.first; at <= span_.last; ++at) {
      const std::int32_t id = (*runs_.run->tokens)[static_cast<std::size_t>(at)];
      Token token;
      token.is_prompt = at < runs_.run->n_prompt;
      if (runs_.names != nullptr && runs_.names->contains(id)) {
        const std::string_view bytes = runs_.names->tokenBytes(id);
        // A session keeps the text of chat tokens, not that they are any.
        token.is_special = runs_.names->isSpecial(id) || (bytes.starts_with("<|") && bytes.ends_with("|>"));
        token.text = withVisibleControls(QString::fromStdString(stream.push(bytes)));
      } else {
        token.text = QStringLiteral("#%1 ").arg(id);
      }
      token.probability = static_cast<double>(source.value(StripValue::kProbability, at));
      token.margin =
          at < runs_.run->size() ? static_cast<double>(source.value(StripValue::kMargin, at)) : std::nan("");
      tokens_.push_back(std::move(token));
    }
    if (!tokens_.empty()) {
      tokens_.back().text += QString::fromStdString(stream.finish());
    }
  }

  [[nodiscard]] double valueOf(const Token& token) const {
    return value_ == StripValue::kProbability ? token.probability
           : value_ == StripValue::kMargin    ? token.margin
                                              : std::nan("");
  }

  static QColor partColour(const Token& token) { return token.is_special ? Ink::blue() : Ink::grey(); }

  [[nodiscard]] bool hasLineEnds() const {
    return std::any_of(tokens_.begin(), tokens_.end(),
                       [](const Token& token) { return token.text.contains(QLatin1Char('\n')); });
  }

  [[nodiscard]] std::vector<LegendEntry> legendEntries() const {
    std::vector<LegendEntry> entries;
    const auto add = [&](QColor colour, const char* text, auto is_it) {
      if (std::any_of(tokens_.begin(), tokens_.end(), is_it)) {
        entries.push_back({LegendEntry::Mark::kLine, colour, QString::fromLatin1(text)});
      }
    };
    add(Ink::grey(), "prompt", [](const Token& token) { return token.is_prompt && !token.is_special; });
    add(Ink::blue(), "chat format", [](const Token& token) { return token.is_special; });
    return entries;
  }

  [[nodiscard]] double headHeight(const Typeface& face, double width) const {
    return (value_ == StripValue::kNone ? 0 : groundKeyHeight(face)) +
           legendHeight(face, legendEntries(), width) + 3;
  }

  FigureRuns runs_;
  StripValue value_;
  TokenSpan span_;
  TokenGround ground_;
  qsizetype n_known_ = 0;
  std::vector<double> of_answer_;  // values that are known
  std::vector<Token> tokens_;
};

class Answer final : public Kind {
 public:
  static constexpr std::string_view kId = "answer";
  static constexpr std::string_view kTitle = "Answer";
  static constexpr std::string_view kSummary =
      "Prompt and answer as running text, every token on the colour of its probability or smallest margin.";

  void visit(ParamVisitor& visitor) override {
    visitor(value_, "value", "what the colour behind every token says");
    tokens_.visit(visitor);
  }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    // With the newest token, which no layer has seen yet.
    const TokenSpan tokens = tokens_.in(static_cast<int>(runs.run->tokens->size()));
    const StripValue values[] = {StripValue::kProbability, StripValue::kMargin, StripValue::kNone};
    return std::make_unique<AnswerPlot>(runs, values[static_cast<std::size_t>(value_.value)], tokens);
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 2> kPanes{"answer", "prompt"};
    return kPanes;
  }

 private:
  Choice value_{kValues, 0};
  TokenSpan tokens_;
};

}  // namespace

KindInfo answerFigure() {
  return describe<Kind, Answer>();
}

}  // namespace rs::figures
