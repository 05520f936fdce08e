// SPDX-License-Identifier: Apache-2.0
//
// diff: two captures, or one prompt without and with edits and virtual experts: where the routing parts, how
// often, and how far the values are apart.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cli/capture_file.h"
#include "app/cli/comparison_report.h"
#include "app/cli/options.h"
#include "app/cli/routing_table.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/export/tensor_file_reader.h"
#include "core/trace/comparison.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLabelWidth = 16;

std::string textOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string editsText(std::size_t n_edits) {
  return n_edits == 0 ? "no edits" : format(n_edits == 1 ? "%zu edit" : "%zu edits", n_edits);
}

std::size_t countEdits(const Json& edits) {
  const Json& list = edits.is_object() && edits.contains("edits") ? edits["edits"] : edits;
  return list.is_array() ? list.size() : 0;
}

// A file that says nothing about its origin is compared all the same.
ComparedSide sideOf(const TensorFileReader& file, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  ComparedSide side{slash == std::string::npos ? path : path.substr(slash + 1), "", "", "", "", 0};
  const Json json = Json::parse(file.metadata(), nullptr, false);
  if (!json.is_object()) {
    return side;
  }
  if (const auto model = json.find("model"); model != json.end() && model->is_object()) {
    side.model = textOf(*model, "name");
    side.model_hash = textOf(*model, "hash");
  }
  side.numerics = textOf(json, "precision") + ", " + textOf(json, "backend") + " " + textOf(json, "isa");
  if (const auto edits = json.find("edits"); edits != json.end()) {
    side.edits = editsText(countEdits(*edits));
  }
  if (const auto top_k = json.find("top_k"); top_k != json.end() && top_k->is_number_integer()) {
    side.top_k = std::clamp(top_k->get<int>(), 0, 1 << 16);
  }
  return side;
}

LogitsWanted parseLogits(const std::string& text) {
  if (text == "all") {
    return LogitsWanted::kAll;
  }
  return text == "none" ? LogitsWanted::kNone : LogitsWanted::kLast;
}

class DiffVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    app.add_option("files", files_, "two captures of trace or generate, .safetensors")->expected(-1);
    model_.declare(app);
    prompt_.declare(app);
    app.add_option("--capture", capture_, "of a prompt: what to compare (docs/hooks.md)")
        ->capture_default_str();
    app.add_option("--logits", logits_, "of a prompt: logits to compare: all, last, none")
        ->capture_default_str()
        ->check(CLI::IsMember({"all", "last", "none"}));
    app.add_option("--max-rel", max_rel_, "exit with 5 if an array's relative rms difference is greater")
        ->check(CLI::NonNegativeNumber);
  }

  int run(Console& console) override {
    const bool has_prompt = !prompt_.text.empty() || !prompt_.file.empty() || !prompt_.tokens.empty();
    if (!files_.empty()) {
      if (files_.size() != 2 || has_prompt || model_.changesRouting()) {
        throw Error(ErrorCode::kUsage,
                    format("comparing captures: expected two files and no prompt, edits or virtual experts, "
                           "found %zu file%s%s%s",
                           files_.size(), files_.size() == 1 ? "" : "s", has_prompt ? " and a prompt" : "",
                           model_.changesRouting() ? " and --edits or --virtual" : ""));
      }
      return compareFiles(console);
    }
    if (!model_.changesRouting()) {
      throw Error(
          ErrorCode::kUsage,
          "comparing: expected two capture files, or a prompt with --edits or --virtual, found neither "
          "(see routescope diff --help)");
    }
    return comparePrompt(console);
  }

 private:
  int compareFiles(Console& console) {
    for (const std::string& path : files_) {
      if (path.size() < 12 || path.compare(path.size() - 12, 12, ".safetensors") != 0) {
        throw Error(ErrorCode::kUsage,
                    "comparing captures: expected files that end in .safetensors, found '" + path +
                        "'; write them with trace --out NAME.safetensors");
      }
    }
    const TensorFileReader left(files_[0]);
    const TensorFileReader right(files_[1]);
    ComparisonDetails details;
    details.left = sideOf(left, files_[0]);
    details.right = sideOf(right, files_[1]);
    if (const TensorView* tokens = left.find("tokens"); tokens != nullptr && tokens->dtype == DType::kI32) {
      details.tokens = toInts(*tokens);
    }
    const Comparison comparison =
        compareCaptures(*sourceOf(left), *sourceOf(right), std::max(details.left.top_k, details.right.top_k));
    show(console, comparison, details);
    return 0;
  }

  int comparePrompt(Console& console) {
    LoadedModel model = loadModel(model_.request);
    const ModelConfig& config = model.weights->config();
    RunRequest request;
    request.tokens = prompt_.read(model);
    request.chunk = model_.chunk;
    request.trace = {withRouterSites(parseAddresses(capture_, config), config), parseLogits(logits_)};
    const auto n_tokens = static_cast<int>(request.tokens.size());

    // The edits are read first, so that a refused one costs no run; the plain run goes without them.
    const std::string edits = applyEdits(model_, model, n_tokens);
    ComparisonDetails details;
    for (int layer = 0; layer < config.n_layers; ++layer) {
      details.is_edited.push_back(!model.engine->program().layer(layer).empty());
    }
    RunListener listener;
    const RunResult with = model.engine->run(request, listener, console.stopToken());
    model.engine->setProgram(RoutingProgram(config.n_layers, config.n_experts, config.top_k, config.hidden));
    const RunResult without = model.engine->run(request, listener, console.stopToken());
    const bool is_cancelled = with.end == RunEnd::kCancelled || without.end == RunEnd::kCancelled;
    if (with.trace->size() == 0 || without.trace->size() == 0) {
      console.note("stopped before both runs had a token; nothing to compare");
      return exitStatus(ErrorCode::kCancelled);
    }
    const ComparedSide side{"",
                            model.name,
                            model.weights->hash(),
                            model_.request.precision + ", " + model.engine->backend().name() + " " +
                                model.engine->backend().isa(),
                            "",
                            config.top_k};
    details.left = details.right = side;
    details.left.title = "left, without";
    details.left.edits = editsText(0);
    details.right.title = "right, with";
    details.right.edits = editsText(edits.empty() ? 0 : countEdits(Json::parse(edits)));
    for (const std::string& name : model_.virtual_experts) {
      details.right.edits += ", " + name;
    }
    details.tokenizer = model.tokenizer.get();
    details.tokens = request.tokens;
    details.next_left = nextOf(model, *without.trace);
    details.next_right = nextOf(model, *with.trace);
    show(console, compareCaptures(*sourceOf(*without.trace), *sourceOf(*with.trace), config.top_k), details);
    return is_cancelled ? exitStatus(ErrorCode::kCancelled) : 0;
  }

  static std::optional<NextToken> nextOf(const LoadedModel& model, const Trace& trace) {
    std::span<const float> logits = trace.logitsAt(trace.size() - 1);
    if (logits.empty()) {
      return std::nullopt;
    }
    if (model.tokenizer != nullptr) {
      logits =
          logits.first(std::min(logits.size(), static_cast<std::size_t>(model.tokenizer->vocabularySize())));
    }
    const std::int32_t id = argmax(logits);
    return NextToken{id, tokenLabel(model.tokenizer.get(), id, kLabelWidth), logProbability(logits, id)};
  }

  void show(const Console& console, const Comparison& comparison, const ComparisonDetails& details) const {
    if (console.wants_json) {
      print(comparisonJson(comparison, details).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    } else {
      print(comparisonText(comparison, details, console.is_verbose));
    }
    if (max_rel_) {
      checkTolerance(comparison);
    }
  }

  void checkTolerance(const Comparison& comparison) const {
    const std::string limit = format("comparing with --max-rel %g: ", *max_rel_);
    if (comparison.first_other_token || comparison.left_positions != comparison.right_positions) {
      throw Error(
          ErrorCode::kTolerance,
          limit + format("expected the same tokens, found %d and %d, the same up to %d",
                         comparison.left_positions, comparison.right_positions, comparison.n_positions));
    }
    if (!comparison.mismatches.empty()) {
      throw Error(ErrorCode::kTolerance,
                  limit + "array " + comparison.mismatches[0].name + ": " + comparison.mismatches[0].problem);
    }
    const ArrayDifference* worst = comparison.worst();
    if (worst != nullptr && worst->relative_rms > *max_rel_) {
      throw Error(
          ErrorCode::kTolerance,
          limit + format("the worst array is %s with %s, %lld of %lld values differ, the largest at token %d",
                         worst->name.c_str(), differenceText(worst->relative_rms).c_str(),
                         static_cast<long long>(worst->n_differing), static_cast<long long>(worst->n),
                         worst->row));
    }
  }

  std::vector<std::string> files_;
  ModelOptions model_;
  PromptOptions prompt_;
  std::string capture_ = "router";
  std::string logits_ = "all";
  std::optional<double> max_rel_;
};

}  // namespace

VerbInfo diffVerb() {
  return describeVerb<DiffVerb>("diff", "compare two captures, or a prompt without and with edits");
}

}  // namespace rs::app
