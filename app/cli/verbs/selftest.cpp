// SPDX-License-Identifier: Apache-2.0
//
// selftest: runs the bundled model on stored prompts and compares with stored values, a line a check.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/cli/options.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;

constexpr int kSchema = 1;
constexpr double kLogitTolerance = 1e-5;   // rms of the difference over rms of the stored
constexpr double kMarginTolerance = 1e-3;  // absolute; a choice with a smaller margin may flip elsewhere
constexpr int kLogitStride = 8;            // every eighth logit is stored
constexpr int kAnswerTokens = 12;

struct Selftest {
  const char* text;
  bool is_chat;
};
constexpr Selftest kPrompts[] = {
    {"127 * 89 =", false},
    {"What is 64 + 37?", true},
    {"The cap rate is", false},
    {"for i in range(10): print(i)", false},
};
constexpr const char* kCalculatorPrompt = "127 * 89 =";
constexpr const char* kCalculatorAnswer = "11303";

enum class Outcome : std::uint8_t { kOk, kFailed, kBeyondTolerance };

struct Check {
  std::string name;
  Outcome outcome = Outcome::kOk;
  std::string detail;
};

// Runs the model on prompts; what `selftest` compares and `selftest --write` stores.
class Runner {
 public:
  Runner(LoadedModel& model, const Console& console) : model_(model), console_(console) {}

  [[nodiscard]] std::vector<std::int32_t> encode(const std::string& text, bool is_chat) const {
    PromptOptions prompt;
    prompt.text = text;
    prompt.is_chat = is_chat;
    return prompt.read(model_);
  }

  RunResult trace(const std::vector<std::int32_t>& tokens, int chunk) {
    RunRequest request;
    request.tokens = tokens;
    request.chunk = chunk;
    request.trace = {parseAddresses("router", model_.weights->config()), LogitsWanted::kLast};
    RunListener listener;
    return finished(model_.engine->run(request, listener, console_.stopToken()));
  }

  std::string answerWithCalculator(const std::string& text) {
    ModelOptions options;
    options.virtual_experts = {"calculator"};
    RunRequest request;
    request.tokens = encode(text, false);
    request.max_new_tokens = kAnswerTokens;
    request.stop_ids = model_.weights->config().end_token_ids;
    request.n_valid_ids = model_.tokenizer->vocabularySize();
    applyEdits(options, model_, static_cast<int>(request.tokens.size()) + kAnswerTokens);
    RunListener listener;
    const RunResult result = finished(model_.engine->run(request, listener, console_.stopToken()));
    withoutEdits();
    return model_.tokenizer->decode(result.generated);
  }

  void withoutEdits() { applyEdits({}, model_, 0); }

 private:
  static RunResult finished(RunResult result) {
    if (result.end == RunEnd::kCancelled) {
      throw Error(ErrorCode::kCancelled, "selftest: stopped");
    }
    return result;
  }

  LoadedModel& model_;
  const Console& console_;
};

std::vector<float> storedLogits(const Trace& trace, int stride) {
  const auto all = trace.logitsAt(trace.size() - 1);
  std::vector<float> some;
  for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(stride)) {
    some.push_back(all[i]);
  }
  return some;
}

std::vector<std::int32_t> chosen(const Trace& trace, int layer, int position) {
  const auto row = trace.ints(Site::kExpertIndices, layer, position);
  return {row.begin(), std::find(row.begin(), row.end(), -1)};
}

float marginAt(const Trace& trace, int layer, int position) {
  return decisionMargin(trace.floats(Site::kRouterLogits, layer, position), trace.config().top_k);
}

// ---- writing ----

Json promptJson(Runner& runner, const Selftest& prompt) {
  const std::vector<std::int32_t> ids = runner.encode(prompt.text, prompt.is_chat);
  const RunResult result = runner.trace(ids, kTraceBlock);
  Json layers = Json::array();
  for (int layer = 0; layer < result.trace->config().n_layers; ++layer) {
    Json experts = Json::array();
    Json margins = Json::array();
    for (int position = 0; position < result.trace->size(); ++position) {
      experts.push_back(chosen(*result.trace, layer, position));
      margins.push_back(marginAt(*result.trace, layer, position));
    }
    layers.push_back({{"experts", experts}, {"margins", margins}});
  }
  return {{"prompt", prompt.text},
          {"chat", prompt.is_chat},
          {"ids", ids},
          {"layers", layers},
          {"logit_stride", kLogitStride},
          {"logits", storedLogits(*result.trace, kLogitStride)}};
}

void writeValues(const std::string& path, LoadedModel& model, Runner& runner) {
  Json prompts = Json::array();
  for (const Selftest& prompt : kPrompts) {
    prompts.push_back(promptJson(runner, prompt));
  }
  Json json{{"schema", kSchema},
            {"model", {{"name", model.name}, {"hash", model.weights->hash()}}},
            {"isa", model.engine->backend().isa()},
            {"prompts", prompts}};
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  writeFileAtomically(path, std::as_bytes(std::span(text)));
}

// ---- comparing ----

class Comparer {
 public:
  Comparer(LoadedModel& model, Runner& runner) : model_(model), runner_(runner) {}

  std::vector<Check> run(const Json& stored) {
    for (const Json& prompt : stored.at("prompts")) {
      comparePrompt(prompt);
    }
    if (model_.is_demo) {
      checkCalculator();
    }
    return std::move(checks_);
  }

 private:
  void add(const std::string& name, Outcome outcome, const std::string& detail) {
    checks_.push_back({name, outcome, detail});
  }

  void comparePrompt(const Json& stored) {
    const auto text = stored.at("prompt").get<std::string>();
    const auto ids = stored.at("ids").get<std::vector<std::int32_t>>();
    const std::string name = "'" + text + "'";
    const bool same_ids = runner_.encode(text, stored.at("chat").get<bool>()) == ids;
    add(name + " token ids", same_ids ? Outcome::kOk : Outcome::kFailed,
        same_ids ? format("%zu tokens", ids.size()) : "other ids than the stored ones");
    const RunResult result = runner_.trace(ids, kTraceBlock);
    compareDecisions(name, stored.at("layers"), *result.trace);
    compareLogits(name, stored, *result.trace);
    compareChunks(name, ids, *result.trace);
  }

  void compareDecisions(const std::string& name, const Json& layers, const Trace& trace) {
    int n = 0;
    int n_fragile = 0;
    double worst_margin = 0;
    std::string other;
    if (layers.size() != static_cast<std::size_t>(trace.config().n_layers)) {
      add(name + " experts", Outcome::kFailed,
          format("stored for %zu layers, the model has %d", layers.size(), trace.config().n_layers));
      return;
    }
    for (int layer = 0; layer < trace.config().n_layers; ++layer) {
      const Json& values = layers[static_cast<std::size_t>(layer)];
      for (int position = 0; position < trace.size(); ++position) {
        const auto at = static_cast<std::size_t>(position);
        auto want = values.at("experts").at(at).get<std::vector<std::int32_t>>();
        const auto margin = values.at("margins").at(at).get<double>();
        auto found = chosen(trace, layer, position);
        worst_margin =
            std::max(worst_margin, std::abs(margin - static_cast<double>(marginAt(trace, layer, position))));
        std::sort(want.begin(), want.end());
        std::sort(found.begin(), found.end());
        ++n;
        if (margin <= kMarginTolerance) {
          ++n_fragile;
        } else if (want != found && other.empty()) {
          other = format("; token %d, layer %d: other experts", position, layer);
        }
      }
    }
    add(name + " experts", other.empty() ? Outcome::kOk : Outcome::kBeyondTolerance,
        format("%d decisions, %d of them too close to call", n, n_fragile) + other);
    add(name + " margins", worst_margin <= kMarginTolerance ? Outcome::kOk : Outcome::kBeyondTolerance,
        format("differ by %.1e, allowed %.0e", worst_margin, kMarginTolerance));
  }

  void compareLogits(const std::string& name, const Json& stored, const Trace& trace) {
    const auto want = stored.at("logits").get<std::vector<float>>();
    const auto found = storedLogits(trace, std::max(1, stored.at("logit_stride").get<int>()));
    if (want.size() != found.size()) {
      add(name + " logits", Outcome::kFailed, format("%zu stored, %zu found", want.size(), found.size()));
      return;
    }
    double squares = 0;
    double reference = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double apart = static_cast<double>(found[i]) - static_cast<double>(want[i]);
      squares += apart * apart;
      reference += static_cast<double>(want[i]) * static_cast<double>(want[i]);
    }
    const double relative = std::sqrt(squares / std::max(reference, 1e-30));
    // Written so that a value that is not a number fails.
    add(name + " logits", relative <= kLogitTolerance ? Outcome::kOk : Outcome::kBeyondTolerance,
        format("differ by %.1e relative rms, allowed %.0e", relative, kLogitTolerance));
  }

  // Token by token against the whole prompt at once: the last bit must be the same.
  void compareChunks(const std::string& name, const std::vector<std::int32_t>& ids, const Trace& whole) {
    const RunResult single = runner_.trace(ids, 1);
    const auto a = whole.logitsAt(whole.size() - 1);
    const auto b = single.trace->logitsAt(whole.size() - 1);
    const bool same = std::equal(a.begin(), a.end(), b.begin(), b.end());
    add(name + " token by token", same ? Outcome::kOk : Outcome::kFailed,
        same ? "every bit as in one piece" : "other bits than in one piece");
  }

  // The right answer is nothing to store; that the calculator gets it through is what is tested.
  void checkCalculator() {
    const std::string said = runner_.answerWithCalculator(kCalculatorPrompt);
    const bool is_right = said.find(kCalculatorAnswer) != std::string::npos;
    add(std::string("calculator '") + kCalculatorPrompt + "'", is_right ? Outcome::kOk : Outcome::kFailed,
        std::string("expected ") + kCalculatorAnswer + ", found '" + said.substr(0, said.find('\n')) + "'");
  }

  LoadedModel& model_;
  Runner& runner_;
  std::vector<Check> checks_;
};

class SelftestVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--model", request_.model, "model directory, or demo")->capture_default_str();
    app.add_option("--threads", request_.threads, "compute threads; 0: one for each core")
        ->capture_default_str()
        ->check(CLI::Range(0, 1024));
    app.add_option("--values", values_, "file of stored values; default: the one of the bundled model");
    app.add_flag("--write", writes_, "for maintainers: store what this build computes instead of comparing");
  }

  int run(Console& console) override {
    if (values_.empty() && request_.model != "demo") {
      throw Error(ErrorCode::kUsage, "testing " + request_.model +
                                         ": stored values of the bundled model fit no other; give --values");
    }
    LoadedModel model = loadModel(request_);
    static_cast<void>(model.needTokenizer());
    Runner runner(model, console);
    const std::string path =
        !values_.empty() ? values_
        : writes_ ? (std::filesystem::path(modelPath("demo")).parent_path() / "selftest/demo.json").string()
                  : resourcePath("selftest/demo.json");
    if (writes_) {
      writeValues(path, model, runner);
      console.note("stored values written to " + path);
      return 0;
    }
    return compare(console, model, runner, path);
  }

 private:
  static int compare(const Console& console, LoadedModel& model, Runner& runner, const std::string& path) {
    std::vector<Check> checks;
    try {
      const Json stored = Json::parse(readTextFile(path));
      if (stored.at("schema") != kSchema) {
        throw Error(ErrorCode::kModel, format("reading stored values: expected schema %d, found another (%s)",
                                              kSchema, path.c_str()));
      }
      const bool same_model = stored.at("model").at("hash") == model.weights->hash();
      checks.push_back({"model", same_model ? Outcome::kOk : Outcome::kFailed,
                        same_model ? model.name + ", the one the values were stored for"
                                   : "values were stored for a model of another hash"});
      const std::vector<Check> more = Comparer(model, runner).run(stored);
      checks.insert(checks.end(), more.begin(), more.end());
    } catch (const Json::exception& error) {
      throw Error(ErrorCode::kModel,
                  std::string("reading stored values: ") + error.what() + " (" + path + ")");
    }
    report(console, model, checks);
    const auto has = [&](Outcome outcome) {
      return std::any_of(checks.begin(), checks.end(),
                         [&](const Check& check) { return check.outcome == outcome; });
    };
    return has(Outcome::kFailed) ? 1 : has(Outcome::kBeyondTolerance) ? exitStatus(ErrorCode::kTolerance) : 0;
  }

  static void report(const Console& console, const LoadedModel& model, const std::vector<Check>& checks) {
    if (console.wants_json) {
      Json list = Json::array();
      for (const Check& check : checks) {
        list.push_back(
            {{"name", check.name}, {"ok", check.outcome == Outcome::kOk}, {"detail", check.detail}});
      }
      print(Json{{"isa", model.engine->backend().isa()}, {"checks", list}}.dump(
                2, ' ', false, Json::error_handler_t::replace) +
            "\n");
      return;
    }
    std::string text;
    std::size_t n_failed = 0;
    for (const Check& check : checks) {
      const bool is_ok = check.outcome == Outcome::kOk;
      n_failed += is_ok ? 0 : 1;
      text += console.styled(is_ok ? "ok     " : "FAILED ", is_ok ? "32" : "1;31") + check.name + ": " +
              check.detail + "\n";
    }
    print(text + format("%zu checks with %s kernels, %zu failed\n", checks.size(),
                        model.engine->backend().isa().c_str(), n_failed));
  }

  ModelRequest request_;
  std::string values_;
  bool writes_ = false;
};

}  // namespace

VerbInfo selftestVerb() {
  return describeVerb<SelftestVerb>("selftest", "compare this build with stored values of the bundled model");
}

}  // namespace rs::app
