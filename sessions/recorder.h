// SPDX-License-Identifier: Apache-2.0
//
// Turns a run, as it goes, into batches for a store. What has been appended is kept if the program dies.
//
//   RunRecorder recorder(store, setup, tokenBytesOf(tokenizer));
//   RecordingListener listener(recorder, printer);
//   const RunResult result = engine.run(request, listener);
//   store.wait(recorder.finish(result));
//
// Thread: one at a time, the one that may read the trace (the engine's, or a snapshot's owner).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "core/engine/engine.h"
#include "core/engine/snapshot.h"
#include "core/text/tokenizer.h"
#include "sessions/store.h"

namespace rs::sessions {

// The bytes of a token; empty for an id that has none.
using TokenBytes = std::function<std::string_view(std::int32_t id)>;
// Null without a tokenizer.
[[nodiscard]] TokenBytes tokenBytesOf(std::shared_ptr<const Tokenizer> tokenizer);

class RunRecorder {
 public:
  // Begins the run and stores its prompt. bytes: null stores no text.
  // again: the run is written anew by this number (SessionStore::beginAgain).
  // Range: the store is open. Lifetime: the store outlives the recorder; bytes is used until finish().
  RunRecorder(SessionStore& store, RunSetup setup, TokenBytes bytes,
              std::optional<RunId> again = std::nullopt);

  [[nodiscard]] RunId run() const { return run_; }

  // A token of the continuation was chosen.
  void chose(const SampledToken& token, std::span<const FiringRecord> firings = {});
  // The same for a token whose log probability may not be known.
  void add(std::int32_t id, std::optional<double> logprob);
  [[nodiscard]] int size() const { return static_cast<int>(tokens_.size()); }  // prompt and continuation
  // What became known of a token that is there already.
  void learn(int position, std::optional<double> logprob, std::optional<double> next_entropy);
  // What the model said there about the token that follows.
  void predicted(int position, const NextToken& next);
  // Both, from the logits after a token of the prompt.
  void score(int position, std::span<const float> logits);
  [[nodiscard]] int nValidIds() const { return n_valid_ids_; }  // ids from here on have no text
  // What the trace has since the last call. Small pieces wait until they are worth writing, unless `now`.
  // False: the store's queue is full; nothing is lost, the next call sends it.
  bool append(const Trace& trace, bool now = false);
  // The rest, and the end. The ticket is that of the end; earlier ones are done before it.
  Ticket finish(const RunResult& result);
  // The same for a run that has no RunResult: its tokens were added one by one.
  Ticket finish(const Trace& trace, std::span<const FiringRecord> firings,
                std::span<const AbstentionRecord> abstentions, Ending ending);
  // The end of a run that has no result. What was appended stays.
  Ticket fail(const std::string& message);

 private:
  [[nodiscard]] StoredToken tokenRow(int position, std::int32_t id, std::optional<double> logprob) const;
  void encode(const Trace& trace, int first, int end);
  bool send();

  SessionStore& store_;
  TokenBytes bytes_;
  RunId run_ = 0;
  int n_layers_;
  bool is_unedited_;
  bool is_again_;
  int n_valid_ids_;
  std::vector<std::int32_t> tokens_;  // prompt and what was chosen
  int n_prompt_;
  int encoded_ = 0;          // positions whose routing is in batches
  int pieces_in_chunk_ = 0;  // of the chunk that `encoded_` lies in
  RunBatch batch_;           // not yet taken by the store
  std::chrono::steady_clock::time_point last_sent_;
};

// What a trace must hold for a run to be recorded whole: the router's logits and both decisions of every
// layer.
[[nodiscard]] std::vector<Address> recordedAddresses(const ModelConfig& config);

// Records what happens and passes it on. With RunRequest::scores_prompt the prompt has its log probabilities
// too.
class RecordingListener final : public RunListener {
 public:
  // Lifetime: both outlive the listener.
  RecordingListener(RunRecorder& recorder, RunListener& next) : recorder_(recorder), next_(next) {}
  bool onToken(const TokenEvent& event) override;
  void onPrefill(int n_done, int n_total) override { next_.onPrefill(n_done, n_total); }
  void onPromptLogits(int position, std::span<const float> logits) override;

 private:
  RunRecorder& recorder_;
  RunListener& next_;
};

}  // namespace rs::sessions
