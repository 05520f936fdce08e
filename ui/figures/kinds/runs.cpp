// SPDX-License-Identifier: Apache-2.0
//
// runs: the runs of a session as a table: where each came from, how it was steered and how it ended.
#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/routing/edit_json.h"
#include "ui/figures/kind.h"
#include "ui/figures/table.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

using sessions::StoredRun;

// Edits in words up to so many; more are counted.
constexpr std::size_t kMostEdits = 2;

QString steeringWords(const StoredRun& run) {
  QStringList parts;
  if (!run.setup.edits_json.empty()) {
    const EditList edits = parseEdits(run.setup.edits_json);
    for (std::size_t i = 0; i < std::min(edits.size(), kMostEdits); ++i) {
      parts << ui::editText(edits[i]) + (edits[i].on ? QString() : QStringLiteral(" (off)"));
    }
    if (edits.size() > kMostEdits) {
      parts << QStringLiteral("%1 edits more").arg(edits.size() - kMostEdits);
    }
  }
  for (const std::string& specification : run.setup.virtual_experts) {
    parts << QString::fromStdString(specification);
  }
  return parts.isEmpty() ? QStringLiteral("none") : parts.join(QStringLiteral("; "));
}

QString endingOf(const StoredRun& run) {
  return run.summary.ending.empty() ? QStringLiteral("not ended")
                                    : QString::fromStdString(run.summary.ending);
}

QString parentText(const StoredRun& run) {
  if (!run.summary.parent.has_value()) {
    return {};
  }
  const QString parent = QString::number(*run.summary.parent);
  return run.summary.branch_position.has_value()
             ? QStringLiteral("%1 at %2").arg(parent).arg(*run.summary.branch_position)
             : parent;
}

class RunsPlot final : public Plot {
 public:
  RunsPlot(const FigureRuns& runs, std::vector<StoredRun> shown) : runs_(runs), shown_(std::move(shown)) {}

  void paint(Sheet& sheet, const QRectF& area) const override { table().paint(sheet, area); }

  [[nodiscard]] double heightFor(double width, const Typeface& face) const override {
    return table().heightFor(width, face);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text(
        "run,parent,branch_position,model,prompt_tokens,tokens,steering,edits,virtual_experts,precision,"
        "backend,isa,device,started,ended,ending,failure\n");
    for (const StoredRun& run : shown_) {
      const auto number = [](const auto& value) {
        return value.has_value() ? QByteArray::number(static_cast<qlonglong>(*value)) : QByteArray();
      };
      const auto words = [](const std::string& value) { return csvText(QString::fromStdString(value)); };
      const sessions::Provenance& how = run.setup.provenance;
      text += QByteArray::number(static_cast<qlonglong>(run.summary.id)) + ',' + number(run.summary.parent) +
              ',' + number(run.summary.branch_position) + ',' + words(run.summary.model) + ',' +
              QByteArray::number(run.summary.n_prompt) + ',' + QByteArray::number(run.summary.n_tokens) +
              ',' + csvText(steeringWords(run)) + ',' + QByteArray::number(run.summary.n_edits) + ',' +
              words(join(run.setup.virtual_experts, " "));
      for (const std::string& field :
           {how.precision, how.backend, how.isa, how.device, run.summary.started_at, run.summary.ended_at}) {
        text += ',' + words(field);
      }
      text += ',' + csvText(endingOf(run)) + ',' + words(run.failure) + '\n';
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    std::map<QString, int> endings;
    for (const StoredRun& run : shown_) {
      ++endings[endingOf(run)];
    }
    QStringList parts;
    for (const auto& [ending, n] : endings) {
      parts << QStringLiteral("%1 %2").arg(n).arg(ending);
    }
    QString text = QStringLiteral("Runs %1 to %2 of the session, n = %3: ")
                       .arg(shown_.front().summary.id)
                       .arg(shown_.back().summary.id)
                       .arg(shown_.size()) +
                   parts.join(QStringLiteral(", ")) +
                   QStringLiteral(
                       ". Tokens: of the prompt + chosen. From: the run it was made from, and the "
                       "first token that is its own. B is run %1")
                       .arg(runs_.run_id);
    if (runs_.reference_id.has_value()) {
      text += QStringLiteral(", A the run it is compared with, %1").arg(*runs_.reference_id);
    }
    return text + QLatin1Char('.');
  }

  void addFacts(nlohmann::json& facts) const override { facts["runs"] = shown_.size(); }

 private:
  [[nodiscard]] QString markOf(sessions::RunId id) const {
    return id == runs_.run_id         ? QStringLiteral("B")
           : id == runs_.reference_id ? QStringLiteral("A")
                                      : QString();
  }

  [[nodiscard]] Table table() const {
    std::vector<TableRow> rows;
    for (const StoredRun& run : shown_) {
      const sessions::Provenance& how = run.setup.provenance;
      const int n_prompt = std::min(run.summary.n_prompt, run.summary.n_tokens);
      rows.push_back(
          {{markOf(run.summary.id), QString::number(run.summary.id), parentText(run),
            QStringLiteral("%1 + %2").arg(n_prompt).arg(run.summary.n_tokens - n_prompt), steeringWords(run),
            QString::fromStdString(how.precision) + QStringLiteral(", ") + QString::fromStdString(how.isa),
            endingOf(run)},
           run.failure.empty() ? Ink::black() : Ink::vermilion()});
    }
    return {{{QString()},
             {QStringLiteral("run"), Align::kRight},
             {QStringLiteral("from")},
             {QStringLiteral("tokens"), Align::kRight},
             {QStringLiteral("steering")},
             {QStringLiteral("computed")},
             {QStringLiteral("ending")}},
            std::move(rows),
            QStringLiteral("runs")};
  }

  FigureRuns runs_;
  std::vector<StoredRun> shown_;
};

class Runs final : public Kind {
 public:
  static constexpr std::string_view kId = "runs";
  static constexpr std::string_view kTitle = "Runs";
  static constexpr std::string_view kSummary =
      "The runs of the session: where each came from, its tokens, steering, precision and ending.";

  void visit(ParamVisitor& visitor) override {
    visitor(first_, "first_run", "first run shown; negative: counted from the end", kFromEitherEnd);
    visitor(last_, "last_run", "last run shown; -1: the last there is", kFromEitherEnd);
  }
  [[nodiscard]] Needs needs() const override { return {.routing = false, .run_list = true}; }
  // A session grows: the figure is made again of the runs that it was made of.
  void pin(const FigureRuns& runs) override {
    first_ = numberOf(first_, runs);
    last_ = numberOf(last_, runs);
  }
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    const int first = numberOf(first_, runs);
    const int last = numberOf(last_, runs);
    std::vector<StoredRun> shown;
    std::copy_if(runs.all_runs.begin(), runs.all_runs.end(), std::back_inserter(shown),
                 [&](const StoredRun& run) { return run.summary.id >= first && run.summary.id <= last; });
    if (shown.empty()) {
      throw Error(ErrorCode::kUsage, format("drawing runs: expected a first run before the last, found %d to "
                                            "%d",
                                            first, last));
    }
    return std::make_unique<RunsPlot>(runs, std::move(shown));
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"runs"};
    return kPanes;
  }

 private:
  static int numberOf(int asked, const FigureRuns& runs) {
    const auto& all = runs.all_runs;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const StoredRun& run) { return run.summary.id == asked; });
    const auto n = static_cast<int>(all.size());
    if (asked < 0 && asked >= -n) {
      return static_cast<int>(all.at(all.size() - static_cast<std::size_t>(-asked)).summary.id);
    }
    if (found == all.end()) {
      throw Error(
          ErrorCode::kUsage,
          format("drawing runs: the session has %d run%s, up to run %lld, or counted from the end as "
                 "-1; found run %d asked for",
                 n, n == 1 ? "" : "s", n == 0 ? 0LL : static_cast<long long>(all.back().summary.id), asked));
    }
    return asked;
  }

  int first_ = 1;
  int last_ = -1;
};

}  // namespace

KindInfo runsFigure() {
  return describe<Kind, Runs>();
}

}  // namespace rs::figures
