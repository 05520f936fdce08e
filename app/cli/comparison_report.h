// SPDX-License-Identifier: Apache-2.0
//
// A comparison of two captures as a table for people or as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/text/tokenizer.h"
#include "core/trace/comparison.h"

namespace rs::app {

// What one side is, for people and for JSON.
struct ComparedSide {
  std::string title;  // file name, or "without" and "with"
  std::string model;
  std::string model_hash;
  std::string numerics;  // "exact, cpu avx512"
  std::string edits;     // "no edits", "3 edits"
  int top_k = 0;
};

// Beside the comparison, what only a run knows.
struct NextToken {
  std::int32_t id = -1;
  std::string text;
  double logprob = 0;
};
struct ComparisonDetails {
  ComparedSide left, right;
  const Tokenizer* tokenizer = nullptr;  // null: tokens have no text
  std::vector<std::int32_t> tokens;      // of the left, for labels
  std::vector<bool> is_edited;           // [layer], empty for files
  std::optional<NextToken> next_left, next_right;
};

// shows_all: every array, else the worst.
[[nodiscard]] std::string comparisonText(const Comparison& comparison, const ComparisonDetails& details,
                                         bool shows_all);
// Differences that are not finite are null.
[[nodiscard]] nlohmann::json comparisonJson(const Comparison& comparison, const ComparisonDetails& details);

// "0.0012", "infinite"
[[nodiscard]] std::string differenceText(double value);

}  // namespace rs::app
