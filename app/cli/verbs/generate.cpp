// SPDX-License-Identifier: Apache-2.0
//
// generate: continues a prompt token by token, under edits and virtual experts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/capture_file.h"
#include "app/cli/chat_text.h"
#include "app/cli/options.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/utf8.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;

Json finiteOrNull(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

// The routing of one position, layer by layer.
Json layersJson(const Trace& trace, int position) {
  Json layers = Json::array();
  for (int layer = 0; layer < trace.config().n_layers; ++layer) {
    Json ids = Json::array();
    Json weights = Json::array();
    const auto chosen = trace.ints(Site::kExpertIndices, layer, position);
    const auto shares = trace.floats(Site::kExpertWeights, layer, position);
    for (std::size_t slot = 0; slot < chosen.size() && chosen[slot] >= 0; ++slot) {
      ids.push_back(chosen[slot]);
      weights.push_back(shares[slot]);
    }
    const float margin =
        decisionMargin(trace.floats(Site::kRouterLogits, layer, position), trace.config().top_k);
    layers.push_back({{"ids", ids}, {"weights", weights}, {"margin", finiteOrNull(margin)}});
  }
  return layers;
}

Json firingJson(const Firing& firing) {
  return {{"trigger", firing.trigger},
          {"expression", firing.expression},
          {"value", firing.value},
          {"token", firing.token},
          {"answer_index", firing.answer_index}};
}

void printLine(const Json& line) {
  print(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

// Prints the continuation as it comes: text, or a JSON line a token.
class Printer final : public RunListener {
 public:
  // holds_lines: JSON lines wait in lines() for something that is only known at the end.
  // chat: turns tokens into what is read; null for plain text.
  Printer(const Console& console, const LoadedModel& model, std::vector<std::string> stops, bool holds_lines,
          std::unique_ptr<ChatText> chat)
      : console_(console),
        model_(model),
        stops_(std::move(stops)),
        holds_lines_(holds_lines),
        chat_(std::move(chat)) {}

  void onPrefill(int n_done, int n_total) override {
    console_.progress(format("prompt: %d of %d tokens", n_done, n_total));
    if (n_done == n_total) {
      console_.endProgress();
    }
  }

  bool onToken(const TokenEvent& event) override {
    const std::int32_t id = event.token.id;
    const bool is_text = model_.tokenizer != nullptr && model_.tokenizer->contains(id);
    const bool is_special = is_text && model_.tokenizer->isSpecial(id);
    const std::string text =
        is_text && !is_special ? stream_.push(model_.tokenizer->tokenBytes(id)) : std::string();
    said_ += chat_ != nullptr && is_text ? chat_->push(id) : text;
    if (console_.wants_json) {
      // Routing is that of the position which predicted this token.
      Json line{{"position", event.position},
                {"id", id},
                {"text", is_special ? std::string(model_.tokenizer->tokenBytes(id)) : text},
                {"logprob", event.token.logprob},
                {"layers", layersJson(*event.trace, event.position - 1)}};
      for (const FiringRecord& record : event.firings) {
        line["firing"] = firingJson(record.firing);
      }
      if (holds_lines_) {
        lines_.push_back(std::move(line));
      } else {
        printLine(line);
      }
      return !stopped();
    }
    if (model_.tokenizer == nullptr) {
      print(std::to_string(id) + "\n");
      return true;
    }
    const bool ends = stopped();
    print(printable(ends));
    return !ends;
  }

  // Ends the line; whatever waited for more bytes is shown.
  void finish() {
    if (!console_.wants_json && model_.tokenizer != nullptr) {
      said_ += stream_.finish();
      print(printable(true) + "\n");
    }
    if (chat_ != nullptr && !chat_->departure().empty()) {
      console_.note("the model left the chat format, its text is shown as it is: " + chat_->departure());
    }
  }

  [[nodiscard]] std::vector<Json>& lines() { return lines_; }

 private:
  // Whether a stop text has been said; what follows it is not shown.
  bool stopped() {
    for (const std::string& stop : stops_) {
      const std::size_t at = said_.find(stop);
      if (at != std::string::npos) {
        said_.resize(at);
        return true;
      }
    }
    return false;
  }

  // The part that no stop text can begin in any more.
  std::string printable(bool is_end) {
    std::size_t held = 0;
    for (const std::string& stop : stops_) {
      for (std::size_t n = std::min(stop.size() - 1, said_.size()); !is_end && n > held; --n) {
        if (said_.compare(said_.size() - n, n, stop, 0, n) == 0) {
          held = n;
        }
      }
    }
    const std::size_t end = std::max(said_.size() - held, std::min(shown_, said_.size()));
    std::string text = said_.substr(std::min(shown_, end), end - std::min(shown_, end));
    shown_ = end;
    return text;
  }

  const Console& console_;
  const LoadedModel& model_;
  std::vector<std::string> stops_;
  bool holds_lines_;
  std::unique_ptr<ChatText> chat_;
  Utf8Stream stream_;
  std::string said_;
  std::size_t shown_ = 0;
  std::vector<Json> lines_;
};

class GenerateVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    model_.declare(app);
    prompt_.declare(app);
    app.add_option("--max-tokens", max_tokens_, "tokens at most")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 20));
    app.add_option("--temperature", sampling_.temperature, "0: the likeliest token")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 100.0));
    app.add_option("--top-p", sampling_.top_p, "fewest tokens whose share reaches this")
        ->capture_default_str()
        ->check(CLI::Range(1e-9, 1.0));
    app.add_option("--seed", sampling_.seed, "of the draws")->capture_default_str();
    app.add_option("--stop", stops_, "end before this text; may be given more than once");
    app.add_flag("--unaided", unaided_,
                 "for each firing also what the model alone would have said (one more pass)");
    app.add_option("--capture", capture_, "what to keep for --out (docs/hooks.md)")->capture_default_str();
    app.add_option("--out", out_, "file for the capture: .safetensors, .npz or .csv");
  }

  int run(Console& console) override {
    stops_.erase(std::remove(stops_.begin(), stops_.end(), ""), stops_.end());
    if (!out_.empty()) {
      static_cast<void>(captureFormat(out_));  // a bad ending is told before the run, not after
    }
    LoadedModel model = loadModel(model_.request);
    const ModelConfig& config = model.weights->config();
    RunRequest request;
    request.tokens = prompt_.read(model);
    request.chunk = model_.chunk;
    request.max_new_tokens = max_tokens_;
    request.sampling = sampling_;
    request.stop_ids = config.end_token_ids;
    request.n_valid_ids = model.tokenizer != nullptr ? model.tokenizer->vocabularySize() : 0;
    request.trace.logits = LogitsWanted::kNone;
    if (!out_.empty()) {
      request.trace.addresses = parseAddresses(capture_, config);
    }
    if (console.wants_json || !out_.empty()) {
      request.trace.addresses = withRouterSites(request.trace.addresses, config);
    }
    const std::string edits =
        applyEdits(model_, model, static_cast<int>(request.tokens.size()) + max_tokens_);
    Printer printer(console, model, stops_, unaided_,
                    prompt_.is_chat ? std::make_unique<ChatText>(model.needTokenizer()) : nullptr);
    const RunResult result = model.engine->run(request, printer, console.stopToken());
    printer.finish();
    report(console, model, request, result, printer.lines());
    if (!out_.empty()) {
      writeCapture(out_, *result.trace, model,
                   {edits, "generate --capture " + capture_, result.end != RunEnd::kCancelled,
                    static_cast<int>(request.tokens.size()), &result});
    }
    return result.end == RunEnd::kCancelled ? exitStatus(ErrorCode::kCancelled) : 0;
  }

 private:
  // Firings and abstentions: into the JSON lines, or as notes.
  void report(const Console& console, LoadedModel& model, const RunRequest& request, const RunResult& result,
              std::vector<Json>& lines) {
    std::vector<std::int32_t> tokens = request.tokens;
    tokens.insert(tokens.end(), result.generated.begin(), result.generated.end());
    std::vector<SampledToken> alone;
    if (unaided_) {
      std::vector<int> positions;
      for (const FiringRecord& record : result.firings) {
        positions.push_back(record.firing.position);
      }
      alone = model.engine->unaidedNext(tokens, positions, console.stopToken());
    }
    for (std::size_t i = 0; i < result.firings.size(); ++i) {
      const Firing& firing = result.firings[i].firing;
      std::string note = format("calculator at %d: %s = %s", firing.position, firing.expression.c_str(),
                                firing.value.c_str());
      if (i < alone.size()) {
        const std::string text = validUtf8(model.tokenizer->tokenBytes(alone[i].id));
        note += format("; alone the model says '%s' (logprob %.2f)", text.c_str(), alone[i].logprob);
        const int line = firing.position + 1 - static_cast<int>(request.tokens.size());
        if (line >= 0 && line < static_cast<int>(lines.size())) {
          lines[static_cast<std::size_t>(line)]["firing"]["unaided"] = {
              {"id", alone[i].id}, {"text", text}, {"logprob", alone[i].logprob}};
        }
      }
      unaided_ && !console.wants_json ? console.note(note) : console.detail(note);
    }
    for (const AbstentionRecord& record : result.abstentions) {
      console.note(format("calculator abstains at %d: %s (%s)", record.abstention.position,
                          record.abstention.reason.c_str(), record.abstention.trigger.c_str()));
    }
    for (const Json& line : lines) {
      printLine(line);
    }
  }

  ModelOptions model_;
  PromptOptions prompt_;
  Sampling sampling_;
  int max_tokens_ = 256;
  std::vector<std::string> stops_;
  bool unaided_ = false;
  std::string capture_ = "router";
  std::string out_;
};

}  // namespace

VerbInfo generateVerb() {
  return describeVerb<GenerateVerb>("generate", "continue a prompt token by token");
}

}  // namespace rs::app
