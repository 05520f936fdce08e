// SPDX-License-Identifier: Apache-2.0
//
// The explicit reference to every factory keeps its object file when the program is linked from a static
// library.
#include "core/experts/registry.h"

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {

#define RS_REGISTER(id) VirtualExpertInfo id();
#include "core/experts/virtual/registered.inc"
#undef RS_REGISTER

std::span<const VirtualExpertInfo> virtualExperts() {
  static const std::vector<VirtualExpertInfo> experts = {
#define RS_REGISTER(id) id(),
#include "core/experts/virtual/registered.inc"
#undef RS_REGISTER
  };
  return experts;
}

namespace {

const VirtualExpertInfo& infoOf(std::string_view id) {
  std::vector<std::string> known;
  for (const VirtualExpertInfo& info : virtualExperts()) {
    if (info.id == id) {
      return info;
    }
    known.emplace_back(info.id);
  }
  throw Error(ErrorCode::kUsage,
              format("virtual expert '%s' is unknown%s; there are %s", std::string(id).c_str(),
                     didYouMean(id, known).c_str(), join(known, ", ").c_str()));
}

void setOption(NamedVirtualExpert& named, std::string_view option) {
  const std::string owner = "virtual expert " + named.id;
  const std::size_t equals = option.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw Error(ErrorCode::kUsage,
                format("%s: expected option=value, found '%s'", owner.c_str(), std::string(option).c_str()));
  }
  ParamSetter setter(owner, std::string(option.substr(0, equals)), std::string(option.substr(equals + 1)));
  named.expert->visit(setter);
  setter.finish();
}

std::vector<ParamInfo> paramsOf(VirtualExpert& expert) {
  ParamLister lister;
  expert.visit(lister);
  return lister.params();
}

}  // namespace

NamedVirtualExpert makeVirtualExpert(std::string_view specification) {
  const std::size_t colon = specification.find(':');
  const VirtualExpertInfo& info = infoOf(specification.substr(0, colon));
  NamedVirtualExpert named{std::string(info.id), info.create()};
  if (colon == std::string_view::npos) {
    return named;
  }
  std::string_view rest = specification.substr(colon + 1);
  while (true) {
    const std::size_t comma = rest.find(',');
    setOption(named, rest.substr(0, comma));
    if (comma == std::string_view::npos) {
      return named;
    }
    rest = rest.substr(comma + 1);
  }
}

std::string specificationOf(const NamedVirtualExpert& named) {
  const auto defaults = infoOf(named.id).create();
  const std::vector<ParamInfo> usual = paramsOf(*defaults);
  const std::vector<ParamInfo> now = paramsOf(*named.expert);
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i].value != usual[i].value) {
      changed.push_back(now[i].name + "=" + now[i].value);
    }
  }
  return named.id + (changed.empty() ? "" : ":" + join(changed, ","));
}

std::string virtualExpertHelp() {
  std::string text;
  for (const VirtualExpertInfo& info : virtualExperts()) {
    text += std::string(info.id) + "  " + std::string(info.summary) + "\n";
    for (const ParamInfo& param : paramsOf(*info.create())) {
      text += format("  %-9s %s (%s%s%s; default %s)\n", param.name.c_str(), param.help.c_str(),
                     param.type.c_str(), param.range.empty() ? "" : " ", param.range.c_str(),
                     param.value.c_str());
    }
  }
  return text;
}

}  // namespace rs
