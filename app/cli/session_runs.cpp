// SPDX-License-Identifier: Apache-2.0
#include "app/cli/session_runs.h"

#include <algorithm>

#include "app/version.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/next_token.h"
#include "core/routing/edit_json.h"
#include "sessions/recorder.h"
#include "sessions/run_source.h"

namespace rs::app {
namespace {

using sessions::RunSetup;

class ProgressListener final : public RunListener {
 public:
  ProgressListener(const Console& console, std::string what) : console_(console), what_(std::move(what)) {}
  void onPrefill(int n_done, int n_total) override {
    console_.progress(format("%s: %d of %d tokens of the prompt", what_.c_str(), n_done, n_total));
  }
  bool onToken(const TokenEvent& event) override {
    console_.progress(format("%s: token %d", what_.c_str(), event.position));
    return true;
  }

 private:
  const Console& console_;
  std::string what_;
};

sessions::ModelFacts factsOf(const LoadedModel& model) {
  const ModelConfig& config = model.weights->config();
  return {model.name,      model.weights->hash(), model.tokenizer != nullptr ? model.tokenizer->hash() : "",
          config.n_layers, config.n_experts,      config.top_k,
          config.vocab};
}

sessions::Provenance provenanceOf(LoadedModel& model, const std::string& device) {
  const Backend& backend = model.engine->backend();
  return {backend.precision() == Precision::kExact ? "exact" : "fast", std::string(backend.name()),
          std::string(backend.isa()), device, kVersion};
}

void note(std::vector<std::string>& other, const char* what, const std::string& then,
          const std::string& now) {
  if (then != now) {
    other.push_back(format("%s: %s then, %s now", what, then.c_str(), now.c_str()));
  }
}

// Sentences for what differs beside the captured arrays.
void compareTexts(sessions::SessionReader& reader, const Replay& replay, const RunResult& result, int n_given,
                  std::vector<std::string>& differences) {
  const auto stored = reader.tokens(replay.run);
  const auto n_prompt = static_cast<std::size_t>(n_given);
  const std::size_t n_generated = stored.size() - std::min(n_prompt, stored.size());
  for (std::size_t i = 0; i < std::min(n_generated, result.generated.size()); ++i) {
    if (stored[n_prompt + i].id != result.generated[i]) {
      differences.push_back(
          format("token %zu is %d, was %d", n_prompt + i, result.generated[i], stored[n_prompt + i].id));
      break;
    }
  }
  if (n_generated != result.generated.size()) {
    differences.push_back(
        format("it has %zu tokens after the prompt, had %zu", result.generated.size(), n_generated));
  }
  const auto firings = reader.firings(replay.run);
  const auto same = [](const FiringRecord& a, const FiringRecord& b) {
    return a.expert == b.expert && a.firing.position == b.firing.position && a.firing.token == b.firing.token;
  };
  if (!std::equal(firings.begin(), firings.end(), result.firings.begin(), result.firings.end(), same)) {
    differences.push_back(
        format("virtual experts fire %zu times, fired %zu times, not all at the same places",
               result.firings.size(), firings.size()));
  }
}

void compareArrays(Replay& replay, bool may_be_shorter) {
  const Comparison& comparison = replay.comparison;
  if (comparison.first) {
    const DecisionDifference& first = *comparison.first;
    const auto shown = [](const std::vector<std::int32_t>& ids) {
      std::vector<std::string> words;
      for (const std::int32_t id : ids) {
        words.push_back(std::to_string(id));
      }
      return join(words, " ");
    };
    replay.differences.push_back(format("first divergent decision: token %d, layer %d: experts %s, were %s",
                                        first.position, first.layer, shown(first.right).c_str(),
                                        shown(first.left).c_str()));
  }
  for (const Mismatch& mismatch : comparison.mismatches) {
    replay.differences.push_back(mismatch.name + ": " + mismatch.problem);
  }
  if (const ArrayDifference* worst = comparison.worst(); worst != nullptr && worst->n_differing > 0) {
    replay.differences.push_back(
        format("%s: %lld of %lld values differ, relative rms %.3g, the largest difference "
               "%.3g at token %d",
               worst->name.c_str(), static_cast<long long>(worst->n_differing),
               static_cast<long long>(worst->n), worst->relative_rms, worst->largest, worst->row));
  }
  if (comparison.left_positions > comparison.right_positions ||
      (comparison.left_positions < comparison.right_positions && !may_be_shorter)) {
    replay.differences.push_back(
        format("routing of %d tokens, was of %d", comparison.right_positions, comparison.left_positions));
  }
}

// The listener that checks log probabilities as they come.
class LogprobListener final : public RunListener {
 public:
  LogprobListener(ProgressListener& next, std::vector<sessions::StoredToken> stored)
      : next_(next), stored_(std::move(stored)) {}
  bool onToken(const TokenEvent& event) override {
    const auto at = static_cast<std::size_t>(event.position);
    if (at < stored_.size() && stored_[at].logprob && !isSame(*stored_[at].logprob, event.token.logprob) &&
        first_ < 0) {
      first_ = event.position;
    }
    return next_.onToken(event);
  }
  void onPrefill(int n_done, int n_total) override { next_.onPrefill(n_done, n_total); }
  // Tokens that were given. Some of them another run may have chosen, and scored as it did so.
  void onPromptLogits(int position, std::span<const float> logits) override {
    const auto at = static_cast<std::size_t>(position) + 1;
    if (at >= stored_.size() || !stored_[at].logprob || first_ >= 0) {
      return;
    }
    const std::int32_t id = stored_[at].id;
    const double stored = *stored_[at].logprob;
    if (!isSame(stored, logProbability(logits, id)) &&
        !isSame(stored, static_cast<double>(scoreRow(logits, id, 0).logprob))) {
      first_ = position + 1;
    }
  }
  [[nodiscard]] bool knowsPrompt(int n_given) const {
    const auto end = stored_.begin() + std::min(n_given, static_cast<int>(stored_.size()));
    return std::any_of(stored_.begin(), end, [](const auto& token) { return token.logprob.has_value(); });
  }
  [[nodiscard]] int first() const { return first_; }  // -1: all the same

 private:
  // The window keeps them in single precision, the command line in double.
  static bool isSame(double stored, double now) {
    const auto single = static_cast<float>(stored);
    return static_cast<double>(single) == stored ? single == static_cast<float>(now) : stored == now;
  }
  ProgressListener& next_;
  std::vector<sessions::StoredToken> stored_;
  int first_ = -1;
};

void checkModel(const RunSetup& setup, const LoadedModel& model, sessions::RunId run) {
  const sessions::ModelFacts now = factsOf(model);
  if (setup.model.hash != now.hash || setup.model.tokenizer_hash != now.tokenizer_hash) {
    throw Error(
        ErrorCode::kModel,
        format(
            "replaying run %lld: it was made with %s (model %s, tokenizer %s), found %s (model %s, tokenizer "
            "%s); name the right one with --model",
            static_cast<long long>(run), setup.model.name.c_str(), setup.model.hash.c_str(),
            setup.model.tokenizer_hash.c_str(), now.name.c_str(), now.hash.c_str(),
            now.tokenizer_hash.c_str()));
  }
}

}  // namespace

Recorded recordRun(sessions::SessionStore& store, LoadedModel& model, RecordRequest request,
                   const Console& console) {
  RunSetup setup;
  setup.model = factsOf(model);
  setup.provenance = provenanceOf(model, request.device);
  setup.prompt = request.run.tokens;
  setup.max_new_tokens = request.run.max_new_tokens;
  setup.sampling = request.run.sampling;
  setup.stop_ids = request.run.stop_ids;
  setup.n_valid_ids = request.run.n_valid_ids;
  setup.edits_json = request.edits_json;
  setup.virtual_experts = request.virtual_experts;
  request.run.trace.addresses = sessions::recordedAddresses(model.weights->config());
  request.run.scores_prompt = true;
  sessions::RunRecorder recorder(store, std::move(setup), sessions::tokenBytesOf(model.tokenizer));
  ProgressListener progress(console, "recording");
  sessions::RecordingListener listener(recorder, progress);
  Recorded recorded;
  try {
    const RunResult result = model.engine->run(request.run, listener, console.stopToken());
    console.endProgress();
    store.wait(recorder.finish(result));
    recorded.end = result.end;
    recorded.n_tokens = static_cast<int>(request.run.tokens.size() + result.generated.size());
  } catch (const Error& error) {
    console.endProgress();
    store.wait(recorder.fail(error.what()));
    throw;
  }
  recorded.run = recorder.run();
  return recorded;
}

namespace {

// Tokens that a run has in common with its parent.
int keptTokens(sessions::SessionReader& reader, const sessions::StoredRun& stored,
               const std::vector<sessions::StoredToken>& tokens) {
  if (!stored.summary.parent) {
    return 0;
  }
  const std::vector<sessions::StoredToken> parent = reader.tokens(*stored.summary.parent);
  const auto same = [](const sessions::StoredToken& a, const sessions::StoredToken& b) {
    return a.id == b.id;
  };
  return static_cast<int>(
      std::mismatch(tokens.begin(), tokens.end(), parent.begin(), parent.end(), same).first - tokens.begin());
}

// One attempt: the first n_given tokens are given, the model chooses the others.
void replayFrom(sessions::SessionReader& reader, const sessions::StoredRun& stored, int n_given,
                LoadedModel& model, const Console& console, Replay& replay) {
  const RunSetup& setup = stored.setup;
  const std::vector<sessions::StoredToken> tokens = reader.tokens(replay.run);
  RunRequest request;
  for (int position = 0; position < n_given; ++position) {
    request.tokens.push_back(tokens[static_cast<std::size_t>(position)].id);
  }
  request.max_new_tokens = stored.summary.n_tokens - n_given;
  request.sampling = setup.sampling;
  request.stop_ids = setup.stop_ids;
  request.n_valid_ids = setup.n_valid_ids;
  request.trace = {sessions::recordedAddresses(model.weights->config()), LogitsWanted::kNone};
  installProgram(
      {setup.edits_json.empty() ? EditList() : parseEdits(setup.edits_json), setup.virtual_experts}, model,
      stored.summary.n_tokens);
  ProgressListener progress(console, format("run %lld", static_cast<long long>(replay.run)));
  LogprobListener listener(progress, tokens);
  request.scores_prompt = listener.knowsPrompt(n_given);
  const RunResult result = model.engine->run(request, listener, console.stopToken());
  console.endProgress();
  if (result.end == RunEnd::kCancelled) {
    throw Error(ErrorCode::kCancelled,
                format("replaying run %lld: stopped", static_cast<long long>(replay.run)));
  }
  replay.comparison =
      compareCaptures(*sessions::sourceOf(reader, replay.run), *sourceOf(*result.trace), setup.model.top_k);
  replay.n_positions = replay.comparison.n_positions;
  compareTexts(reader, replay, result, n_given, replay.differences);
  if (listener.first() >= 0) {
    replay.differences.push_back(format("the log probability of token %d differs", listener.first()));
  }
  // A run that was broken off, or kept its last tokens, has routing of fewer of them than one made from
  // scratch.
  const bool may_be_shorter = n_given > stored.summary.n_prompt || stored.summary.ending == "cancelled" ||
                              stored.summary.ending == "interrupted" || stored.summary.ending == "failed";
  compareArrays(replay, may_be_shorter);
}

}  // namespace

Replay replayRun(sessions::SessionReader& reader, sessions::RunId run, LoadedModel& model,
                 const std::string& device, const Console& console) {
  const sessions::StoredRun stored = reader.run(run);
  const RunSetup& setup = stored.setup;
  checkModel(setup, model, run);
  Replay replay;
  replay.run = run;
  replay.setup = setup;
  replay.setup.prompt.clear();
  replay.n_tokens = stored.summary.n_tokens;
  const sessions::Provenance now = provenanceOf(model, device);
  note(replay.other, "isa", setup.provenance.isa, now.isa);
  note(replay.other, "precision", setup.provenance.precision, now.precision);
  note(replay.other, "backend", setup.provenance.backend, now.backend);
  note(replay.other, "version", setup.provenance.app_version, now.app_version);

  Replay chosen = replay;
  replayFrom(reader, stored, stored.summary.n_prompt, model, console, chosen);
  const int n_kept = keptTokens(reader, stored, reader.tokens(run));
  if (chosen.differences.empty() || n_kept <= stored.summary.n_prompt) {
    return chosen;
  }
  // An edit can be tried over the tokens of another run as they stand: then these are no choice of this one.
  Replay kept = replay;
  replayFrom(reader, stored, n_kept, model, console, kept);
  if (!kept.differences.empty()) {
    return chosen;
  }
  kept.other.push_back(format("tokens %d to %d are kept from run %lld, not chosen", stored.summary.n_prompt,
                              n_kept - 1, static_cast<long long>(*stored.summary.parent)));
  return kept;
}

}  // namespace rs::app
