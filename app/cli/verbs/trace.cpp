// SPDX-License-Identifier: Apache-2.0
//
// trace: one pass over the prompt, captured into a file or shown as a table.
#include <CLI/CLI.hpp>

#include "app/cli/capture_file.h"
#include "app/cli/options.h"
#include "app/cli/routing_table.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/text.h"

namespace rs::app {
namespace {

class ProgressListener final : public RunListener {
 public:
  explicit ProgressListener(const Console& console) : console_(console) {}
  void onPrefill(int n_done, int n_total) override {
    console_.progress(format("%d of %d tokens", n_done, n_total));
  }

 private:
  const Console& console_;
};

LogitsWanted parseLogits(const std::string& text) {
  if (text == "all") {
    return LogitsWanted::kAll;
  }
  return text == "none" ? LogitsWanted::kNone : LogitsWanted::kLast;
}

class TraceVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    model_.declare(app);
    prompt_.declare(app);
    app.add_option("--capture", capture_, "what to keep: addresses, groups, ranges (docs/hooks.md)")
        ->capture_default_str();
    app.add_option("--logits", logits_, "logits to keep: all, last, none")
        ->capture_default_str()
        ->check(CLI::IsMember({"all", "last", "none"}));
    app.add_option("--out", out_, "file to write: .safetensors, .npz or .csv; without it a table is shown");
  }

  int run(Console& console) override {
    const CaptureFormat format = out_.empty() ? CaptureFormat::kCsv : captureFormat(out_);
    LoadedModel model = loadModel(model_.request);
    const ModelConfig& config = model.weights->config();
    RunRequest request;
    request.tokens = prompt_.read(model);
    request.chunk = model_.chunk;
    request.trace = {parseAddresses(capture_, config), parseLogits(logits_)};
    if (format == CaptureFormat::kCsv) {
      request.trace.addresses = withRouterSites(request.trace.addresses, config);
    }
    const std::string edits = applyEdits(model_, model, static_cast<int>(request.tokens.size()));
    ProgressListener listener(console);
    const RunResult result = model.engine->run(request, listener, console.stopToken());
    console.endProgress();
    show(console, model, result, edits);
    return result.end == RunEnd::kCancelled ? exitStatus(ErrorCode::kCancelled) : 0;
  }

 private:
  void show(Console& console, LoadedModel& model, const RunResult& result, const std::string& edits) {
    const bool is_complete = result.end != RunEnd::kCancelled;
    if (!is_complete) {
      console.note(format("stopped after %d tokens; what is finished is kept", result.trace->size()));
    }
    if (out_.empty()) {
      print(routingTable(*result.trace, model.tokenizer.get(), console));
      return;
    }
    writeCapture(out_, *result.trace, model,
                 {edits, "trace --capture " + capture_ + " --logits " + logits_, is_complete,
                  result.trace->size(), &result});
    console.note(format("wrote %d tokens, %zu arrays to %s", result.trace->size(),
                        result.trace->arrayNames().size(), out_.c_str()));
  }

  ModelOptions model_;
  PromptOptions prompt_;
  std::string capture_ = "router";
  std::string logits_ = "last";
  std::string out_;
};

}  // namespace

VerbInfo traceVerb() {
  return describeVerb<TraceVerb>("trace", "run a prompt once and keep what the hooks see");
}

}  // namespace rs::app
