// SPDX-License-Identifier: Apache-2.0
//
// Edits as JSON and back, the descriptions they follow from, and the pages and help made from those.
#include "core/routing/edit_json.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "core/routing/edit_help.h"
#include "tests/unit/routing/run_edits.h"

namespace {

const char* const kEveryOperation = R"([
  {"op":"ban","layer":"all","experts":[1,4],"name":"no \"pairs\" é"},
  {"op":"add","layer":0,"pos":[3,1],"experts":[2],"value":0.1},
  {"op":"set","layer":[0,2],"experts":[3],"value":-2},
  {"op":"temperature","layer":1,"value":1e-3,"on":false},
  {"op":"top_k","layer":1,"k":3},
  {"op":"top_p","layer":1,"p":0.30000000000000004,"min":1,"max":4},
  {"op":"force","layer":2,"experts":[5,0],"weights":[0.25,0.75]},
  {"op":"force","layer":2,"experts":[5,0]},
  {"op":"redirect","layer":2,"from":1,"to":2},
  {"op":"virtual","layer":0,"mode":"observe","vector":[1,2.5,-3,4e-20]},
  {"op":"virtual","layer":0,"mode":"compete","vector":{"unembed":7},"scale":12,"logit":2},
  {"op":"virtual","layer":0,"mode":"reserve","vector":{"unembed":0},"weight":0},
  {"op":"virtual","layer":0,"mode":"replace","vector":[0,0,0,0],"expert":3},
  {"op":"virtual","layer":0,"mode":"force","vector":[0,0,0,1]},
  {"op":"output","layer":0,"expert":2},
  {"op":"output","layer":0,"expert":2,"scale":0.5,"const":1},
  {"op":"output","layer":0,"expert":2,"const":[1,2,3,4]},
  {"op":"resid_add","layer":0,"site":"resid_mid","vector":{"unembed":3},"scale":-1}])";

std::string readFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> linesOf(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.insert(line);
  }
  return lines;
}

// One row of the field table of docs/edits.md.
std::string fieldRow(std::string_view op, const rs::FieldInfo& field) {
  const std::string mode = field.mode.empty() ? "" : " (mode " + std::string(field.mode) + ")";
  return "| " + std::string(op) + " | `" + std::string(field.id) + "`" + mode + " | " + rs::typeText(field) +
         " | " + rs::rangeText(field) + " | " + (field.is_required ? "required" : rs::defaultText(field)) +
         " | " + std::string(field.help) + " |";
}

}  // namespace

TEST_CASE("every operation survives the way to JSON and back") {
  const rs::EditList edits = rs::parseEdits(kEveryOperation);
  CHECK(edits.size() == 18);
  const std::string text = rs::editsToJson(edits);
  CHECK(rs::parseEdits(text) == edits);
  CHECK(rs::editsToJson(rs::parseEdits(text)) == text);
  CHECK(test::refusalOf(text) == "accepted");
}

TEST_CASE("the example of every operation uses every operation and field") {
  std::set<std::string> used;
  for (const rs::Edit& edit : rs::parseEdits(kEveryOperation)) {
    for (const auto& [field, value] : edit.fields) {
      used.insert(std::string(edit.op->id) + "." + field);
    }
  }
  for (const rs::EditOp* op : rs::allEditOps()) {
    for (const rs::FieldInfo& field : op->fields) {
      INFO(op->id << "." << field.id);
      CHECK(used.contains(std::string(op->id) + "." + std::string(field.id)));
    }
  }
}

TEST_CASE("an empty list survives the way to JSON and back") {
  CHECK(rs::editsToJson({}) == "{\"routescope_edits\": 1, \"edits\": []}\n");
  CHECK(rs::parseEdits(rs::editsToJson({})).empty());
}

TEST_CASE("the bare list and the file hold the same edits") {
  const std::string list = R"([{"op":"ban","layer":"all","experts":[1]}])";
  CHECK(rs::parseEdits(list) == rs::parseEdits(R"({"routescope_edits":1,"edits":)" + list + "}"));
  CHECK(rs::parseEdits(list) == rs::parseEdits(R"({"edits":)" + list + R"(,"routescope_edits":1})"));
  CHECK(rs::parseEdits(list) == rs::parseEdits(" \n" + list + "\n"));
}

TEST_CASE("fields are read as they are given") {
  const rs::EditList edits = rs::parseEdits(kEveryOperation);
  CHECK(edits[0].where.all);
  CHECK(edits[0].name == "no \"pairs\" \xc3\xa9");
  CHECK(edits[1].positions == std::vector<std::int32_t>{3, 1});
  CHECK(edits[2].where.layers == std::vector<std::int32_t>{0, 2});
  CHECK(std::get<double>(edits[2].fields.at("value")) == -2);
  CHECK_FALSE(edits[3].on);
  CHECK(std::get<rs::VectorSpec>(edits[10].fields.at("vector")).unembed == 7);
}

TEST_CASE("a long list is shown by its length and a long text is cut") {
  std::string experts = "[0.5";
  for (int i = 0; i < 1000; ++i) {
    experts += ",1";
  }
  const std::string text(5000, 'x');
  const std::string list = test::refusalOf(R"([{"op":"ban","layer":)" + experts + R"(],"experts":[1]}])");
  CHECK(list.size() < 200);
  const std::string number =
      test::refusalOf(R"([{"op":"add","layer":0,"experts":[1],"value":)" + experts + "]}]");
  CHECK_THAT(number, Catch::Contains("found a list of 1001"));
  CHECK(test::refusalOf(R"([{"op":")" + text + R"(","layer":0}])").size() < 400);
  CHECK(test::refusalOf(R"([{"op":"ban","layer":0,")" + text + R"(":0}])").size() < 400);
}

TEST_CASE("descriptions are complete and their ids are theirs alone") {
  std::set<std::string_view> ids;
  int stage = 0;
  for (const rs::EditOp* op : rs::allEditOps()) {
    INFO(op->id);
    CHECK(ids.insert(op->id).second);
    CHECK(rs::findEditOp(op->id) == op);
    CHECK_FALSE(op->title.empty());
    CHECK(op->summary.back() == '.');
    CHECK(op->compile != nullptr);
    CHECK(static_cast<int>(op->stage) >= stage);
    stage = static_cast<int>(op->stage);
    std::set<std::string_view> fields = {"op", "layer", "pos", "name", "on"};
    for (const rs::FieldInfo& field : op->fields) {
      CHECK(fields.insert(field.id).second);
      CHECK_FALSE(field.help.empty());
      CHECK((field.type == rs::FieldType::kChoice) == !field.options.empty());
    }
  }
  CHECK(rs::findEditOp("bans") == nullptr);
}

TEST_CASE("ranges and defaults read as a person writes them") {
  const auto range = [](const char* op, const char* field) {
    return rs::rangeText(*rs::findField(*rs::findEditOp(op), field));
  };
  CHECK(range("top_k", "k") == "1..E");
  CHECK(range("top_p", "p") == "(0, 1]");
  CHECK(range("temperature", "value") == "> 0");
  CHECK(range("add", "value").empty());
  CHECK(range("ban", "experts") == "0..E-1");
  CHECK(range("virtual", "weight") == "[0, 1]");
  CHECK(range("resid_add", "site") == "resid_pre, resid_mid, resid_post");
  CHECK(rs::defaultText(*rs::findField(*rs::findEditOp("virtual"), "scale")) == "1");
  CHECK(rs::defaultText(*rs::findField(*rs::findEditOp("output"), "scale")) == "0");
  CHECK(rs::defaultText(*rs::findField(*rs::findEditOp("force"), "weights")) == "absent");
}

TEST_CASE("help names every operation and field within the width of a terminal") {
  const std::string help = rs::editsHelp();
  for (const rs::EditOp* op : rs::allEditOps()) {
    CHECK_THAT(help, Catch::Contains("\n" + std::string(op->id) + " ("));
    for (const rs::FieldInfo& field : op->fields) {
      CHECK_THAT(help, Catch::Contains("\n    " + std::string(field.id) + " "));
    }
  }
  for (const std::string& line : linesOf(help)) {
    INFO(line);
    CHECK(line.size() <= 102);
  }
}

TEST_CASE("docs/edits.md holds a row for every operation and field") {
  const auto lines = linesOf(readFile(RS_SOURCE_DIR "/docs/edits.md"));
  for (const rs::FieldInfo& field : rs::commonEditFields()) {
    INFO(fieldRow("every edit", field));
    CHECK(lines.contains(fieldRow("every edit", field)));
  }
  for (const rs::EditOp* op : rs::allEditOps()) {
    const std::string row = "| `" + std::string(op->id) + "` | " + std::string(rs::nameOf(op->stage)) +
                            " | " + std::string(op->summary) + " |";
    INFO(row);
    CHECK(lines.contains(row));
    for (const rs::FieldInfo& field : op->fields) {
      INFO(fieldRow("`" + std::string(op->id) + "`", field));
      CHECK(lines.contains(fieldRow("`" + std::string(op->id) + "`", field)));
    }
  }
}
