// SPDX-License-Identifier: Apache-2.0
//
// firings: what virtual experts said in a run: what asked, what they computed and pushed, with which weight
// they took part, and whether the answer then has it.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/experts/registry.h"
#include "core/stats/interval.h"
#include "ui/figures/kind.h"
#include "ui/figures/table.h"
#include "ui/reading/candidate_reading.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

struct LayerWeight {
  int layer = 0;
  float weight = 0;  // NaN: it had no slot
};

struct Row {
  FiringRecord record;
  std::vector<LayerWeight> weights;
  std::optional<std::int32_t> follows;  // the token after it; absent: the run ends there
  bool is_free = false;                 // the model chose that token
  std::optional<Candidate> alone;       // the likeliest of the reference at the same place
  [[nodiscard]] bool isTaken() const { return follows == record.firing.token; }
};

QString rangeOf(const std::vector<LayerWeight>& weights) {
  QStringList parts;
  for (std::size_t i = 0; i < weights.size();) {
    std::size_t end = i + 1;
    while (end < weights.size() && weights[end].layer == weights[end - 1].layer + 1) {
      ++end;
    }
    parts << (end - i > 2 ? QStringLiteral("%1\u2013%2").arg(weights[i].layer).arg(weights[end - 1].layer)
                          : QString::number(weights[i].layer));
    i = end - i > 2 ? end : i + 1;
  }
  return parts.join(QStringLiteral(", "));
}

QString weightText(const std::vector<LayerWeight>& weights) {
  double low = std::nan("");
  double high = low;
  for (const LayerWeight& one : weights) {
    if (!std::isnan(one.weight)) {
      low = std::fmin(low, static_cast<double>(one.weight));
      high = std::fmax(high, static_cast<double>(one.weight));
    }
  }
  const QString from = ui::numberText(low, 2);
  const QString to = ui::numberText(high, 2);
  return from == to ? from : from + QStringLiteral(" to ") + to;
}

class FiringsPlot final : public Plot {
 public:
  FiringsPlot(const FigureRuns& runs, TokenSpan tokens, bool shows_abstentions) : runs_(runs), span_(tokens) {
    const auto holds = [&](int position) { return position >= span_.first && position <= span_.last; };
    for (const FiringRecord& record : runs_.run->firings) {
      if (holds(record.firing.position)) {
        rows_.push_back(rowOf(record));
      }
    }
    for (const AbstentionRecord& record : runs_.run->abstentions) {
      n_abstentions_ += holds(record.abstention.position) ? 1 : 0;
      if (shows_abstentions && holds(record.abstention.position)) {
        silent_.push_back(record);
      }
    }
    if (rows_.empty() && n_abstentions_ == 0) {
      throw Error(ErrorCode::kUsage, refusal());
    }
    for (const Row& row : rows_) {
      const bool counts = row.follows.has_value() && row.is_free;
      n_free_ += counts ? 1 : 0;
      n_taken_ += counts && row.isTaken() ? 1 : 0;
      n_alone_ += row.alone.has_value() ? 1 : 0;
      n_same_alone_ += row.alone.has_value() && row.alone->id == row.record.firing.token ? 1 : 0;
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override { table().paint(sheet, area); }

  [[nodiscard]] double heightFor(double width, const Typeface& face) const override {
    return table().heightFor(width, face);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text(
        "position,expert,trigger,operands,value,pushed_id,pushed,answer_token,answer_tokens,layers,weights,"
        "next_id,next,reference_id,reference,reference_probability,silent\n");
    for (const Row& row : rows_) {
      const Firing& firing = row.record.firing;
      QStringList layers;
      QStringList weights;
      for (const LayerWeight& one : row.weights) {
        layers << QString::number(one.layer);
        weights << QString::fromLatin1(csvNumber(static_cast<double>(one.weight)));
      }
      const auto token = [&](std::optional<std::int32_t> id) {
        return id.has_value() ? QByteArray::number(*id) + ',' + csvText(runs_.idText(*id)) : QByteArray(",");
      };
      text += QByteArray::number(firing.position) + ',' + csvText(nameOf(row.record.expert)) + ',' +
              csvText(QString::fromStdString(firing.trigger)) + ',' +
              csvText(QString::fromStdString(firing.expression)) + ',' +
              csvText(QString::fromStdString(firing.value)) + ',' + token(firing.token) + ',' +
              QByteArray::number(firing.answer_index + 1) + ',' + QByteArray::number(firing.n_answer_tokens) +
              ',' + csvText(layers.join(QLatin1Char(' '))) + ',' + csvText(weights.join(QLatin1Char(' '))) +
              ',' + token(row.follows) + ',' +
              token(row.alone.has_value() ? std::optional(row.alone->id) : std::nullopt) + ',' +
              csvNumber(row.alone.has_value() ? std::exp(static_cast<double>(row.alone->logprob))
                                              : std::nan("")) +
              ",\n";
    }
    for (const AbstentionRecord& record : silent_) {
      text += QByteArray::number(record.abstention.position) + ',' + csvText(nameOf(record.expert)) + ',' +
              csvText(QString::fromStdString(record.abstention.trigger)) + QByteArray(14, ',') +
              csvText(QString::fromStdString(record.abstention.reason)) + '\n';
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    QString text = QStringLiteral(
                       "Run %1, tokens %2 to %3: virtual experts pushed n = %4 tokens and were silent n = %5 "
                       "times where the text asked.")
                       .arg(runs_.run_id)
                       .arg(span_.first)
                       .arg(span_.last)
                       .arg(rows_.size())
                       .arg(n_abstentions_);
    if (n_free_ > 0) {
      text += QStringLiteral(" Of the n = %1 that the model was free to follow the answer has %2")
                  .arg(n_free_)
                  .arg(n_taken_) +
              shareText(n_taken_, n_free_) + QLatin1Char('.');
    }
    if (n_alone_ > 0) {
      text += QStringLiteral(" Likeliest there in run %1 (steering: ").arg(runs_.reference_id.value_or(0)) +
              ui::steeringText(runs_.reference->steering) +
              QStringLiteral("): the same token %1 of n = %2 times").arg(n_same_alone_).arg(n_alone_) +
              shareText(n_same_alone_, n_alone_) + QLatin1Char('.');
    }
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["firings"] = rows_.size();
    facts["abstentions"] = n_abstentions_;
    facts["free_to_follow"] = n_free_;
    facts["followed"] = n_taken_;
  }

 private:
  static QString shareText(int hits, int n) {
    const Interval interval = wilsonInterval(hits, n);
    return QStringLiteral(", %1 (95 % Wilson: %2 to %3, which takes them as independent)")
        .arg(ui::percentText(static_cast<double>(hits) / n), ui::percentText(interval.low),
             ui::percentText(interval.high));
  }

  [[nodiscard]] std::string refusal() const {
    const auto run = static_cast<long long>(runs_.run_id);
    if (runs_.run->firings.empty() && runs_.run->abstentions.empty()) {
      return runs_.run->steering.virtual_experts.empty()
                 ? format(
                       "drawing firings: run %lld was made without virtual experts; choose another with "
                       "--run",
                       run)
                 : format(
                       "drawing firings: nothing in run %lld asked its virtual experts; choose another with "
                       "--run",
                       run);
    }
    std::vector<std::string> where;
    for (const FiringRecord& record : runs_.run->firings) {
      where.push_back(std::to_string(record.firing.position));
    }
    for (const AbstentionRecord& record : runs_.run->abstentions) {
      where.push_back(std::to_string(record.abstention.position));
    }
    constexpr std::size_t kMost = 8;
    const bool is_cut = where.size() > kMost;
    where.resize(std::min(where.size(), kMost));
    return format(
        "drawing firings: expected tokens at which a virtual expert of run %lld was asked (%s%s), "
        "found %d to %d; see --first-token and --last-token",
        run, join(where, ", ").c_str(), is_cut ? ", …" : "", span_.first, span_.last);
  }

  [[nodiscard]] QString nameOf(int expert) const {
    const auto& list = runs_.run->steering.virtual_experts;
    const auto at = static_cast<std::size_t>(expert);
    return expert >= 0 && at < list.size() ? QString::fromStdString(list[at].substr(0, list[at].find(':')))
                                           : QString();
  }

  [[nodiscard]] Row rowOf(const FiringRecord& record) const {
    const RunSnapshot& run = *runs_.run;
    Row row;
    row.record = record;
    const int position = record.firing.position;
    const auto next = static_cast<std::size_t>(position) + 1;
    if (next < run.tokens->size()) {
      row.follows = (*run.tokens)[next];
      row.is_free = static_cast<int>(next) >= run.n_prompt;
    }
    const auto& list = run.steering.virtual_experts;
    const auto expert = static_cast<std::size_t>(record.expert);
    const bool has_column =
        record.expert >= 0 && expert < list.size() && list.size() <= run.column_names.size();
    if (has_column && position < run.size()) {
      // Virtual experts are the last columns, in their order.
      const auto column = static_cast<int>(run.column_names.size() - list.size() + expert);
      const LayerSpan span = makeVirtualExpert(list[expert]).expert->push().layers;
      for (const int layer : layersOf(span, runs_.layers())) {
        row.weights.push_back({layer, weightAt(layer, position, runs_.experts() + column)});
      }
    }
    const bool is_shared =
        runs_.reference != nullptr && position < ui::commonPositions(run, *runs_.reference);
    const NextToken* there = is_shared ? ui::nextAt(runs_.reference.get(), position) : nullptr;
    if (there != nullptr && there->best[0].id >= 0) {
      row.alone = there->best[0];
    }
    return row;
  }

  [[nodiscard]] float weightAt(int layer, int position, int expert) const {
    for (const ui::Slot& slot : ui::readDecision(*runs_.run, layer, position).final) {
      if (slot.expert == expert) {
        return slot.weight;
      }
    }
    return std::nanf("");
  }

  [[nodiscard]] QString aloneTitle() const {
    const Steering& steering = runs_.reference->steering;
    return steering.edits.empty() && steering.virtual_experts.empty()
               ? QStringLiteral("model alone")
               : QStringLiteral("run %1").arg(runs_.reference_id.value_or(0));
  }

  [[nodiscard]] QString followsText(const Row& row) const {
    if (!row.follows.has_value()) {
      return QStringLiteral("\u2013");
    }
    return row.isTaken() ? QStringLiteral("the same") : runs_.idText(*row.follows);
  }

  [[nodiscard]] Table table() const {
    std::vector<TableColumn> columns{{QStringLiteral("token"), Align::kRight},
                                     {QStringLiteral("trigger")},
                                     {QStringLiteral("operands")},
                                     {QStringLiteral("value")},
                                     {QStringLiteral("pushed")},
                                     {QStringLiteral("layers")},
                                     {QStringLiteral("weight")},
                                     {QStringLiteral("then")}};
    if (n_alone_ > 0) {
      columns.push_back({aloneTitle()});
    }
    struct Placed {
      int position;
      TableRow row;
    };
    std::vector<Placed> placed;
    for (const Row& row : rows_) {
      const Firing& firing = row.record.firing;
      QString pushed = runs_.idText(firing.token);
      if (firing.n_answer_tokens > 1) {
        pushed += QStringLiteral(" (%1 of %2)").arg(firing.answer_index + 1).arg(firing.n_answer_tokens);
      }
      QStringList cells{QString::number(firing.position),
                        QString::fromStdString(firing.trigger),
                        QString::fromStdString(firing.expression),
                        QString::fromStdString(firing.value),
                        pushed,
                        rangeOf(row.weights),
                        weightText(row.weights),
                        followsText(row)};
      if (n_alone_ > 0) {
        cells << (row.alone.has_value()
                      ? runs_.idText(row.alone->id) + QLatin1Char(' ') +
                            ui::percentText(std::exp(static_cast<double>(row.alone->logprob)), 0)
                      : QStringLiteral("\u2013"));
      }
      placed.push_back({firing.position, {cells, Ink::black()}});
    }
    for (const AbstentionRecord& record : silent_) {
      QStringList cells{QString::number(record.abstention.position),
                        QString::fromStdString(record.abstention.trigger), QString(),
                        QStringLiteral("silent: ") + QString::fromStdString(record.abstention.reason)};
      while (cells.size() < static_cast<qsizetype>(columns.size())) {
        cells << QString();
      }
      placed.push_back({record.abstention.position, {cells, Ink::grey()}});
    }
    std::stable_sort(placed.begin(), placed.end(),
                     [](const Placed& a, const Placed& b) { return a.position < b.position; });
    std::vector<TableRow> rows;
    for (Placed& one : placed) {
      rows.push_back(std::move(one.row));
    }
    return {std::move(columns), std::move(rows), QStringLiteral("rows")};
  }

  FigureRuns runs_;
  TokenSpan span_;
  std::vector<Row> rows_;
  std::vector<AbstentionRecord> silent_;  // those that are shown
  int n_abstentions_ = 0;
  int n_free_ = 0;
  int n_taken_ = 0;
  int n_alone_ = 0;  // firings that the reference says something about
  int n_same_alone_ = 0;
};

class Firings final : public Kind {
 public:
  static constexpr std::string_view kId = "firings";
  static constexpr std::string_view kTitle = "Virtual experts";
  static constexpr std::string_view kSummary =
      "What virtual experts said in a run: trigger, operands, value, pushed token, layers and weight, and "
      "what then came.";

  void visit(ParamVisitor& visitor) override {
    tokens_.visit(visitor);
    visitor(abstentions_, "abstentions", "with the times that they were asked and silent, and why");
  }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    return std::make_unique<FiringsPlot>(runs, tokens_.in(runs), abstentions_);
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"virtual_experts"};
    return kPanes;
  }

 private:
  TokenSpan tokens_;
  bool abstentions_ = true;
};

}  // namespace

KindInfo firingsFigure() {
  return describe<Kind, Firings>();
}

}  // namespace rs::figures
