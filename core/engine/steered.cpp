// SPDX-License-Identifier: Apache-2.0
#include "core/engine/steered.h"

#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/experts/tokenizer_text.h"

namespace rs {

HighLevelColumn columnOf(const NamedVirtualExpert& named, int n_layers) {
  const PushOptions& push = named.expert->push();
  HighLevelColumn column{named.id, {}, {}};
  for (const int layer : layersOf(push.layers, n_layers)) {
    column.layers.push_back(layer);
  }
  column.rule.mode = static_cast<VirtualMode>(push.mode.value);
  column.rule.logit = static_cast<float>(push.logit);
  column.rule.weight = static_cast<float>(push.weight);
  column.rule.expert = push.expert;
  return column;
}

UnembedRow unembedRowOf(const Weights& weights) {
  return [&weights](int token) {
    std::vector<float> row(static_cast<std::size_t>(weights.config().hidden));
    rowToFloat(weights.unembedding(), token, row);
    return row;
  };
}

namespace {

CompiledSteering compileWith(const UnembedRow& unembed_row, const Steering& steering,
                             const ModelConfig& config, int n_positions) {
  std::vector<ActiveExpert> experts;
  std::vector<HighLevelColumn> columns;
  for (const std::string& specification : steering.virtual_experts) {
    NamedVirtualExpert named = makeVirtualExpert(specification);
    columns.push_back(columnOf(named, config.n_layers));
    experts.push_back({specification, std::move(named.expert), 0});
  }
  RoutingProgram program = compile(steering.edits, config, {unembed_row, n_positions, columns});
  const auto first_column = static_cast<int>(program.columns().size() - columns.size());
  for (std::size_t i = 0; i < experts.size(); ++i) {
    experts[i].column = first_column + static_cast<int>(i);
  }
  return {std::move(program), std::move(experts)};
}

}  // namespace

CompiledSteering compileSteering(const Steering& steering, const Weights& weights, int n_positions) {
  return compileWith(unembedRowOf(weights), steering, weights.config(), n_positions);
}

RoutingProgram compileForPreview(const Steering& steering, const ModelConfig& config,
                                 std::span<const FiringRecord> firings) {
  // A direction of its own for each token, so that two edits that add other tokens are not the same.
  const UnembedRow stand_in = [&config](int token) {
    const double angle = static_cast<double>(token) / config.vocab;
    std::vector<float> row(static_cast<std::size_t>(config.hidden), 0.0F);
    row[0] = static_cast<float>(std::cos(angle));
    row[1] = static_cast<float>(std::sin(angle));
    return row;
  };
  CompiledSteering compiled = compileWith(stand_in, steering, config, 0);
  for (const FiringRecord& record : firings) {
    if (static_cast<std::size_t>(record.expert) < compiled.experts.size()) {
      const int column = compiled.experts[static_cast<std::size_t>(record.expert)].column;
      compiled.program.setFiring(column, record.firing.position, stand_in(record.firing.token));
    }
  }
  return std::move(compiled.program);
}

namespace {

FiringReader readerOf(std::vector<ActiveExpert> experts, const std::shared_ptr<const Tokenizer>& tokenizer) {
  if (experts.empty()) {
    return {{}, nullptr};
  }
  if (tokenizer == nullptr) {
    throw Error(ErrorCode::kModel,
                "starting virtual expert " + experts.front().id +
                    ": it reads text, and the model has no tokenizer.json; remove it from the steering");
  }
  return {std::move(experts), std::make_shared<TokenizerText>(tokenizer)};
}

}  // namespace

Steered::Steered(Steering steering, const Weights& weights, const std::shared_ptr<const Tokenizer>& tokenizer)
    : steering_(std::move(steering)),
      program_(weights.config().n_layers, weights.config().n_experts, weights.config().top_k,
               weights.config().hidden),
      reader_({}, nullptr) {
  CompiledSteering compiled = compileSteering(steering_, weights, 0);
  program_ = std::move(compiled.program);
  reader_ = readerOf(std::move(compiled.experts), tokenizer);
}

std::vector<std::string> Steered::columnNames() const {
  std::vector<std::string> names;
  for (const VirtualColumn& column : program_.columns()) {
    names.push_back(column.name);
  }
  return names;
}

void Steered::read(std::span<const std::int32_t> tokens, TokenDirections& directions) {
  const auto n_read = static_cast<std::size_t>(reader_.size());
  if (tokens.size() > n_read) {
    reader_.read(tokens.subspan(n_read), directions, program_, log_);
  }
}

}  // namespace rs
