// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_source.h"

#include <array>

#include "ui/canvas/strip_source.h"

namespace rs::canvas {

const HeatValueInfo& infoOf(HeatValue value) {
  using heat::ColourMap;
  using heat::Extreme;
  static const std::array<HeatValueInfo, kHeatValues> all{{
      {HeatValue::kWeight, "weight", "share of the expert in the layer's output", Extreme::kMax,
       ColourMap::kViridis},
      {HeatValue::kProbability, "probability", "softmax over all experts of the layer", Extreme::kMax,
       ColourMap::kViridis},
      {HeatValue::kLogit, "logit", "what the router gave the expert", Extreme::kMax, ColourMap::kViridis},
      {HeatValue::kMargin, "margin", "last chosen logit minus first left out; the smallest under a pixel",
       Extreme::kMin, ColourMap::kCividis},
      {HeatValue::kPresence, "presence", "1 where the expert was chosen", Extreme::kMax, ColourMap::kGreys},
      {HeatValue::kDifference, "A - B", "difference of the weights of two runs; the largest under a pixel",
       Extreme::kAbs, ColourMap::kRdBu},
  }};
  return all[static_cast<size_t>(value)];
}

std::string_view nameOf(StripValue value) {
  static constexpr std::array<std::string_view, kStripValues> names{"text only", "probability", "margin",
                                                                    "entropy",   "surprise",    "load"};
  return names[static_cast<size_t>(value)];
}

heat::Extreme extremeOf(StripValue value) {
  return value == StripValue::kProbability || value == StripValue::kMargin ? heat::Extreme::kMin
                                                                           : heat::Extreme::kMax;
}

}  // namespace rs::canvas
