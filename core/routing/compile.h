// SPDX-License-Identifier: Apache-2.0
//
// From a list of edits to the tables a backend runs. Every refusal of the edit language happens here or in
// parseEdits, before anything runs.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/model/config.h"
#include "core/routing/edit.h"
#include "core/routing/program.h"

namespace rs {

enum class VirtualMode : std::uint8_t { kObserve, kCompete, kReserve, kReplace, kForce };

// How a virtual expert gets into the decision.
struct VirtualRule {
  VirtualMode mode = VirtualMode::kObserve;
  float logit = 0;           // kCompete
  float weight = 0;          // kReserve, in [0, 1]
  std::int32_t expert = -1;  // kReplace
};

// A virtual expert whose vector is worked out during the run and set with RoutingProgram::setFiring; it takes
// part only where it fires. Ids follow those of the list.
struct HighLevelColumn {
  std::string name;
  std::vector<std::int32_t> layers;
  VirtualRule rule;
};

// Row of the unembedding for a token, [H]. Range: 0 <= token < N.
using UnembedRow = std::function<std::vector<float>(int token)>;

struct CompileOptions {
  UnembedRow unembed_row;
  // Length of the run, prompt and continuation; 0: not known, any position is accepted.
  int n_positions = 0;
  std::span<const HighLevelColumn> high_level;
};

// Errors: Error{kUsage} with the edit's number and field, expected and found: fields, types and ranges; fewer
// experts left unbanned, in some layer and position, than a choice needs; a banned expert forced by its
// logit.
[[nodiscard]] RoutingProgram compile(const EditList& edits, const ModelConfig& config,
                                     const CompileOptions& options);

}  // namespace rs
