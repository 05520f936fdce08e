// SPDX-License-Identifier: Apache-2.0
#include "app/cli/comparison_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/cli/routing_table.h"
#include "core/base/text.h"
#include "core/stats/interval.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownArrays = 12;  // of the table; --json and -v have all
constexpr std::size_t kLabelWidth = 16;

Json numberJson(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::string describe(const ComparedSide& side, int n_tokens) {
  std::string text = side.title + ": " + std::to_string(n_tokens) + " tokens";
  for (const std::string& part : {side.model, side.numerics, side.edits}) {
    text += part.empty() ? "" : ", " + part;
  }
  return text;
}

std::string tokenAt(const ComparisonDetails& details, int position) {
  const auto at = static_cast<std::size_t>(position);
  return at < details.tokens.size()
             ? "'" + tokenLabel(details.tokenizer, details.tokens[at], kLabelWidth) + "'"
             : std::string();
}

std::string idsText(const std::vector<std::int32_t>& ids) {
  std::vector<std::string> parts;
  for (const std::int32_t id : ids) {
    parts.push_back(std::to_string(id));
  }
  return join(parts, " ");
}

struct KlSummary {
  double mean = 0;
  double max = 0;
  int position = -1;
  int n_top_changes = 0;
};

KlSummary summarize(const std::vector<TokenDivergence>& divergences) {
  KlSummary summary;
  for (const TokenDivergence& token : divergences) {
    summary.mean += token.nats / static_cast<double>(divergences.size());
    summary.n_top_changes += static_cast<int>(token.top_changes);
    if (summary.position < 0 || token.nats > summary.max) {
      summary.max = token.nats;
      summary.position = token.position;
    }
  }
  return summary;
}

// ---- table ----

std::string firstText(const Comparison& comparison, const ComparisonDetails& details) {
  if (comparison.layers.empty()) {
    return "decisions: not in both (capture expert_indices, or the group router)\n";
  }
  if (!comparison.first) {
    return "decisions: the same experts everywhere\n";
  }
  const DecisionDifference& first = *comparison.first;
  std::string text = format("first divergent decision: token %d %s, layer %d\n", first.position,
                            tokenAt(details, first.position).c_str(), first.layer);
  const auto side = [](const char* name, const std::vector<std::int32_t>& ids, std::optional<float> margin) {
    return format("  %-6s experts %s", name, idsText(ids).c_str()) +
           (margin ? "   margin " + differenceText(static_cast<double>(*margin)) : std::string()) + "\n";
  };
  return text + side("left", first.left, first.left_margin) + side("right", first.right, first.right_margin);
}

std::string flipsText(const Comparison& comparison, const ComparisonDetails& details) {
  std::string text = "\nlayer  decisions  flips   share   95 % interval\n";
  std::int64_t n = 0;
  std::int64_t flips = 0;
  const auto line = [](const std::string& name, std::int64_t n_all, std::int64_t n_flips) {
    const Interval interval = wilsonInterval(n_flips, n_all);
    const double share = n_all > 0 ? static_cast<double>(n_flips) / static_cast<double>(n_all) : 0;
    return format("%5s %10lld %6lld %6.1f %%   %.1f to %.1f %%", name.c_str(), static_cast<long long>(n_all),
                  static_cast<long long>(n_flips), 100 * share, 100 * interval.low, 100 * interval.high);
  };
  for (const LayerFlips& layer : comparison.layers) {
    text += line(std::to_string(layer.layer), layer.n, layer.flips);
    if (const auto at = static_cast<std::size_t>(layer.layer); at < details.is_edited.size()) {
      text += details.is_edited[at] ? "   edited" : "";
    }
    text += "\n";
    n += layer.n;
    flips += layer.flips;
  }
  return text + line("all", n, flips) + "\n";
}

std::string arraysText(const Comparison& comparison, const ComparisonDetails& details, bool shows_all) {
  std::vector<ArrayDifference> arrays = comparison.arrays;
  // Numbers first, the farthest first; ids are told by the decisions above.
  std::stable_sort(arrays.begin(), arrays.end(), [](const ArrayDifference& a, const ArrayDifference& b) {
    return a.is_int != b.is_int ? b.is_int : a.relative_rms > b.relative_rms;
  });
  const auto n_equal = std::count_if(arrays.begin(), arrays.end(),
                                     [](const ArrayDifference& array) { return array.n_differing == 0; });
  std::string text =
      format("\n%zu arrays in both, %td of them equal to the last bit\n", arrays.size(), n_equal);
  const std::size_t n_differing = arrays.size() - static_cast<std::size_t>(n_equal);
  const std::size_t n_shown = shows_all ? arrays.size() : std::min(n_differing, kShownArrays);
  if (n_shown > 0) {
    text += "array                    relative rms  largest difference\n";
  }
  for (std::size_t i = 0; i < n_shown; ++i) {
    const ArrayDifference& array = arrays[i];
    text += format("%-24s %12s  ", array.name.c_str(),
                   array.is_int ? "ids" : differenceText(array.relative_rms).c_str());
    if (array.n_differing == 0) {
      text += "none\n";
      continue;
    }
    text += array.is_int ? std::string()
                         : differenceText(array.largest) +
                               format(" at token %d %s, ", array.row, tokenAt(details, array.row).c_str());
    text += format("%lld of %lld values differ\n", static_cast<long long>(array.n_differing),
                   static_cast<long long>(array.n));
  }
  if (n_shown < n_differing) {
    text += format("and %zu more that differ (-v shows all)\n", n_differing - n_shown);
  }
  return text;
}

std::string logitsText(const Comparison& comparison, const ComparisonDetails& details) {
  if (comparison.divergences.empty()) {
    return "";
  }
  const KlSummary kl = summarize(comparison.divergences);
  std::string text =
      format("\nKL divergence of right from left over %zu tokens, in nats: mean %s, max %s at token %d %s\n",
             comparison.divergences.size(), differenceText(kl.mean).c_str(), differenceText(kl.max).c_str(),
             kl.position, tokenAt(details, kl.position).c_str());
  text += format("likeliest next token changed after %d of %zu tokens\n", kl.n_top_changes,
                 comparison.divergences.size());
  if (details.next_left && details.next_right) {
    text += format("after the last token: left '%s' (probability %.3f), right '%s' (probability %.3f)\n",
                   details.next_left->text.c_str(), std::exp(details.next_left->logprob),
                   details.next_right->text.c_str(), std::exp(details.next_right->logprob));
  }
  return text;
}

// What is not compared, and why.
std::vector<std::string> warningsOf(const Comparison& comparison, const ComparisonDetails& details) {
  std::vector<std::string> lines;
  if (details.left.model_hash != details.right.model_hash) {
    lines.push_back("the models differ: left " + details.left.model + " (" + details.left.model_hash +
                    "), right " + details.right.model + " (" + details.right.model_hash + ")");
  }
  if (comparison.first_other_token) {
    lines.push_back(format("the tokens differ from token %d on; compared is what comes before",
                           *comparison.first_other_token));
  } else if (comparison.left_positions != comparison.right_positions) {
    lines.push_back(format("left has %d tokens, right %d; compared are the first %d",
                           comparison.left_positions, comparison.right_positions, comparison.n_positions));
  }
  for (const Mismatch& mismatch : comparison.mismatches) {
    lines.push_back("not compared: " + mismatch.name + ": " + mismatch.problem);
  }
  const auto only = [&](const char* side, const std::vector<std::string>& names) {
    if (!names.empty()) {
      const std::vector<std::string> some(names.begin(),
                                          names.begin() + std::min<std::ptrdiff_t>(4, std::ssize(names)));
      lines.push_back(format("%zu arrays on the %s alone: ", names.size(), side) + join(some, ", ") +
                      (some.size() < names.size() ? ", ..." : ""));
    }
  };
  only("left", comparison.left_only);
  only("right", comparison.right_only);
  return lines;
}

// ---- JSON ----

Json sideJson(const ComparedSide& side, int n_tokens) {
  return {{"title", side.title},       {"model", side.model}, {"model_hash", side.model_hash},
          {"numerics", side.numerics}, {"edits", side.edits}, {"tokens", n_tokens}};
}

Json firstJson(const Comparison& comparison) {
  if (!comparison.first) {
    return nullptr;
  }
  const DecisionDifference& first = *comparison.first;
  const auto margin = [](std::optional<float> value) {
    return value ? numberJson(static_cast<double>(*value)) : Json(nullptr);
  };
  return {{"position", first.position},
          {"layer", first.layer},
          {"left", {{"experts", first.left}, {"margin", margin(first.left_margin)}}},
          {"right", {{"experts", first.right}, {"margin", margin(first.right_margin)}}}};
}

Json flipsJson(const Comparison& comparison, const ComparisonDetails& details) {
  Json layers = Json::array();
  for (const LayerFlips& layer : comparison.layers) {
    const Interval interval = wilsonInterval(layer.flips, layer.n);
    Json line{{"layer", layer.layer},
              {"n", layer.n},
              {"flips", layer.flips},
              {"low", interval.low},
              {"high", interval.high}};
    if (const auto at = static_cast<std::size_t>(layer.layer); at < details.is_edited.size()) {
      line["edited"] = static_cast<bool>(details.is_edited[at]);
    }
    layers.push_back(std::move(line));
  }
  return layers;
}

Json klJson(const Comparison& comparison) {
  if (comparison.divergences.empty()) {
    return nullptr;
  }
  const KlSummary kl = summarize(comparison.divergences);
  Json tokens = Json::array();
  Json changes = Json::array();
  for (const TokenDivergence& token : comparison.divergences) {
    tokens.push_back({{"position", token.position}, {"nats", numberJson(token.nats)}});
    if (token.top_changes) {
      changes.push_back(token.position);
    }
  }
  return {{"mean", numberJson(kl.mean)},
          {"max", numberJson(kl.max)},
          {"position", kl.position},
          {"tokens", tokens},
          {"top_changes", changes}};
}

}  // namespace

nlohmann::json comparisonJson(const Comparison& comparison, const ComparisonDetails& details) {
  Json arrays = Json::array();
  for (const ArrayDifference& array : comparison.arrays) {
    arrays.push_back({{"name", array.name},
                      {"relative_rms", numberJson(array.relative_rms)},
                      {"largest", numberJson(array.largest)},
                      {"row", array.row},
                      {"differing", array.n_differing},
                      {"n", array.n}});
  }
  Json mismatches = Json::array();
  for (const Mismatch& mismatch : comparison.mismatches) {
    mismatches.push_back({{"name", mismatch.name}, {"problem", mismatch.problem}});
  }
  Json json{{"left", sideJson(details.left, comparison.left_positions)},
            {"right", sideJson(details.right, comparison.right_positions)},
            {"same_model", details.left.model_hash == details.right.model_hash},
            {"positions", comparison.n_positions},
            {"first", firstJson(comparison)},
            {"flips", flipsJson(comparison, details)},
            {"kl", klJson(comparison)},
            {"arrays", arrays},
            {"mismatches", mismatches},
            {"left_only", comparison.left_only},
            {"right_only", comparison.right_only}};
  json["first_other_token"] =
      comparison.first_other_token ? Json(*comparison.first_other_token) : Json(nullptr);
  const auto next = [](const NextToken& token) -> Json {
    return {{"id", token.id}, {"text", token.text}, {"logprob", token.logprob}};
  };
  if (details.next_left && details.next_right) {
    json["next"] = {{"left", next(*details.next_left)}, {"right", next(*details.next_right)}};
  }
  return json;
}

std::string differenceText(double value) {
  return std::isfinite(value) ? format("%.3g", value) : std::string("infinite");
}

std::string comparisonText(const Comparison& comparison, const ComparisonDetails& details, bool shows_all) {
  std::string text = describe(details.left, comparison.left_positions) + "\n" +
                     describe(details.right, comparison.right_positions) + "\n";
  for (const std::string& line : warningsOf(comparison, details)) {
    text += line + "\n";
  }
  text += "\n" + firstText(comparison, details);
  text += comparison.layers.empty() ? "" : flipsText(comparison, details);
  return text + arraysText(comparison, details, shows_all) + logitsText(comparison, details);
}

}  // namespace rs::app
