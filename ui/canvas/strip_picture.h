// SPDX-License-Identifier: Apache-2.0
//
// The tokens of one source as the strip needs them: widths of the chips, and one number and the flags as
// bytes in a pyramid. Read a little at a time. No Qt, no ImGui. Thread: the window's own.
#pragma once

#include <memory>

#include "ui/canvas/strip_layout.h"
#include "ui/canvas/strip_source.h"
#include "ui/heat/heat_pyramid.h"

namespace rs::canvas {

class StripPicture {
 public:
  // Rows of the pyramid: the value, then a 1 or 0 for each flag that has a mark.
  enum Row { kValueRow, kEditedRow, kHijackedRow, kVirtualRow, kFragileRow, kRows };

  void setSource(const StripSource* source);
  void setValue(StripValue value);
  [[nodiscard]] const StripSource* source() const { return source_; }
  [[nodiscard]] StripValue value() const { return value_; }

  // Reads what is new or has changed, for about so long. Returns whether something is left.
  bool update(double milliseconds);
  [[nodiscard]] int tokens() const { return layout_.size(); }
  [[nodiscard]] const StripLayout& layout() const { return layout_; }
  [[nodiscard]] const heat::HeatPyramid& pyramid() const { return *pyramid_; }
  [[nodiscard]] const heat::Quantiser& quantiser() const { return quantiser_; }
  [[nodiscard]] uint64_t version() const { return version_; }

 private:
  void restart();
  void forgetFrom(int token);

  const StripSource* source_ = nullptr;
  StripValue value_ = StripValue::kProbability;
  StripLayout layout_;
  std::unique_ptr<heat::HeatPyramid> pyramid_ = std::make_unique<heat::HeatPyramid>(kRows);
  heat::Quantiser quantiser_{heat::Extreme::kMax, 0, 1};
  uint64_t revision_ = 0;
  uint64_t version_ = 1;
};

}  // namespace rs::canvas
