// SPDX-License-Identifier: Apache-2.0
//
// What the heat map reads: the routing of one run, live or stored. The window implements it; the canvas knows
// neither engine nor session. Thread: the window's own. Cost: values() is called for every token and layer
// once, then for what has changed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ui/heat/colour_map.h"
#include "ui/heat/quantiser.h"

namespace rs::canvas {

enum class HeatValue { kWeight, kProbability, kLogit, kMargin, kPresence, kDifference };
inline constexpr int kHeatValues = 6;

struct HeatValueInfo {
  HeatValue value;
  std::string_view name;
  std::string_view help;  // one line
  heat::Extreme extreme;  // what stands for many cells under one pixel
  heat::ColourMap map;    // the first choice
};
[[nodiscard]] const HeatValueInfo& infoOf(HeatValue value);

struct ValueRange {
  float low = 0;
  float high = 1;
  bool operator==(const ValueRange&) const = default;
};

class HeatSource {
 public:
  virtual ~HeatSource() = default;

  // Tokens whose routing is there, in order; grows while a run goes on.
  [[nodiscard]] virtual int tokens() const = 0;
  [[nodiscard]] virtual int layers() const = 0;
  // Rows a layer: the model's experts, then the virtual ones.
  [[nodiscard]] virtual int experts() const = 0;

  // Changes whenever a value of a token that was there has changed; not when tokens are appended.
  [[nodiscard]] virtual uint64_t revision() const = 0;
  // No token before this one has changed since that revision.
  [[nodiscard]] virtual int firstChangedSince(uint64_t /*revision*/) const { return 0; }

  [[nodiscard]] virtual bool offers(HeatValue value) const = 0;
  // Values are stored in 255 steps of this range; what lies outside is shown as the nearest end and counted.
  // With kDifference low = -high. A new range costs reading everything again.
  [[nodiscard]] virtual ValueRange range(HeatValue value) const = 0;
  // out: experts() values of one decision; NaN is no data.
  // kMargin: the margin of the decision at the experts it chose, NaN at the others.
  virtual void values(HeatValue value, int token, int layer, std::span<float> out) const = 0;

  // One line of printable UTF-8.
  [[nodiscard]] virtual std::string tokenText(int token) const = 0;
  [[nodiscard]] virtual std::string expertName(int /*layer*/, int expert) const {
    return "E" + std::to_string(expert);
  }
};

}  // namespace rs::canvas
