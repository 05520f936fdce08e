// SPDX-License-Identifier: Apache-2.0
#include "sessions/recorder.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/engine/next_token.h"

namespace rs::sessions {
namespace {

constexpr int kWorthWriting = 64;  // positions
constexpr auto kHeldAtMost = std::chrono::milliseconds(250);

bool hasRouting(const Trace& trace, int layer) {
  return trace.has(Site::kExpertIndices, layer) && trace.has(Site::kExpertWeights, layer);
}

}  // namespace

TokenBytes tokenBytesOf(std::shared_ptr<const Tokenizer> tokenizer) {
  if (tokenizer == nullptr) {
    return nullptr;
  }
  return [tokenizer = std::move(tokenizer)](std::int32_t id) {
    return tokenizer->contains(id) ? tokenizer->tokenBytes(id) : std::string_view();
  };
}

RunRecorder::RunRecorder(SessionStore& store, RunSetup setup, TokenBytes bytes, std::optional<RunId> again)
    : store_(store),
      bytes_(std::move(bytes)),
      n_layers_(setup.model.n_layers),
      is_unedited_(setup.edits_json.empty() && setup.virtual_experts.empty()),
      is_again_(again.has_value()),
      n_valid_ids_(setup.n_valid_ids > 0 ? setup.n_valid_ids : setup.model.vocab),
      tokens_(setup.prompt),
      n_prompt_(static_cast<int>(setup.prompt.size())),
      last_sent_(std::chrono::steady_clock::now()) {
  if (again) {
    run_ = *again;
    store_.beginAgain(run_, std::move(setup));
  } else {
    run_ = store_.beginRun(std::move(setup)).run;
  }
  batch_.run = run_;
  for (int position = 0; position < n_prompt_; ++position) {
    batch_.tokens.push_back(tokenRow(position, tokens_[static_cast<std::size_t>(position)], std::nullopt));
  }
  send();
}

StoredToken RunRecorder::tokenRow(int position, std::int32_t id, std::optional<double> logprob) const {
  StoredToken row;
  row.position = position;
  row.id = id;
  row.logprob = logprob;
  if (bytes_) {
    const std::string_view bytes = bytes_(id);
    if (!bytes.empty()) {
      row.bytes = std::string(bytes);
    }
  }
  return row;
}

void RunRecorder::chose(const SampledToken& token, std::span<const FiringRecord> firings) {
  add(token.id, token.logprob);
  batch_.firings.insert(batch_.firings.end(), firings.begin(), firings.end());
}

void RunRecorder::add(std::int32_t id, std::optional<double> logprob) {
  batch_.tokens.push_back(tokenRow(size(), id, logprob));
  tokens_.push_back(id);
}

void RunRecorder::learn(int position, std::optional<double> logprob, std::optional<double> next_entropy) {
  check(position >= 0 && position < size(), "what is learned is about a token that is there");
  StoredToken row;
  row.position = position;
  row.id = tokens_[static_cast<std::size_t>(position)];
  row.logprob = logprob;
  row.next_entropy = next_entropy;
  batch_.tokens.push_back(std::move(row));
}

void RunRecorder::predicted(int position, const NextToken& next) {
  learn(position, std::nullopt, static_cast<double>(next.entropy));
  for (std::size_t rank = 0; rank < next.best.size() && next.best[rank].id >= 0; ++rank) {
    batch_.candidates.push_back(
        {position, static_cast<int>(rank), next.best[rank].id, static_cast<double>(next.best[rank].logprob)});
  }
}

void RunRecorder::score(int position, std::span<const float> logits) {
  const bool has_next = position + 1 < size();
  const std::int32_t follows = has_next ? tokens_[static_cast<std::size_t>(position) + 1] : -1;
  const ScoredRow scored = scoreRow(logits, follows, n_valid_ids_);
  predicted(position, scored.next);
  if (has_next) {
    learn(position + 1, static_cast<double>(scored.logprob), std::nullopt);
  }
}

// Appends [first, end), which lies in one chunk, to the batch. A chunk that ends becomes one piece: the small
// ones that were written while it grew are replaced.
void RunRecorder::encode(const Trace& trace, int first, int end) {
  const int chunk = first / kPiece * kPiece;
  const bool is_whole = end == chunk + kPiece;
  const int from = is_whole ? chunk : first;
  for (int layer = 0; layer < n_layers_; ++layer) {
    if (hasRouting(trace, layer)) {
      batch_.pieces.push_back(encodeRouting(trace, layer, from, end - from, is_unedited_));
    }
  }
  batch_.replaces = batch_.replaces || is_again_ || (is_whole && pieces_in_chunk_ > 0);
  pieces_in_chunk_ = is_whole ? 0 : pieces_in_chunk_ + 1;
  encoded_ = end;
}

bool RunRecorder::send() {
  if (batch_.empty()) {
    return true;
  }
  if (store_.append(batch_) == 0) {
    return false;
  }
  batch_.run = run_;
  last_sent_ = std::chrono::steady_clock::now();
  return true;
}

bool RunRecorder::append(const Trace& trace, bool now) {
  const bool is_due = now || trace.size() - encoded_ >= kWorthWriting ||
                      std::chrono::steady_clock::now() - last_sent_ >= kHeldAtMost;
  if (!is_due) {
    return true;
  }
  if (!batch_.pieces.empty() && !send()) {
    return false;  // what is encoded waits; more of it would only take memory
  }
  while (encoded_ < trace.size()) {
    const int chunk_end = (encoded_ / kPiece + 1) * kPiece;
    encode(trace, encoded_, std::min(chunk_end, trace.size()));
    if (!send()) {
      return false;
    }
  }
  return send();
}

Ticket RunRecorder::finish(const RunResult& result) {
  const Trace& trace = *result.trace;
  for (auto i = static_cast<std::size_t>(size() - n_prompt_); i < result.generated.size(); ++i) {
    const auto logits = trace.logitsAt(size() - 1);
    const std::int32_t id = result.generated[i];
    add(id, logits.empty() ? std::nullopt : std::optional(logProbability(logits, id)));
  }
  return finish(trace, result.firings, result.abstentions, endingOf(result.end));
}

Ticket RunRecorder::finish(const Trace& trace, std::span<const FiringRecord> firings,
                           std::span<const AbstentionRecord> abstentions, Ending ending) {
  batch_.firings.assign(firings.begin(), firings.end());
  batch_.abstentions.assign(abstentions.begin(), abstentions.end());
  while (!append(trace, true)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the run is over: now it may wait
  }
  if (pieces_in_chunk_ > 1) {  // the last chunk, as one piece
    const int chunk = (encoded_ - 1) / kPiece * kPiece;
    for (int layer = 0; layer < n_layers_; ++layer) {
      if (hasRouting(trace, layer)) {
        batch_.pieces.push_back(encodeRouting(trace, layer, chunk, encoded_ - chunk, is_unedited_));
      }
    }
    batch_.replaces = true;
    while (!send()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return store_.endRun(run_, ending);
}

Ticket RunRecorder::fail(const std::string& message) {
  send();
  return store_.endRun(run_, Ending::kFailed, message);
}

std::vector<Address> recordedAddresses(const ModelConfig& config) {
  return parseAddresses(
      "router_logits.*,expert_indices.*,expert_weights.*,router_logits_raw.*,expert_indices_raw.*,"
      "expert_weights_raw.*",
      config);
}

void RecordingListener::onPromptLogits(int position, std::span<const float> logits) {
  recorder_.score(position, logits);
  next_.onPromptLogits(position, logits);
}

bool RecordingListener::onToken(const TokenEvent& event) {
  recorder_.predicted(event.position - 1, scoreRow(event.logits, -1, recorder_.nValidIds()).next);
  recorder_.chose(event.token, event.firings);
  recorder_.append(*event.trace);
  return next_.onToken(event);
}

}  // namespace rs::sessions
