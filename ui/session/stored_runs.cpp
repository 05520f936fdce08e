// SPDX-License-Identifier: Apache-2.0
#include "ui/session/stored_runs.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/experts/registry.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"
#include "sessions/run_source.h"

namespace rs::ui {
namespace {

constexpr Site kStoredSites[] = {Site::kRouterLogits,    Site::kExpertIndices,    Site::kExpertWeights,
                                 Site::kRouterLogitsRaw, Site::kExpertIndicesRaw, Site::kExpertWeightsRaw};

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
RoutingProgram widthsOf(sessions::SessionReader& reader, sessions::RunId run, const ModelConfig& config) {
  EditList edits;
  std::vector<HighLevelColumn> columns;
  for (int layer = 0; layer < config.n_layers; ++layer) {
    const sessions::LayerShape shape = reader.layerShape(run, layer);
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

// One row of a stored array into a wider or equally wide one.
void copyRow(const NamedArray& array, std::int64_t row, void* target, std::int64_t width) {
  const std::int64_t stored = array.shape.size() > 1 ? array.shape[1] : 1;
  const auto bytes = static_cast<std::size_t>(std::min(stored, width)) * 4;
  std::memcpy(target, array.bytes.data() + static_cast<std::size_t>(row * stored) * 4, bytes);
  for (std::int64_t i = stored; i < width; ++i) {
    if (array.is_int) {
      static_cast<std::int32_t*>(target)[i] = -1;
    } else {
      static_cast<float*>(target)[i] = 0;
    }
  }
}

std::shared_ptr<const Trace> traceOf(sessions::SessionReader& reader, sessions::RunId run,
                                     const ModelConfig& config, std::span<const std::int32_t> tokens) {
  const auto source = sessions::sourceOf(reader, run);
  std::map<std::string, NamedArray> arrays;
  std::int64_t n_rows = static_cast<std::int64_t>(tokens.size());
  for (const std::string& name : source->names()) {
    arrays.emplace(name, source->read(name));
    n_rows = std::min(n_rows, arrays.at(name).shape.front());
  }
  TraceRequest request{{}, LogitsWanted::kNone};
  for (int layer = 0; layer < config.n_layers; ++layer) {
    for (const Site site : kStoredSites) {
      const Address address{site, layer};
      if (arrays.contains(address.text())) {
        request.addresses.push_back(address);
      }
    }
  }
  const auto n = static_cast<int>(n_rows);
  auto trace = std::make_shared<Trace>(config, widthsOf(reader, run, config), request, std::max(n, 1));
  for (int first = 0; first < n; first += kTraceBlock) {
    const int end = std::min(n, first + kTraceBlock);
    const CaptureSinks& sinks = trace->sinksFor(first);
    for (const Address& address : request.addresses) {
      const NamedArray& array = arrays.at(address.text());
      const Sink& sink = sinks.at(address.site, address.layer);
      for (int position = first; position < end; ++position) {
        void* target = array.is_int ? static_cast<void*>(sinks.ints(address.site, address.layer, position))
                                    : static_cast<void*>(sinks.floats(address.site, address.layer, position));
        copyRow(array, position, target, sink.row_elements);
      }
    }
    trace->append(tokens.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first)));
  }
  return trace;
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

// What was stored about what may follow each token. Lists of candidates are read for the first answers alone:
// one question to the file each.
std::shared_ptr<const std::vector<NextToken>> nextOf(sessions::SessionReader& reader, sessions::RunId run,
                                                     const std::vector<sessions::StoredToken>& tokens,
                                                     int n_prompt) {
  constexpr int kMostAsked = 512;
  auto next = std::make_shared<std::vector<NextToken>>(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    NextToken& here = (*next)[i];
    here.entropy = static_cast<float>(tokens[i].next_entropy.value_or(-1));
    const int position = static_cast<int>(i);
    if (here.entropy < 0 || position >= std::max(n_prompt, kMostAsked) + kMostAsked) {
      continue;
    }
    for (const sessions::Candidate& row : reader.candidates(run, position)) {
      if (row.rank >= 0 && row.rank < kCandidates) {
        here.best[static_cast<std::size_t>(row.rank)] = {row.id, static_cast<float>(row.logprob)};
      }
    }
  }
  return next;
}

}  // namespace

std::shared_ptr<const RunSnapshot> loadStoredRun(sessions::SessionReader& reader, sessions::RunId id,
                                                 std::map<std::int32_t, std::string>& names) {
  const sessions::StoredRun stored = reader.run(id);
  auto run = std::make_shared<RunSnapshot>();
  run->id = -static_cast<RunId>(id);
  run->parent = stored.summary.parent.has_value() ? -static_cast<RunId>(*stored.summary.parent) : 0;
  run->shared_with = stored.summary.branch_position.value_or(0);
  run->state = stored.failure.empty() ? RunState::kDone : RunState::kFailed;
  run->error = stored.failure;
  run->n_prompt = stored.summary.n_prompt;
  run->sampling = stored.setup.sampling;
  if (!stored.setup.edits_json.empty()) {
    run->steering.edits = parseEdits(stored.setup.edits_json);
  }
  run->steering.virtual_experts = stored.setup.virtual_experts;
  run->column_names = columnNames(run->steering);
  auto tokens = std::make_shared<std::vector<std::int32_t>>();
  auto logprobs = std::make_shared<std::vector<float>>();
  const std::vector<sessions::StoredToken> stored_tokens = reader.tokens(id);
  for (const sessions::StoredToken& token : stored_tokens) {
    tokens->push_back(token.id);
    logprobs->push_back(token.logprob.has_value() ? static_cast<float>(*token.logprob)
                                                  : std::numeric_limits<float>::quiet_NaN());
    if (token.bytes.has_value()) {
      names.emplace(token.id, *token.bytes);
    }
  }
  run->trace = traceOf(reader, id, configOf(stored.setup.model), *tokens);
  run->next = nextOf(reader, id, stored_tokens, run->n_prompt);
  run->tokens = std::move(tokens);
  run->logprobs = std::move(logprobs);
  run->firings = reader.firings(id);
  run->abstentions = reader.abstentions(id);
  return run;
}

StoredRuns loadStoredRuns(sessions::SessionReader& reader) {
  StoredRuns loaded;
  std::map<std::string, std::map<std::int32_t, std::string>> names;  // by tokenizer
  for (const sessions::RunSummary& summary : reader.runs()) {
    try {
      const sessions::ModelFacts model = reader.run(summary.id).setup.model;
      loaded.runs.push_back({loadStoredRun(reader, summary.id, names[model.tokenizer_hash]), nullptr,
                             model.hash, model.tokenizer_hash});
      loaded.model = model;
    } catch (const Error& error) {  // the others can be shown
      loaded.problems.push_back("run " + std::to_string(summary.id) + ": " + error.what());
    }
  }
  for (auto& [tokenizer, texts] : names) {
    if (texts.empty()) {
      continue;
    }
    const auto known = std::make_shared<const TokenNames>(std::move(texts));
    for (StoredRun& run : loaded.runs) {
      if (run.tokenizer_hash == tokenizer) {
        run.names = known;
      }
    }
  }
  return loaded;
}

}  // namespace rs::ui
