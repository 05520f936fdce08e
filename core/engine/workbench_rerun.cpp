// SPDX-License-Identifier: Apache-2.0
//
// How a run grows out of another: what both agree about is shared, the rest is run, from the first layer and
// position on that differ.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/kept_inputs.h"
#include "core/engine/next_token.h"
#include "core/engine/workbench.h"
#include "core/routing/program_difference.h"

namespace rs {
namespace {

std::vector<std::int32_t> chosen(const Trace& trace, int layer, int position) {
  const auto row = trace.ints(Site::kExpertIndices, layer, position);
  std::vector<std::int32_t> ids(row.begin(), std::find(row.begin(), row.end(), -1));
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Rows that a run takes over from the one it grows out of.
int sharedRows(const LiveRun& from, const LiveRun& run, int n_agreeing) {
  const auto n = static_cast<std::size_t>(n_agreeing);
  const bool another_follows =
      n > 0 && n < run.tokens.size() && (n >= from.tokens.size() || from.tokens[n] != run.tokens[n]);
  // The share of another token only the logits before it tell: that row is run again.
  return another_follows ? n_agreeing - 1 : n_agreeing;
}

double millisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Workbench::Departure Workbench::departureOf(const LiveRun& from, std::span<const std::int32_t> tokens,
                                            const Steered& steered) const {
  const auto mismatch = std::mismatch(tokens.begin(), tokens.end(), from.tokens.begin(), from.tokens.end());
  Departure departure;
  departure.tokens = std::min(static_cast<int>(mismatch.first - tokens.begin()), from.size());
  departure.layer = config().n_layers;
  departure.position = departure.tokens;
  const std::vector<int> first = firstDifferences(from.steered->program(), steered.program());
  for (int layer = config().n_layers - 1; layer >= 0; --layer) {
    if (const int position = first[static_cast<std::size_t>(layer)]; position < departure.tokens) {
      departure.layer = layer;
      departure.position = std::min(departure.position, position);
    }
  }
  departure.start = nearestKept(*from.trace, departure.layer);
  return departure;
}

std::unique_ptr<LiveRun> Workbench::derive(const LiveRun& from, std::vector<std::int32_t> tokens,
                                           std::shared_ptr<Steered> steered,
                                           const Departure& departure) const {
  auto run = std::make_unique<LiveRun>();
  run->parent = from.id;
  run->shared_with = departure.position;
  run->state = from.state == RunState::kDone ? RunState::kDone : RunState::kPaused;
  run->end = from.end;
  run->n_prompt = from.n_prompt;
  run->n_wanted = from.n_wanted;
  run->stops_at_end = from.stops_at_end;
  run->scores_prompt = from.scores_prompt;
  run->extra = from.extra;
  run->sampling = from.sampling;
  run->tokens_per_second = from.tokens_per_second;
  run->tokens = std::move(tokens);
  run->steered = std::move(steered);
  const int n_shared = sharedRows(from, *run, departure.position);
  const auto n_positions = static_cast<int>(run->tokens.size());
  if (n_shared == 0 && departure.start == 0) {
    // Everything is run, and kept as the budget now allows.
    run->trace = std::make_unique<Trace>(config(), run->steered->program(),
                                         requestFor(run->extra, n_positions), n_positions);
  } else {
    run->trace = std::make_unique<Trace>(*from.trace, run->steered->program(), from.trace->request(),
                                         n_shared, n_positions);
  }
  const auto n_rows = static_cast<std::size_t>(run->size());
  run->next.assign(from.next.begin(),
                   from.next.begin() + static_cast<std::ptrdiff_t>(std::min(from.next.size(), n_rows)));
  // Of the token after the last shared row too: that row said it.
  const std::size_t n_known = std::min({from.logprobs.size(), run->tokens.size(), n_rows + 1});
  run->logprobs.assign(from.logprobs.begin(), from.logprobs.begin() + static_cast<std::ptrdiff_t>(n_known));
  return run;
}

void Workbench::finishDerived(LiveRun& derived, const Departure& departure, int end,
                              const std::stop_token& stop) {
  if (departure.layer < config().n_layers) {
    passTo(derived, end, nearestKept(*derived.trace, departure.start), stop);
  }
}

RunId Workbench::rerunAsItStands(LiveRun& run, std::shared_ptr<Steered> steered, bool replaces,
                                 const std::stop_token& stop) {
  const auto start = std::chrono::steady_clock::now();
  begin("re-running after an edit", run.size(), true);
  steered->read(run.tokens, directions_);
  const Departure departure = departureOf(run, run.tokens, *steered);
  const int end = std::max(run.size(), run.n_prompt);
  std::unique_ptr<LiveRun> after = derive(run, run.tokens, std::move(steered), departure);
  if (replaces) {
    run.stale = StaleFrom{departure.layer, departure.position};
    rerun_ = {&run, after.get(), 0};
    touch(run);
  }
  try {
    finishDerived(*after, departure, std::min(departure.tokens, run.size()), stop);
    passTo(*after, end, 0, stop);
  } catch (...) {  // the run stays as it was, and says so
    rerun_ = {};
    touch(run);
    throw;
  }
  rerun_ = {};
  EditEffect effect = effectOf(run, *after, departure);
  if (replaces) {
    after->id = effect.run = run.id;
    after->parent = run.parent;
    after->shared_with = run.shared_with;
    run = std::move(*after);
    touch(run);
  } else {
    effect.run = add(std::move(after)).id;
    keepWithinBudget();
  }
  effect.milliseconds = millisecondsSince(start);
  listener_.onEvent(effect);
  return effect.run;
}

RunId Workbench::perform(const SetSteering& command, const std::stop_token& stop) {
  std::shared_ptr<Steered> steered = compile(command.steering);
  steering_ = command.steering;
  listener_.onChange();
  if (!command.reruns || current_ == 0) {
    return current_;
  }
  return rerunAsItStands(need(current_, "steering a run"), std::move(steered), command.replaces, stop);
}

RunId Workbench::perform(const RerunFromEdit& command, const std::stop_token& stop) {
  LiveRun& before = needCurrent("re-running after an edit");
  std::shared_ptr<Steered> steered = compile(steering_);
  if (!command.regenerates) {
    return rerunAsItStands(before, std::move(steered), false, stop);
  }
  const auto start = std::chrono::steady_clock::now();
  steered->read(before.tokens, directions_);
  const Departure all = departureOf(before, before.tokens, *steered);
  if (all.layer == config().n_layers) {  // nothing that has run so far would run otherwise
    return rerunAsItStands(before, std::move(steered), true, stop);
  }
  const int n_kept =
      std::min(std::max(all.position + 1, before.n_prompt), static_cast<int>(before.tokens.size()));
  std::vector<std::int32_t> tokens(before.tokens.begin(), before.tokens.begin() + n_kept);
  // Another text may follow: what the experts say about the old one must not be entered.
  steered = compile(steering_);
  steered->read(tokens, directions_);
  const Departure departure = departureOf(before, tokens, *steered);
  LiveRun& after = add(derive(before, std::move(tokens), std::move(steered), departure));
  after.n_wanted = std::max(before.n_wanted, static_cast<int>(before.tokens.size()));
  keepWithinBudget();
  whileAtWork(after, [&] {
    begin("re-running after an edit", n_kept, true);
    const int end = std::min(departure.tokens, before.size());
    finishDerived(after, departure, end, stop);
    passTo(after, std::min(n_kept, before.size()), 0, stop);
  });
  EditEffect effect = effectOf(before, after, departure);
  effect.run = after.id;
  effect.milliseconds = millisecondsSince(start);
  listener_.onEvent(effect);
  proceed(after, stop);
  return after.id;
}

EditEffect Workbench::effectOf(const LiveRun& before, const LiveRun& after,
                               const Departure& departure) const {
  EditEffect effect;
  effect.before = before.id;
  effect.kl_last = std::numeric_limits<double>::quiet_NaN();
  const int end = std::min({before.size(), after.size(), departure.tokens});
  for (int layer = departure.layer; layer < config().n_layers; ++layer) {
    int& flips = layer == departure.layer ? effect.flips_here : effect.flips_after;
    for (int position = departure.position; position < end; ++position) {
      ++effect.n_decisions;
      flips += chosen(*before.trace, layer, position) != chosen(*after.trace, layer, position) ? 1 : 0;
    }
  }
  if (end == 0) {
    return effect;
  }
  const NextToken& was = before.next[static_cast<std::size_t>(end) - 1];
  const NextToken& is = after.next[static_cast<std::size_t>(end) - 1];
  effect.top_changes = was.best.front().id != is.best.front().id;
  const auto a = before.trace->logitsAt(end - 1);
  const auto b = after.trace->logitsAt(end - 1);
  if (!a.empty() && !b.empty()) {
    effect.kl_last = divergence(a, b);
  } else if (was.best.front().id >= 0 && is.best.front().id >= 0) {
    effect.kl_last = divergenceFloor(was, is);
    effect.kl_is_floor = true;
  }
  return effect;
}

RunId Workbench::perform(const AskContributions& command, const std::stop_token& stop) {
  const LiveRun& run = need(command.run, "measuring what edits do");
  std::vector<std::shared_ptr<Steered>> all;
  for (const Steering& steering : command.without) {
    all.push_back(compile(steering));  // all of them can be, or none is run
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    begin("measuring what edits do", run.size(), true);
    all[i]->read(run.tokens, directions_);
    const Departure departure = departureOf(run, run.tokens, *all[i]);
    const std::unique_ptr<LiveRun> other = derive(run, run.tokens, std::move(all[i]), departure);
    finishDerived(*other, departure, std::min(departure.tokens, run.size()), stop);
    passTo(*other, run.size(), 0, stop);
    Contribution answer{ticket_, static_cast<int>(i), effectOf(*other, run, departure)};
    answer.effect.run = run.id;
    answer.effect.milliseconds = millisecondsSince(start);
    listener_.onEvent(answer);
  }
  return run.id;
}

RunId Workbench::perform(const AskUnaided& command, const std::stop_token& stop) {
  const LiveRun& run = need(command.run, "asking without edits");
  const auto n_tokens = static_cast<int>(run.tokens.size());
  for (std::size_t i = 0; i < command.positions.size(); ++i) {
    const int position = command.positions[i];
    if (position < 0 || position >= n_tokens || (i > 0 && position <= command.positions[i - 1])) {
      throw Error(ErrorCode::kUsage,
                  format("asking without edits: expected ascending positions in 0..%d, found %d",
                         n_tokens - 1, position));
    }
  }
  Unaided answer{ticket_, run.id, command.positions, {}};
  if (command.positions.empty()) {
    listener_.onEvent(answer);
    return run.id;
  }
  LiveRun plain;
  plain.tokens = run.tokens;
  plain.steered = compile({});
  begin("asking without edits", command.positions.back() + 1, true);
  reserveFor(n_tokens);
  const auto vocab = static_cast<std::size_t>(config().vocab);
  Sampler sampler({}, nValid());
  for (auto wanted = command.positions.begin(); wanted != command.positions.end();) {
    const int end = std::min((*wanted / kTraceBlock + 1) * kTraceBlock, n_tokens);
    catchUp(plain, *wanted, 0, stop);
    const int first = *wanted;
    runChunk(plain, {first, end, 0}, end - first, stop);
    for (; wanted != command.positions.end() && *wanted < end; ++wanted) {
      const auto row = static_cast<std::size_t>(*wanted - first);
      answer.tokens.push_back(sampler.choose(backend().logits().subspan(row * vocab, vocab), *wanted + 1));
    }
  }
  listener_.onEvent(answer);
  return run.id;
}

}  // namespace rs
