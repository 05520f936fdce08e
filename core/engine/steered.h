// SPDX-License-Identifier: Apache-2.0
//
// Steering compiled against a model: the program a backend runs, and the virtual experts that feed it.
//
// Thread: one owner at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/engine/firing_reader.h"
#include "core/engine/snapshot.h"
#include "core/experts/registry.h"
#include "core/model/weights.h"
#include "core/routing/compile.h"
#include "core/routing/program.h"

namespace rs {

// How a high-level expert's options read as a column of the program.
[[nodiscard]] HighLevelColumn columnOf(const NamedVirtualExpert& named, int n_layers);

// Rows of the unembedding, for edits that name a token. Lifetime: of the weights.
[[nodiscard]] UnembedRow unembedRowOf(const Weights& weights);

struct CompiledSteering {
  RoutingProgram program;
  std::vector<ActiveExpert> experts;
};
// Virtual experts get the columns after those of the edits, in order.
// Errors: as compile() and makeVirtualExpert().
[[nodiscard]] CompiledSteering compileSteering(const Steering& steering, const Weights& weights,
                                               int n_positions);

// The same without the weights, for decisions alone (core/routing/preview.h): every vector stands for itself,
// not for what it adds. firings: of the run's virtual experts, as its snapshot holds them; experts that were
// not there then have fired nowhere yet. Errors: as compileSteering.
[[nodiscard]] RoutingProgram compileForPreview(const Steering& steering, const ModelConfig& config,
                                               std::span<const FiringRecord> firings);

// The steering of one run, and what its virtual experts said about the run's tokens.
class Steered {
 public:
  // Errors: as compileSteering; Error{kModel} for virtual experts without a tokenizer.
  Steered(Steering steering, const Weights& weights, const std::shared_ptr<const Tokenizer>& tokenizer);

  [[nodiscard]] const Steering& steering() const { return steering_; }
  [[nodiscard]] const RoutingProgram& program() const { return program_; }
  [[nodiscard]] const FiringLog& log() const { return log_; }
  [[nodiscard]] std::vector<std::string> columnNames() const;
  // Reads the tokens of the run up to `tokens.size()`; those read before must be its beginning.
  void read(std::span<const std::int32_t> tokens, TokenDirections& directions);

 private:
  Steering steering_;
  RoutingProgram program_;
  FiringReader reader_;
  FiringLog log_;
};

}  // namespace rs
