// SPDX-License-Identifier: Apache-2.0
//
// A kind of figure. To add one: a file in ui/figures/kinds and a line in ui/figures/kinds/registered.inc;
// options on the command line, the form in the window, help and recipe follow from its description.
//
// Thread: any, with a QGuiApplication; one figure on one thread.
#pragma once

#include <QByteArray>
#include <QRectF>
#include <QString>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "core/base/extension.h"
#include "ui/figures/figure_runs.h"
#include "ui/figures/sheet.h"

namespace rs::figures {

// What is to be seen, worked out. Lifetime: holds what it needs.
class Plot {
 public:
  virtual ~Plot() = default;
  // Paints within the area; title and caption are the figure's.
  virtual void paint(Sheet& sheet, const QRectF& area) const = 0;
  // The height of the area that this width wants, in points.
  [[nodiscard]] virtual double heightFor(double width, const Typeface& face) const = 0;
  // The exact numbers behind what is seen; a header, then a row each.
  [[nodiscard]] virtual QByteArray csv() const = 0;
  // What is shown, of how many, with which interval and null. Printed under the figure.
  [[nodiscard]] virtual QString caption() const = 0;
  // What the recipe says beside the options: ranges and counts that were found.
  virtual void addFacts(nlohmann::json& recipe) const;
};

// A kind with its options.
class Kind {
 public:
  virtual ~Kind() = default;
  virtual void visit(ParamVisitor& visitor) = 0;
  // Errors: Error{kUsage} for what the run does not hold, saying what it does.
  [[nodiscard]] virtual std::unique_ptr<Plot> plot(const FigureRuns& runs) const = 0;
  // What it reads of the session.
  [[nodiscard]] virtual Needs needs() const { return {}; }
  // Options that would mean something else once the session has grown become what they mean now.
  virtual void pin(const FigureRuns& /*runs*/) {}
  // Whether it is drawn from two runs.
  [[nodiscard]] virtual bool needsReference() const { return false; }
  // Panes whose picture it is, by their ids.
  [[nodiscard]] virtual std::span<const std::string_view> panes() const = 0;
};

using KindInfo = Extension<Kind>;
// In the order of registered.inc.
[[nodiscard]] std::span<const KindInfo> allKinds();
// Errors: Error{kUsage} with the nearest ids.
[[nodiscard]] const KindInfo& findKind(const std::string& id);
// The first kind that draws this pane; null: none does.
[[nodiscard]] const KindInfo* kindOfPane(std::string_view pane);

// Of layers and tokens that are counted from the end where negative; the run says which there are.
inline constexpr IntRange kFromEitherEnd{-(1 << 30), 1 << 30};

// An index that may count from the end: -1 is the last. Errors: Error{kUsage} naming what there is.
[[nodiscard]] int indexOf(int asked, int n, std::string_view what);
// The range of tokens first..last, both ends included.
struct TokenSpan {
  int first = 0;
  int last = -1;
  void visit(ParamVisitor& visitor);
  // Errors: as indexOf, and for a range that is empty.
  [[nodiscard]] TokenSpan in(const FigureRuns& runs) const;
  [[nodiscard]] TokenSpan in(int n_tokens) const;
  [[nodiscard]] int size() const { return last - first + 1; }
};

// A field of a CSV row: quoted where it holds a comma, a quote or a line end.
[[nodiscard]] QByteArray csvText(const QString& text);
// Nine digits: every float comes back as it was.
[[nodiscard]] QByteArray csvNumber(double value);

}  // namespace rs::figures
