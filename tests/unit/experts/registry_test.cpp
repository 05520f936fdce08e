// SPDX-License-Identifier: Apache-2.0
//
// Virtual experts by name, with options from text.
#include "core/experts/registry.h"

#include <catch2/catch.hpp>

#include "core/base/error.h"

namespace rs {
namespace {

std::string refusal(const std::string& specification) {
  try {
    const NamedVirtualExpert made = makeVirtualExpert(specification);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    return error.what();
  }
  FAIL("accepted: " << specification);
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("Options are read from the command line and written back") {
  const NamedVirtualExpert made =
      makeVirtualExpert("calculator:layers=4..5,mode=compete,logit=7.5,scale=12.25");
  const PushOptions& push = made.expert->push();
  CHECK(push.layers.first == 4);
  CHECK(push.layers.last == 5);
  CHECK(push.mode.name() == "compete");
  CHECK(push.logit == 7.5);
  CHECK(push.scale == 12.25);
  CHECK(specificationOf(made) == "calculator:layers=4..5,mode=compete,logit=7.5,scale=12.25");
  CHECK(specificationOf(makeVirtualExpert("calculator")) == "calculator");
  CHECK(specificationOf(makeVirtualExpert("calculator:layers=3,decimals=4,ends=yes")) ==
        "calculator:layers=3,decimals=4,ends=yes");
}

TEST_CASE("Unknown names and options are refused with the nearest ones") {
  CHECK(contains(refusal("calculater"), "did you mean 'calculator'"));
  CHECK(contains(refusal("calculator:layer=4"), "did you mean 'layers'"));
  CHECK(contains(refusal("calculator:mode=reserv"), "did you mean 'reserve'"));
  CHECK(contains(refusal("calculator:mode=reserv"), "observe|compete|reserve|replace|force"));
  CHECK(contains(refusal(""), "there are calculator"));
}

TEST_CASE("Values that do not fit their option are refused with what was expected") {
  CHECK(contains(refusal("calculator:weight=1.5"), "expected a number within 0..1, found '1.5'"));
  CHECK(contains(refusal("calculator:weight=nan"), "found 'nan'"));
  CHECK(contains(refusal("calculator:scale="), "found ''"));
  CHECK(contains(refusal("calculator:scale=1x"), "found '1x'"));
  CHECK(contains(refusal("calculator:decimals=2.5"), "a whole number within 0..30"));
  CHECK(contains(refusal("calculator:ends=true"), "yes or no"));
  CHECK(contains(refusal("calculator:layers=5..4"), "expected a layer"));
  CHECK(contains(refusal("calculator:layers=late"), "expected a layer"));
  CHECK(contains(refusal("calculator:layers"), "expected option=value"));
  CHECK(contains(refusal("calculator:"), "expected option=value"));
  CHECK(contains(refusal("calculator:scale=1,,weight=1"), "expected option=value"));
}

TEST_CASE("Layers count from either end and must exist") {
  CHECK(layersOf({-2, -1}, 6) == std::vector<int>{4, 5});
  CHECK(layersOf({0, -1}, 3) == std::vector<int>{0, 1, 2});
  CHECK(layersOf({3, 3}, 6) == std::vector<int>{3});
  CHECK_THROWS_AS(layersOf({4, 6}, 6), Error);
  CHECK_THROWS_AS(layersOf({-7, -1}, 6), Error);
  CHECK_THROWS_AS(layersOf({3, -4}, 6), Error);
}

TEST_CASE("Every registered expert has an id, a title, a sentence, and help for each option") {
  REQUIRE_FALSE(virtualExperts().empty());
  for (const VirtualExpertInfo& info : virtualExperts()) {
    CHECK_FALSE(info.id.empty());
    CHECK_FALSE(info.title.empty());
    CHECK(info.summary.back() == '.');
    ParamLister lister;
    info.create()->visit(lister);
    CHECK(lister.params().size() >= 6);
    for (const ParamInfo& param : lister.params()) {
      INFO(param.name);
      CHECK_FALSE(param.help.empty());
      CHECK_FALSE(param.value.empty());
      CHECK(contains(virtualExpertHelp(), param.name));
      // The default is a value that the option takes.
      CHECK_NOTHROW(makeVirtualExpert(std::string(info.id) + ":" + param.name + "=" + param.value));
    }
  }
}

}  // namespace
}  // namespace rs
