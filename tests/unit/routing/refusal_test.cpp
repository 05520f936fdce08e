// SPDX-License-Identifier: Apache-2.0
//
// Every list of edits that is refused, with what the message says.
#include <catch2/catch.hpp>
#include <limits>

#include "tests/unit/routing/run_edits.h"

namespace {

struct Case {
  const char* json;
  const char* expected;  // part of the message
};

void checkRefused(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    INFO(c.json);
    CHECK_THAT(test::refusalOf(c.json), Catch::Contains(c.expected));
  }
}

}  // namespace

TEST_CASE("text that is not a list of edits is refused") {
  checkRefused({
      {"", "edits: expected JSON"},
      {"ban 3", "line 1, column 1"},
      {"[", "expected JSON"},
      {"[]]", "expected JSON"},
      {"3", "or a list, found 3"},
      {"null", "or a list, found null"},
      {"\"ban\"", "or a list, found \"ban\""},
      {"{}", "expected \"routescope_edits\": 1, found nothing"},
      {R"({"edits":[]})", "expected \"routescope_edits\": 1, found nothing"},
      {R"({"routescope_edits":2,"edits":[]})", "found 2"},
      {R"({"routescope_edits":1.0,"edits":[]})", "found 1.0"},
      {R"({"routescope_edits":true,"edits":[]})", "found true"},
      {R"({"routescope_edits":1})", "expected \"edits\" to be a list, found nothing"},
      {R"({"routescope_edits":1,"edits":{}})", "expected \"edits\" to be a list, found {}"},
      {R"({"routescope_edits":1,"edit":[]})", "did you mean 'edits'"},
      {R"({"routescope_edits":1,"edits":[],"edits":[]})", "found 'edits' twice"},
      {"[[[[[[[[[[[[]]]]]]]]]]]]", "nested at most 8 deep"},
      {"[\"\xff\"]", "expected JSON"},
  });
}

TEST_CASE("an edit that is no object or has no known operation is refused") {
  checkRefused({
      {"[3]", "edit 1: expected an object"},
      {"[[]]", "edit 1: expected an object such as {\"op\": \"ban\", …}, found an empty list"},
      {"[{}]", "edit 1, field op: expected one of ban, add, set"},
      {R"([{"op":3,"layer":0}])", "edit 1, field op: expected one of ban"},
      {R"([{"op":"bann","layer":0}])", "found \"bann\", did you mean 'ban'"},
      {R"([{"op":"","layer":0}])", "edit 1, field op"},
      {R"([{"op":"mask","layer":0,"experts":[1]}])", "edit 1, field op"},
      {R"([{"op":"ban","layer":0,"experts":[1]},{"op":"top-k","layer":0}])", "edit 2, field op"},
  });
}

TEST_CASE("bad fields that every edit has are refused") {
  checkRefused({
      {R"([{"op":"ban","experts":[1]}])", "edit 1 (ban), field layer: expected a layer"},
      {R"([{"op":"ban","layer":3,"experts":[1]}])", "field layer: expected a layer in 0..2, found 3"},
      {R"([{"op":"ban","layer":-1,"experts":[1]}])", "field layer: expected a layer in 0..2, found -1"},
      {R"([{"op":"ban","layer":[0,7],"experts":[1]}])", "field layer: expected a layer in 0..2, found 7"},
      {R"([{"op":"ban","layer":[],"experts":[1]}])", "field layer: expected a layer"},
      {R"([{"op":"ban","layer":"ALL","experts":[1]}])", "found \"ALL\""},
      {R"([{"op":"ban","layer":null,"experts":[1]}])", "found null"},
      {R"([{"op":"ban","layer":1.0,"experts":[1]}])", "found 1.0"},
      {R"([{"op":"ban","layer":true,"experts":[1]}])", "found true"},
      {R"([{"op":"ban","layer":["all"],"experts":[1]}])", "field layer: expected integers in the list"},
      {R"([{"op":"ban","layer":0,"pos":[],"experts":[1]}])", "field pos: expected a list of positions"},
      {R"([{"op":"ban","layer":0,"pos":3,"experts":[1]}])",
       "field pos: expected a list of positions, found 3"},
      {R"([{"op":"ban","layer":0,"pos":null,"experts":[1]}])", "field pos"},
      {R"([{"op":"ban","layer":0,"pos":[8],"experts":[1]}])", "field pos: expected a position in 0..7"},
      {R"([{"op":"ban","layer":0,"pos":[-1],"experts":[1]}])", "found -1"},
      {R"([{"op":"ban","layer":0,"pos":[0.5],"experts":[1]}])", "found 0.5"},
      {R"([{"op":"ban","layer":0,"pos":[4294967297],"experts":[1]}])",
       "at most 2147483647, found 4294967297"},
      {R"([{"op":"ban","layer":0,"name":7,"experts":[1]}])", "field name"},
      {R"([{"op":"ban","layer":0,"name":"","experts":[1]}])", "field name"},
      {R"([{"op":"ban","layer":0,"on":1,"experts":[1]}])", "field on: expected true or false, found 1"},
      {R"([{"op":"ban","layer":0,"on":"false","experts":[1]}])", "field on"},
      {R"([{"op":"ban","layer":0,"experts":[1],"exprts":[1]}])", "edit 1 (ban), field exprts"},
      {R"([{"op":"ban","layer":0,"expert":[1]}])", "did you mean 'experts'"},
      {R"([{"op":"ban","layer":0,"experts":[1],"layer":1}])", "found 'layer' twice"},
      {R"([{"op":"ban","layer":0,"experts":[1]},{"op":"add","value":1,"value":2}])", "edit 2, field value"},
  });
}

TEST_CASE("positions are checked once the length of the run is known") {
  const char* json = R"([{"op":"ban","layer":0,"pos":[8],"experts":[1]}])";
  CHECK(test::refusalOf(json, 0) == "accepted");
  CHECK_THAT(test::refusalOf(json, 8), Catch::Contains("found 8"));
  CHECK(test::refusalOf(json, 9) == "accepted");
}

TEST_CASE("logit edits with bad fields are refused") {
  checkRefused({
      {R"([{"op":"ban","layer":0}])",
       "edit 1 (ban), field experts: expected a list of experts, found nothing"},
      {R"([{"op":"ban","layer":0,"experts":[]}])", "found an empty list"},
      {R"([{"op":"ban","layer":0,"experts":1}])", "expected a list of experts, found 1"},
      {R"([{"op":"ban","layer":0,"experts":[6]}])", "expected an expert in 0..5, found 6"},
      {R"([{"op":"ban","layer":0,"experts":[-1]}])", "found -1"},
      {R"([{"op":"ban","layer":0,"experts":["1"]}])", "found \"1\""},
      {R"([{"op":"ban","layer":0,"experts":[1.0]}])", "found 1.0"},
      {R"([{"op":"ban","layer":0,"experts":[true]}])", "found true"},
      {R"([{"op":"ban","layer":0,"experts":[[1]]}])", "found [1]"},
      {R"([{"op":"ban","layer":0,"experts":[1],"value":1}])", "edit 1 (ban), field value"},
      {R"([{"op":"add","layer":0,"experts":[1]}])",
       "edit 1 (add), field value: expected a number, found nothing"},
      {R"([{"op":"add","layer":0,"experts":[1],"value":"1"}])", "found \"1\""},
      {R"([{"op":"add","layer":0,"experts":[1],"value":true}])", "found true"},
      {R"([{"op":"add","layer":0,"experts":[1],"value":null}])", "found null"},
      {R"([{"op":"add","layer":0,"experts":[1],"value":[1]}])", "found [1]"},
      {R"([{"op":"add","layer":0,"experts":[1],"value":1e999}])",
       "edit 1, field value: expected numbers that are finite"},
      {R"([{"op":"add","layer":0,"experts":[1],"value":NaN}])", "edit 1, field value: expected JSON"},
      {R"([{"op":"add","layer":0,"experts":[1],"value":-Infinity}])", "edit 1, field value: expected JSON"},
      {R"([{"op":"set","layer":0,"experts":[1],"value":1e39}])",
       "fits into 32-bit floating point, found 1e+39"},
      {R"([{"op":"temperature","layer":0,"value":0}])", "in the range > 0, found 0"},
      {R"([{"op":"temperature","layer":0,"value":-2}])", "in the range > 0, found -2"},
      {R"([{"op":"temperature","layer":0,"value":1e-60}])", "fits into 32-bit floating point, found 1e-60"},
      {R"([{"op":"temperature","layer":0,"value":1,"experts":[1]}])", "field experts"},
  });
}

TEST_CASE("choice edits with bad fields are refused") {
  checkRefused({
      {R"([{"op":"top_k","layer":0}])", "edit 1 (top_k), field k: expected an integer, found nothing"},
      {R"([{"op":"top_k","layer":0,"k":0}])", "in the range 1..E with E = 6, found 0"},
      {R"([{"op":"top_k","layer":0,"k":7}])", "in the range 1..E with E = 6, found 7"},
      {R"([{"op":"top_k","layer":0,"k":2.5}])", "found 2.5"},
      {R"([{"op":"top_k","layer":0,"k":99999999999999999999}])", "expected an integer"},
      {R"([{"op":"top_p","layer":0,"p":0,"min":1,"max":2}])",
       "field p: expected a number in the range (0, 1]"},
      {R"([{"op":"top_p","layer":0,"p":1.01,"min":1,"max":2}])", "field p"},
      {R"([{"op":"top_p","layer":0,"p":-0.5,"min":1,"max":2}])", "field p"},
      {R"([{"op":"top_p","layer":0,"p":0.5,"max":2}])", "field min: expected an integer, found nothing"},
      {R"([{"op":"top_p","layer":0,"p":0.5,"min":1}])", "field max: expected an integer, found nothing"},
      {R"([{"op":"top_p","layer":0,"p":0.5,"min":0,"max":2}])", "field min"},
      {R"([{"op":"top_p","layer":0,"p":0.5,"min":1,"max":7}])", "field max"},
      {R"([{"op":"top_p","layer":0,"p":0.5,"min":3,"max":2}])",
       "field max: expected at least min = 3, found 2"},
      {R"([{"op":"force","layer":0}])", "edit 1 (force), field experts"},
      {R"([{"op":"force","layer":0,"experts":[]}])", "field experts"},
      {R"([{"op":"force","layer":0,"experts":[6]}])", "expected an expert in 0..5, found 6"},
      {R"([{"op":"force","layer":0,"experts":[1,2,1]}])", "expected each expert once, found expert 1 twice"},
      {R"([{"op":"force","layer":0,"experts":[1],"weights":[]}])", "field weights"},
      {R"([{"op":"force","layer":0,"experts":[1],"weights":1}])",
       "field weights: expected a list of numbers"},
      {R"([{"op":"force","layer":0,"experts":[1,2],"weights":[1]}])",
       "one weight for each of 2 experts, found 1"},
      {R"([{"op":"force","layer":0,"experts":[1,2],"weights":[0.5,0.6]}])", "found sum 1.1"},
      {R"([{"op":"force","layer":0,"experts":[1,2],"weights":[0.5,0.50002]}])",
       "within 1e-5, found sum 1.00002"},
      {R"([{"op":"force","layer":0,"experts":[1,2],"weights":[1.5,-0.5]}])", "found -0.5"},
      {R"([{"op":"force","layer":0,"experts":[1,2],"weights":[1,"0"]}])", "found \"0\""},
      {R"([{"op":"force","layer":0,"experts":[1,2],"weights":[1,1e400]}])",
       "field weights: expected numbers"},
      {R"([{"op":"redirect","layer":0,"from":1}])", "edit 1 (redirect), field to: expected an expert"},
      {R"([{"op":"redirect","layer":0,"from":6,"to":1}])", "field from: expected an expert in 0..5, found 6"},
      {R"([{"op":"redirect","layer":0,"from":1,"to":-1}])", "field to"},
      {R"([{"op":"redirect","layer":0,"from":[1],"to":2}])", "field from: expected an expert, found [1]"},
  });
}

TEST_CASE("weights that nearly sum to 1 are accepted") {
  CHECK(test::refusalOf(R"([{"op":"force","layer":0,"experts":[1,2],"weights":[0.5,0.500009]}])") ==
        "accepted");
  CHECK(test::refusalOf(R"([{"op":"force","layer":0,"experts":[1,2],"weights":[0,1]}])") == "accepted");
}

TEST_CASE("virtual experts with bad fields are refused") {
  checkRefused({
      {R"([{"op":"virtual","layer":0,"vector":[1,2,3,4]}])",
       "edit 1 (virtual), field mode: expected a name: one of observe, compete"},
      {R"([{"op":"virtual","layer":0,"mode":"competes","vector":[1,2,3,4]}])", "did you mean 'compete'"},
      {R"([{"op":"virtual","layer":0,"mode":"","vector":[1,2,3,4]}])", "field mode"},
      {R"([{"op":"virtual","layer":0,"mode":3,"vector":[1,2,3,4]}])", "field mode"},
      {R"([{"op":"virtual","layer":0,"mode":"observe"}])", "field vector: expected H numbers"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3]}])",
       "expected 4 numbers (the hidden width), found 3"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":[]}])", "field vector"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":7}])", "field vector"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,true]}])", "found true"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{}}])", "field vector"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{"unembd":1}}])", "field vector"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{"unembed":1,"x":2}}])", "field vector"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{"unembed":1,"unembed":2}}])",
       "'unembed' twice"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{"unembed":"a"}}])", "integer token id"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{"unembed":10}}])",
       "expected a token in 0..9, found 10"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{"unembed":-1}}])",
       "expected a token in 0..9"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":{"unembed":9}}])", "row of length 0"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1e38,0,0,0],"scale":1e38}])",
       "after scaling"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4],"scale":"2"}])", "field scale"},
      {R"([{"op":"virtual","layer":0,"mode":"observe","vector":[1,2,3,4],"logit":2}])",
       "field logit: expected only with mode compete, found with mode observe"},
      {R"([{"op":"virtual","layer":0,"mode":"compete","vector":[1,2,3,4]}])",
       "field logit: expected a number"},
      {R"([{"op":"virtual","layer":0,"mode":"reserve","vector":[1,2,3,4]}])",
       "field weight: expected a number"},
      {R"([{"op":"virtual","layer":0,"mode":"reserve","vector":[1,2,3,4],"weight":1.5}])",
       "in the range [0, 1], found 1.5"},
      {R"([{"op":"virtual","layer":0,"mode":"reserve","vector":[1,2,3,4],"weight":-0.1}])",
       "in the range [0, 1], found -0.1"},
      {R"([{"op":"virtual","layer":0,"mode":"replace","vector":[1,2,3,4]}])",
       "field expert: expected an expert"},
      {R"([{"op":"virtual","layer":0,"mode":"replace","vector":[1,2,3,4],"expert":6}])", "0..5, found 6"},
      {R"([{"op":"virtual","layer":0,"mode":"force","vector":[1,2,3,4],"weight":1}])",
       "only with mode reserve"},
  });
}

TEST_CASE("output and residual edits with bad fields are refused") {
  checkRefused({
      {R"([{"op":"output","layer":0}])", "edit 1 (output), field expert"},
      {R"([{"op":"output","layer":0,"expert":6}])", "0..5, found 6"},
      {R"([{"op":"output","layer":0,"expert":[1]}])", "found [1]"},
      {R"([{"op":"output","layer":0,"expert":1,"scale":[1]}])", "field scale"},
      {R"([{"op":"output","layer":0,"expert":1,"const":[1,2]}])",
       "expected 4 numbers (the hidden width), found 2"},
      {R"([{"op":"output","layer":0,"expert":1,"const":[]}])", "field const"},
      {R"([{"op":"output","layer":0,"expert":1,"const":[1,2,3,1e39]}])", "at index 3"},
      {R"([{"op":"output","layer":0,"expert":1,"const":{"unembed":1}}])", "field const"},
      {R"([{"op":"resid_add","layer":0,"vector":[1,2,3,4]}])", "edit 1 (resid_add), field site"},
      {R"([{"op":"resid_add","layer":0,"site":"resid","vector":[1,2,3,4]}])",
       "expected one of resid_pre, resid_mid"},
      {R"([{"op":"resid_add","layer":0,"site":"resid_pre"}])", "field vector"},
      {R"([{"op":"resid_add","layer":0,"site":"resid_pre","vector":[1,2,3,4,5]}])", "found 5"},
      {R"([{"op":"resid_add","layer":0,"site":"resid_pre","vector":[1,2,3,4],"const":1}])", "field const"},
  });
}

TEST_CASE("edits that are off are checked too") {
  CHECK_THAT(test::refusalOf(R"([{"op":"top_k","layer":0,"k":7,"on":false}])"), Catch::Contains("field k"));
}

TEST_CASE("bans that leave too few experts are refused") {
  checkRefused({
      {R"([{"op":"ban","layer":"all","experts":[0,1,2,3,4]}])",
       "edit 1 (ban), field experts: expected at least 2 experts (the model's own number) left unbanned in "
       "layer "
       "0 at position 0, found 1"},
      {R"([{"op":"ban","layer":[0,1],"experts":[0,1,2]},{"op":"ban","layer":[1,2],"experts":[3,4]}])",
       "edit 2 (ban), field experts: expected at least 2 experts (the model's own number) left unbanned in "
       "layer "
       "1"},
      {R"([{"op":"ban","layer":0,"pos":[2,5],"experts":[0,1,2]},{"op":"ban","layer":0,"pos":[5],"experts":[3,4]}])",
       "at position 5, found 1"},
      {R"([{"op":"ban","layer":0,"pos":[2],"experts":[0,1,2]},{"op":"ban","layer":0,"experts":[3,4]}])",
       "at position 2, found 1"},
      {R"([{"op":"set","layer":0,"experts":[0],"value":1},{"op":"ban","layer":0,"experts":[0,1,2,3,4]}])",
       "edit 2"},
      {R"([{"op":"ban","layer":0,"experts":[0,1,2,3,4]},{"op":"add","layer":0,"experts":[0],"value":9}])",
       "edit 1"},
      {R"([{"op":"ban","layer":0,"experts":[0,1,2,3,4]},
           {"op":"set","layer":0,"pos":[1],"experts":[0],"value":9}])",
       "at position 0, found 1"},
      {R"([{"op":"ban","layer":0,"experts":[0,1,2]},{"op":"top_k","layer":"all","k":4}])",
       "edit 2 (top_k), field k: expected at most 3, the experts left unbanned in layer 0 at position 0, "
       "found 4"},
      {R"([{"op":"top_p","layer":0,"p":0.5,"min":4,"max":6},{"op":"ban","layer":0,"pos":[7],"experts":[0,1,2]}])",
       "edit 1 (top_p), field min: expected at most 3"},
      {R"([{"op":"ban","layer":0,"experts":[0,1,2,3,4]},
           {"op":"virtual","layer":0,"mode":"compete","vector":[1,2,3,4],"logit":3}])",
       "found 1"},
      {R"([{"op":"force","layer":0,"experts":[3,2]},{"op":"ban","layer":0,"pos":[4],"experts":[2]}])",
       "edit 1 (force), field experts: expected experts that are not banned in layer 0 at position 4, found "
       "2"},
  });
}

TEST_CASE("bans that leave enough experts are accepted") {
  const char* cases[] = {
      R"([{"op":"ban","layer":"all","experts":[0,1,2,3]}])",
      R"([{"op":"ban","layer":0,"experts":[0,1,2]},{"op":"ban","layer":1,"experts":[3,4]}])",
      R"([{"op":"ban","layer":0,"pos":[2],"experts":[0,1,2]},{"op":"ban","layer":0,"pos":[5],"experts":[3,4]}])",
      R"([{"op":"ban","layer":0,"experts":[0,1,2]},{"op":"ban","layer":0,"experts":[2,1,0]}])",
      R"([{"op":"ban","layer":0,"experts":[0,1,2,3,4]},{"op":"set","layer":0,"experts":[0],"value":1}])",
      R"([{"op":"ban","layer":0,"experts":[0,1,2,3,4],"on":false}])",
      R"([{"op":"ban","layer":0,"experts":[0,1,2]},{"op":"top_k","layer":0,"k":3}])",
      R"([{"op":"ban","layer":0,"pos":[1],"experts":[0,1,2]},{"op":"top_k","layer":0,"pos":[2],"k":6}])",
      R"([{"op":"ban","layer":0,"experts":[2]},{"op":"force","layer":0,"experts":[2],"weights":[1]}])",
      R"([{"op":"ban","layer":0,"experts":[2]},{"op":"force","layer":1,"experts":[2]}])",
      R"([{"op":"ban","layer":0,"experts":[2]},{"op":"set","layer":0,"experts":[2],"value":0},
          {"op":"force","layer":0,"experts":[2]}])",
      R"([{"op":"ban","layer":0,"experts":[0,1,2]},{"op":"top_p","layer":0,"p":0.5,"min":3,"max":6}])",
  };
  for (const char* json : cases) {
    INFO(json);
    CHECK(test::refusalOf(json) == "accepted");
  }
}

TEST_CASE("a set at every position of the run lifts a ban everywhere") {
  const std::string lifted = R"([{"op":"ban","layer":0,"experts":[0,1,2,3,4]},
      {"op":"set","layer":0,"pos":[0,1],"experts":[0],"value":1}])";
  CHECK(test::refusalOf(lifted, 2) == "accepted");
  CHECK_THAT(test::refusalOf(lifted, 3), Catch::Contains("at position 2"));
  CHECK_THAT(test::refusalOf(lifted, 0), Catch::Contains("at position 2"));
}

TEST_CASE("edits made in a program are checked like those of a file") {
  rs::Edit edit;
  const auto refusal = [&] {
    try {
      (void)rs::compile({edit}, test::smallModel(), {});
    } catch (const rs::Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(refusal(), Catch::Contains("edit 1, field op: expected an operation"));
  edit.op = rs::findEditOp("add");
  CHECK_THAT(refusal(), Catch::Contains("field experts: expected a list of experts, found nothing"));
  edit.fields["experts"] = std::vector<std::int32_t>{1};
  edit.fields["value"] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(refusal(), Catch::Contains("field value: expected a number that is finite, found nan"));
  edit.fields["value"] = std::string("1");
  CHECK_THAT(refusal(), Catch::Contains("found another type"));
  edit.fields["value"] = 1.0;
  CHECK(refusal() == "accepted");
  edit.fields["valu"] = 1.0;
  CHECK_THAT(refusal(), Catch::Contains("field valu"));
}

TEST_CASE("high-level virtual experts that cannot be are refused by name") {
  const auto refusal = [](const rs::HighLevelColumn& column) {
    try {
      (void)test::compileText("[]", 8, std::span(&column, 1));
    } catch (const rs::Error& error) {
      CHECK(error.code() == rs::ErrorCode::kUsage);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using rs::VirtualMode;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  CHECK_THAT(refusal({"calc", {}, {}}),
             Catch::Contains("virtual expert 'calc': expected at least one layer"));
  CHECK_THAT(refusal({"calc", {3}, {}}), Catch::Contains("expected a layer in 0..2, found 3"));
  CHECK_THAT(refusal({"calc", {0}, {VirtualMode::kReserve, 0, 1.5F, -1}}), Catch::Contains("found 1.5"));
  CHECK_THAT(refusal({"calc", {0}, {VirtualMode::kReplace, 0, 0, 6}}), Catch::Contains("found 6"));
  CHECK_THAT(refusal({"calc", {0}, {VirtualMode::kCompete, kInf, 0, 6}}), Catch::Contains("found inf"));
  CHECK(refusal({"calc", {0, 2}, {VirtualMode::kReserve, 0, 0.5F, -1}}) == "accepted");
}
