// SPDX-License-Identifier: Apache-2.0
#include "ui/session/stored_run_reading.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/experts/registry.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"

namespace rs::ui {
namespace {

using Shapes = std::vector<sessions::LayerShape>;

// Pieces of the file are as long.
constexpr int kRowsAtOnce = 1024;

ModelConfig configOf(const sessions::ModelFacts& facts) {
  ModelConfig config;
  config.name = facts.name;
  config.n_layers = facts.n_layers;
  config.n_experts = facts.n_experts;
  config.top_k = facts.top_k;
  config.vocab = facts.vocab;
  config.hidden = 32;  // nothing of that width is stored
  return config;
}

// A program that does nothing but allow decisions and logits as wide as they were stored.
RoutingProgram widthsOf(const Shapes& shapes, const ModelConfig& config) {
  EditList edits;
  std::vector<HighLevelColumn> columns;
  for (int layer = 0; layer < config.n_layers; ++layer) {
    const sessions::LayerShape& shape = shapes[static_cast<std::size_t>(layer)];
    if (shape.slots > config.top_k) {
      Edit wide;
      wide.op = findEditOp("force");
      wide.where = {false, {layer}};
      std::vector<std::int32_t> experts(static_cast<std::size_t>(std::min(shape.slots, config.n_experts)));
      std::iota(experts.begin(), experts.end(), 0);
      wide.fields["experts"] = std::move(experts);
      edits.push_back(std::move(wide));
    }
    const auto n_columns = static_cast<std::size_t>(std::max(shape.columns - config.n_experts, 0));
    while (columns.size() < n_columns) {
      columns.push_back({"", {}, {VirtualMode::kCompete, 0, 0, -1}});
    }
    for (std::size_t i = 0; i < n_columns; ++i) {
      columns[i].layers.push_back(layer);
    }
  }
  return compile(edits, config, {{}, 0, columns});
}

Shapes shapesOf(sessions::SessionReader& reader, const sessions::StoredRun& stored) {
  Shapes shapes;
  for (int layer = 0; layer < stored.setup.model.n_layers; ++layer) {
    shapes.push_back(reader.layerShape(stored.summary.id, layer));
  }
  return shapes;
}

// Positions whose routing is stored in every layer.
int routedPositions(const Shapes& shapes, int n_tokens) {
  int n = shapes.empty() ? 0 : n_tokens;
  for (const sessions::LayerShape& shape : shapes) {
    n = std::min(n, shape.n);
  }
  return n;
}

TraceRequest requestOf(const Shapes& shapes) {
  TraceRequest request{{}, LogitsWanted::kNone};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto add = [&](bool is_there, std::initializer_list<Site> sites) {
      for (const Site site : sites) {
        if (is_there) {
          request.addresses.push_back({site, static_cast<int>(i)});
        }
      }
    };
    add(shapes[i].columns > 0, {Site::kRouterLogits});
    add(true, {Site::kExpertIndices, Site::kExpertWeights});
    add(shapes[i].stores_own_logits, {Site::kRouterLogitsRaw});
    add(shapes[i].stores_own, {Site::kExpertIndicesRaw, Site::kExpertWeightsRaw});
  }
  return request;
}

Trace emptyTrace(const sessions::StoredRun& stored, const Shapes& shapes, int n_rows) {
  const ModelConfig config = configOf(stored.setup.model);
  return {config, widthsOf(shapes, config), requestOf(shapes), std::max(n_rows, 1)};
}

// Rows of a piece, as wide as the piece is, into rows of a trace that are as wide or wider.
template <typename T>
void copyRows(const std::vector<T>& rows, int width, std::int64_t first, int n, T* target,
              std::int64_t target_width) {
  const T absent = std::is_integral_v<T> ? T(-1) : T(0);
  const auto shared = static_cast<std::size_t>(std::min<std::int64_t>(width, target_width));
  const T* from = rows.data() + first * width;
  for (int row = 0; row < n; ++row, from += width, target += target_width) {
    std::memcpy(target, from, shared * sizeof(T));
    std::fill(target + shared, target + target_width, absent);
  }
}

std::vector<std::string> columnNames(const Steering& steering) {
  std::vector<std::string> names;
  for (const Edit& edit : steering.edits) {
    if (edit.op->id == "virtual") {
      names.push_back(edit.name);
    }
  }
  for (const std::string& specification : steering.virtual_experts) {
    names.push_back(specification.substr(0, specification.find(':')));
  }
  return names;
}

}  // namespace

StoredRunReading::StoredRunReading(sessions::SessionReader& reader, const sessions::StoredRun& stored,
                                   std::map<std::int32_t, std::string>& names)
    : reader_(reader),
      id_(stored.summary.id),
      shapes_(shapesOf(reader, stored)),
      n_rows_(routedPositions(shapes_, stored.summary.n_tokens)),
      trace_(emptyTrace(stored, shapes_, n_rows_)) {
  readHead(stored, names);
}

void StoredRunReading::readHead(const sessions::StoredRun& stored,
                                std::map<std::int32_t, std::string>& names) {
  run_.id = -static_cast<RunId>(id_);
  run_.parent = stored.summary.parent.has_value() ? -static_cast<RunId>(*stored.summary.parent) : 0;
  run_.shared_with = stored.summary.branch_position.value_or(0);
  run_.state = stored.failure.empty() ? RunState::kDone : RunState::kFailed;
  run_.error = stored.failure;
  run_.n_prompt = stored.summary.n_prompt;
  run_.sampling = stored.setup.sampling;
  if (!stored.setup.edits_json.empty()) {
    run_.steering.edits = parseEdits(stored.setup.edits_json);
  }
  run_.steering.virtual_experts = stored.setup.virtual_experts;
  run_.column_names = columnNames(run_.steering);
  auto tokens = std::make_shared<std::vector<std::int32_t>>();
  auto logprobs = std::make_shared<std::vector<float>>();
  for (sessions::StoredToken& token : reader_.tokens(id_)) {
    tokens->push_back(token.id);
    logprobs->push_back(static_cast<float>(token.logprob.value_or(std::numeric_limits<double>::quiet_NaN())));
    next_.emplace_back().entropy = static_cast<float>(token.next_entropy.value_or(-1));
    if (token.bytes.has_value()) {
      names.emplace(token.id, std::move(*token.bytes));
    }
  }
  run_.tokens = std::move(tokens);
  run_.logprobs = std::move(logprobs);
  run_.firings = reader_.firings(id_);
  run_.abstentions = reader_.abstentions(id_);
}

StoredRunReading::LayerRows StoredRunReading::rowsOf(int layer, int first, int n) const {
  const sessions::LayerShape& shape = shapes_[static_cast<std::size_t>(layer)];
  LayerRows rows;
  rows.decisions = reader_.decisions(id_, layer, first, n);
  if (shape.columns > 0) {
    rows.logits = reader_.logits(id_, layer, first, n);
  }
  // Where a piece does not know the model's own decisions the final ones stand for them.
  if (shape.stores_own) {
    rows.own = reader_.decisions(id_, layer, first, n, sessions::Which::kOwn);
    rows.own = rows.own.n < n ? rows.decisions : rows.own;
  }
  if (shape.stores_own_logits) {
    rows.own_logits = reader_.logits(id_, layer, first, n, sessions::Which::kOwn);
    rows.own_logits = rows.own_logits.n < n ? rows.logits : rows.own_logits;
  }
  if (rows.decisions.n < n || (shape.columns > 0 && rows.logits.n < n)) {
    throw Error(
        ErrorCode::kModel,
        format("reading the routing of a session's run: layer %d has %d rows from token %d on where %d "
               "were expected; routescope session check tells what is missing",
               layer, rows.decisions.n, first, n));
  }
  return rows;
}

// The n rows from the trace's end on.
void StoredRunReading::write(int layer, const LayerRows& rows, const CaptureSinks& sinks, int n) const {
  const int position = nRead();
  const auto decisions = [&](const sessions::StoredDecisions& from, Site ids, Site weights) {
    if (from.n > 0) {
      copyRows(from.experts, from.slots, position - from.first, n, sinks.ints(ids, layer, position),
               sinks.at(ids, layer).row_elements);
      copyRows(from.weights, from.slots, position - from.first, n, sinks.floats(weights, layer, position),
               sinks.at(weights, layer).row_elements);
    }
  };
  const auto logits = [&](const sessions::StoredLogits& from, Site site) {
    if (from.n > 0) {
      copyRows(from.values, from.columns, position - from.first, n, sinks.floats(site, layer, position),
               sinks.at(site, layer).row_elements);
    }
  };
  decisions(rows.decisions, Site::kExpertIndices, Site::kExpertWeights);
  decisions(rows.own, Site::kExpertIndicesRaw, Site::kExpertWeightsRaw);
  logits(rows.logits, Site::kRouterLogits);
  logits(rows.own_logits, Site::kRouterLogitsRaw);
}

void StoredRunReading::read(int n) {
  const int end = std::min(n_rows_, nRead() + n);
  while (nRead() < end) {
    const int first = nRead();
    const int piece_end = std::min(end, (first / kRowsAtOnce + 1) * kRowsAtOnce);
    std::vector<LayerRows> layers;
    for (int layer = 0; layer < trace_.config().n_layers; ++layer) {
      layers.push_back(rowsOf(layer, first, piece_end - first));
    }
    readCandidates(first, piece_end - first);
    while (nRead() < piece_end) {
      const int begin = nRead();
      const int count = std::min(piece_end, (begin / kTraceBlock + 1) * kTraceBlock) - begin;
      const CaptureSinks& sinks = trace_.sinksFor(begin);
      for (int layer = 0; layer < trace_.config().n_layers; ++layer) {
        write(layer, layers[static_cast<std::size_t>(layer)], sinks, count);
      }
      trace_.append(
          std::span(*run_.tokens).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
    }
  }
}

void StoredRunReading::readCandidates(int first, int n) {
  for (const sessions::Candidate& row : reader_.candidates(id_, first, n)) {
    const auto position = static_cast<std::size_t>(row.position);
    if (row.rank >= 0 && row.rank < kCandidates && position < next_.size()) {
      next_[position].best[static_cast<std::size_t>(row.rank)] = {row.id, static_cast<float>(row.logprob)};
    }
  }
}

std::shared_ptr<const RunSnapshot> StoredRunReading::snapshot() {
  run_.trace = trace_.view();
  run_.next = std::make_shared<const std::vector<NextToken>>(next_);
  return std::make_shared<const RunSnapshot>(run_);
}

}  // namespace rs::ui
