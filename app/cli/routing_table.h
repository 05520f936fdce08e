// SPDX-License-Identifier: Apache-2.0
//
// The routing of a trace as a table for a terminal: a row for each token, a column for each layer, in each
// cell the chosen experts in rank order and the margin of the choice.
#pragma once

#include <string>

#include "app/cli/console.h"
#include "core/text/tokenizer.h"
#include "core/trace/trace.h"

namespace rs::app {

struct RoutingTableOptions {
  int first_position = 0;
  int end_position = -1;  // -1: to the end
};

// Range: the trace holds router_logits and expert_indices of every layer. tokenizer may be null.
[[nodiscard]] std::string routingTable(const Trace& trace, const Tokenizer* tokenizer, const Console& console,
                                       const RoutingTableOptions& options = {});

// A token for one line of a table: control characters and line breaks made visible, cut at `width` columns.
[[nodiscard]] std::string tokenLabel(const Tokenizer* tokenizer, std::int32_t id, std::size_t width);

}  // namespace rs::app
