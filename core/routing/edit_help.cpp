// SPDX-License-Identifier: Apache-2.0
#include "core/routing/edit_help.h"

#include <algorithm>

#include "core/routing/edit.h"

namespace rs {
namespace {

constexpr std::size_t kIndent = 4;
constexpr std::size_t kTextColumn = 16;
constexpr std::size_t kLineWidth = 100;

// Words of `text` from `column` on, wrapped at the width of a line; the caller has written up to the column.
std::string wrapped(std::string_view text, std::size_t column) {
  std::string out;
  std::size_t at = column;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (at > column && at + 1 + word.size() > kLineWidth) {
      out += "\n" + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  return out + "\n";
}

std::string fieldHelp(const FieldInfo& field) {
  std::string details = typeText(field);
  const std::string range = rangeText(field);
  if (!range.empty()) {
    details += ", " + range;
  }
  if (!field.mode.empty()) {
    details += ", with mode " + std::string(field.mode);
  }
  if (!field.is_required) {
    details += ", default " + defaultText(field);
  }
  const std::size_t gap =
      field.id.size() + kIndent < kTextColumn ? kTextColumn - kIndent - field.id.size() : 1;
  return std::string(kIndent, ' ') + std::string(field.id) + std::string(gap, ' ') +
         wrapped(std::string(field.help) + " (" + details + ")", kTextColumn);
}

}  // namespace

std::string editsHelp() {
  std::string text =
      "A file of edits is JSON: {\"routescope_edits\": 1, \"edits\": [...]}, or the bare list.\n"
      "In every layer: all logit edits in order, the model's choice, choice edits in order, outputs of\n"
      "experts, residual. E is the number of experts, H the hidden width; ids and positions count from 0.\n\n"
      "Every edit:\n";
  for (const FieldInfo& field : commonEditFields()) {
    text += fieldHelp(field);
  }
  for (const EditOp* op : allEditOps()) {
    text += "\n" + std::string(op->id) + " (" + std::string(nameOf(op->stage)) + ")\n" +
            std::string(kIndent, ' ') + wrapped(op->summary, kIndent);
    for (const FieldInfo& field : op->fields) {
      text += fieldHelp(field);
    }
  }
  return text;
}

}  // namespace rs
