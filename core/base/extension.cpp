// SPDX-License-Identifier: Apache-2.0
//
// Options of extensions to and from text.
#include "core/base/extension.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

bool parseInt(std::string_view text, int& value) {
  const char* end = text.data() + text.size();
  const auto [at, problem] = std::from_chars(text.data(), end, value);
  return problem == std::errc() && at == end;
}

bool parseReal(std::string_view text, double& value) {
  const char* end = text.data() + text.size();
  const auto [at, problem] = std::from_chars(text.data(), end, value);
  return problem == std::errc() && at == end && std::isfinite(value);
}

std::string realText(double value) {
  return format("%.9g", value);
}

std::string spanText(LayerSpan span) {
  return span.first == span.last ? std::to_string(span.first) : format("%d..%d", span.first, span.last);
}

std::string choiceText(const Choice& choice) {
  const std::vector<std::string> names(choice.names.begin(), choice.names.end());
  return join(names, "|");
}

}  // namespace

std::vector<int> layersOf(LayerSpan span, int n_layers) {
  const int first = span.first < 0 ? span.first + n_layers : span.first;
  const int last = span.last < 0 ? span.last + n_layers : span.last;
  if (first < 0 || last >= n_layers || first > last) {
    throw Error(ErrorCode::kUsage,
                format("layers=%s: expected layers within 0..%d in ascending order, or -%d..-1 counted from "
                       "the end; this model has %d layers",
                       spanText(span).c_str(), n_layers - 1, n_layers, n_layers));
  }
  std::vector<int> layers;
  for (int layer = first; layer <= last; ++layer) {
    layers.push_back(layer);
  }
  return layers;
}

void ParamLister::operator()(int& value, std::string_view name, std::string_view help, IntRange range) {
  params_.push_back({std::string(name), "integer", std::to_string(value), std::string(help),
                     format("%d..%d", range.min, range.max)});
}

void ParamLister::operator()(double& value, std::string_view name, std::string_view help, RealRange range) {
  params_.push_back({std::string(name), "number", realText(value), std::string(help),
                     realText(range.min) + ".." + realText(range.max)});
}

void ParamLister::operator()(bool& value, std::string_view name, std::string_view help) {
  params_.push_back({std::string(name), "yes|no", value ? "yes" : "no", std::string(help), ""});
}

void ParamLister::operator()(Choice& value, std::string_view name, std::string_view help) {
  params_.push_back({std::string(name), choiceText(value), std::string(value.name()), std::string(help), ""});
}

void ParamLister::operator()(LayerSpan& value, std::string_view name, std::string_view help) {
  params_.push_back({std::string(name), "layers", spanText(value), std::string(help), ""});
}

bool ParamSetter::wanted(std::string_view name) {
  known_.emplace_back(name);
  const bool is = name == name_;
  found_ = found_ || is;
  return is;
}

void ParamSetter::refuse(const std::string& expected) const {
  throw Error(ErrorCode::kUsage, format("%s: option %s: expected %s, found '%s'", owner_.c_str(),
                                        name_.c_str(), expected.c_str(), text_.c_str()));
}

void ParamSetter::operator()(int& value, std::string_view name, std::string_view /*help*/, IntRange range) {
  if (!wanted(name)) {
    return;
  }
  int parsed = 0;
  if (!parseInt(text_, parsed) || parsed < range.min || parsed > range.max) {
    refuse(format("a whole number within %d..%d", range.min, range.max));
  }
  value = parsed;
}

void ParamSetter::operator()(double& value, std::string_view name, std::string_view /*help*/,
                             RealRange range) {
  if (!wanted(name)) {
    return;
  }
  double parsed = 0;
  if (!parseReal(text_, parsed) || parsed < range.min || parsed > range.max) {
    refuse("a number within " + realText(range.min) + ".." + realText(range.max));
  }
  value = parsed;
}

void ParamSetter::operator()(bool& value, std::string_view name, std::string_view /*help*/) {
  if (!wanted(name)) {
    return;
  }
  if (text_ != "yes" && text_ != "no") {
    refuse("yes or no");
  }
  value = text_ == "yes";
}

void ParamSetter::operator()(Choice& value, std::string_view name, std::string_view /*help*/) {
  if (!wanted(name)) {
    return;
  }
  for (std::size_t i = 0; i < value.names.size(); ++i) {
    if (value.names[i] == text_) {
      value.value = static_cast<int>(i);
      return;
    }
  }
  const std::vector<std::string> names(value.names.begin(), value.names.end());
  refuse("one of " + choiceText(value) + didYouMean(text_, names));
}

void ParamSetter::operator()(LayerSpan& value, std::string_view name, std::string_view /*help*/) {
  if (!wanted(name)) {
    return;
  }
  const std::string_view text = text_;
  const std::size_t dots = text.find("..");
  LayerSpan parsed;
  const bool good =
      dots == std::string_view::npos
          ? parseInt(text, parsed.first) && parseInt(text, parsed.last)
          : parseInt(text.substr(0, dots), parsed.first) && parseInt(text.substr(dots + 2), parsed.last);
  const bool crossed = (parsed.first < 0) == (parsed.last < 0) && parsed.first > parsed.last;
  if (!good || crossed) {
    refuse("a layer such as 5, or a run of them such as 4..5 or -2..-1 (counted from the end)");
  }
  value = parsed;
}

void ParamSetter::finish() const {
  if (!found_) {
    throw Error(ErrorCode::kUsage,
                format("%s: unknown option '%s'%s; its options are %s", owner_.c_str(), name_.c_str(),
                       didYouMean(name_, known_).c_str(), join(known_, ", ").c_str()));
  }
}

}  // namespace rs
