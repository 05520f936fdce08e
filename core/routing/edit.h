// SPDX-License-Identifier: Apache-2.0
//
// The edit language as data: one description for each operation, from which reading, checking, writing, help
// and forms follow, and an edit as the values of such a description. To add an operation: one file in edits/
// and one line in edits/registered.inc.
//
// Thread: descriptions are constants; an EditList is a value.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rs {

enum class FieldType : std::uint8_t {
  kInteger,   // 4
  kNumber,    // 0.5
  kExpert,    // id of one of the model's experts
  kExperts,   // [3, 8]
  kWeights,   // [0.7, 0.3], one for each expert
  kChoice,    // one of `options`
  kVector,    // H numbers, or {"unembed": token}
  kConstant,  // a number, or H numbers
  // Fields of every edit, members of Edit.
  kOperation,
  kLayers,     // 3, [3, 4] or "all"
  kPositions,  // [0, 5]
  kText,
  kSwitch,
};

// Stages run in this order in every layer, whatever the order in the file.
enum class EditStage : std::uint8_t { kLogits, kChoice, kOutput, kResidual };

// One field of an operation.
struct FieldInfo {
  std::string_view id;  // stable, as in files
  FieldType type{};
  std::string_view help;
  bool is_required = true;
  double default_value = 0;  // of a number that is not required
  // Range of an integer or a number, ends included unless min_is_open. max_is_experts: up to E.
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_is_open = false;
  bool max_is_experts = false;
  std::string_view mode = {};  // the field belongs to this value of the field `mode` alone
  std::span<const std::string_view> options = {};
};

class EditScope;
class ProgramBuilder;

// One operation.
struct EditOp {
  std::string_view id;  // stable, as in files
  std::string_view title;
  std::string_view summary;
  EditStage stage{};
  std::span<const FieldInfo> fields;
  void (*compile)(const EditScope& edit, ProgramBuilder& program);
};

[[nodiscard]] std::span<const EditOp* const> allEditOps();    // by stage
[[nodiscard]] const EditOp* findEditOp(std::string_view id);  // null: there is none
[[nodiscard]] std::span<const FieldInfo> commonEditFields();  // op, layer, pos, name, on
[[nodiscard]] const FieldInfo* findField(const EditOp& op, std::string_view id);
[[nodiscard]] std::string_view nameOf(EditStage stage);         // "logits"
[[nodiscard]] std::string typeText(const FieldInfo& field);     // "an integer", "a list of experts"
[[nodiscard]] std::string rangeText(const FieldInfo& field);    // "1..E", "(0, 1]", ""
[[nodiscard]] std::string defaultText(const FieldInfo& field);  // "0", "" if required

// H numbers, or the direction of a token's row of the unembedding.
struct VectorSpec {
  std::vector<double> numbers;
  std::optional<std::int32_t> unembed;
  friend bool operator==(const VectorSpec&, const VectorSpec&) = default;
};

using FieldValue = std::variant<std::int32_t, double, std::string, std::vector<std::int32_t>,
                                std::vector<double>, VectorSpec>;

struct LayerSelection {
  bool all = true;
  std::vector<std::int32_t> layers;  // if not all
  friend bool operator==(const LayerSelection&, const LayerSelection&) = default;
};

// Type of a field's value by FieldType: kInteger, kExpert int32; kNumber double; kChoice string; kExperts
// int32 list; kWeights double list; kVector VectorSpec; kConstant double or double list.
struct Edit {
  const EditOp* op = nullptr;
  LayerSelection where;
  std::optional<std::vector<std::int32_t>> positions;  // absent: all
  std::string name;
  bool on = true;                                         // off: kept, not run
  std::map<std::string, FieldValue, std::less<>> fields;  // those that are given
  friend bool operator==(const Edit&, const Edit&) = default;
};

using EditList = std::vector<Edit>;

// Which edit a message is about; counted from 1, as a reader of the file counts.
struct EditPlace {
  int number = 0;
  std::string_view op;  // "": not known yet
};

// Throws Error{kUsage}: "edit 3 (force), field weights: <problem>", problem = "expected …, found …".
[[noreturn]] void refuseEdit(const EditPlace& place, std::string_view field, const std::string& problem);

}  // namespace rs
