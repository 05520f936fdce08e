// SPDX-License-Identifier: Apache-2.0
//
// A run, as the heat map reads it.
//
// Thread: the window's.
#pragma once

#include <memory>
#include <vector>

#include "ui/canvas/cell.h"
#include "ui/canvas/heat_source.h"
#include "ui/documents.h"
#include "ui/reading/first_look.h"
#include "ui/reading/token_names.h"
#include "ui/sources/run_change.h"

namespace rs::ui {

class RunHeatSource final : public canvas::HeatSource {
 public:
  // Null: nothing is shown. Where the look has a decision, that stands for the run's.
  void setRun(std::shared_ptr<const RunSnapshot> run, std::shared_ptr<const RunSnapshot> reference,
              std::shared_ptr<const TokenNames> names, const ExpertNames& experts = {},
              std::shared_ptr<const FirstLook> look = nullptr);

  [[nodiscard]] int tokens() const override { return run_ == nullptr ? 0 : run_->size(); }
  [[nodiscard]] int layers() const override;
  [[nodiscard]] int experts() const override;
  [[nodiscard]] std::uint64_t revision() const override { return change_.revision(); }
  [[nodiscard]] int firstChangedSince(std::uint64_t revision) const override {
    return change_.firstSince(revision);
  }
  [[nodiscard]] bool offers(canvas::HeatValue value) const override;
  [[nodiscard]] canvas::ValueRange range(canvas::HeatValue value) const override;
  void values(canvas::HeatValue value, int token, int layer, std::span<float> out) const override;
  [[nodiscard]] std::string tokenText(int token) const override;
  [[nodiscard]] std::string expertName(int layer, int expert) const override;

 private:
  void measureLogits();
  void lookAt(std::shared_ptr<const FirstLook> look);

  std::shared_ptr<const RunSnapshot> run_;
  std::shared_ptr<const RunSnapshot> reference_;
  std::shared_ptr<const FirstLook> look_;
  std::shared_ptr<const TokenNames> names_;
  ExpertNames experts_;
  RunChange change_;
  int n_compared_ = 0;  // tokens that the reference shares
  int n_measured_ = 0;  // tokens that the ranges were measured over
  canvas::ValueRange logits_{-1, 1};
  canvas::ValueRange margins_{0, 1};
};

// Where the run's steering acts, for the marks of the canvases.
[[nodiscard]] std::vector<canvas::Mark> marksOf(const RunSnapshot& run);

// What of the run is old: computed before the last edit, and not decided anew by the look (null: none).
[[nodiscard]] std::vector<canvas::StaleBox> staleBoxesOf(const RunSnapshot& run, const FirstLook* look);

}  // namespace rs::ui
