// SPDX-License-Identifier: Apache-2.0
//
// A trace as a file: .safetensors or .npz with every captured array, or .csv with one row for each token,
// layer and slot. Written whole or not at all.
#pragma once

#include <string>

#include "app/cli/options.h"
#include "core/engine/engine.h"

namespace rs::app {

enum class CaptureFormat : std::uint8_t { kSafetensors, kNpz, kCsv };

// By the ending. Errors: Error{kUsage} for another one.
[[nodiscard]] CaptureFormat captureFormat(const std::string& path);

// What a file says about its origin, beside the arrays.
struct Provenance {
  std::string edits_json;  // "" for none
  std::string command;     // without paths
  bool is_complete = true;
  int prompt_tokens = 0;
  const RunResult* result = nullptr;
};

// Errors: Error{kIo}; nothing is left behind.
void writeCapture(const std::string& path, const Trace& trace, LoadedModel& model,
                  const Provenance& provenance);

// The sites that a csv needs of every layer.
[[nodiscard]] std::vector<Address> withRouterSites(std::vector<Address> addresses, const ModelConfig& config);

}  // namespace rs::app
