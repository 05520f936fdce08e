// SPDX-License-Identifier: Apache-2.0
//
// Helpers of the routing tests: a small model, a list of edits as JSON, one row decided by it.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"

namespace test {

// 3 layers, 6 experts, 2 of them chosen, width 4, 10 tokens.
inline rs::ModelConfig smallModel() {
  rs::ModelConfig config;
  config.n_layers = 3;
  config.n_experts = 6;
  config.top_k = 2;
  config.hidden = 4;
  config.vocab = 10;
  return config;
}

// Row t of the small unembedding: 3, 4 and zeros, turned by t; row 9 is zero.
inline std::vector<float> unembedRow(int token) {
  std::vector<float> row(4, 0.0F);
  if (token != 9) {
    row[static_cast<std::size_t>(token % 4)] = 3;
    row[static_cast<std::size_t>((token + 1) % 4)] = 4;
  }
  return row;
}

inline rs::RoutingProgram compileText(const std::string& json, int n_positions = 8,
                                      std::span<const rs::HighLevelColumn> high_level = {}) {
  rs::CompileOptions options;
  options.unembed_row = unembedRow;
  options.n_positions = n_positions;
  options.high_level = high_level;
  return rs::compile(rs::parseEdits(json), smallModel(), options);
}

// The message a list is refused with.
inline std::string refusalOf(const std::string& json, int n_positions = 8) {
  try {
    (void)compileText(json, n_positions);
  } catch (const rs::Error& error) {
    return error.code() == rs::ErrorCode::kUsage ? error.what() : std::string("wrong code: ") + error.what();
  }
  return "accepted";
}

struct Row {
  std::vector<float> logits;  // edited, E + V
  std::vector<std::int32_t> ids;
  std::vector<float> weights;
};

inline Row decide(const rs::RoutingProgram& program, std::vector<float> logits, int layer = 0,
                  int position = 0) {
  const rs::LayerProgram& table = program.layer(layer);
  logits.resize(logits.size() + static_cast<std::size_t>(table.n_columns), 99.0F);
  rs::applyLogitEdits(program, layer, position, logits);
  const auto capacity = static_cast<std::size_t>(table.max_slots);
  Row row{logits, std::vector<std::int32_t>(capacity, 77), std::vector<float>(capacity, 7)};
  rs::DecisionRef decision{row.ids.data(), row.weights.data(), 0, table.max_slots};
  rs::DecisionScratch scratch;
  scratch.reserve(static_cast<int>(logits.size()));
  rs::decideFinal(program, layer, position, logits, scratch, decision);
  const auto n_ids = program.nExperts() + static_cast<int>(program.columns().size());
  if (const auto problem = rs::violation(decision, n_ids)) {
    throw rs::Error(rs::ErrorCode::kInternal, *problem);
  }
  row.ids.resize(static_cast<std::size_t>(decision.n_slots));
  row.weights.resize(static_cast<std::size_t>(decision.n_slots));
  return row;
}

inline Row decideText(const std::string& json, const std::vector<float>& logits, int layer = 0,
                      int position = 0) {
  return decide(compileText(json), logits, layer, position);
}

}  // namespace test
