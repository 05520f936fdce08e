// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/recipe.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/mapped_file.h"

namespace rs::demo {

Recipe Recipe::read(const std::string& path) {
  Recipe r;
  try {
    const auto json = nlohmann::json::parse(readTextFile(path));
    json.at("seed").get_to(r.seed);
    json.at("tokens_per_step").get_to(r.tokens_per_step);
    json.at("rate").get_to(r.rate);
    json.at("warmup").get_to(r.warmup);
    json.at("decay_from").get_to(r.decay_from);
    json.at("steps").get_to(r.steps);
    json.at("rounded_from").get_to(r.rounded_from);
    json.at("weight_decay").get_to(r.weight_decay);
    json.at("balance").get_to(r.balance);
    for (const auto& entry : json.at("mixtures")) {
      Mixture mixture;
      for (int d = 0; d < kDomainCount; ++d) {
        mixture.weight[d] = entry.at("samples").at(domainName(static_cast<Domain>(d)));
      }
      r.mixtures.emplace_back(entry.at("from_step").get<int>(), mixture);
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kModel, std::string("reading a training recipe: ") + error.what() + ": " + path);
  }
  return r;
}

double Recipe::rateAt(int step) const {
  if (step < warmup) {
    return rate * (step + 1) / warmup;
  }
  return step < decay_from ? rate
                           : rate * std::max(0.0, static_cast<double>(steps - step) / (steps - decay_from));
}

const Mixture& Recipe::mixtureAt(int step) const {
  const Mixture* current = &mixtures.front().second;
  for (const auto& [from, mixture] : mixtures) {
    if (step >= from) {
      current = &mixture;
    }
  }
  return *current;
}

float targetWeight(Domain domain, Kind kind) {
  switch (kind) {
    case Kind::kAnswer:
      return 1.0F;
    case Kind::kDrawn:
      return 0.0F;
    default:
      return domain == Domain::kGlosses ? 0.35F : 0.15F;
  }
}

void append(TrainBatch& batch, const Tokens& tokens, Domain domain) {
  if (batch.starts.empty()) {
    batch.starts.push_back(0);
  }
  const std::size_t count = tokens.ids.size();
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    batch.ids.push_back(tokens.ids[i]);
    batch.targets.push_back(last ? 0 : tokens.ids[i + 1]);
    batch.weights.push_back(last ? 0.0F : targetWeight(domain, tokens.kinds[i + 1]));
  }
  batch.starts.push_back(static_cast<int>(batch.ids.size()));
}

}  // namespace rs::demo
