// SPDX-License-Identifier: Apache-2.0
//
// demo: the main job in the terminal. One product that the bundled model gets wrong, how it was routed, the
// calculator switched in, the same product right.
#include <CLI/CLI.hpp>

#include "app/cli/options.h"
#include "app/cli/routing_table.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/utf8.h"

namespace rs::app {
namespace {

constexpr int kMaxAnswerTokens = 12;

std::string spoken(const Tokenizer& tokenizer, std::span<const std::int32_t> ids) {
  std::vector<std::int32_t> plain;
  for (const std::int32_t id : ids) {
    if (tokenizer.contains(id) && !tokenizer.isSpecial(id)) {
      plain.push_back(id);
    }
  }
  std::string text = tokenizer.decode(plain);
  text.erase(text.find_last_not_of(" \n") + 1);  // the line break that ends the answer is not part of it
  return visibleText(text);
}

// Ends at the first line break: the answer is one line.
class FirstLine final : public RunListener {
 public:
  explicit FirstLine(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}
  bool onToken(const TokenEvent& event) override {
    return !tokenizer_.contains(event.token.id) ||
           tokenizer_.tokenBytes(event.token.id).find('\n') == std::string_view::npos;
  }

 private:
  const Tokenizer& tokenizer_;
};

class DemoVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--prompt", prompt_, "another calculation")->capture_default_str();
    app.add_option("--threads", options_.request.threads, "compute threads; 0: one for each core")
        ->check(CLI::Range(0, 1024));
  }

  int run(Console& console) override {
    LoadedModel model = loadModel(options_.request);
    const ModelConfig& config = model.weights->config();
    const Tokenizer& tokenizer = model.needTokenizer();
    RunRequest request;
    request.tokens = tokenizer.encode(prompt_);
    request.max_new_tokens = kMaxAnswerTokens;
    request.stop_ids = config.end_token_ids;
    request.n_valid_ids = tokenizer.vocabularySize();
    request.trace = {parseAddresses("router", config), LogitsWanted::kNone};
    const auto n_prompt = static_cast<int>(request.tokens.size());

    print(
        console.styled(format("%s: %d layers, %d experts in each, %d for a token; precision %s, %s kernels\n",
                              model.name.c_str(), config.n_layers, config.n_experts, config.top_k,
                              options_.request.precision.c_str(), model.engine->backend().isa().c_str()),
                       "2"));
    FirstLine listener(tokenizer);
    const RunResult alone = model.engine->run(request, listener, console.stopToken());
    print("\n" + console.styled("1. The model alone", "1") +
          "   in each cell: chosen experts, likeliest first, then the margin of the choice\n\n");
    print(routingTable(*alone.trace, &tokenizer, console));
    print("\n   " + prompt_ + console.styled(spoken(tokenizer, alone.generated), "1;31") + "\n");

    options_.virtual_experts = {"calculator"};
    applyEdits(options_, model, n_prompt + kMaxAnswerTokens);
    const RunResult helped = model.engine->run(request, listener, console.stopToken());
    print("\n" + console.styled("2. With the calculator in the routing", "1") +
          format("   V0 is the virtual expert, id %d\n\n", config.n_experts));
    print(routingTable(*helped.trace, &tokenizer, console, {std::max(0, n_prompt - 1), -1}));
    print("\n   " + prompt_ + console.styled(spoken(tokenizer, helped.generated), "1;32") + "\n");
    tellFirings(console, model, request, helped);
    print("\n" + console.styled("Try next", "1") + nextCommands());
    return alone.end == RunEnd::kCancelled || helped.end == RunEnd::kCancelled
               ? exitStatus(ErrorCode::kCancelled)
               : 0;
  }

 private:
  static void tellFirings(const Console& console, LoadedModel& model, const RunRequest& request,
                          const RunResult& helped) {
    std::vector<std::int32_t> tokens = request.tokens;
    tokens.insert(tokens.end(), helped.generated.begin(), helped.generated.end());
    std::vector<int> positions;
    for (const FiringRecord& record : helped.firings) {
      positions.push_back(record.firing.position);
    }
    const std::vector<SampledToken> alone = model.engine->unaidedNext(tokens, positions, console.stopToken());
    print("\n");
    for (std::size_t i = 0; i < alone.size(); ++i) {
      const Firing& firing = helped.firings[i].firing;
      print(format(
          "   at %d the calculator writes '%s' of %s = %s; alone the model says '%s' (probability %.3f)\n",
          firing.position, tokenLabel(model.tokenizer.get(), firing.token, 12).c_str(),
          firing.expression.c_str(), firing.value.c_str(),
          tokenLabel(model.tokenizer.get(), alone[i].id, 12).c_str(), std::exp(alone[i].logprob)));
    }
  }

  static std::string nextCommands() {
    return "\n   routescope generate --prompt 'What is 64 * 37?' --chat --virtual calculator\n"
           "   routescope trace --prompt 'The cap rate is'\n"
           "   routescope diff --prompt '127 * 89 =' --virtual calculator\n";
  }

  std::string prompt_ = "127 * 89 =";
  ModelOptions options_;
};

}  // namespace

VerbInfo demoVerb() {
  return describeVerb<DemoVerb>("demo",
                                "a wrong product, its routing, and the calculator that puts it right");
}

}  // namespace rs::app
