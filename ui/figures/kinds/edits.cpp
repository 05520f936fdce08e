// SPDX-License-Identifier: Apache-2.0
//
// edits: what steered a run, in its order, and how many decisions it changed against the reference.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/routing/edit_json.h"
#include "core/stats/interval.h"
#include "ui/figures/kind.h"
#include "ui/figures/table.h"
#include "ui/reading/run_comparison.h"
#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

class EditsPlot final : public Plot {
 public:
  explicit EditsPlot(const FigureRuns& runs) : runs_(runs), edits_(runs.run->steering.edits) {
    if (edits_.empty()) {
      throw Error(ErrorCode::kUsage,
                  format("drawing edits: run %lld was made without any; choose another with --run",
                         static_cast<long long>(runs_.run_id)));
    }
    if (runs_.reference != nullptr) {
      const Comparison comparison = ui::compareRouting(*runs_.reference->trace, *runs_.run->trace);
      n_tokens_ = comparison.n_positions;
      for (const LayerFlips& layer : comparison.layers) {
        flips_ += layer.flips;
        n_ += layer.n;
      }
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override { table().paint(sheet, area); }

  [[nodiscard]] double heightFor(double width, const Typeface& face) const override {
    return table().heightFor(width, face);
  }

  [[nodiscard]] QByteArray csv() const override {
    QByteArray text("number,on,op,layers,tokens,fields,name,edit\n");
    int number = 0;
    for (const Edit& edit : edits_) {
      const auto one = [](std::string_view words) { return csvText(ui::fromView(words)); };
      // As in a file of edits, which lists are not cut short in.
      const std::string whole = nlohmann::ordered_json::parse(editsToJson({edit}))["edits"][0].dump();
      text += QByteArray::number(++number) + (edit.on ? ",1," : ",0,") + one(edit.op->id) + ',' +
              csvText(ui::layersText(edit.where)) + ',' + csvText(ui::positionsText(edit)) + ',' +
              csvText(ui::fieldsText(edit)) + ',' + one(edit.name) + ',' + one(whole) + '\n';
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    QString text =
        QStringLiteral("The %1 of run %2 in %3 order")
            .arg(edits_.size() == 1 ? QStringLiteral("edit") : QStringLiteral("%1 edits").arg(edits_.size()))
            .arg(runs_.run_id)
            .arg(edits_.size() == 1 ? QStringLiteral("its") : QStringLiteral("their"));
    if (const qsizetype n_off = countOff(); n_off > 0) {
      text += QStringLiteral(", %1 of them off").arg(n_off);
    }
    if (const auto& experts = runs_.run->steering.virtual_experts; !experts.empty()) {
      text += QStringLiteral("; virtual experts beside: ") + QString::fromStdString(join(experts, ", "));
    }
    return text + QStringLiteral(". ") + effectText();
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["edits"] = edits_.size();
    facts["off"] = countOff();
    if (runs_.reference != nullptr) {
      facts["flips"] = flips_;
      facts["decisions"] = n_;
    }
  }

 private:
  [[nodiscard]] qsizetype countOff() const {
    return std::count_if(edits_.begin(), edits_.end(), [](const Edit& edit) { return !edit.on; });
  }

  [[nodiscard]] QString effectText() const {
    if (runs_.reference == nullptr) {
      return QStringLiteral("There is no run to compare with: what they changed is not counted.");
    }
    const QString against = QStringLiteral("run %1 (steering: %2)")
                                .arg(QString::number(runs_.reference_id.value_or(0)),
                                     ui::steeringText(runs_.reference->steering));
    if (n_ == 0) {
      return QStringLiteral("It has no token in common with ") + against + QLatin1Char('.');
    }
    const Interval interval = wilsonInterval(flips_, n_);
    return QStringLiteral("Against ") + against +
           QStringLiteral(
               ", over the %1 tokens both share: %2 of n = %3 decisions have other experts, %4 (95 % Wilson: "
               "%5 to %6, which takes decisions as independent).")
               .arg(QString::number(n_tokens_), QString::number(flips_), QString::number(n_),
                    ui::percentText(static_cast<double>(flips_) / static_cast<double>(n_)),
                    ui::percentText(interval.low), ui::percentText(interval.high));
  }

  [[nodiscard]] Table table() const {
    const bool has_names =
        std::any_of(edits_.begin(), edits_.end(), [](const Edit& edit) { return !edit.name.empty(); });
    std::vector<TableColumn> columns{{QString(), Align::kRight}, {QStringLiteral("on")},
                                     {QStringLiteral("edit")},   {QStringLiteral("layers")},
                                     {QStringLiteral("tokens")}, {QStringLiteral("fields")}};
    if (has_names) {
      columns.push_back({QStringLiteral("name")});
    }
    std::vector<TableRow> rows;
    for (const Edit& edit : edits_) {
      QStringList cells{
          QString::number(rows.size() + 1), edit.on ? QStringLiteral("on") : QStringLiteral("off"),
          ui::fromView(edit.op->title),     ui::layersText(edit.where),
          ui::positionsText(edit),          ui::fieldsText(edit)};
      if (has_names) {
        cells << QString::fromStdString(edit.name);
      }
      rows.push_back({cells, edit.on ? Ink::black() : Ink::grey()});
    }
    return {std::move(columns), std::move(rows), QStringLiteral("edits")};
  }

  FigureRuns runs_;
  EditList edits_;
  int n_tokens_ = 0;  // that both runs share
  std::int64_t flips_ = 0;
  std::int64_t n_ = 0;  // decisions compared
};

class Edits final : public Kind {
 public:
  static constexpr std::string_view kId = "edits";
  static constexpr std::string_view kTitle = "Edits";
  static constexpr std::string_view kSummary =
      "The edits of a run in their order, and how many decisions are others than in the reference.";

  void visit(ParamVisitor& /*visitor*/) override {}
  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    return std::make_unique<EditsPlot>(runs);
  }
  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"edits"};
    return kPanes;
  }
};

}  // namespace

KindInfo editsFigure() {
  return describe<Kind, Edits>();
}

}  // namespace rs::figures
