// SPDX-License-Identifier: Apache-2.0
//
// A run, as the token strip reads it.
//
// Thread: the window's.
#pragma once

#include <memory>

#include "ui/canvas/strip_source.h"
#include "ui/reading/token_names.h"
#include "ui/sources/run_change.h"

namespace rs::ui {

class RunStripSource final : public canvas::StripSource {
 public:
  // layer, expert: whose weight is the value kLoad; expert -1: none.
  void setRun(std::shared_ptr<const RunSnapshot> run, std::shared_ptr<const TokenNames> names, int layer,
              int expert);

  [[nodiscard]] int tokens() const override { return run_ == nullptr ? 0 : run_->size(); }
  [[nodiscard]] std::uint64_t revision(canvas::StripValue value) const override;
  [[nodiscard]] int firstChangedSince(canvas::StripValue value, std::uint64_t revision) const override;
  [[nodiscard]] std::string text(int token) const override;
  [[nodiscard]] bool offers(canvas::StripValue value) const override;
  [[nodiscard]] canvas::ValueRange range(canvas::StripValue value) const override;
  [[nodiscard]] float value(canvas::StripValue value, int token) const override;
  [[nodiscard]] unsigned flags(int token) const override;

 private:
  [[nodiscard]] float logprob(int token) const;
  [[nodiscard]] float smallestMargin(int token) const;

  std::shared_ptr<const RunSnapshot> run_;
  std::shared_ptr<const TokenNames> names_;
  RunChange change_;
  int layer_ = -1;
  int expert_ = -1;
  std::uint64_t n_experts_shown_ = 0;   // how often layer or expert changed
  std::uint64_t revision_of_load_ = 0;  // when they last did
};

}  // namespace rs::ui
