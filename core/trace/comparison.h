// SPDX-License-Identifier: Apache-2.0
//
// Two captures side by side: where their routing parts, how often, and how far their values are apart.
//
// Positions are compared as far as both ran over the same tokens; what follows a differing token is another
// text and says nothing about routing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/trace/trace.h"

namespace rs {

class TensorFileReader;

// A capture, in memory or in a file, read one array at a time.
class CaptureSource {
 public:
  virtual ~CaptureSource() = default;
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  // Errors: Error{kModel} naming array and dtype if it holds anything but i32 and f32, f16 or bf16.
  [[nodiscard]] virtual NamedArray read(const std::string& name) const = 0;
};

// Lifetime: trace or file outlive the source.
[[nodiscard]] std::unique_ptr<CaptureSource> sourceOf(const Trace& trace);
[[nodiscard]] std::unique_ptr<CaptureSource> sourceOf(const TensorFileReader& file);

// One token in one layer that uses other experts on the right than on the left.
struct DecisionDifference {
  int position = 0;
  int layer = 0;
  std::vector<std::int32_t> left, right;           // in rank order
  std::optional<float> left_margin, right_margin;  // absent without router_logits
};

struct LayerFlips {
  int layer = 0;
  int n = 0;      // decisions compared
  int flips = 0;  // with another set of experts; another order is none
};

struct TokenDivergence {
  int position = 0;
  double nats = 0;  // Kullback-Leibler divergence of right from left
  bool top_changes = false;
};

struct ArrayDifference {
  std::string name;
  bool is_int = false;
  // rms of the difference over rms of left. -inf in both is equal; another value that is not finite, or
  // integers that differ, make it infinite.
  double relative_rms = 0;
  double largest = 0;  // absolute
  int row = 0;         // of the largest
  std::int64_t n_differing = 0;
  std::int64_t n = 0;
};

struct Mismatch {
  std::string name;
  std::string problem;  // "expected shape […] as on the left, found […]"
};

struct Comparison {
  int n_positions = 0;  // compared
  int left_positions = 0, right_positions = 0;
  std::optional<int> first_other_token;
  std::optional<DecisionDifference> first;  // by position, then layer
  std::vector<LayerFlips> layers;           // those whose decisions both hold
  std::vector<TokenDivergence> divergences;
  std::vector<ArrayDifference> arrays;  // both hold them and their shapes fit, in the order of the left
  std::vector<Mismatch> mismatches;     // both hold them and their shapes do not fit
  std::vector<std::string> left_only, right_only;

  // The array that is farthest apart; null if there is none.
  [[nodiscard]] const ArrayDifference* worst() const;
};

// Rows of decisions of different width are padded with unused slots, router logits with columns of -inf.
//
// Range:  top_k >= 0, the model's k for margins; 0: as many as the decision has.
// Errors: Error{kUsage} if they have no array in common; Error{kModel} as CaptureSource::read.
[[nodiscard]] Comparison compareCaptures(const CaptureSource& left, const CaptureSource& right, int top_k);

}  // namespace rs
