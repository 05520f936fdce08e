// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a list of edits: refused with Error{kUsage}, or a list that survives writing and gives valid
// decisions.
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"

namespace {

rs::ModelConfig smallModel() {
  rs::ModelConfig config;
  config.n_layers = 2;
  config.n_experts = 6;
  config.top_k = 2;
  config.hidden = 4;
  config.vocab = 10;
  return config;
}

std::vector<float> unembedRow(int token) {
  return {static_cast<float>(token), 1, 0, -1};
}

void decideRow(const rs::RoutingProgram& program, int layer, int position) {
  const rs::LayerProgram& table = program.layer(layer);
  std::vector<float> logits = {1, 4, 0, 3, 3, -1};
  logits.resize(logits.size() + static_cast<std::size_t>(table.n_columns));
  rs::applyLogitEdits(program, layer, position, logits);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(table.max_slots));
  std::vector<float> weights(ids.size());
  rs::DecisionRef decision{ids.data(), weights.data(), 0, table.max_slots};
  rs::DecisionScratch scratch;
  scratch.reserve(static_cast<int>(logits.size()));
  rs::decideFinal(program, layer, position, logits, scratch, decision);
  const auto n_ids = program.nExperts() + static_cast<int>(program.columns().size());
  rs::check(!rs::violation(decision, n_ids).has_value(), "a list that compiles gives valid decisions");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const rs::EditList edits = rs::parseEdits(text);
    rs::check(rs::parseEdits(rs::editsToJson(edits)) == edits, "a list survives writing and reading");
    rs::CompileOptions options;
    options.unembed_row = unembedRow;
    options.n_positions = 4;
    const rs::RoutingProgram program = rs::compile(edits, smallModel(), options);
    for (int layer = 0; layer < 2; ++layer) {
      for (int position = 0; position < options.n_positions; ++position) {
        decideRow(program, layer, position);
      }
    }
  } catch (const rs::Error& error) {
    // kNumeric: logits pushed beyond f32 by several edits together.
    rs::check(error.code() == rs::ErrorCode::kUsage || error.code() == rs::ErrorCode::kNumeric,
              "a bad list is an error of usage");
  }
  return 0;
}
