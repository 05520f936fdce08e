// SPDX-License-Identifier: Apache-2.0
#include "sessions/session_reader.h"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "sessions/journal.h"
#include "sessions/schema.h"
#include "sessions/session_file.h"

namespace rs::sessions {
namespace {

using Json = nlohmann::json;

constexpr int kFloatBytes = sizeof(float);

std::string bytesAsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename T>
T parsed(std::string_view text, const char* what) {
  try {
    return Json::parse(text).get<T>();
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kModel, std::string("reading a run of a session: its ") + what +
                                       " are no JSON of the kind: " + error.what());
  }
}

int countEdits(std::string_view edits) {
  const Json json = Json::parse(edits, nullptr, false);
  const Json& list = json.is_object() && json.contains("edits") ? json["edits"] : json;
  return list.is_array() ? static_cast<int>(list.size()) : 0;
}

std::optional<std::int64_t> optionalNumber(const Statement& row, int column) {
  return row.isNull(column) ? std::nullopt : std::optional(row.number(column));
}

RunSummary summaryAt(const Statement& row) {
  RunSummary run;
  run.id = row.number(0);
  run.parent = optionalNumber(row, 1);
  if (const auto branch = optionalNumber(row, 2)) {
    run.branch_position = static_cast<int>(*branch);
  }
  run.model = row.text(3);
  run.started_at = row.text(4);
  run.ended_at = row.text(5);
  run.ending = row.text(6);
  run.n_prompt = static_cast<int>(row.number(7));
  run.n_tokens = static_cast<int>(row.number(8));
  run.n_edits = countEdits(row.text(9));
  run.virtual_experts = parsed<std::vector<std::string>>(row.text(10), "virtual experts");
  return run;
}

// The last position and not count(*): a seek instead of a walk.
constexpr const char* kSummary =
    "SELECT run.run_id, parent_id, branch_position, model.name, started_at, ended_at, ending, n_prompt, "
    "coalesce((SELECT max(position) + 1 FROM token WHERE token.run_id = run.run_id), 0), edits, "
    "virtual_experts, "
    "model.hash, model.tokenizer_hash, n_layers, n_experts, top_k, vocab, precision, backend, isa, device, "
    "app_version, max_new_tokens, temperature, top_p, seed, stop_ids, n_valid_ids, failure, command "
    "FROM run JOIN model USING (model_id) ";

StoredRun storedRunAt(const Statement& row) {
  StoredRun run;
  run.summary = summaryAt(row);
  RunSetup& setup = run.setup;
  setup.model = {run.summary.model,
                 std::string(row.text(11)),
                 std::string(row.text(12)),
                 static_cast<int>(row.number(13)),
                 static_cast<int>(row.number(14)),
                 static_cast<int>(row.number(15)),
                 static_cast<int>(row.number(16))};
  setup.provenance = {std::string(row.text(17)), std::string(row.text(18)), std::string(row.text(19)),
                      std::string(row.text(20)), std::string(row.text(21))};
  setup.parent = run.summary.parent;
  setup.branch_position = run.summary.branch_position;
  setup.max_new_tokens = static_cast<int>(row.number(22));
  setup.sampling = {row.real(23), row.real(24), std::bit_cast<std::uint64_t>(row.number(25))};
  setup.stop_ids = parsed<std::vector<std::int32_t>>(row.text(26), "stop ids");
  setup.n_valid_ids = static_cast<int>(row.number(27));
  setup.edits_json = run.summary.n_edits > 0 ? std::string(row.text(9)) : "";
  setup.virtual_experts = run.summary.virtual_experts;
  run.failure = row.text(28);
  run.command = optionalNumber(row, 29);
  return run;
}

// The part of a piece, which starts at piece_first with `n` rows, that lies within a request.
struct Overlap {
  int skip = 0;   // rows of the piece
  int count = 0;  // rows to take
};

Overlap overlapOf(int piece_first, int n, int next, int end) {
  const int from = std::max(piece_first, next);
  const int to = std::min(piece_first + n, end);
  return {from - piece_first, to - from};
}

// Numbers that a damaged file may hold must not make sizes of their own.
bool isPlausible(int n, int width) {
  constexpr int kWidest = 1 << 16;
  return n >= 1 && n <= kPiece && width >= 1 && width <= kWidest;
}

std::size_t product(int a, int b) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

// The rows of an overlap, `row_bytes` each.
std::span<const std::byte> cut(std::span<const std::byte> piece, const Overlap& overlap, int row_bytes) {
  return piece.subspan(product(overlap.skip, row_bytes), product(overlap.count, row_bytes));
}

// Appends rows of `width` values; those that are there have `*columns`. The narrower are filled up.
template <typename T>
void appendRows(std::vector<T>& out, int& columns, std::span<const T> rows, int width, T fill) {
  const auto pad = [fill](const std::vector<T>& narrow, int from, int to) {
    std::vector<T> wide;
    for (std::size_t at = 0; at < narrow.size(); at += static_cast<std::size_t>(from)) {
      wide.insert(wide.end(), narrow.begin() + static_cast<std::ptrdiff_t>(at),
                  narrow.begin() + static_cast<std::ptrdiff_t>(at) + from);
      wide.insert(wide.end(), static_cast<std::size_t>(to - from), fill);
    }
    return wide;
  };
  if (columns < width && columns > 0) {
    out = pad(out, columns, width);
  }
  columns = std::max(columns, width);
  if (width == columns) {
    out.insert(out.end(), rows.begin(), rows.end());
  } else if (width > 0) {
    const std::vector<T> wide = pad(std::vector<T>(rows.begin(), rows.end()), width, columns);
    out.insert(out.end(), wide.begin(), wide.end());
  } else {
    out.insert(out.end(), rows.size(), fill);
  }
}

[[noreturn]] void refusePiece(const char* what, int layer, int first) {
  throw Error(ErrorCode::kModel,
              format("reading %s of a session: the piece of layer %d at token %d has another size "
                     "than it says; routescope session check --salvage saves the rest",
                     what, layer, first));
}

}  // namespace

struct SessionReader::Impl {
  explicit Impl(const std::string& path) : connection(openForReading(path)) {}
  std::unique_ptr<Connection> connection;
};

SessionReader::SessionReader(const std::string& path) {
  std::error_code ignored;  // said below
  if (!std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::kModel, "opening a session: there is no such file: " + path);
  }
  checkIsSession(path);
  impl_ = std::make_unique<Impl>(path);
}

SessionReader::~SessionReader() = default;
SessionReader::SessionReader(SessionReader&& other) noexcept = default;
SessionReader& SessionReader::operator=(SessionReader&& other) noexcept = default;

SessionInfo SessionReader::info() {
  Statement row =
      impl_->connection->prepare("SELECT uuid, created_at, app_version, without_text FROM session");
  if (!row.step()) {
    throw Error(ErrorCode::kModel, "reading a session: it has no head row: " + impl_->connection->path());
  }
  SessionInfo info{
      std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)), row.number(3) != 0, 0, 0};
  info.schema = static_cast<int>(impl_->connection->number("PRAGMA user_version"));
  info.bytes = static_cast<std::uint64_t>(impl_->connection->number("PRAGMA page_count") *
                                          impl_->connection->number("PRAGMA page_size"));
  return info;
}

std::vector<RunSummary> SessionReader::runs() {
  std::vector<RunSummary> runs;
  Statement rows = impl_->connection->prepare(std::string(kSummary) + "ORDER BY run.run_id");
  while (rows.step()) {
    runs.push_back(summaryAt(rows));
  }
  return runs;
}

StoredRun SessionReader::run(RunId id) {
  Statement row = impl_->connection->prepare(std::string(kSummary) + "WHERE run.run_id = ?");
  if (!row.with(id).step()) {
    std::vector<std::string> known;
    for (const RunSummary& run : runs()) {
      known.push_back(std::to_string(run.id));
    }
    throw Error(ErrorCode::kUsage,
                format("reading run %lld of a session: there is none", static_cast<long long>(id)) +
                    (known.empty() ? ", it holds no runs" : "; it has " + join(known, ", ")));
  }
  StoredRun run = storedRunAt(row);
  Statement prompt =
      impl_->connection->prepare("SELECT id FROM token WHERE run_id = ? AND position < ? ORDER BY position");
  prompt.with(id, run.summary.n_prompt);
  while (prompt.step()) {
    run.setup.prompt.push_back(static_cast<std::int32_t>(prompt.number(0)));
  }
  return run;
}

std::vector<Document> SessionReader::documents(const std::string& kind) {
  return readDocuments(*impl_->connection, kind);
}

std::vector<Command> SessionReader::commands(CommandId after, int at_most) {
  return readCommands(*impl_->connection, after, at_most);
}

std::optional<Bytes> SessionReader::layout(const std::string& key) {
  Statement row = impl_->connection->prepare("SELECT bytes FROM layout WHERE key = ?");
  if (!row.with(key).step()) {
    return std::nullopt;
  }
  const auto bytes = row.blob(0);
  return Bytes(bytes.begin(), bytes.end());
}

std::vector<StoredToken> SessionReader::tokens(RunId run, int first, int n) {
  std::vector<StoredToken> tokens;
  Statement rows = impl_->connection->prepare(
      "SELECT token.position, token.id, token.logprob, token_text.bytes, token.next_entropy FROM token "
      "LEFT JOIN token_text ON token_text.model_id = (SELECT model_id FROM run WHERE run_id = ?1) "
      "AND token_text.id = token.id "
      "WHERE token.run_id = ?1 AND token.position >= ?2 AND token.position < ?3 ORDER BY token.position");
  rows.with(run, first, std::int64_t{first} + n);
  while (rows.step()) {
    StoredToken token;
    token.position = static_cast<int>(rows.number(0));
    token.id = static_cast<std::int32_t>(rows.number(1));
    if (!rows.isNull(2)) {
      token.logprob = rows.real(2);
    }
    if (!rows.isNull(3)) {
      token.bytes = bytesAsText(rows.blob(3));
    }
    if (!rows.isNull(4)) {
      token.next_entropy = rows.real(4);
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

StoredDecisions SessionReader::decisions(RunId run, int layer, int first, int n, Which which) {
  const char* final_columns = "slots, experts, weights, margins ";
  const char* own_columns =
      "coalesce(own_slots, slots), coalesce(own_experts, experts), coalesce(own_weights, weights), "
      "coalesce(own_margins, margins) ";
  Statement rows = impl_->connection->prepare(
      std::string("SELECT first, n, id_bytes, ") + (which == Which::kFinal ? final_columns : own_columns) +
      "FROM routing WHERE run_id = ?1 AND layer = ?2 AND first > ?3 AND first < ?4 AND first + n > ?5 " +
      (which == Which::kOwn ? "AND own <> 'unknown' " : "") + "ORDER BY first");
  const std::int64_t end = std::min<std::int64_t>(std::int64_t{first} + n, 1 << 30);
  rows.with(run, layer, first - kPiece, end, first);
  StoredDecisions result{layer, first, 0, 0, {}, {}, {}};
  bool has_margins = true;
  while (rows.step()) {
    const auto piece_first = static_cast<int>(rows.number(0));
    const auto piece_n = static_cast<int>(rows.number(1));
    const auto slots = static_cast<int>(rows.number(3));
    const int next = first + result.n;
    if (piece_first > next) {
      break;
    }
    const auto id_bytes = static_cast<int>(rows.number(2));
    const auto experts = rows.blob(4);
    const auto weights = rows.blob(5);
    const auto margins = rows.blob(6);
    if (!isPlausible(piece_n, slots) || id_bytes < 1 || id_bytes > 2) {
      refusePiece("routing", layer, piece_first);
    }
    const std::size_t n_ids = product(piece_n, slots);
    if (experts.size() != n_ids * static_cast<std::size_t>(id_bytes) ||
        weights.size() != n_ids * sizeof(float)) {
      refusePiece("routing", layer, piece_first);
    }
    const Overlap overlap = overlapOf(piece_first, piece_n, next, static_cast<int>(end));
    if (overlap.count < 1) {
      continue;  // nothing that the pieces before have not given
    }
    int columns = result.slots;  // of both: they grow together
    appendRows<std::int32_t>(result.experts, columns,
                             decodeIds(cut(experts, overlap, slots * id_bytes), id_bytes), slots, -1);
    appendRows<float>(result.weights, result.slots, decodeFloats(cut(weights, overlap, slots * kFloatBytes)),
                      slots, 0.0F);
    has_margins = has_margins && margins.size() == product(piece_n, kFloatBytes);
    if (has_margins) {
      const std::vector<float> part = decodeFloats(cut(margins, overlap, kFloatBytes));
      result.margins.insert(result.margins.end(), part.begin(), part.end());
    }
    result.n += overlap.count;
  }
  if (!has_margins) {
    result.margins.clear();
  }
  return result;
}

StoredLogits SessionReader::logits(RunId run, int layer, int first, int n, Which which) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  // 'same' logits are the first columns of the final ones: as many as the model has experts.
  Statement rows = impl_->connection->prepare(
      std::string("SELECT first, router_logits.n, columns, ") +
      (which == Which::kFinal
           ? "columns, logits "
           : "coalesce(own_columns, (SELECT n_experts FROM model JOIN run USING (model_id) "
             "WHERE run_id = ?1)), coalesce(own_logits, logits) ") +
      "FROM router_logits WHERE run_id = ?1 AND layer = ?2 AND first > ?3 AND first < ?4 AND first + n > "
      "?5 " +
      (which == Which::kOwn ? "AND own <> 'unknown' " : "") + "ORDER BY first");
  const std::int64_t end = std::min<std::int64_t>(std::int64_t{first} + n, 1 << 30);
  rows.with(run, layer, first - kPiece, end, first);
  StoredLogits result{layer, first, 0, 0, {}};
  while (rows.step()) {
    const auto piece_first = static_cast<int>(rows.number(0));
    const auto piece_n = static_cast<int>(rows.number(1));
    const auto wanted = static_cast<int>(rows.number(3));
    const int next = first + result.n;
    if (piece_first > next) {
      break;
    }
    const auto values = rows.blob(4);
    if (!isPlausible(piece_n, wanted)) {
      refusePiece("router logits", layer, piece_first);
    }
    const int stored = static_cast<int>(values.size()) / kFloatBytes / piece_n;
    if (stored < wanted || values.size() != product(piece_n, stored) * kFloatBytes) {
      refusePiece("router logits", layer, piece_first);
    }
    const Overlap overlap = overlapOf(piece_first, piece_n, next, static_cast<int>(end));
    if (overlap.count < 1) {
      continue;  // nothing that the pieces before have not given
    }
    std::vector<float> part = decodeFloats(cut(values, overlap, stored * kFloatBytes));
    if (wanted < stored) {  // own logits within final ones that have virtual columns behind
      for (int row = 1; row < overlap.count; ++row) {
        std::copy_n(part.begin() + row * stored, wanted, part.begin() + row * wanted);
      }
      part.resize(product(overlap.count, wanted));
    }
    appendRows<float>(result.values, result.columns, part, wanted, kNone);
    result.n += overlap.count;
  }
  return result;
}

LayerShape SessionReader::layerShape(RunId run, int layer) {
  LayerShape shape;
  Statement routing = impl_->connection->prepare(
      "SELECT total(n), max(slots), max(own = 'stored') FROM routing WHERE run_id = ? AND layer = ?");
  if (routing.with(run, layer).step()) {
    shape.n = static_cast<int>(routing.number(0));
    shape.slots = static_cast<int>(routing.number(1));
    shape.stores_own = routing.number(2) != 0;
  }
  Statement logits = impl_->connection->prepare(
      "SELECT max(columns), max(own = 'stored') FROM router_logits WHERE run_id = ? AND layer = ?");
  if (logits.with(run, layer).step()) {
    shape.columns = static_cast<int>(logits.number(0));
    shape.stores_own_logits = logits.number(1) != 0;
  }
  return shape;
}

std::vector<FiringRecord> SessionReader::firings(RunId run) {
  std::vector<FiringRecord> firings;
  Statement rows = impl_->connection->prepare(
      "SELECT position, expert, token, trigger_text, expression, value, answer_index, n_answer_tokens FROM "
      "firing "
      "WHERE run_id = ? ORDER BY position, expert");
  rows.with(run);
  while (rows.step()) {
    FiringRecord record;
    record.expert = static_cast<int>(rows.number(1));
    record.firing = {static_cast<int>(rows.number(0)), static_cast<int>(rows.number(2)),
                     std::string(rows.text(3)),        std::string(rows.text(4)),
                     std::string(rows.text(5)),        static_cast<int>(rows.number(6)),
                     static_cast<int>(rows.number(7))};
    firings.push_back(std::move(record));
  }
  return firings;
}

std::vector<AbstentionRecord> SessionReader::abstentions(RunId run) {
  std::vector<AbstentionRecord> abstentions;
  Statement rows = impl_->connection->prepare(
      "SELECT position, expert, trigger_text, reason FROM abstention WHERE run_id = ? ORDER BY position, "
      "expert");
  rows.with(run);
  while (rows.step()) {
    abstentions.push_back(
        {static_cast<int>(rows.number(1)),
         {static_cast<int>(rows.number(0)), std::string(rows.text(2)), std::string(rows.text(3))}});
  }
  return abstentions;
}

std::vector<Candidate> SessionReader::candidates(RunId run, int first, int n) {
  std::vector<Candidate> candidates;
  Statement rows = impl_->connection->prepare(
      "SELECT position, rank, id, logprob FROM candidate WHERE run_id = ? AND position >= ? AND position < ? "
      "ORDER BY position, rank");
  rows.with(run, first, std::int64_t{first} + n);
  while (rows.step()) {
    candidates.push_back({static_cast<int>(rows.number(0)), static_cast<int>(rows.number(1)),
                          static_cast<std::int32_t>(rows.number(2)), rows.real(3)});
  }
  return candidates;
}

bool SessionReader::knowsOwn(RunId run) {
  Statement row = impl_->connection->prepare(
      "SELECT NOT EXISTS (SELECT 1 FROM routing WHERE run_id = ? AND own = 'unknown')");
  return row.with(run).step() && row.number(0) != 0;
}

std::int64_t SessionReader::version() {
  return impl_->connection->number("PRAGMA data_version");
}

}  // namespace rs::sessions
