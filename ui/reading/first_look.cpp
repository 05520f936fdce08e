// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/first_look.h"

#include <algorithm>
#include <utility>

#include "core/engine/steered.h"

namespace rs::ui {
namespace {

RoutingProgram programOf(const RunSnapshot& run, const Steering& steering) {
  return compileForPreview(steering, run.trace->config(), run.firings);
}

std::shared_ptr<const DecisionPreview> previewAt(const RoutingProgram& program, const Trace& trace, int layer,
                                                 int token) {
  if (!trace.has(Site::kRouterLogitsRaw, layer)) {
    return nullptr;
  }
  return std::make_shared<const DecisionPreview>(
      previewDecision(program, layer, token, trace.floats(Site::kRouterLogitsRaw, layer, token)));
}

}  // namespace

FirstLook::FirstLook(std::shared_ptr<const RunSnapshot> run, Steering after)
    : before_(std::move(run)),
      after_(std::move(after)),
      program_(programOf(*before_, after_)),
      cells_(touchedCells(programOf(*before_, before_->steering), program_, before_->size())) {
  auto marked = std::make_shared<RunSnapshot>(*before_);
  if (!cells_.none()) {
    StaleFrom from{cells_.first_layer, cells_.first_position};
    if (marked->stale.has_value()) {
      from = {std::min(from.layer, marked->stale->layer), std::min(from.position, marked->stale->position)};
    }
    marked->stale = from;
  }
  marked_ = std::move(marked);
}

std::shared_ptr<const DecisionPreview> FirstLook::at(int layer, int token) const {
  const std::span<const int> decided = decidedIn(layer);
  return std::binary_search(decided.begin(), decided.end(), token)
             ? previewAt(program_, *before_->trace, layer, token)
             : nullptr;
}

std::span<const int> FirstLook::decidedIn(int layer) const {
  if (cells_.none() || layer < 0 || layer >= static_cast<int>(cells_.edited.size())) {
    return {};
  }
  // From here on something before the layer may come out otherwise.
  int reached = before_->size();
  for (int above = 0; above < layer; ++above) {
    const std::vector<int>& edited = cells_.edited[static_cast<std::size_t>(above)];
    reached = edited.empty() ? reached : std::min(reached, edited.front());
  }
  if (const auto& stale = before_->stale; stale.has_value() && layer >= stale->layer) {
    reached = std::min(reached, stale->position);
  }
  const std::vector<int>& edited = cells_.edited[static_cast<std::size_t>(layer)];
  const auto end = std::lower_bound(edited.begin(), edited.end(), reached);
  return {edited.data(), static_cast<std::size_t>(end - edited.begin())};
}

std::shared_ptr<const DecisionPreview> decisionUnder(const RunSnapshot& run, const Steering& steering,
                                                     int layer, int token) {
  return previewAt(programOf(run, steering), *run.trace, layer, token);
}

}  // namespace rs::ui
