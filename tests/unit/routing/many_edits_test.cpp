// SPDX-License-Identifier: Apache-2.0
//
// What is worked out for all positions together is what each position, looked at by itself, says.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "core/base/text.h"
#include "core/routing/edit_json.h"
#include "core/routing/program_difference.h"
#include "tests/unit/routing/run_edits.h"

namespace {

constexpr int kPositions = 8;

// Lists of edits of the small model in which bans meet all that counts what they leave.
class RandomEdits {
 public:
  explicit RandomEdits(unsigned seed) : engine_(seed) {}

  rs::EditList list(const std::vector<std::string>& ops, int n_positions) {
    rs::EditList edits(static_cast<std::size_t>(1 + below(9)));
    std::generate(edits.begin(), edits.end(), [&] { return edit(pick(ops), n_positions); });
    return edits;
  }
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }

 private:
  const std::string& pick(const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))];
  }

  // Some of 0..n-1, each once, in no order.
  std::vector<std::int32_t> some(int n, int most) {
    std::vector<std::int32_t> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<std::int32_t>(i);
    }
    std::shuffle(values.begin(), values.end(), engine_);
    const int n_taken = 1 + below(std::min(n, most));
    values.resize(static_cast<std::size_t>(n_taken));
    return values;
  }

  rs::Edit edit(const std::string& op, int n_positions) {
    rs::Edit edit;
    edit.op = rs::findEditOp(op);
    edit.on = below(10) > 0;
    if (below(3) > 0) {
      edit.where = {false, some(test::smallModel().n_layers, 3)};
    }
    if (below(5) > 0) {
      edit.positions = some(n_positions, 1 + below(n_positions));
    }
    addFields(edit, op);
    return edit;
  }

  void addFields(rs::Edit& edit, const std::string& op) {
    const std::int32_t n_experts = test::smallModel().n_experts;
    if (op == "ban" || op == "set" || op == "add" || op == "force") {
      edit.fields["experts"] = some(n_experts, 3);
    }
    if (op == "set" || op == "add" || op == "temperature") {
      edit.fields["value"] = 1.0 + below(2);
    } else if (op == "top_k") {
      edit.fields["k"] = std::int32_t{1 + below(5)};
    } else if (op == "top_p") {
      edit.fields["p"] = 0.5;
      edit.fields["min"] = std::int32_t{1 + below(5)};
      edit.fields["max"] = n_experts;
    } else if (op == "force" && below(2) == 0) {
      const auto n = std::get<std::vector<std::int32_t>>(edit.fields["experts"]).size();
      edit.fields["weights"] = std::vector<double>(n, 1.0 / static_cast<double>(n));
    } else if (op == "virtual") {
      edit.fields["mode"] = std::string("reserve");
      edit.fields["vector"] = rs::VectorSpec{{1, 2, 3, 4}, {}};
      edit.fields["weight"] = 0.25;
    } else if (op == "output") {
      edit.fields["expert"] = std::int32_t{below(n_experts)};
    } else if (op == "resid_add") {
      edit.fields["site"] = std::string(below(2) == 0 ? "resid_pre" : "resid_post");
      edit.fields["vector"] = rs::VectorSpec{{1, 2, 3, 4}, {}};
    }
  }

  std::mt19937 engine_;
};

bool runsIn(const rs::Edit& edit, int layer) {
  const auto& layers = edit.where.layers;
  return edit.on && (edit.where.all || std::find(layers.begin(), layers.end(), layer) != layers.end());
}

bool names(const rs::Edit& edit, int position) {
  return edit.positions &&
         std::find(edit.positions->begin(), edit.positions->end(), position) != edit.positions->end();
}

bool appliesAt(const rs::Edit& edit, int layer, int position) {
  return runsIn(edit, layer) && (!edit.positions || names(edit, position));
}

template <typename T>
const T& field(const rs::Edit& edit, const std::string& id) {
  return std::get<T>(edit.fields.find(id)->second);
}

std::string refusal(std::size_t edit, const rs::EditList& edits, const char* of,
                    const std::string& expected) {
  return rs::format("edit %d (%s), field %s: expected ", static_cast<int>(edit) + 1,
                    std::string(edits[edit].op->id).c_str(), of) +
         expected;
}

// Why one choice cannot be made with these experts banned, "" if it can.
std::string choiceRefusal(const rs::EditList& edits, std::size_t i, const std::set<std::int32_t>& banned,
                          int layer, int position) {
  const rs::Edit& edit = edits[i];
  const int n_left = test::smallModel().n_experts - static_cast<int>(banned.size());
  if (edit.op->id == "top_k" || edit.op->id == "top_p") {
    const char* of = edit.op->id == "top_k" ? "k" : "min";
    const auto wanted = field<std::int32_t>(edit, of);
    return wanted <= n_left
               ? ""
               : refusal(
                     i, edits, of,
                     rs::format("at most %d, the experts left unbanned in layer %d at position %d, found %d",
                                n_left, layer, position, wanted));
  }
  if (edit.op->id == "force" && !edit.fields.contains("weights")) {
    for (const std::int32_t expert : field<std::vector<std::int32_t>>(edit, "experts")) {
      if (banned.contains(expert)) {
        return refusal(i, edits, "experts",
                       rs::format("experts that are not banned in layer %d at position %d, found %d; give "
                                  "weights to force a banned expert",
                                  layer, position, expert));
      }
    }
  }
  return "";
}

std::string refusalAt(const rs::EditList& edits, int layer, int position) {
  std::set<std::int32_t> banned;
  std::size_t last_ban = 0;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const bool is_ban = edits[i].op->id == "ban";
    if (!appliesAt(edits[i], layer, position) || !(is_ban || edits[i].op->id == "set")) {
      continue;
    }
    for (const std::int32_t expert : field<std::vector<std::int32_t>>(edits[i], "experts")) {
      if (is_ban) {
        banned.insert(expert);
      } else {
        banned.erase(expert);
      }
    }
    last_ban = is_ban ? i : last_ban;
  }
  const int n_left = test::smallModel().n_experts - static_cast<int>(banned.size());
  if (n_left < test::smallModel().top_k) {
    return refusal(last_ban, edits, "experts",
                   rs::format("at least 2 experts (the model's own number) left unbanned in layer %d at "
                              "position %d, found %d",
                              layer, position, n_left));
  }
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (appliesAt(edits[i], layer, position)) {
      if (std::string problem = choiceRefusal(edits, i, banned, layer, position); !problem.empty()) {
        return problem;
      }
    }
  }
  return "";
}

// Layer by layer: the positions that an edit of bans or of a choice names, then the first other one.
std::string expectedRefusal(const rs::EditList& edits, int n_positions) {
  const std::set<std::string_view> counted = {"ban", "set", "top_k", "top_p", "force"};
  for (int layer = 0; layer < test::smallModel().n_layers; ++layer) {
    const bool has_ban = std::any_of(edits.begin(), edits.end(), [&](const rs::Edit& edit) {
      return runsIn(edit, layer) && edit.op->id == "ban";
    });
    const auto is_named = [&](int position) {
      return std::any_of(edits.begin(), edits.end(), [&](const rs::Edit& edit) {
        return runsIn(edit, layer) && counted.contains(edit.op->id) && names(edit, position);
      });
    };
    std::vector<int> named;
    std::vector<int> others;
    for (int position = 0; position < (n_positions > 0 ? n_positions : kPositions + 1); ++position) {
      (is_named(position) ? named : others).push_back(position);
    }
    if (!others.empty()) {
      named.push_back(others.front());
    }
    for (const int position : named) {
      if (std::string problem = refusalAt(edits, layer, position); has_ban && !problem.empty()) {
        return problem;
      }
    }
  }
  return "accepted";
}

// What the edits of one stage do at one place, in order.
std::vector<rs::Edit> rowsAt(const rs::EditList& edits, rs::EditStage stage, int layer, int position) {
  std::vector<rs::Edit> rows;
  for (const rs::Edit& edit : edits) {
    if (edit.op->stage == stage && appliesAt(edit, layer, position)) {
      rows.push_back({edit.op, {}, {}, "", true, edit.fields});
      if (auto at = rows.back().fields.find("experts");
          at != rows.back().fields.end() && edit.op->id != "force") {
        auto& experts = std::get<std::vector<std::int32_t>>(at->second);
        std::sort(experts.begin(), experts.end());
      }
    }
  }
  return rows;
}

bool differAt(const rs::EditList& a, const rs::EditList& b, int layer, int position) {
  const auto stages = {rs::EditStage::kLogits, rs::EditStage::kChoice, rs::EditStage::kOutput,
                       rs::EditStage::kResidual};
  return std::any_of(stages.begin(), stages.end(), [&](rs::EditStage stage) {
    return rowsAt(a, stage, layer, position) != rowsAt(b, stage, layer, position);
  });
}

}  // namespace

TEST_CASE("bans are refused as they are when each position is looked at by itself") {
  const std::vector<std::string> ops = {"ban",   "ban", "ban",   "set",         "top_k",
                                        "top_p", "add", "force", "temperature", "virtual"};
  RandomEdits random(1);
  std::map<std::string, int> fields;  // of refusals, so that each kind is known to come up
  for (int round = 0; round < 4000; ++round) {
    const int n_positions = random.below(2) == 0 ? kPositions : 0;
    const rs::EditList edits = random.list(ops, kPositions);
    const std::string text = rs::editsToJson(edits);
    INFO(text);
    const std::string expected = expectedRefusal(edits, n_positions);
    REQUIRE(test::refusalOf(text, n_positions) == expected);
    for (const char* part : {"accepted", "(ban)", "(top_k)", "(top_p)", "(force)"}) {
      fields[part] += expected.find(part) != std::string::npos ? 1 : 0;
    }
  }
  for (const auto& [part, n] : fields) {
    INFO(part);
    CHECK(n > 50);
  }
}

TEST_CASE("programs differ where they do when each position is looked at by itself") {
  RandomEdits random(2);
  int n_alike = 0;
  for (int round = 0; round < 600; ++round) {
    const auto a = random.list(
        {"set", "add", "top_k", "top_p", "temperature", "force", "output", "resid_add"}, kPositions);
    rs::EditList b = a;
    b.erase(b.begin() + random.below(static_cast<int>(b.size())));
    const auto more = random.list({"temperature", "top_k", "output", "resid_add"}, kPositions);
    b.insert(b.end(), more.begin(), more.begin() + random.below(2));
    INFO(rs::editsToJson(a) << "\n" << rs::editsToJson(b));
    const auto program_a = test::compileText(rs::editsToJson(a));
    const auto program_b = test::compileText(rs::editsToJson(b));
    const auto found = rs::differences(program_a, program_b, kPositions);
    const auto first = rs::firstDifferences(program_a, program_b);
    for (int layer = 0; layer < test::smallModel().n_layers; ++layer) {
      std::vector<int> expected;
      for (int position = 0; position < kPositions; ++position) {
        if (differAt(a, b, layer, position)) {
          expected.push_back(position);
        }
      }
      REQUIRE(found[static_cast<std::size_t>(layer)] == expected);
      const int beyond = differAt(a, b, layer, kPositions) ? kPositions : rs::kNoPosition;
      REQUIRE(first[static_cast<std::size_t>(layer)] == (expected.empty() ? beyond : expected.front()));
      n_alike += expected.empty() ? 1 : 0;
    }
  }
  CHECK(n_alike > 50);
}
