// SPDX-License-Identifier: Apache-2.0
//
// The odd corners (descriptions written twice, unions spread over lines) are the reference library's: the
// model was trained on them.
#include "core/text/harmony_tools.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace rs::harmony {

namespace {

using Json = nlohmann::ordered_json;

const Json* find(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

const std::string* findText(const Json& object, const char* key) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_string() ? value->get_ptr<const std::string*>() : nullptr;
}

const Json* findList(const Json& object, const char* key) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_array() ? value : nullptr;
}

// The shortest digits that read back, 1.0 with its point, an exponent only beyond 1e16 and below 1e-5.
std::string numberText(double value) {
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string text(buffer.data(), end.ptr);
  const std::string sign = text[0] == '-' ? "-" : "";
  const std::size_t mark = text.find('e');
  const int exponent = std::stoi(text.substr(mark + 1));
  std::string digits = text.substr(sign.size(), mark - sign.size());
  if (digits.size() > 1) {
    digits.erase(1, 1);
  }
  const int count = static_cast<int>(digits.size());
  if (exponent < -5 || exponent > 15) {
    const std::string rest = digits.size() > 1 ? "." + digits.substr(1) : "";
    return sign + digits[0] + rest + "e" + std::to_string(exponent);
  }
  if (exponent < 0) {
    return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  }
  if (count <= exponent + 1) {
    return sign + digits + std::string(static_cast<std::size_t>(exponent + 1 - count), '0') + ".0";
  }
  return sign + digits.insert(static_cast<std::size_t>(exponent) + 1, 1, '.');
}

std::string compactJson(const Json& value) {
  if (value.is_number_float()) {
    return numberText(value.get<double>());
  }
  if (!value.is_structured()) {
    return value.dump();
  }
  std::string text;
  for (const auto& [key, item] : value.items()) {
    text += text.empty() ? "" : ",";
    text += (value.is_object() ? Json(key).dump() + ":" : "") + compactJson(item);
  }
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

bool hasChoices(const Json& schema) {
  const Json* choices = findList(schema, "enum");
  return choices != nullptr && !choices->empty();
}

// "default: ..." or nothing. A string is not escaped; one of the schema's choices is not even quoted.
std::string defaultText(const Json& schema) {
  const Json* value = find(schema, "default");
  if (value == nullptr) {
    return "";
  }
  if (!value->is_string()) {
    return "default: " + compactJson(*value);
  }
  const std::string quote = hasChoices(schema) ? "" : "\"";
  return "default: " + quote + value->get<std::string>() + quote;
}

// Outside of a property a choice is written as JSON.
std::string alternativeDefaultText(const Json& schema) {
  const Json* value = find(schema, "default");
  return value != nullptr && hasChoices(schema) ? "default: " + compactJson(*value) : defaultText(schema);
}

std::string typeText(const Json& schema, const std::string& indent);

// The type of a property or of one of its alternatives, with null where that is allowed and not yet said.
std::string nullableTypeText(const Json& schema, const std::string& indent) {
  std::string type = typeText(schema, indent);
  const Json* nullable = find(schema, "nullable");
  if (nullable != nullptr && *nullable == true && type.find("null") == std::string::npos) {
    type += " | null";
  }
  return type;
}

std::string remark(const std::string* description, const std::string& default_text) {
  const std::string text = description != nullptr ? *description : "";
  const bool both = description != nullptr && !default_text.empty();
  const bool none = description == nullptr && default_text.empty();
  return none ? "" : " // " + text + (both ? " " : "") + default_text;
}

std::string titleLines(const Json& schema, const std::string& indent) {
  const std::string* title = findText(schema, "title");
  return title == nullptr ? "" : indent + "// " + *title + "\n" + indent + "//\n";
}

std::string descriptionLine(const Json& schema, const std::string& indent) {
  const std::string* description = findText(schema, "description");
  return description == nullptr ? "" : indent + "// " + *description + "\n";
}

std::string exampleLines(const Json& schema, const std::string& indent) {
  const Json* examples = findList(schema, "examples");
  if (examples == nullptr || examples->empty()) {
    return "";
  }
  std::string lines = indent + "// Examples:\n";
  for (const Json& example : *examples) {
    if (example.is_string()) {
      lines += indent + "// - \"" + example.get<std::string>() + "\"\n";
    }
  }
  return lines;
}

// A property with alternatives, one a line. The first alternative and the property share a description.
std::string unionProperty(const std::string& head, const Json& schema, const Json& alternatives,
                          const std::string& indent) {
  const std::string* own = findText(schema, "description");
  const std::string* first = alternatives.empty() ? nullptr : findText(alternatives[0], "description");
  const bool same = own != nullptr && first != nullptr && *own == *first;
  std::string text = titleLines(schema, indent) + exampleLines(schema, indent);
  text += same ? "" : descriptionLine(schema, indent);
  if (const std::string value = defaultText(schema); !value.empty()) {
    text += indent + "// " + value + "\n";
  }
  text += head + ":\n";
  for (const Json& alternative : alternatives) {
    const std::string* description = findText(alternative, "description");
    const bool said = own != nullptr && description != nullptr &&
                      (&alternative == &alternatives[0] || *description == *own);
    text += indent + " | " + nullableTypeText(alternative, indent + "   ") +
            remark(said ? nullptr : description, defaultText(alternative)) + "\n";
  }
  return text + indent + ",\n";
}

std::string propertyText(const std::string& head, const Json& schema, const std::string& indent) {
  if (const Json* alternatives = findList(schema, "oneOf")) {
    return unionProperty(head, schema, *alternatives, indent);
  }
  return titleLines(schema, indent) + descriptionLine(schema, indent) + exampleLines(schema, indent) + head +
         ": " + nullableTypeText(schema, indent + "    ") + "," + remark(nullptr, defaultText(schema)) + "\n";
}

std::string objectText(const Json& schema, const std::string& indent) {
  const Json* required = findList(schema, "required");
  const auto isRequired = [&](const std::string& name) {
    return required != nullptr &&
           std::find(required->begin(), required->end(), Json(name)) != required->end();
  };
  std::string text = descriptionLine(schema, indent) + "{\n";
  const Json* properties = find(schema, "properties");
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [name, property] : properties->items()) {
      text += propertyText(indent + name + (isRequired(name) ? "" : "?"), property, indent);
    }
  }
  return text + indent + "}";
}

// Strings of a list, each changed, with " | " between them.
template <class Change>
std::string joined(const Json& list, Change change) {
  std::string text;
  for (const Json& item : list) {
    if (item.is_string()) {
      text += (text.empty() ? "" : " | ") + change(item.get<std::string>());
    }
  }
  return text;
}

std::string namedTypeText(const Json& schema, const std::string& type, const std::string& indent) {
  if (type == "object") {
    return objectText(schema, indent);
  }
  if (type == "array") {
    const Json* items = find(schema, "items");
    return items == nullptr ? "Array<any>" : typeText(*items, indent) + "[]";
  }
  if (type == "string") {
    const Json* choices = findList(schema, "enum");
    const std::string text =
        choices == nullptr ? "" : joined(*choices, [](const std::string& s) { return "\"" + s + "\""; });
    return text.empty() ? type : text;
  }
  if (type == "integer" || type == "number") {
    return "number";
  }
  return type == "boolean" ? type : "any";
}

std::string typeText(const Json& schema, const std::string& indent) {
  if (const Json* alternatives = findList(schema, "oneOf")) {
    std::string text;
    for (const Json& alternative : *alternatives) {
      text += "\n" + indent + " | " + nullableTypeText(alternative, indent + "   ") +
              remark(findText(alternative, "description"), alternativeDefaultText(alternative));
    }
    return text;
  }
  if (const Json* types = findList(schema, "type")) {
    const std::string text =
        joined(*types, [](const std::string& s) { return s == "integer" ? "number" : s; });
    return text.empty() ? "any" : text;
  }
  const std::string* type = findText(schema, "type");
  return type == nullptr ? "any" : namedTypeText(schema, *type, indent);
}

// Deeper schemas would exhaust the stack.
bool staysShallow(int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
  constexpr int kDeepest = 128;
  if (depth > kDeepest) {
    throw Error(ErrorCode::kUsage,
                "expected tool parameters of at most " + std::to_string(kDeepest) + " levels");
  }
  return true;
}

std::string toolText(const ToolDescription& tool) {
  std::string text;
  for (const std::string_view line : linesOf(tool.description)) {
    text += "// " + std::string(line) + "\n";
  }
  text += "type " + tool.name + " = (";
  if (tool.parameters) {
    const Json schema = Json::parse(*tool.parameters, staysShallow, false);
    if (schema.is_discarded()) {
      throw Error(ErrorCode::kUsage, "the parameters of tool '" + tool.name + "' are no valid JSON");
    }
    text += "_: " + typeText(schema, "");
  }
  return text + ") => any;\n";
}

}  // namespace

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (end != std::string_view::npos && line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    lines.push_back(line);
  }
  return lines;
}

std::string toolsSection(const Tools& tools) {
  std::string section = "# Tools";
  for (const auto& [key, space] : tools) {
    section += "\n\n## " + space.name + "\n";
    const char* const mark = space.tools.empty() ? "" : "// ";
    const std::string description = space.description.value_or("");
    for (const std::string_view line : linesOf(description)) {
      section += "\n" + std::string(mark) + std::string(line);
    }
    if (space.tools.empty()) {
      continue;
    }
    section += "\nnamespace " + space.name + " {\n";
    for (const ToolDescription& tool : space.tools) {
      section += "\n" + toolText(tool);
    }
    section += "\n} // namespace " + space.name;
  }
  return section;
}

}  // namespace rs::harmony
