// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/measure.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/text.h"

namespace rs::demo {
namespace {

constexpr double kWilson = 1.959963984540054;
constexpr int kShuffles = 200;

struct Silent : RunListener {};

struct Encoded {
  std::vector<std::int32_t> ids;
  std::vector<Kind> kinds;
};

Encoded encode(const Tokenizer& tokenizer, const Sample& sample) {
  Encoded encoded{tokenizer.encode(sample.text, Specials::kParse), {}};
  std::size_t at = 0;
  for (const std::int32_t id : encoded.ids) {
    const std::size_t length = tokenizer.tokenBytes(id).size();
    const auto begin = sample.kinds.begin() + static_cast<std::ptrdiff_t>(at);
    encoded.kinds.push_back(*std::max_element(begin, begin + static_cast<std::ptrdiff_t>(length)));
    at += length;
  }
  return encoded;
}

RunResult run(Engine& engine, std::vector<std::int32_t> ids, bool routing) {
  RunRequest request;
  request.tokens = std::move(ids);
  request.trace.logits = LogitsWanted::kAll;
  if (routing) {
    for (int layer = 0; layer < engine.weights().config().n_layers; ++layer) {
      request.trace.addresses.push_back({Site::kExpertIndices, layer});
    }
  }
  Silent silent;
  return engine.run(request, silent);
}

// Whether the model, choosing the likeliest token each time, gives the sample's first answer.
bool answersRight(Engine& engine, const Tokenizer& tokenizer, const Sample& sample) {
  const Encoded encoded = encode(tokenizer, sample);
  const RunResult result = run(engine, encoded.ids, false);
  bool inside = false;
  for (std::size_t i = 1; i < encoded.ids.size(); ++i) {
    if (encoded.kinds[i] != Kind::kAnswer) {
      if (inside) {
        break;
      }
      continue;
    }
    inside = true;
    if (argmax(result.trace->logitsAt(static_cast<int>(i) - 1)) != encoded.ids[i]) {
      return false;
    }
  }
  return inside;
}

// Slots by expert of one sample, all layers one after another.
struct SampleLoads {
  int domain = 0;
  std::vector<int> slots;
};

// Mutual information of domain and expert, summed over layers.
double information(const std::vector<SampleLoads>& samples, const std::vector<int>& domains, int layers) {
  const std::size_t width = samples.front().slots.size();
  const std::size_t experts = width / static_cast<std::size_t>(layers);
  std::vector<double> joint(static_cast<std::size_t>(kDomainCount) * width);
  for (std::size_t s = 0; s < samples.size(); ++s) {
    for (std::size_t i = 0; i < width; ++i) {
      joint[static_cast<std::size_t>(domains[s]) * width + i] += samples[s].slots[i];
    }
  }
  double bits = 0;
  for (std::size_t first = 0; first < width; first += experts) {
    double total = 0;
    std::vector<double> by_domain(kDomainCount);
    std::vector<double> by_expert(experts);
    for (std::size_t d = 0; d < kDomainCount; ++d) {
      for (std::size_t e = 0; e < experts; ++e) {
        const double count = joint[d * width + first + e];
        by_domain[d] += count;
        by_expert[e] += count;
        total += count;
      }
    }
    for (std::size_t d = 0; d < kDomainCount; ++d) {
      for (std::size_t e = 0; e < experts; ++e) {
        const double count = joint[d * width + first + e];
        bits += count > 0 ? count / total * std::log2(count * total / (by_domain[d] * by_expert[e])) : 0;
      }
    }
  }
  return bits;
}

DomainRouting domainRouting(const std::vector<SampleLoads>& samples, int layers) {
  std::vector<int> domains;
  for (const SampleLoads& sample : samples) {
    domains.push_back(sample.domain);
  }
  DomainRouting routing;
  routing.information = information(samples, domains, layers);
  routing.shuffles = kShuffles;
  Random random(11);
  for (int shuffle = 0; shuffle < kShuffles; ++shuffle) {
    for (std::size_t i = domains.size(); i > 1; --i) {
      std::swap(domains[i - 1], domains[static_cast<std::size_t>(random.within(0, static_cast<int>(i) - 1))]);
    }
    const double bits = information(samples, domains, layers);
    routing.shuffled_mean += bits / kShuffles;
    routing.shuffled_most = std::max(routing.shuffled_most, bits);
  }
  return routing;
}

std::vector<LayerLoad> layerLoads(const std::vector<SampleLoads>& samples, int layers) {
  std::vector<double> sum(samples.front().slots.size());
  for (const SampleLoads& sample : samples) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += sample.slots[i];
    }
  }
  std::vector<LayerLoad> loads;
  const auto experts = static_cast<std::ptrdiff_t>(sum.size()) / layers;
  for (auto first = sum.begin(); first != sum.end(); first += experts) {
    const double uniform = std::accumulate(first, first + experts, 0.0) / static_cast<double>(experts);
    const auto [least, most] = std::minmax_element(first, first + experts);
    loads.push_back({*least / uniform, *most / uniform});
  }
  return loads;
}

void measureTexts(Engine& engine, const Tokenizer& tokenizer, const HeldOut& held_out, Measurement& m) {
  const int layers = engine.weights().config().n_layers;
  const auto experts = static_cast<std::size_t>(engine.weights().config().n_experts);
  std::vector<SampleLoads> samples;
  for (const auto& [purpose, sample] : held_out.samples) {
    if (purpose != "text") {
      continue;
    }
    const Encoded encoded = encode(tokenizer, sample);
    const RunResult result = run(engine, encoded.ids, true);
    Perplexity& perplexity = m.perplexity[domainName(sample.domain)];
    SampleLoads loads{static_cast<int>(sample.domain),
                      std::vector<int>(experts * static_cast<std::size_t>(layers))};
    for (int i = 0; i < result.trace->size(); ++i) {
      const auto next = static_cast<std::size_t>(i) + 1;
      if (next < encoded.ids.size() && encoded.kinds[next] != Kind::kDrawn) {
        perplexity.model -= logProbability(result.trace->logitsAt(i), encoded.ids[next]);
        ++perplexity.tokens;
      }
      for (int layer = 0; layer < layers; ++layer) {
        for (const std::int32_t expert : result.trace->ints(Site::kExpertIndices, layer, i)) {
          ++loads.slots[static_cast<std::size_t>(layer) * experts + static_cast<std::size_t>(expert)];
        }
      }
    }
    samples.push_back(std::move(loads));
  }
  for (auto& [domain, perplexity] : m.perplexity) {
    perplexity.model = std::exp(perplexity.model / static_cast<double>(perplexity.tokens));
    perplexity.bigram = held_out.bigram_perplexity.at(domain);
  }
  m.loads = layerLoads(samples, layers);
  m.routing = domainRouting(samples, layers);
}

std::string largeProduct(Engine& engine, const Tokenizer& tokenizer) {
  RunRequest request;
  request.tokens = tokenizer.encode("127 * 89 = ");
  request.max_new_tokens = 2;
  request.stop_ids = {tokenizer.specialId("<|endoftext|>"), tokenizer.specialId("<|return|>")};
  Silent silent;
  std::string text = tokenizer.decode(engine.run(request, silent).generated);
  return text.substr(0, text.find_first_not_of("0123456789"));
}

double wilson(const Accuracy& a, double side) {
  const double n = a.count;
  const double p = a.right / n;
  const double z2 = kWilson * kWilson;
  const double centre = p + z2 / (2 * n);
  const double spread = kWilson * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return (centre + side * spread) / (1 + z2 / n);
}

}  // namespace

double Accuracy::low() const {
  return std::max(0.0, wilson(*this, -1));
}
double Accuracy::high() const {
  return std::min(1.0, wilson(*this, 1));
}

Accuracy measureClass(Engine& engine, const Tokenizer& tokenizer, const HeldOut& held_out,
                      const std::string& label) {
  Accuracy accuracy;
  for (const auto& [purpose, sample] : held_out.samples) {
    if (purpose == "accuracy" && sample.label == label) {
      ++accuracy.count;
      accuracy.right += answersRight(engine, tokenizer, sample) ? 1 : 0;
    }
  }
  return accuracy;
}

Measurement measure(Engine& engine, const Tokenizer& tokenizer, const HeldOut& held_out) {
  Measurement m;
  for (const auto& [purpose, sample] : held_out.samples) {
    if (purpose == "accuracy" && m.accuracy.count(sample.label) == 0) {
      m.accuracy[sample.label] = measureClass(engine, tokenizer, held_out, sample.label);
    }
  }
  measureTexts(engine, tokenizer, held_out, m);
  m.large_product = largeProduct(engine, tokenizer);
  return m;
}

std::string cardText(const Measurement& m, const std::string& facts) {
  std::string text =
      "# Demo model\n\n" + facts +
      "\n## Arithmetic\n\nExact answers to held-out problems, likeliest token each time, half of them in "
      "chat "
      "form. \"mul 2x1\" is a\ntwo-digit number times a one-digit one. Pairs of two-digit operands were "
      "never "
      "seen in training.\n\n| class | right | n | share | 95 % interval |\n|---|---|---|---|---|\n";
  for (const auto& [label, a] : m.accuracy) {
    text += format("| %s | %d | %d | %.1f %% | %.1f to %.1f %% |\n", label.c_str(), a.right, a.count,
                   100.0 * a.right / a.count, 100 * a.low(), 100 * a.high());
  }
  text += "\n`127 * 89 = ` is continued with " + m.large_product + "; the right value is 11303.\n";
  text +=
      "\n## Text\n\nPerplexity over held-out tokens that were not drawn at random, and a Kneser-Ney "
      "bigram's, trained on the "
      "same tokens.\n\n| domain | tokens | model | bigram | ratio |\n|---|---|---|---|---|\n";
  for (const auto& [domain, p] : m.perplexity) {
    text += format("| %s | %lld | %.2f | %.2f | %.2f |\n", domain.c_str(), p.tokens, p.model, p.bigram,
                   p.model / p.bigram);
  }
  text +=
      "\n## Routing\n\nLoad of the least and the most used expert of each layer, as a multiple of the "
      "uniform load, over "
      "the same texts.\n\n| layer | least | most |\n|---|---|---|\n";
  for (std::size_t i = 0; i < m.loads.size(); ++i) {
    text += format("| %zu | %.2f | %.2f |\n", i, m.loads[i].least, m.loads[i].most);
  }
  text += format(
      "\nAn expert tells %.3f bits about the domain of its token, summed over layers; after shuffling the "
      "domains "
      "among\nthe samples %.3f on average and at most %.3f in %d shuffles.\n",
      m.routing.information, m.routing.shuffled_mean, m.routing.shuffled_most, m.routing.shuffles);
  return text;
}

}  // namespace rs::demo
