// SPDX-License-Identifier: Apache-2.0
#include "ui/sources/run_heat_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/experts/registry.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"

namespace rs::ui {
namespace {

using canvas::HeatValue;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
// The ranges of logits and margins are taken from these first tokens, and again when there are four times
// more.
constexpr int kFirstMeasured = 16;
constexpr int kMeasured = 512;

void scatter(std::span<const std::int32_t> ids, std::span<const float> weights, std::span<float> out) {
  for (std::size_t slot = 0; slot < ids.size(); ++slot) {
    if (ids[slot] >= 0 && static_cast<std::size_t>(ids[slot]) < out.size()) {
      out[static_cast<std::size_t>(ids[slot])] = weights[slot];
    }
  }
}

void fillAt(std::span<const std::int32_t> ids, float value, std::span<float> out) {
  for (const std::int32_t expert : ids) {
    if (expert >= 0 && static_cast<std::size_t>(expert) < out.size()) {
      out[static_cast<std::size_t>(expert)] = value;
    }
  }
}

void softmax(std::span<const float> logits, std::span<float> out) {
  float top = -std::numeric_limits<float>::infinity();
  for (const float logit : logits) {
    top = std::max(top, logit);
  }
  float total = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    out[i] = std::exp(logits[i] - top);
    total += out[i];
  }
  for (std::size_t i = 0; i < logits.size(); ++i) {
    out[i] /= total;
  }
}

canvas::MarkKind kindOf(const Edit& edit) {
  if (edit.op->id == "force") {
    return canvas::MarkKind::kForced;
  }
  return edit.op->id == "ban" ? canvas::MarkKind::kBanned : canvas::MarkKind::kEdited;
}

std::vector<std::int32_t> expertsOf(const Edit& edit) {
  for (const char* field : {"experts", "expert", "from"}) {
    const auto found = edit.fields.find(std::string_view(field));
    if (found != edit.fields.end()) {
      if (const auto* list = std::get_if<std::vector<std::int32_t>>(&found->second)) {
        return *list;
      }
      if (const auto* one = std::get_if<std::int32_t>(&found->second)) {
        return {*one};
      }
    }
  }
  return {-1};
}

void addFirings(const RunSnapshot& run, std::vector<canvas::Mark>& marks) {
  const ModelConfig& config = run.trace->config();
  const auto n_columns = static_cast<int>(run.column_names.size());
  const auto n_named = static_cast<int>(run.steering.virtual_experts.size());
  for (const FiringRecord& record : run.firings) {
    if (record.expert < 0 || record.expert >= n_named) {
      continue;
    }
    const auto named =
        makeVirtualExpert(run.steering.virtual_experts[static_cast<std::size_t>(record.expert)]);
    const int column = n_columns - n_named + record.expert;
    for (const int layer : layersOf(named.expert->push().layers, config.n_layers)) {
      marks.push_back(
          {{record.firing.position, layer, config.n_experts + column}, canvas::MarkKind::kVirtual});
    }
  }
}

}  // namespace

void RunHeatSource::setRun(std::shared_ptr<const RunSnapshot> run,
                           std::shared_ptr<const RunSnapshot> reference,
                           std::shared_ptr<const TokenNames> names, const ExpertNames& experts,
                           std::shared_ptr<const FirstLook> look) {
  if (run != nullptr && run->size() == 0) {
    run = nullptr;
  }
  const bool is_new = run_ == nullptr || run == nullptr || run->id != run_->id;
  const bool has_other_reference = (reference == nullptr) != (reference_ == nullptr) ||
                                   (reference != nullptr && reference->id != reference_->id);
  const int n_before = run_ == nullptr ? 0 : run_->size();
  change_.follow(run);
  lookAt(std::move(look));
  run_ = std::move(run);
  reference_ = std::move(reference);
  names_ = std::move(names);
  experts_ = experts;
  const int n_compared = run_ == nullptr || reference_ == nullptr ? 0 : commonPositions(*run_, *reference_);
  if (has_other_reference) {
    change_.touch();
  } else if (n_compared_ < n_compared && n_compared_ < n_before) {
    change_.touch(n_compared_);  // more of the reference has come
  }
  n_compared_ = n_compared;
  n_measured_ = is_new ? 0 : n_measured_;
  if (run_ != nullptr && n_measured_ < kMeasured && run_->size() >= 4 * n_measured_) {
    measureLogits();
  }
}

void RunHeatSource::lookAt(std::shared_ptr<const FirstLook> look) {
  if (look == look_) {
    return;
  }
  for (const FirstLook* changed : {look_.get(), look.get()}) {
    if (changed != nullptr && changed->run()->stale.has_value()) {
      change_.touch(changed->run()->stale->position);
    }
  }
  look_ = std::move(look);
}

void RunHeatSource::measureLogits() {
  const int n = std::min(run_->size(), kMeasured);
  float low = 0;
  float high = 1;
  float margin = 0.5F;
  for (int token = 0; token < n; ++token) {
    for (int layer = 0; layer < layers(); ++layer) {
      const auto logits = run_->trace->floats(Site::kRouterLogits, layer, token);
      for (const float logit : logits) {
        if (std::isfinite(logit)) {
          low = std::min(low, logit);
          high = std::max(high, logit);
        }
      }
      const float here = marginAt(*run_->trace, layer, token);
      margin = std::isfinite(here) ? std::max(margin, here) : margin;
    }
  }
  logits_ = {std::floor(low), std::ceil(high)};
  margins_ = {0, std::ceil(margin)};
  n_measured_ = std::max(n, kFirstMeasured);
}

int RunHeatSource::layers() const {
  return run_ == nullptr ? 0 : run_->trace->config().n_layers;
}

int RunHeatSource::experts() const {
  return run_ == nullptr ? 0 : run_->trace->config().n_experts + static_cast<int>(run_->column_names.size());
}

bool RunHeatSource::offers(HeatValue value) const {
  return run_ != nullptr && (value != HeatValue::kDifference || n_compared_ > 0);
}

canvas::ValueRange RunHeatSource::range(HeatValue value) const {
  switch (value) {
    case HeatValue::kLogit:
      return logits_;
    case HeatValue::kMargin:
      return margins_;
    case HeatValue::kDifference:
      return {-1, 1};
    case HeatValue::kWeight:
    case HeatValue::kProbability:
    case HeatValue::kPresence:
      break;
  }
  return {0, 1};
}

// A decision that cannot be made has no experts.
void RunHeatSource::values(HeatValue value, int token, int layer, std::span<float> out) const {
  const Trace& trace = *run_->trace;
  const auto ahead = look_ == nullptr ? nullptr : look_->at(layer, token);
  const std::span<const std::int32_t> ids =
      ahead != nullptr ? std::span(ahead->ids) : trace.ints(Site::kExpertIndices, layer, token);
  const std::span<const float> weights =
      ahead != nullptr ? std::span(ahead->weights) : trace.floats(Site::kExpertWeights, layer, token);
  const std::span<const float> all_logits =
      ahead != nullptr ? std::span(ahead->logits) : trace.floats(Site::kRouterLogits, layer, token);
  const auto logits = all_logits.first(std::min(all_logits.size(), out.size()));
  std::fill(out.begin(), out.end(), kNone);
  switch (value) {
    case HeatValue::kWeight:
      std::fill(out.begin(), out.end(), 0.0F);
      scatter(ids, weights, out);
      break;
    case HeatValue::kPresence:
      std::fill(out.begin(), out.end(), 0.0F);
      fillAt(ids, 1, out);
      break;
    case HeatValue::kProbability:
      softmax(logits, out);
      break;
    case HeatValue::kLogit:
      // A banned expert has no logit to show.
      std::transform(logits.begin(), logits.end(), out.begin(),
                     [](float logit) { return std::isfinite(logit) ? logit : kNone; });
      break;
    case HeatValue::kMargin:
      fillAt(ids, ahead != nullptr ? ahead->margin : marginAt(trace, layer, token), out);
      break;
    case HeatValue::kDifference:
      if (token < n_compared_) {
        const Trace& other = *reference_->trace;
        std::vector<float> before(out.size(), 0.0F);
        scatter(other.ints(Site::kExpertIndices, layer, token),
                other.floats(Site::kExpertWeights, layer, token), before);
        std::fill(out.begin(), out.end(), 0.0F);
        scatter(ids, weights, out);
        std::transform(out.begin(), out.end(), before.begin(), out.begin(), std::minus<>());
      }
      break;
  }
}

std::string RunHeatSource::tokenText(int token) const {
  return tokenLabel(names_.get(), run_->trace->tokens()[static_cast<std::size_t>(token)]).toStdString();
}

std::string RunHeatSource::expertName(int layer, int expert) const {
  return expertLabel(*run_, experts_, layer, expert).toStdString();
}

std::vector<canvas::Mark> marksOf(const RunSnapshot& run) {
  std::vector<canvas::Mark> marks;
  if (run.trace == nullptr) {
    return marks;
  }
  for (const Edit& edit : run.steering.edits) {
    if (!edit.on) {
      continue;
    }
    const std::vector<std::int32_t> layers =
        edit.where.all ? std::vector<std::int32_t>{-1} : edit.where.layers;
    const std::vector<std::int32_t> tokens = edit.positions.value_or(std::vector<std::int32_t>{-1});
    for (const std::int32_t layer : layers) {
      for (const std::int32_t token : tokens) {
        for (const std::int32_t expert : expertsOf(edit)) {
          marks.push_back({{token, layer, expert}, kindOf(edit)});
        }
      }
    }
  }
  addFirings(run, marks);
  return marks;
}

std::vector<canvas::StaleBox> staleBoxesOf(const RunSnapshot& run, const FirstLook* look) {
  std::vector<canvas::StaleBox> boxes;
  if (!run.stale.has_value() || run.trace == nullptr) {
    return boxes;
  }
  const int n_layers = run.trace->config().n_layers;
  const auto add = [&](int first, int end, const heat::CellSpan& layers) {
    if (end > first) {
      boxes.push_back({{first, end}, layers});
    }
  };
  for (int layer = run.stale->layer; layer < n_layers;) {
    const auto decided = look == nullptr ? std::span<const int>() : look->decidedIn(layer);
    int below = layer + 1;  // layers in which nothing is decided are one box
    while (decided.empty() && below < n_layers && (look == nullptr || look->decidedIn(below).empty())) {
      ++below;
    }
    int first = run.stale->position;
    for (const int token : decided) {
      if (token >= first) {
        add(first, token, {layer, below});
        first = token + 1;
      }
    }
    add(first, run.size(), {layer, below});
    layer = below;
  }
  return boxes;
}

}  // namespace rs::ui
