// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/held_out.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"

namespace rs::demo {
namespace {

using Json = nlohmann::ordered_json;

// The kinds of the bytes as runs: "t9 d3 t1" is 9 bytes of text, 3 drawn, 1 text.
std::string runs(const std::vector<Kind>& kinds) {
  std::string text;
  for (std::size_t begin = 0; begin < kinds.size();) {
    std::size_t end = begin;
    while (end < kinds.size() && kinds[end] == kinds[begin]) {
      ++end;
    }
    text += (text.empty() ? "" : " ") + std::string(1, "tad"[static_cast<int>(kinds[begin])]) +
            std::to_string(end - begin);
    begin = end;
  }
  return text;
}

std::vector<Kind> kindsOf(const std::string& runs) {
  std::vector<Kind> kinds;
  std::istringstream fields(runs);
  char kind = 0;
  std::size_t count = 0;
  while (fields >> kind >> count) {
    kinds.insert(kinds.end(), count, kind == 't' ? Kind::kText : kind == 'a' ? Kind::kAnswer : Kind::kDrawn);
  }
  return kinds;
}

Domain domainOf(const std::string& name) {
  for (int d = 0; d < kDomainCount; ++d) {
    if (name == domainName(static_cast<Domain>(d))) {
      return static_cast<Domain>(d);
    }
  }
  throw Error(ErrorCode::kModel, "reading held-out samples: unknown domain " + name);
}

HeldOutSample sampleOf(const nlohmann::json& json) {
  HeldOutSample held;
  json.at("purpose").get_to(held.purpose);
  Sample& s = held.sample;
  s.domain = domainOf(json.at("domain"));
  json.at("label").get_to(s.label);
  json.at("text").get_to(s.text);
  json.at("answer").get_to(s.answer);
  json.at("question").get_to(s.question);
  s.kinds = kindsOf(json.at("kinds"));
  for (const auto& [name, value] : json.at("variables").items()) {
    s.variables.emplace_back(name, value.get<double>());
  }
  if (s.kinds.size() != s.text.size() || s.question > s.text.size()) {
    throw Error(
        ErrorCode::kModel,
        format("reading held-out samples: %zu kinds for %zu bytes in: ", s.kinds.size(), s.text.size()) +
            s.text);
  }
  return held;
}

}  // namespace

std::string heldOutText(const HeldOut& held_out) {
  std::string text =
      Json{{"bigram_perplexity", held_out.bigram_perplexity}, {"bigram_tokens", held_out.bigram_tokens}}
          .dump() +
      "\n";
  for (const auto& [purpose, sample] : held_out.samples) {
    Json variables = Json::object();
    for (const auto& [name, value] : sample.variables) {
      variables[name] = value;
    }
    text += Json{{"purpose", purpose},          {"domain", domainName(sample.domain)},
                 {"label", sample.label},       {"text", sample.text},
                 {"kinds", runs(sample.kinds)}, {"question", sample.question},
                 {"answer", sample.answer},     {"variables", variables}}
                .dump() +
            "\n";
  }
  return text;
}

HeldOut readHeldOut(const std::string& path) {
  HeldOut held_out;
  std::istringstream lines(readTextFile(path));
  std::string line;
  int number = 0;
  try {
    while (std::getline(lines, line)) {
      const auto json = nlohmann::json::parse(line);
      if (++number == 1) {
        json.at("bigram_perplexity").get_to(held_out.bigram_perplexity);
        json.at("bigram_tokens").get_to(held_out.bigram_tokens);
      } else {
        held_out.samples.push_back(sampleOf(json));
      }
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kModel,
                format("reading held-out samples, line %d: %s: ", number, error.what()) + path);
  }
  return held_out;
}

}  // namespace rs::demo
