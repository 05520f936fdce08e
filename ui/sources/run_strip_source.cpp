// SPDX-License-Identifier: Apache-2.0
#include "ui/sources/run_strip_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "ui/reading/candidate_reading.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/run_totals.h"
#include "ui/reading/text_reading.h"

namespace rs::ui {
namespace {

using canvas::StripValue;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

bool touches(const Edit& edit, int token) {
  return edit.on && (!edit.positions.has_value() || std::find(edit.positions->begin(), edit.positions->end(),
                                                              token) != edit.positions->end());
}

}  // namespace

void RunStripSource::setRun(std::shared_ptr<const RunSnapshot> run, std::shared_ptr<const TokenNames> names,
                            int layer, int expert) {
  if (run != nullptr && run->size() == 0) {
    run = nullptr;
  }
  change_.follow(run);
  run_ = std::move(run);
  if (names != names_) {
    names_ = std::move(names);
    change_.touch();
  }
  if (layer != layer_ || expert != expert_) {
    layer_ = layer;
    expert_ = expert;
    ++n_experts_shown_;
    revision_of_load_ = revision(StripValue::kLoad);
  }
}

std::uint64_t RunStripSource::revision(StripValue value) const {
  return change_.revision() + (value == StripValue::kLoad ? n_experts_shown_ : 0);
}

int RunStripSource::firstChangedSince(StripValue value, std::uint64_t revision) const {
  if (value != StripValue::kLoad) {
    return change_.firstSince(revision);
  }
  return revision < revision_of_load_ ? 0 : change_.firstSince(revision - n_experts_shown_);
}

std::string RunStripSource::text(int token) const {
  return tokenLabel(names_.get(), run_->trace->tokens()[static_cast<std::size_t>(token)]).toStdString();
}

bool RunStripSource::offers(StripValue value) const {
  if (run_ == nullptr) {
    return false;
  }
  switch (value) {
    case StripValue::kProbability:
    case StripValue::kSurprise:
      return run_->logprobs != nullptr;
    case StripValue::kEntropy:
      return run_->next != nullptr;
    case StripValue::kLoad:
      return layer_ >= 0 && expert_ >= 0;
    case StripValue::kNone:
    case StripValue::kMargin:
      break;
  }
  return true;
}

canvas::ValueRange RunStripSource::range(StripValue value) const {
  switch (value) {
    case StripValue::kMargin:
      return {0, 2};
    case StripValue::kEntropy:
    case StripValue::kSurprise:
      return {0, 8};
    case StripValue::kNone:
    case StripValue::kProbability:
    case StripValue::kLoad:
      break;
  }
  return {0, 1};
}

float RunStripSource::logprob(int token) const {
  return run_->logprobs != nullptr && static_cast<std::size_t>(token) < run_->logprobs->size()
             ? (*run_->logprobs)[static_cast<std::size_t>(token)]
             : kNone;
}

float RunStripSource::smallestMargin(int token) const {
  float smallest = std::numeric_limits<float>::infinity();
  for (int layer = 0; layer < run_->trace->config().n_layers; ++layer) {
    smallest = std::min(smallest, marginAt(*run_->trace, layer, token));
  }
  return smallest;
}

float RunStripSource::value(StripValue value, int token) const {
  switch (value) {
    case StripValue::kProbability:
      return std::exp(logprob(token));
    case StripValue::kSurprise:
      return -logprob(token);
    case StripValue::kMargin:
      return smallestMargin(token);
    case StripValue::kEntropy: {
      // Of the prediction of this token: said after the one before it.
      const NextToken* next = nextAt(run_.get(), token - 1);
      return next == nullptr ? kNone : next->entropy;
    }
    case StripValue::kLoad: {
      const auto ids = run_->trace->ints(Site::kExpertIndices, layer_, token);
      const auto found = std::find(ids.begin(), ids.end(), expert_);
      return found == ids.end() ? 0.0F
                                : run_->trace->floats(Site::kExpertWeights, layer_,
                                                      token)[static_cast<std::size_t>(found - ids.begin())];
    }
    case StripValue::kNone:
      break;
  }
  return kNone;
}

unsigned RunStripSource::flags(int token) const {
  unsigned flags = canvas::kPlain;
  const auto& edits = run_->steering.edits;
  if (std::any_of(edits.begin(), edits.end(), [&](const Edit& edit) { return touches(edit, token); })) {
    flags |= canvas::kEdited;
  }
  if (token >= run_->n_prompt) {
    flags |= canvas::kGenerated;
  }
  if (names_ != nullptr && names_->isSpecial(run_->trace->tokens()[static_cast<std::size_t>(token)])) {
    flags |= canvas::kSpecial;
  }
  for (int layer = 0; layer < run_->trace->config().n_layers; ++layer) {
    if (marginAt(*run_->trace, layer, token) < kFragileMargin) {
      flags |= canvas::kFragile;
    }
    const DecisionStatus status = statusAt(*run_, layer, token);
    if (status == DecisionStatus::kVirtual) {
      flags |= canvas::kVirtual;
    }
    if (status != DecisionStatus::kKept) {
      flags |= canvas::kHijacked;
    }
  }
  return flags;
}

}  // namespace rs::ui
