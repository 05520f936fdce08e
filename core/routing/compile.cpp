// SPDX-License-Identifier: Apache-2.0
#include "core/routing/compile.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/routing/ban_check.h"
#include "core/routing/edit_scope.h"

namespace rs {
namespace {

void checkHighLevel(const HighLevelColumn& column, const ModelConfig& config) {
  const auto refuse = [&](const std::string& problem) {
    throw Error(ErrorCode::kUsage, "virtual expert '" + column.name + "': " + problem);
  };
  if (column.layers.empty()) {
    refuse("expected at least one layer, found none");
  }
  for (const std::int32_t layer : column.layers) {
    if (layer < 0 || layer >= config.n_layers) {
      refuse(format("expected a layer in 0..%d, found %d", config.n_layers - 1, layer));
    }
  }
  const VirtualRule& rule = column.rule;
  if (rule.mode == VirtualMode::kCompete && !std::isfinite(rule.logit)) {
    refuse(format("expected a finite logit, found %g", static_cast<double>(rule.logit)));
  }
  if (rule.mode == VirtualMode::kReserve && !(rule.weight >= 0 && rule.weight <= 1)) {
    refuse(format("expected a weight in [0, 1], found %g", static_cast<double>(rule.weight)));
  }
  if (rule.mode == VirtualMode::kReplace && (rule.expert < 0 || rule.expert >= config.n_experts)) {
    refuse(format("expected an expert in 0..%d, found %d", config.n_experts - 1, rule.expert));
  }
}

}  // namespace

RoutingProgram compile(const EditList& edits, const ModelConfig& config, const CompileOptions& options) {
  ProgramBuilder builder(config);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const EditScope scope(edits[i], static_cast<int>(i) + 1, config, options);
    builder.beginEdit(scope.place());
    edits[i].op->compile(scope, builder);
  }
  builder.beginEdit({});
  for (const HighLevelColumn& column : options.high_level) {
    checkHighLevel(column, config);
    const int index = builder.addColumn({column.name, {}, true});
    for (const int layer : std::set<std::int32_t>(column.layers.begin(), column.layers.end())) {
      builder.addVirtual(layer, {}, index, column.rule);
    }
  }
  checkBans(builder, options.n_positions);
  return builder.finish();
}

}  // namespace rs
