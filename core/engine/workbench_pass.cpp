// SPDX-License-Identifier: Apache-2.0
//
// The workbench's passes: rows of a run, what the cache must hold before them, the choice of the next token.
#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/engine/kept_inputs.h"
#include "core/engine/next_token.h"
#include "core/engine/workbench.h"

namespace rs {
namespace {

// Making room forgets the cache, so twice what is needed is made, and this at least; room that is not used
// costs nothing.
constexpr int kLeastRoom = 8192;
// Rows of the last block of a trace are copied where more are needed, and so made in steps.
constexpr int kRowStep = 64;
// For positions that sliding layers keep beyond their window, so that an edit far back finds its keys.
constexpr std::uint64_t kRewindBytes = std::uint64_t{128} << 20;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int positionsToKeep(const ModelConfig& config) {
  const auto n_sliding = std::count(config.is_sliding.begin(), config.is_sliding.end(), true);
  const auto bytes = static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(n_sliding, 1)) *
                     static_cast<std::uint64_t>(config.keyWidth()) * 8;
  return static_cast<int>(std::min(kRewindBytes / bytes, static_cast<std::uint64_t>(config.max_positions)));
}

// The backend writes nowhere once the chunk is over, however it ends.
class Capturing {
 public:
  Capturing(Backend& backend, const CaptureSinks* sinks) : backend_(backend) { backend_.setCapture(sinks); }
  ~Capturing() { backend_.setCapture(nullptr); }
  Capturing(const Capturing&) = delete;
  Capturing& operator=(const Capturing&) = delete;

 private:
  Backend& backend_;
};

}  // namespace

void Workbench::reserveFor(int n_positions) {
  if (n_positions <= n_reserved_) {
    return;
  }
  const int wanted = std::min(std::max(2 * n_positions, kLeastRoom), config().max_positions);
  record_.clear();
  n_reserved_ = 0;  // should there be no memory
  backend().keepForRewind(positionsToKeep(config()));
  backend().reserve(wanted, kTraceBlock);
  n_reserved_ = wanted;
}

void Workbench::onLayer(int layer) {
  const RowRange& rows = at_work_.rows;
  if (progress_.has_value() && at_work_.counts_rows) {
    progress_->done = rows.first + std::int64_t{rows.end - rows.first} * (layer + 1) / config().n_layers;
    progress_->seconds = secondsSince(at_work_.start);
  }
  if (rerun_.before != nullptr && at_work_.is_kept) {
    // Of an earlier chunk the whole is shown at its end: old and new then part at one layer and one position.
    if (rerun_.before->size() <= rows.end) {
      rerun_.layers_done = layer + 1;
      rerun_.before->stale = StaleFrom{layer + 1, rows.first};
    }
  }
  listener_.onChange();
}

void Workbench::runChunk(const LiveRun& run, const RowRange& rows, int n_logit_rows,
                         const std::stop_token& stop) {
  Chunk chunk{
      std::span(run.tokens)
          .subspan(static_cast<std::size_t>(rows.first), static_cast<std::size_t>(rows.end - rows.first)),
      n_logit_rows,
      rows.first_layer,
      {}};
  if (rows.first_layer > 0) {
    // Rows of one block lie in one piece of memory.
    const Address input = inputOf(rows.first_layer);
    const auto first = run.trace->floats(input.site, input.layer, rows.first);
    chunk.input = {first.data(), first.size() * chunk.tokens.size()};
  }
  record_.begin(run.tokens, run.steered, rows.first_layer, rows.first);
  backend().setProgram(&run.steered->program());
  at_work_.rows = rows;
  forward(backend(), chunk, ObserverList(), stop, this);
  record_.finish(rows.first_layer, rows.end);
}

void Workbench::catchUp(const LiveRun& run, int position, int first_layer, const std::stop_token& stop) {
  const std::vector<int> held = record_.held(run.tokens, *run.steered);
  int n = *std::min_element(held.begin() + first_layer, held.end());
  n = std::min({n, position, backend().nCached()});
  if (backend().nCached() != n && !backend().rewind(n)) {
    record_.clear();
    n = 0;
    check(backend().rewind(0), "a cache can always be emptied");
  }
  at_work_.is_kept = false;
  const Capturing nothing(backend(), nullptr);
  while (n < position) {
    const int end = std::min((n / kTraceBlock + 1) * kTraceBlock, position);
    runChunk(run, {n, end, first_layer}, 0, stop);
    n = end;
  }
}

void Workbench::score(LiveRun& run, int first_row, int n_rows) {
  const auto vocab = static_cast<std::size_t>(config().vocab);
  run.next.resize(static_cast<std::size_t>(run.size()), NextToken{{}, -1});
  run.logprobs.resize(run.tokens.size(), std::numeric_limits<float>::quiet_NaN());
  for (int row = 0; row < n_rows; ++row) {
    const auto position = static_cast<std::size_t>(first_row) + static_cast<std::size_t>(row);
    const std::int32_t follows = position + 1 < run.tokens.size() ? run.tokens[position + 1] : -1;
    const ScoredRow scored =
        scoreRow(backend().logits().subspan(static_cast<std::size_t>(row) * vocab, vocab), follows, nValid());
    run.next[position] = scored.next;
    if (follows >= 0) {
      run.logprobs[position + 1] = scored.logprob;
    }
  }
}

void Workbench::passTo(LiveRun& run, int end, int first_layer, const std::stop_token& stop) {
  if (run.size() >= end) {
    return;
  }
  run.steered->read(run.tokens, directions_);
  const int n_positions = std::min(std::max(end, run.n_wanted), config().max_positions);
  reserveFor(n_positions);
  run.trace->allow(std::min((n_positions / kRowStep + 1) * kRowStep, config().max_positions));
  while (run.size() < end) {
    const int first = run.size();
    const int chunk_end = std::min((first / kTraceBlock + 1) * kTraceBlock, end);
    catchUp(run, first, first_layer, stop);
    // The last row always has logits: the next token is chosen from them.
    const int first_scored =
        std::min(std::max(first, run.firstScored()), chunk_end == end ? end - 1 : chunk_end);
    const int n_logit_rows = chunk_end - std::min(first_scored, chunk_end);
    {
      const Capturing into(backend(), &run.trace->sinksFor(first, first_layer));
      at_work_.is_kept = true;
      runChunk(run, {first, chunk_end, first_layer}, n_logit_rows, stop);
    }
    run.trace->append(
        std::span(run.tokens)
            .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(chunk_end - first)));
    run.trace->appendLogits(backend().logits(), n_logit_rows);
    score(run, chunk_end - n_logit_rows, n_logit_rows);
    if (rerun_.after == &run) {
      rerun_.layers_done = 0;
      rerun_.before->stale = StaleFrom{first_layer, chunk_end};
    }
    touch(run);
  }
}

void Workbench::chooseNext(LiveRun& run, const std::stop_token& stop) {
  const int last = run.size() - 1;
  if (run.trace->logitsAt(last).empty()) {
    // Kept of the newest row alone, and this one was another's: it is run again.
    run.trace =
        std::make_unique<Trace>(*run.trace, run.steered->program(), run.trace->request(), last, last + 1);
    passTo(run, last + 1, 0, stop);
  }
  Sampler sampler(run.sampling, nValid());
  const SampledToken token = sampler.choose(run.trace->logitsAt(last), last + 1);
  run.tokens.push_back(token.id);
  run.logprobs.push_back(static_cast<float>(token.logprob));
}

void Workbench::proceed(LiveRun& run, const std::stop_token& stop) {
  whileAtWork(run, [&] {
    begin("reading the prompt", run.n_prompt, true);
    const int n_before = run.size();
    passTo(run, std::max(run.n_prompt, run.size()), 0, stop);
    run.tokens_per_second = (run.size() - n_before) / std::max(secondsSince(at_work_.start), 1e-9);
    run.end = RunEnd::kPromptDone;
    const auto n_first = static_cast<int>(run.tokens.size());
    if (n_first >= run.n_wanted) {
      return;
    }
    begin("generating", run.n_wanted - n_first, false);
    for (run.end = RunEnd::kMaxTokens; static_cast<int>(run.tokens.size()) < run.n_wanted;) {
      if (static_cast<int>(run.tokens.size()) >= config().max_positions) {
        run.end = RunEnd::kContextFull;
        return;
      }
      passTo(run, static_cast<int>(run.tokens.size()), 0, stop);
      chooseNext(run, stop);
      const auto n_done = static_cast<int>(run.tokens.size()) - n_first;
      progress_->done = n_done;
      progress_->seconds = secondsSince(at_work_.start);
      run.tokens_per_second = n_done / std::max(progress_->seconds, 1e-9);
      listener_.onEvent(TokenReady{run.id, static_cast<int>(run.tokens.size()) - 1});
      touch(run);
      if (run.stops_at_end && isEnd(run.tokens.back())) {
        run.end = RunEnd::kStopToken;
        return;
      }
      if (stop.stop_requested()) {
        throw Error(ErrorCode::kCancelled, "stopped after a token");
      }
    }
  });
}

bool Workbench::isEnd(std::int32_t token) const {
  const auto& ends = config().end_token_ids;
  return std::find(ends.begin(), ends.end(), token) != ends.end();
}

void Workbench::begin(const char* what, int n_tokens, bool counts_rows) {
  progress_ = Progress{ticket_, what, "tokens", 0, n_tokens, 0};
  at_work_ = {std::chrono::steady_clock::now(), {}, counts_rows, false};
  listener_.onChange();
}

}  // namespace rs
