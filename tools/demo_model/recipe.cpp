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
    json.at("warmup").get_to(r.warmup);
    json.at("steps").get_to(r.steps);
    json.at("rounded_from").get_to(r.rounded_from);
    json.at("weight_decay").get_to(r.weight_decay);
    for (const auto& entry : json.at("phases")) {
      Phase phase;
      entry.at("from_step").get_to(phase.from_step);
      entry.at("tokens_per_step").get_to(phase.tokens_per_step);
      entry.at("text_kept").get_to(phase.text_kept);
      entry.at("rate").get_to(phase.rate);
      phase.rate_end = entry.value("rate_end", phase.rate);
      entry.at("balance").get_to(phase.balance);
      entry.at("focus").get_to(phase.mixture.wish.focus);
      entry.at("chats").get_to(phase.mixture.wish.chats);
      entry.at("systems").get_to(phase.mixture.wish.systems);
      for (int d = 0; d < kDomainCount; ++d) {
        phase.mixture.weight[d] = entry.at("samples").at(domainName(static_cast<Domain>(d)));
      }
      r.phases.push_back(phase);
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kModel, std::string("reading a training recipe: ") + error.what() + ": " + path);
  }
  return r;
}

double Recipe::rateAt(int step) const {
  const Phase& phase = phaseAt(step);
  const Phase* next = &phase + 1;
  const int end = next == phases.data() + phases.size() ? steps : next->from_step;
  const double part = static_cast<double>(step - phase.from_step) / (end - phase.from_step);
  const double rate = phase.rate + part * (phase.rate_end - phase.rate);
  return step < warmup ? rate * (step + 1) / warmup : rate;
}

const Phase& Recipe::phaseAt(int step) const {
  const Phase* current = &phases.front();
  for (const Phase& phase : phases) {
    if (step >= phase.from_step) {
      current = &phase;
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
