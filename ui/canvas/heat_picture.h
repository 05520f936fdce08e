// SPDX-License-Identifier: Apache-2.0
//
// The values of one source as bytes in pyramids, read a little at a time so that no frame waits for a long
// run. No Qt, no ImGui. Thread: the window's own.
#pragma once

#include <memory>
#include <vector>

#include "ui/canvas/heat_source.h"
#include "ui/heat/heat_pyramid.h"

namespace rs::canvas {

class HeatPicture {
 public:
  // Lifetime: the source outlives its use here; null is no source.
  void setSource(const HeatSource* source);
  void setValue(HeatValue value);
  [[nodiscard]] const HeatSource* source() const { return source_; }
  [[nodiscard]] HeatValue value() const { return value_; }
  [[nodiscard]] bool isShown() const { return source_ != nullptr && source_->offers(value_); }

  // Reads what is new or has changed, for about so long. Returns whether something is left.
  bool update(double milliseconds);

  // Rows: layer * experts() + expert. Columns: the tokens read so far.
  [[nodiscard]] const heat::HeatPyramid& pyramid() const { return *pyramid_; }
  [[nodiscard]] const heat::Quantiser& quantiser() const { return quantiser_; }
  // Columns are experts, rows layers, of one token that was read.
  [[nodiscard]] heat::HeatPyramid gridOf(int token) const;
  [[nodiscard]] int64_t clipped() const { return n_clipped_; }
  // Changes with every change of the pictures.
  [[nodiscard]] uint64_t version() const { return version_; }
  [[nodiscard]] size_t bytes() const { return pyramid_->bytes(); }

 private:
  void restart();
  void forgetFrom(int token);
  void readTokens(int first, int n);

  const HeatSource* source_ = nullptr;
  HeatValue value_ = HeatValue::kWeight;
  std::unique_ptr<heat::HeatPyramid> pyramid_ = std::make_unique<heat::HeatPyramid>(1);
  heat::Quantiser quantiser_{heat::Extreme::kMax, 0, 1};
  int layers_ = 0;
  int experts_ = 0;
  uint64_t revision_ = 0;
  uint64_t version_ = 1;
  int n_valid_ = 0;  // tokens up to date; those after it in the pyramid are of an older revision
  int64_t n_clipped_ = 0;
  std::vector<int> clipped_of_token_;
  std::vector<float> values_;
  std::vector<uint8_t> cells_;
};

}  // namespace rs::canvas
