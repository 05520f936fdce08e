// SPDX-License-Identifier: Apache-2.0
#include "sessions/export.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/export/atomic_file.h"
#include "core/export/firing_json.h"
#include "core/export/routing_csv.h"
#include "core/export/tensor_file_writer.h"
#include "core/text/utf8.h"
#include "sessions/expert_names.h"
#include "sessions/run_source.h"

namespace rs::sessions {
namespace {

using Json = nlohmann::json;

constexpr int kSchema = 1;  // of the metadata, as in captures

Json namesJson(const ExpertNames& names) {
  Json list = Json::array();
  for (const auto& [place, name] : names.all()) {
    list.push_back({{"layer", place.first}, {"expert", place.second}, {"name", name}});
  }
  return list;
}

// The keys of a capture's metadata, and what only a session knows.
Json headJson(SessionReader& reader, const StoredRun& run) {
  const RunSetup& setup = run.setup;
  const auto orNull = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  Json generated = Json::array();
  for (const StoredToken& token : reader.tokens(run.summary.id, run.summary.n_prompt)) {
    generated.push_back(token.id);
  }
  Json json{{"schema", kSchema},
            {"app", "routescope " + setup.provenance.app_version},
            {"model", {{"name", setup.model.name}, {"hash", setup.model.hash}}},
            {"tokenizer", orNull(setup.model.tokenizer_hash)},
            {"precision", setup.provenance.precision},
            {"backend", setup.provenance.backend},
            {"isa", setup.provenance.isa},
            {"device", setup.provenance.device},
            {"edits", setup.edits_json.empty() ? Json(nullptr) : Json::parse(setup.edits_json)},
            {"virtual_experts", setup.virtual_experts},
            {"run", run.summary.id},
            {"started_at", run.summary.started_at},
            {"ended_at", orNull(run.summary.ended_at)},
            {"ending", orNull(run.summary.ending)},
            {"complete", run.summary.ending != "cancelled" && run.summary.ending != "interrupted" &&
                             run.summary.ending != "failed" && !run.summary.ending.empty()},
            {"tokens", run.summary.n_tokens},
            {"prompt_tokens", run.summary.n_prompt},
            {"layers", setup.model.n_layers},
            {"experts", setup.model.n_experts},
            {"top_k", setup.model.top_k}};
  json["sampling"] = {{"temperature", setup.sampling.temperature},
                      {"top_p", setup.sampling.top_p},
                      {"seed", setup.sampling.seed}};
  json["parent"] = run.summary.parent ? Json(*run.summary.parent) : Json(nullptr);
  json["branch_position"] = run.summary.branch_position ? Json(*run.summary.branch_position) : Json(nullptr);
  json["generated"] = std::move(generated);
  json["expert_names"] = namesJson(ExpertNames(reader, setup.model.hash));
  json["firings"] = firingsToJson(reader.firings(run.summary.id));
  return json;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void writeTensors(SessionReader& reader, const StoredRun& run, const std::string& path) {
  std::vector<ArraySpec> specs;
  for (const StoredArray& array : arraysOf(reader, run.summary.id)) {
    specs.push_back({array.name, array.is_int ? DType::kI32 : DType::kF32, array.shape});
  }
  TensorFileWriter writer(path, specs, dumped(headJson(reader, run)));
  const auto source = sourceOf(reader, run.summary.id);
  for (const ArraySpec& spec : specs) {
    const NamedArray array = source->read(spec.name);
    array.is_int ? writer.write(array.ints()) : writer.write(array.floats());
  }
  writer.finish();
}

// Some positions of a run, all layers.
struct Block {
  std::vector<StoredToken> tokens;
  std::vector<StoredDecisions> decisions;  // by layer
  std::vector<StoredLogits> logits;        // by layer
};

Block readBlock(SessionReader& reader, const StoredRun& run, int first) {
  Block block;
  block.tokens = reader.tokens(run.summary.id, first, kPiece);
  for (int layer = 0; layer < run.setup.model.n_layers; ++layer) {
    block.decisions.push_back(reader.decisions(run.summary.id, layer, first, kPiece));
    block.logits.push_back(reader.logits(run.summary.id, layer, first, kPiece));
  }
  return block;
}

void writeCsvRows(RoutingCsvWriter& writer, const Block& block, const ExpertNames& names,
                  const StoredToken& token) {
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  for (const StoredDecisions& layer : block.decisions) {
    if (token.position >= layer.first + layer.n) {
      continue;
    }
    const auto at = static_cast<std::size_t>(token.position - layer.first);
    const StoredLogits& logits = block.logits[static_cast<std::size_t>(layer.layer)];
    const auto ids = layer.expertsAt(token.position);
    for (std::size_t slot = 0; slot < ids.size() && ids[slot] >= 0; ++slot) {
      float logit = kUnknown;
      if (token.position < logits.first + logits.n) {
        const auto row = logits.at(token.position);
        // A virtual expert that does not compete has no column, so no logit.
        logit = static_cast<std::size_t>(ids[slot]) < row.size() ? row[static_cast<std::size_t>(ids[slot])]
                                                                 : -std::numeric_limits<float>::infinity();
      }
      writer.write({token.id, token.position, layer.layer, static_cast<int>(slot), ids[slot],
                    layer.weightsAt(token.position)[slot], logit,
                    layer.margins.empty() ? kUnknown : layer.margins[at], names.of(layer.layer, ids[slot])});
    }
  }
}

void writeCsv(SessionReader& reader, const StoredRun& run, const std::string& path) {
  RoutingCsvWriter writer(path, true);
  const ExpertNames names(reader, run.setup.model.hash);
  for (int first = 0; first < run.summary.n_tokens; first += kPiece) {
    const Block block = readBlock(reader, run, first);
    for (const StoredToken& token : block.tokens) {
      writeCsvRows(writer, block, names, token);
    }
  }
  writer.finish();
}

Json tokenJson(const Block& block, const ExpertNames& names, const StoredToken& token) {
  Json line{{"position", token.position}, {"id", token.id}};
  line["text"] = token.bytes ? Json(validUtf8(*token.bytes)) : Json(nullptr);
  line["logprob"] = token.logprob ? Json(*token.logprob) : Json(nullptr);
  Json layers = Json::array();
  for (const StoredDecisions& layer : block.decisions) {
    if (token.position >= layer.first + layer.n) {
      continue;
    }
    Json ids = Json::array();
    Json weights = Json::array();
    Json given = Json::array();
    const auto experts = layer.expertsAt(token.position);
    for (std::size_t slot = 0; slot < experts.size() && experts[slot] >= 0; ++slot) {
      ids.push_back(experts[slot]);
      weights.push_back(layer.weightsAt(token.position)[slot]);
      given.push_back(names.of(layer.layer, experts[slot]));
    }
    const auto at = static_cast<std::size_t>(token.position - layer.first);
    const bool has_margin = !layer.margins.empty() && std::isfinite(layer.margins[at]);
    layers.push_back({{"ids", ids},
                      {"weights", weights},
                      {"margin", has_margin ? Json(layer.margins[at]) : Json(nullptr)},
                      {"names", given}});
  }
  line["layers"] = std::move(layers);
  return line;
}

// The head's members, then the tokens, one a line: read by any JSON reader, and by eye.
void writeJson(SessionReader& reader, const StoredRun& run, const std::string& path) {
  AtomicFile file(path);
  const auto write = [&](const std::string& text) {
    file.write(std::as_bytes(std::span(text.data(), text.size())));
  };
  const ExpertNames names(reader, run.setup.model.hash);
  Json head = headJson(reader, run);
  head["token_list"] = Json::array();
  std::string opening = dumped(head);
  opening.resize(opening.rfind("\"token_list\":[]") + std::string_view("\"token_list\":[").size());
  const std::string closing = dumped(head).substr(opening.size());
  write(opening);
  bool is_first = true;
  for (int first = 0; first < run.summary.n_tokens; first += kPiece) {
    const Block block = readBlock(reader, run, first);
    for (const StoredToken& token : block.tokens) {
      write((is_first ? "\n" : ",\n") + dumped(tokenJson(block, names, token)));
      is_first = false;
    }
  }
  write("\n" + closing + "\n");
  file.finish();
}

}  // namespace

void exportRun(SessionReader& reader, RunId run, const std::string& path) {
  const StoredRun stored = reader.run(run);
  if (path.ends_with(".safetensors")) {
    writeTensors(reader, stored, path);
  } else if (path.ends_with(".csv")) {
    writeCsv(reader, stored, path);
  } else if (path.ends_with(".json")) {
    writeJson(reader, stored, path);
  } else {
    throw Error(ErrorCode::kUsage,
                "exporting a run: expected a name that ends in .csv, .json or .safetensors, found " +
                    inQuotes(path, 400));
  }
}

}  // namespace rs::sessions
