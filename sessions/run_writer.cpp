// SPDX-License-Identifier: Apache-2.0
#include "sessions/run_writer.h"

#include <bit>
#include <map>
#include <nlohmann/json.hpp>

#include "sessions/expert_counts.h"

namespace rs::sessions {
namespace {

using Json = nlohmann::json;

std::int64_t modelId(Connection& connection, const ModelFacts& model) {
  Statement find =
      connection.prepare("SELECT model_id FROM model WHERE hash = ? AND tokenizer_hash = ? AND name = ?");
  find.with(model.hash, model.tokenizer_hash, model.name);
  if (find.step()) {
    return find.number(0);
  }
  connection
      .prepare(
          "INSERT INTO model (name, hash, tokenizer_hash, n_layers, n_experts, top_k, vocab) "
          "VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(model.name, model.hash, model.tokenizer_hash, model.n_layers, model.n_experts, model.top_k,
           model.vocab);
  return connection.number("SELECT last_insert_rowid()");
}

const char* textOf(Own own) {
  constexpr const char* kNames[] = {"same", "stored", "unknown"};
  return kNames[static_cast<std::size_t>(own)];
}

// NULL for what is not there.
std::optional<std::span<const std::byte>> orNull(const Bytes& bytes, bool is_there) {
  return is_there ? std::optional(std::span<const std::byte>(bytes)) : std::nullopt;
}

std::optional<int> orNull(int value, bool is_there) {
  return is_there ? std::optional(value) : std::nullopt;
}

void insertTokens(Connection& connection, const RunBatch& batch) {
  // What becomes known later is added; what is known stays.
  Statement token = connection.prepare(
      "INSERT INTO token (run_id, position, id, logprob, next_entropy) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (run_id, position) DO UPDATE SET logprob = coalesce(excluded.logprob, logprob), "
      "next_entropy = coalesce(excluded.next_entropy, next_entropy)");
  Statement text = connection.prepare(
      "INSERT OR IGNORE INTO token_text (model_id, id, bytes) "
      "SELECT model_id, ?, ? FROM run WHERE run_id = ?");
  std::map<std::int32_t, bool> seen;
  for (const StoredToken& row : batch.tokens) {
    token.run(batch.run, row.position, row.id, row.logprob, row.next_entropy);
    if (row.bytes && seen.emplace(row.id, true).second) {
      text.run(row.id, std::as_bytes(std::span(row.bytes->data(), row.bytes->size())), batch.run);
    }
  }
}

int modelExperts(Connection& connection, RunId run) {
  Statement row =
      connection.prepare("SELECT n_experts FROM run JOIN model USING (model_id) WHERE run_id = ?");
  row.with(run);
  return row.step() ? static_cast<int>(row.number(0)) : 0;  // no such run: its pieces are refused
}

void insertPieces(Connection& connection, const RunBatch& batch) {
  Statement remove_routing =
      connection.prepare("DELETE FROM routing WHERE run_id = ? AND layer = ? AND first BETWEEN ? AND ?");
  Statement remove_logits = connection.prepare(
      "DELETE FROM router_logits WHERE run_id = ? AND layer = ? AND first BETWEEN ? AND ?");
  Statement routing = connection.prepare(
      "INSERT INTO routing (run_id, layer, first, n, slots, id_bytes, own, own_slots, experts, weights, "
      "margins, "
      "own_experts, own_weights, own_margins) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement logits = connection.prepare(
      "INSERT INTO router_logits (run_id, layer, first, n, columns, own, own_columns, logits, own_logits) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement counts =
      connection.prepare("INSERT INTO expert_count (run_id, layer, first, counts) VALUES (?, ?, ?, ?)");
  const int n_experts = batch.pieces.empty() ? 0 : modelExperts(connection, batch.run);
  for (const RoutingPiece& piece : batch.pieces) {
    if (batch.replaces) {  // the counts go with their pieces
      const int last = piece.first + piece.n - 1;
      remove_routing.run(batch.run, piece.layer, piece.first, last);
      remove_logits.run(batch.run, piece.layer, piece.first, last);
    }
    const bool stores_own = piece.own == Own::kStored;
    routing.run(batch.run, piece.layer, piece.first, piece.n, piece.slots, piece.id_bytes, textOf(piece.own),
                orNull(piece.own_slots, stores_own), std::span<const std::byte>(piece.experts),
                std::span<const std::byte>(piece.weights), orNull(piece.margins, !piece.margins.empty()),
                orNull(piece.own_experts, stores_own), orNull(piece.own_weights, stores_own),
                orNull(piece.own_margins, !piece.own_margins.empty()));
    counts.run(batch.run, piece.layer, piece.first, expertCounts(piece.experts, piece.id_bytes, n_experts));
    if (piece.columns > 0) {
      const bool stores_logits = piece.own_logits_kind == Own::kStored;
      logits.run(batch.run, piece.layer, piece.first, piece.n, piece.columns, textOf(piece.own_logits_kind),
                 orNull(piece.own_columns, stores_logits), std::span<const std::byte>(piece.logits),
                 orNull(piece.own_logits, stores_logits));
    }
  }
}

}  // namespace

void insertRun(Connection& connection, RunId id, const RunSetup& setup, CommandId command) {
  const Json edits = setup.edits_json.empty() ? Json::array() : Json::parse(setup.edits_json);
  connection
      .prepare(
          "INSERT INTO run (run_id, model_id, parent_id, branch_position, started_at, n_prompt, "
          "max_new_tokens, temperature, top_p, seed, stop_ids, n_valid_ids, edits, virtual_experts, "
          "precision, backend, isa, device, app_version, command) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(id, modelId(connection, setup.model), setup.parent, setup.branch_position, utcNow(),
           static_cast<std::int64_t>(setup.prompt.size()), setup.max_new_tokens, setup.sampling.temperature,
           setup.sampling.top_p, std::bit_cast<std::int64_t>(setup.sampling.seed),
           Json(setup.stop_ids).dump(), setup.n_valid_ids, edits.dump(), Json(setup.virtual_experts).dump(),
           setup.provenance.precision, setup.provenance.backend, setup.provenance.isa,
           setup.provenance.device, setup.provenance.app_version,
           command == 0 ? std::nullopt : std::optional(command));
  // Its prompt with it: no crash leaves a run without. What the tokens say follows.
  Statement token = connection.prepare("INSERT INTO token (run_id, position, id) VALUES (?, ?, ?)");
  for (std::size_t position = 0; position < setup.prompt.size(); ++position) {
    token.run(id, static_cast<std::int64_t>(position), setup.prompt[position]);
  }
}

WrittenRun stateOf(Connection& connection, RunId id) {
  Statement row = connection.prepare("SELECT ended_at FROM run WHERE run_id = ?");
  row.with(id);
  if (!row.step()) {
    return WrittenRun::kNone;
  }
  return row.isNull(0) ? WrittenRun::kUnfinished : WrittenRun::kWhole;
}

void insertBatch(Connection& connection, const RunBatch& batch) {
  insertTokens(connection, batch);
  insertPieces(connection, batch);
  // A virtual expert fires at most once at a position; what came during the run comes again at its end.
  Statement firing = connection.prepare(
      "INSERT OR IGNORE INTO firing (run_id, position, expert, token, trigger_text, expression, value, "
      "answer_index, n_answer_tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const FiringRecord& record : batch.firings) {
    const Firing& row = record.firing;
    firing.run(batch.run, row.position, record.expert, row.token, row.trigger, row.expression, row.value,
               row.answer_index, row.n_answer_tokens);
  }
  Statement abstention = connection.prepare(
      "INSERT OR IGNORE INTO abstention (run_id, position, expert, trigger_text, reason) VALUES (?, ?, ?, ?, "
      "?)");
  for (const AbstentionRecord& record : batch.abstentions) {
    const Abstention& row = record.abstention;
    abstention.run(batch.run, row.position, record.expert, row.trigger, row.reason);
  }
  Statement candidate = connection.prepare(
      "INSERT OR REPLACE INTO candidate (run_id, position, rank, id, logprob) VALUES (?, ?, ?, ?, ?)");
  for (const Candidate& row : batch.candidates) {
    candidate.run(batch.run, row.position, row.rank, row.id, row.logprob);
  }
}

void endRun(Connection& connection, RunId id, Ending ending, const std::string& failure) {
  connection.prepare("UPDATE run SET ended_at = ?, ending = ?, failure = ? WHERE run_id = ?")
      .run(utcNow(), nameOf(ending), failure.empty() ? std::nullopt : std::optional(failure), id);
}

int endInterruptedRuns(Connection& connection, const std::set<RunId>& goes_on) {
  std::vector<RunId> runs;
  {
    Statement row = connection.prepare("SELECT run_id FROM run WHERE ended_at IS NULL");
    while (row.step()) {
      if (goes_on.count(row.number(0)) == 0) {
        runs.push_back(row.number(0));
      }
    }
  }
  for (const RunId run : runs) {
    endRun(connection, run, Ending::kInterrupted, "");
  }
  return static_cast<int>(runs.size());
}

}  // namespace rs::sessions
