// SPDX-License-Identifier: Apache-2.0
#include "core/routing/edit_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBytes = std::size_t{1} << 28;
constexpr std::size_t kMostDepth = 8;
constexpr std::size_t kMostShown = 60;

[[noreturn]] void refuseList(const std::string& problem) {
  throw Error(ErrorCode::kUsage, "edits: " + problem);
}

// A value as a message shows it.
std::string shown(const Json& value) {
  if (value.is_array() && value.empty()) {
    return "an empty list";
  }
  if (value.is_array() && value.size() > 8) {
    return "a list of " + std::to_string(value.size());
  }
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kMostShown) {
    text = text.substr(0, kMostShown) + "…";
  }
  return text;
}

// Follows the parser, so that its complaints carry the edit's number and field, and finds what a parsed
// value no longer shows: keys that come twice.
class ParsePlace {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth > static_cast<int>(kMostDepth)) {
        refuse(format("expected values nested at most %zu deep, found more", kMostDepth));
      }
      if (!is_started_) {
        is_started_ = true;
        edit_level_ = event == Event::object_start ? 1 : 0;
      }
    }
    if (event == Event::object_start) {
      if (keys_.size() == edit_level_) {
        ++number_;
        field_.clear();
      }
      keys_.emplace_back();
    } else if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) {
        refuse("expected each key once, found '" + key + "' twice in one object");
      }
      if (keys_.size() == edit_level_ + 1) {
        field_ = key;
      }
    } else if (event == Event::object_end) {
      keys_.pop_back();
    }
    return true;
  }

  [[noreturn]] void refuse(const std::string& problem) const {
    if (keys_.size() > edit_level_) {
      refuseEdit({number_, ""}, field_, problem);
    }
    refuseList(problem);
  }

 private:
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
  std::size_t edit_level_ = 0;               // objects around an edit
  bool is_started_ = false;
  int number_ = 0;
  std::string field_;
};

Json parseJson(std::string_view text) {
  if (text.size() > kMostBytes) {
    refuseList("expected at most 256 MiB, found " + bytesText(text.size()));
  }
  ParsePlace place;
  try {
    return Json::parse(text.begin(), text.end(), [&](int depth, Json::parse_event_t event, Json& parsed) {
      return place(depth, event, parsed);
    });
  } catch (const Json::exception& failure) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: …"
    const std::string_view what = failure.what();
    const auto bracket = what.find("] ");
    const std::string reason(bracket == std::string_view::npos ? what : what.substr(bracket + 2));
    place.refuse(failure.id == 406 ? "expected numbers that are finite, found " + reason
                                   : "expected JSON, found " + reason);
  }
}

// One edit while it is read.
class EditReader {
 public:
  EditReader(const Json& object, int number) : object_(object), place_{number, ""} {}

  Edit read() {
    if (!object_.is_object()) {
      refuseEdit(place_, "", "expected an object such as {\"op\": \"ban\", …}, found " + shown(object_));
    }
    Edit edit;
    edit.op = readOp();
    place_.op = edit.op->id;
    readLayers(edit.where);
    for (const auto& [key, value] : object_.items()) {
      if (key == "pos") {
        edit.positions = integers(key, value, "a list of positions");
      } else if (key == "name") {
        if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
          refuse(key, "a text that is not empty", value);
        }
        edit.name = value.get<std::string>();
      } else if (key == "on") {
        if (!value.is_boolean()) {
          refuse(key, "true or false", value);
        }
        edit.on = value.get<bool>();
      } else if (key != "op" && key != "layer") {
        edit.fields.emplace(key, readField(*edit.op, key, value));
      }
    }
    checkComplete(edit);
    return edit;
  }

 private:
  [[noreturn]] void refuse(std::string_view field, const std::string& expected, const Json& found) const {
    refuseEdit(place_, field, "expected " + expected + ", found " + shown(found));
  }

  const EditOp* readOp() const {
    const auto at = object_.find("op");
    std::vector<std::string> known;
    for (const EditOp* op : allEditOps()) {
      known.emplace_back(op->id);
    }
    const std::string expected = "one of " + join(known, ", ");
    if (at == object_.end()) {
      refuseEdit(place_, "op", "expected " + expected + ", found nothing");
    }
    if (!at->is_string()) {
      refuse("op", expected, *at);
    }
    const auto& id = at->get_ref<const std::string&>();
    const EditOp* op = findEditOp(id);
    if (op == nullptr) {
      refuseEdit(place_, "op", "expected " + expected + ", found " + shown(*at) + didYouMean(id, known));
    }
    return op;
  }

  void readLayers(LayerSelection& where) const {
    const std::string expected = "a layer, a list of layers or \"all\"";
    const auto at = object_.find("layer");
    if (at == object_.end()) {
      refuseEdit(place_, "layer", "expected " + expected + ", found nothing");
    }
    where.all = *at == "all";
    if (at->is_array()) {
      where.layers = integers("layer", *at, expected);
    } else if (!where.all) {
      where.layers = {integer("layer", *at, expected)};
    }
  }

  FieldValue readField(const EditOp& op, const std::string& id, const Json& value) const {
    const FieldInfo* field = findField(op, id);
    if (field == nullptr) {
      std::vector<std::string> known;
      for (const FieldInfo& other : commonEditFields()) {
        known.emplace_back(other.id);
      }
      for (const FieldInfo& other : op.fields) {
        known.emplace_back(other.id);
      }
      refuseEdit(place_, shownKey(id),
                 "expected one of the fields " + join(known, ", ") + ", found an unknown one" +
                     didYouMean(id, known));
    }
    const std::string expected = typeText(*field);
    switch (field->type) {
      case FieldType::kInteger:
      case FieldType::kExpert:
        return integer(id, value, expected);
      case FieldType::kNumber:
        return number(id, value, expected);
      case FieldType::kExperts:
        return integers(id, value, expected);
      case FieldType::kWeights:
        return numbers(id, value, expected);
      case FieldType::kConstant:
        if (value.is_array()) {
          return numbers(id, value, expected);
        }
        return number(id, value, expected);
      case FieldType::kVector:
        return vector(id, value, expected);
      default:
        if (!value.is_string()) {
          refuse(id, expected + ": one of " + rangeText(*field), value);
        }
        return value.get<std::string>();
    }
  }

  static std::string shownKey(const std::string& key) {
    const std::string quoted = shown(Json(key));
    return quoted.size() == key.size() + 2 ? key : quoted;
  }

  std::int32_t integer(std::string_view field, const Json& value, const std::string& expected) const {
    constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
    if (!value.is_number_integer()) {
      refuse(field, expected, value);
    }
    const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= std::uint64_t{kMost}
                                                 : value.get<std::int64_t>() >= -std::int64_t{kMost};
    if (!fits) {
      refuse(field, "an integer of at most 2147483647", value);
    }
    return value.get<std::int32_t>();
  }

  double number(std::string_view field, const Json& value, const std::string& expected) const {
    if (!value.is_number()) {
      refuse(field, expected, value);
    }
    return value.get<double>();
  }

  std::vector<std::int32_t> integers(std::string_view field, const Json& list,
                                     const std::string& expected) const {
    checkList(field, list, expected);
    std::vector<std::int32_t> values;
    values.reserve(list.size());
    for (const Json& value : list) {
      values.push_back(integer(field, value, "integers in the list"));
    }
    return values;
  }

  std::vector<double> numbers(std::string_view field, const Json& list, const std::string& expected) const {
    checkList(field, list, expected);
    std::vector<double> values;
    values.reserve(list.size());
    for (const Json& value : list) {
      if (!value.is_number()) {
        refuse(field, "numbers in the list", value);
      }
      values.push_back(value.get<double>());
    }
    return values;
  }

  void checkList(std::string_view field, const Json& list, const std::string& expected) const {
    if (!list.is_array() || list.empty()) {
      refuse(field, expected, list);
    }
  }

  VectorSpec vector(std::string_view field, const Json& value, const std::string& expected) const {
    if (value.is_array()) {
      return {numbers(field, value, expected), std::nullopt};
    }
    if (!value.is_object() || value.size() != 1 || !value.contains("unembed")) {
      refuse(field, expected, value);
    }
    return {{}, integer(field, value["unembed"], "an integer token id under unembed")};
  }

  // Fields that depend on a mode are left to compile().
  void checkComplete(const Edit& edit) const {
    for (const FieldInfo& field : edit.op->fields) {
      if (field.is_required && field.mode.empty() && !edit.fields.contains(field.id)) {
        const std::string options = field.type == FieldType::kChoice ? ": one of " + rangeText(field) : "";
        refuseEdit(place_, field.id, "expected " + typeText(field) + options + ", found nothing");
      }
    }
  }

  const Json& object_;
  EditPlace place_;
};

const Json& listOf(const Json& document) {
  if (document.is_array()) {
    return document;
  }
  if (!document.is_object()) {
    refuseList("expected {\"routescope_edits\": 1, \"edits\": […]} or a list, found " + shown(document));
  }
  const std::vector<std::string> known = {"routescope_edits", "edits"};
  for (const auto& [key, value] : document.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      refuseList("expected the keys routescope_edits and edits, found " + shown(Json(key)) +
                 didYouMean(key, known));
    }
  }
  const auto version = document.find("routescope_edits");
  if (version == document.end() || !version->is_number_integer() || *version != kEditsVersion) {
    refuseList("expected \"routescope_edits\": 1, found " +
               (version == document.end() ? "nothing" : shown(*version)));
  }
  const auto edits = document.find("edits");
  if (edits == document.end() || !edits->is_array()) {
    refuseList("expected \"edits\" to be a list, found " +
               (edits == document.end() ? "nothing" : shown(*edits)));
  }
  return *edits;
}

Json toJson(const FieldValue& value) {
  if (const auto* spec = std::get_if<VectorSpec>(&value)) {
    return spec->unembed ? Json({{"unembed", *spec->unembed}}) : Json(spec->numbers);
  }
  return std::visit(
      [](const auto& held) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, VectorSpec>) {
          return nullptr;  // handled above
        } else {
          return held;
        }
      },
      value);
}

Json toJson(const Edit& edit) {
  check(edit.op != nullptr, "an edit has an operation");
  Json object = {{"op", edit.op->id}};
  if (!edit.name.empty()) {
    object["name"] = edit.name;
  }
  if (edit.where.all) {
    object["layer"] = "all";
  } else if (edit.where.layers.size() == 1) {
    object["layer"] = edit.where.layers[0];
  } else {
    object["layer"] = edit.where.layers;
  }
  if (edit.positions) {
    object["pos"] = *edit.positions;
  }
  if (!edit.on) {
    object["on"] = false;
  }
  for (const FieldInfo& field : edit.op->fields) {
    if (const auto at = edit.fields.find(field.id); at != edit.fields.end()) {
      object[std::string(field.id)] = toJson(at->second);
    }
  }
  return object;
}

}  // namespace

EditList parseEdits(std::string_view text) {
  const Json document = parseJson(text);
  EditList edits;
  int number = 0;
  for (const Json& object : listOf(document)) {
    edits.push_back(EditReader(object, ++number).read());
  }
  return edits;
}

std::string editsToJson(const EditList& edits) {
  std::string text = format("{\"routescope_edits\": %d, \"edits\": [", kEditsVersion);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    text += (i == 0 ? "\n  " : ",\n  ") + toJson(edits[i]).dump();
  }
  return text + (edits.empty() ? "]}\n" : "\n]}\n");
}

}  // namespace rs
