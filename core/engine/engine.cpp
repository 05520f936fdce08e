// SPDX-License-Identifier: Apache-2.0
#include "core/engine/engine.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/forward.h"

namespace rs {

std::uint64_t availableMemory() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::uint64_t kilobytes = 0;
  std::string unit;
  while (file >> key >> kilobytes) {
    if (key == "MemAvailable:") {
      return kilobytes * 1024;
    }
    std::getline(file, unit);
  }
  return std::numeric_limits<std::uint64_t>::max();
}

Engine::Engine(std::unique_ptr<Backend> backend, std::shared_ptr<const Weights> weights)
    : weights_(std::move(weights)),
      backend_(std::move(backend)),
      program_(weights_->config().n_layers, weights_->config().n_experts, weights_->config().top_k,
               weights_->config().hidden),
      reader_({}, nullptr),
      directions_(weights_) {}

Engine::~Engine() = default;

void Engine::setProgram(RoutingProgram program, std::vector<ActiveExpert> experts,
                        std::shared_ptr<const TokenText> text) {
  reader_ = FiringReader(std::move(experts), std::move(text));
  program_ = std::move(program);
}

void Engine::checkRequest(const RunRequest& request) const {
  const ModelConfig& config = weights_->config();
  if (request.tokens.empty()) {
    throw Error(ErrorCode::kUsage, "running a prompt: it has no tokens; give at least one");
  }
  for (std::size_t i = 0; i < request.tokens.size(); ++i) {
    if (request.tokens[i] < 0 || request.tokens[i] >= config.vocab) {
      throw Error(ErrorCode::kUsage, format("running a prompt: token %zu has id %d, expected 0..%d", i,
                                            request.tokens[i], config.vocab - 1));
    }
  }
  if (static_cast<int>(request.tokens.size()) > config.max_positions) {
    throw Error(ErrorCode::kUsage, format("running a prompt: it has %zu tokens, the model takes at most %d",
                                          request.tokens.size(), config.max_positions));
  }
}

void Engine::prepare(const RunRequest& request) {
  const ModelConfig& config = weights_->config();
  const int n_positions =
      std::min(static_cast<int>(request.tokens.size()) + request.max_new_tokens, config.max_positions);
  const std::uint64_t needed = Trace::bytesNeeded(config, program_, request.trace, n_positions);
  const std::uint64_t available = availableMemory();
  if (needed > available) {
    throw Error(ErrorCode::kMemory, "capturing " + std::to_string(n_positions) + " positions: " +
                                        bytesText(needed) + " needed, " + bytesText(available) +
                                        " available; capture fewer addresses or a shorter run");
  }
  const int chunk = std::clamp(request.chunk, 1, kTraceBlock);
  if (n_positions > reserved_positions_ || chunk > reserved_chunk_) {
    reserved_positions_ = std::max(n_positions, reserved_positions_);
    reserved_chunk_ = std::max(chunk, reserved_chunk_);
    backend_->reserve(reserved_positions_, reserved_chunk_);
  }
  check(backend_->rewind(0), "a cache can always be emptied");
  program_.dropFirings(0);
  backend_->setProgram(&program_);
  reader_.restart();
}

void Engine::step(std::span<const std::int32_t> chunk, int n_logit_rows, Trace& trace,
                  const std::stop_token& stop) {
  backend_->setCapture(&trace.sinksFor(trace.size()));
  forward(*backend_, {chunk, n_logit_rows, 0, {}}, observers_, stop);
  trace.append(chunk);
  trace.appendLogits(backend_->logits(), n_logit_rows);
}

void Engine::prefill(const RunRequest& request, RunListener& listener, RunResult& result,
                     const std::stop_token& stop) {
  const auto n_tokens = static_cast<int>(request.tokens.size());
  const std::span<const std::int32_t> tokens(request.tokens);
  for (int first = 0; first < n_tokens;) {
    // A chunk ends where a block of the trace ends: its rows are one piece of memory.
    const int block_end = (first / kTraceBlock + 1) * kTraceBlock;
    const int end = std::min({first + std::clamp(request.chunk, 1, kTraceBlock), block_end, n_tokens});
    const auto n_chunk = static_cast<std::size_t>(end - first);
    const bool all_logits = request.trace.logits == LogitsWanted::kAll || request.scores_prompt;
    const bool last_logits =
        end == n_tokens && (request.trace.logits == LogitsWanted::kLast || request.max_new_tokens > 0);
    const auto chunk = tokens.subspan(static_cast<std::size_t>(first), n_chunk);
    reader_.read(chunk, directions_, program_, result);
    step(chunk, all_logits ? end - first : static_cast<int>(last_logits), *result.trace, stop);
    const auto vocab = static_cast<std::size_t>(weights_->config().vocab);
    for (std::size_t row = 0; request.scores_prompt && row < n_chunk; ++row) {
      listener.onPromptLogits(first + static_cast<int>(row), backend_->logits().subspan(row * vocab, vocab));
    }
    listener.onPrefill(end, n_tokens);
    first = end;
  }
}

void Engine::generate(const RunRequest& request, RunListener& listener, RunResult& result,
                      const std::stop_token& stop) {
  const ModelConfig& config = weights_->config();
  std::vector<std::int32_t> tokens = request.tokens;
  tokens.reserve(tokens.size() + static_cast<std::size_t>(request.max_new_tokens));
  Sampler sampler(request.sampling, request.n_valid_ids > 0 ? request.n_valid_ids : config.vocab);
  for (result.end = RunEnd::kMaxTokens; static_cast<int>(result.generated.size()) < request.max_new_tokens;) {
    const auto vocab = static_cast<std::size_t>(config.vocab);
    const auto position = static_cast<int>(tokens.size());
    const auto logits = backend_->logits().last(vocab);
    const SampledToken token = sampler.choose(logits, position);
    tokens.push_back(token.id);
    result.generated.push_back(token.id);
    const auto now =
        std::find_if(result.firings.begin(), result.firings.end(),
                     [&](const FiringRecord& record) { return record.firing.position >= position - 1; });
    const bool goes_on =
        listener.onToken({position, token, result.trace.get(), logits, std::span(now, result.firings.end())});
    if (std::find(request.stop_ids.begin(), request.stop_ids.end(), token.id) != request.stop_ids.end()) {
      result.end = RunEnd::kStopToken;
      return;
    }
    if (!goes_on || position + 1 >= config.max_positions) {
      result.end = goes_on ? RunEnd::kContextFull : RunEnd::kListener;
      return;
    }
    if (static_cast<int>(result.generated.size()) < request.max_new_tokens) {
      reader_.read(std::span(tokens).last(1), directions_, program_, result);
      step(std::span(tokens).last(1), 1, *result.trace, stop);
    }
  }
}

RunResult Engine::run(const RunRequest& request, RunListener& listener, const std::stop_token& stop) {
  checkRequest(request);
  prepare(request);
  RunResult result;
  result.trace =
      std::make_unique<Trace>(weights_->config(), program_, request.trace,
                              std::min(static_cast<int>(request.tokens.size()) + request.max_new_tokens,
                                       weights_->config().max_positions));
  try {
    prefill(request, listener, result, stop);
    if (request.max_new_tokens > 0) {
      generate(request, listener, result, stop);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) {
      throw;
    }
    result.end = RunEnd::kCancelled;
  }
  backend_->setCapture(nullptr);  // the trace leaves this object
  return result;
}

std::vector<SampledToken> Engine::unaidedNext(std::span<const std::int32_t> tokens,
                                              std::span<const int> positions, const std::stop_token& stop) {
  const ModelConfig& config = weights_->config();
  const RoutingProgram unedited(config.n_layers, config.n_experts, config.top_k, config.hidden);
  check(backend_->rewind(0), "a cache can always be emptied");
  backend_->setProgram(&unedited);
  backend_->setCapture(nullptr);
  std::vector<SampledToken> next;
  const auto vocab = static_cast<std::size_t>(config.vocab);
  auto wanted = positions.begin();
  for (std::size_t first = 0; first < tokens.size() && wanted != positions.end();) {
    const auto chunk =
        tokens.subspan(first, std::min(tokens.size() - first, static_cast<std::size_t>(reserved_chunk_)));
    const auto end = static_cast<int>(first + chunk.size());
    forward(*backend_, {chunk, *wanted < end ? static_cast<int>(chunk.size()) : 0, 0, {}}, ObserverList(),
            stop);
    for (; wanted != positions.end() && *wanted < end; ++wanted) {
      const auto row = static_cast<std::size_t>(*wanted) - first;
      const auto logits = backend_->logits().subspan(row * vocab, vocab);
      const std::int32_t id = argmax(logits);
      next.push_back({id, logProbability(logits, id)});
    }
    first += chunk.size();
  }
  backend_->setProgram(&program_);
  return next;
}

}  // namespace rs
