// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/kind.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs::figures {

#define RS_FIGURE(name) KindInfo name##Figure();
#include "ui/figures/kinds/registered.inc"
#undef RS_FIGURE

void Plot::addFacts(nlohmann::json& /*recipe*/) const {}

std::span<const KindInfo> allKinds() {
  static const std::vector<KindInfo> kKinds{
#define RS_FIGURE(name) name##Figure(),
#include "ui/figures/kinds/registered.inc"
#undef RS_FIGURE
  };
  return kKinds;
}

const KindInfo& findKind(const std::string& id) {
  std::vector<std::string> names;
  for (const KindInfo& kind : allKinds()) {
    if (kind.id == id) {
      return kind;
    }
    names.emplace_back(kind.id);
  }
  throw Error(ErrorCode::kUsage, "choosing a figure: expected one of " + join(names, ", ") + ", found '" +
                                     id + "'" + didYouMean(id, names));
}

const KindInfo* kindOfPane(std::string_view pane) {
  for (const KindInfo& kind : allKinds()) {
    const auto made = kind.create();
    const auto panes = made->panes();
    if (std::find(panes.begin(), panes.end(), pane) != panes.end()) {
      return &kind;
    }
  }
  return nullptr;
}

int indexOf(int asked, int n, std::string_view what) {
  const int index = asked < 0 ? asked + n : asked;
  if (index < 0 || index >= n) {
    throw Error(ErrorCode::kUsage,
                format("drawing a figure: expected %s within 0..%d, or counted from the end as -1, found %d",
                       std::string(what).c_str(), n - 1, asked));
  }
  return index;
}

void TokenSpan::visit(ParamVisitor& visitor) {
  constexpr IntRange kAny{-(1 << 30), 1 << 30};
  visitor(first, "first_token", "first token shown; negative: counted from the end", kAny);
  visitor(last, "last_token", "last token shown; -1: the last there is", kAny);
}

TokenSpan TokenSpan::in(const FigureRuns& runs) const {
  return in(runs.run->size());
}

TokenSpan TokenSpan::in(int n_tokens) const {
  const TokenSpan span{indexOf(first, n_tokens, "a first token"), indexOf(last, n_tokens, "a last token")};
  if (span.first > span.last) {
    throw Error(ErrorCode::kUsage,
                format("drawing a figure: expected a first token before the last, found %d to %d", span.first,
                       span.last));
  }
  return span;
}

QByteArray csvText(const QString& text) {
  QByteArray field = text.toUtf8();
  if (field.contains(',') || field.contains('"') || field.contains('\n')) {
    field.replace("\"", "\"\"");
    return '"' + field + '"';
  }
  return field;
}

QByteArray csvNumber(double value) {
  return std::isfinite(value) ? QByteArray::number(value, 'g', 9)
         : std::isnan(value)  ? QByteArray()
                              : QByteArray(value > 0 ? "inf" : "-inf");
}

}  // namespace rs::figures
