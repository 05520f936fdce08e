// SPDX-License-Identifier: Apache-2.0
//
// Runs a model: prompt in chunks, then token by token, under a routing program and high-level virtual
// experts, into a trace. A session-free, synchronous core; threads and queues are put around it by its owner.
//
// Thread: one owner at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/backend/backend.h"
#include "core/engine/firing_reader.h"
#include "core/engine/sampler.h"
#include "core/experts/token_direction.h"
#include "core/hooks/observer.h"
#include "core/model/weights.h"
#include "core/routing/program.h"
#include "core/trace/trace.h"

namespace rs {

struct RunRequest {
  std::vector<std::int32_t> tokens;  // the prompt, at least one
  int max_new_tokens = 0;            // 0: a trace of the prompt
  Sampling sampling;
  std::vector<std::int32_t> stop_ids;  // generation ends after one of these
  int n_valid_ids = 0;                 // ids from here on have no text; 0: all are valid
  int chunk = kTraceBlock;             // prefill chunk; changes no bit
  bool scores_prompt = false;          // the listener sees the logits of every token of the prompt
  TraceRequest trace;
};

struct TokenEvent {
  int position = 0;  // of the new token; it was predicted at position - 1
  SampledToken token;
  const Trace* trace = nullptr;           // rows up to position - 1
  std::span<const float> logits;          // that it was chosen from, [vocab]
  std::span<const FiringRecord> firings;  // at position - 1
};

class RunListener {
 public:
  virtual ~RunListener() = default;
  // False ends the run after this token.
  virtual bool onToken(const TokenEvent& /*event*/) { return true; }
  virtual void onPrefill(int /*n_done*/, int /*n_total*/) {}
  // What the model says after the token of the prompt at `position`, in order, before onPrefill tells of it.
  // Range: with RunRequest::scores_prompt. Lifetime: logits, [vocab], until this returns.
  virtual void onPromptLogits(int /*position*/, std::span<const float> /*logits*/) {}
};

enum class RunEnd : std::uint8_t { kPromptDone, kStopToken, kMaxTokens, kListener, kContextFull, kCancelled };

struct RunResult : FiringLog {
  std::unique_ptr<Trace> trace;
  std::vector<std::int32_t> generated;
  RunEnd end = RunEnd::kPromptDone;
};

class Engine {
 public:
  Engine(std::unique_ptr<Backend> backend, std::shared_ptr<const Weights> weights);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] const Weights& weights() const { return *weights_; }
  [[nodiscard]] std::shared_ptr<const Weights> sharedWeights() const { return weights_; }
  [[nodiscard]] Backend& backend() { return *backend_; }

  // Replaces edits and virtual experts of the runs that follow.
  // Range: experts need the text of tokens, so text may be null only without experts.
  void setProgram(RoutingProgram program, std::vector<ActiveExpert> experts = {},
                  std::shared_ptr<const TokenText> text = nullptr);
  [[nodiscard]] const RoutingProgram& program() const { return program_; }
  void setObservers(ObserverList observers) { observers_ = std::move(observers); }

  // Runs from position 0.
  //
  // Errors: Error{kUsage} for an empty prompt, an id outside the vocabulary or a run beyond the model's
  // positions; Error{kMemory} with the size if trace or cache cannot be had. A stop keeps what is finished.
  [[nodiscard]] RunResult run(const RunRequest& request, RunListener& listener,
                              const std::stop_token& stop = {});

  // What the model says at these positions of a token list without any edit or virtual expert: a pass of its
  // own over the tokens, the likeliest next token of each position.
  // Range: positions ascending; the tokens are those of an earlier run of this object.
  [[nodiscard]] std::vector<SampledToken> unaidedNext(std::span<const std::int32_t> tokens,
                                                      std::span<const int> positions,
                                                      const std::stop_token& stop = {});

 private:
  void checkRequest(const RunRequest& request) const;
  void prepare(const RunRequest& request);
  void prefill(const RunRequest& request, RunListener& listener, RunResult& result,
               const std::stop_token& stop);
  void generate(const RunRequest& request, RunListener& listener, RunResult& result,
                const std::stop_token& stop);
  void step(std::span<const std::int32_t> chunk, int n_logit_rows, Trace& trace, const std::stop_token& stop);

  std::shared_ptr<const Weights> weights_;
  std::unique_ptr<Backend> backend_;
  RoutingProgram program_;
  FiringReader reader_;
  ObserverList observers_;
  TokenDirections directions_;
  int reserved_positions_ = 0;
  int reserved_chunk_ = 0;
};

// Bytes of memory that the system can still give, from /proc/meminfo; a very large number if unknown.
[[nodiscard]] std::uint64_t availableMemory();

}  // namespace rs
