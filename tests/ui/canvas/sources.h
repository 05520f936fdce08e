// SPDX-License-Identifier: Apache-2.0
//
// Sources with values that follow from the place, so that a test can say what a pixel must show.
#pragma once

#include <cmath>
#include <limits>
#include <set>

#include "ui/canvas/heat_source.h"
#include "ui/canvas/strip_source.h"

namespace rs::canvas {

class FakeHeat final : public HeatSource {
 public:
  int n_tokens = 40;
  int n_layers = 3;
  int n_experts = 8;
  uint64_t changes = 0;
  int changed_from = 0;
  float weight_scale = 1;
  std::set<int> offered{0, 1, 2, 3, 4, 5};
  mutable int64_t reads = 0;

  static float weightAt(int token, int layer, int expert) {
    return static_cast<float>((token * 7 + layer * 3 + expert * 5) % 32) / 31;
  }
  [[nodiscard]] int tokens() const override { return n_tokens; }
  [[nodiscard]] int layers() const override { return n_layers; }
  [[nodiscard]] int experts() const override { return n_experts; }
  [[nodiscard]] uint64_t revision() const override { return changes; }
  [[nodiscard]] int firstChangedSince(uint64_t /*revision*/) const override { return changed_from; }
  [[nodiscard]] bool offers(HeatValue value) const override {
    return offered.count(static_cast<int>(value)) > 0;
  }
  [[nodiscard]] ValueRange range(HeatValue value) const override {
    return value == HeatValue::kDifference ? ValueRange{-1, 1} : ValueRange{0, 1};
  }
  void values(HeatValue value, int token, int layer, std::span<float> out) const override {
    ++reads;
    for (int expert = 0; expert < n_experts; ++expert) {
      const float weight = weightAt(token, layer, expert) * weight_scale;
      float& into = out[static_cast<size_t>(expert)];
      into = value == HeatValue::kDifference ? 2 * weight - 1 : weight;
      if (value == HeatValue::kPresence && weight < 0.5F) {
        into = std::numeric_limits<float>::quiet_NaN();
      }
    }
  }
  [[nodiscard]] std::string tokenText(int token) const override { return "t" + std::to_string(token); }
};

class FakeStrip final : public StripSource {
 public:
  int n_tokens = 500;
  uint64_t changes = 0;
  int changed_from = 0;
  std::set<int> edited;

  static float probabilityOf(int token) { return static_cast<float>(token * 13 % 101) / 100; }
  [[nodiscard]] int tokens() const override { return n_tokens; }
  [[nodiscard]] uint64_t revision(StripValue /*value*/) const override { return changes; }
  [[nodiscard]] int firstChangedSince(StripValue /*value*/, uint64_t /*revision*/) const override {
    return changed_from;
  }
  [[nodiscard]] std::string text(int token) const override {
    return token % 3 == 0 ? "\u00b7word" + std::to_string(token) : token % 3 == 1 ? "a" : "\u4f60\u597d";
  }
  [[nodiscard]] bool offers(StripValue value) const override {
    return value == StripValue::kProbability || value == StripValue::kMargin;
  }
  [[nodiscard]] ValueRange range(StripValue /*value*/) const override { return {0, 1}; }
  [[nodiscard]] float value(StripValue /*value*/, int token) const override {
    return token == 0 ? std::numeric_limits<float>::quiet_NaN() : probabilityOf(token);
  }
  [[nodiscard]] unsigned flags(int token) const override {
    return edited.count(token) > 0 ? kEdited : kPlain;
  }
};

}  // namespace rs::canvas
