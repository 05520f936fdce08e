// SPDX-License-Identifier: Apache-2.0
#include "app/cli/routing_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/base/text.h"
#include "core/text/utf8.h"

namespace rs::app {
namespace {

constexpr std::size_t kLabelWidth = 12;
// A choice whose margin is below this is marked: rounding in another engine, or a small edit, may flip it.
constexpr float kFragileMargin = 0.05F;

// Hues that can be told apart on dark and light terminals; an expert keeps its colour everywhere.
constexpr std::array kPalette{"38;5;33", "38;5;208", "38;5;37",  "38;5;170",
                              "38;5;71", "38;5;167", "38;5;136", "38;5;98"};

std::size_t displayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t used = displayWidth(text);
  return text + std::string(width > used ? width - used : 0, ' ');
}

struct Cell {
  std::vector<std::string> plain;
  std::vector<std::string> styles;
  std::size_t width = 0;
  void add(const std::string& text, std::string_view style) {
    plain.push_back(text);
    styles.emplace_back(style);
    width += displayWidth(text);
  }
};

Cell makeCell(const Trace& trace, int layer, int position) {
  const int n_experts = trace.config().n_experts;
  Cell cell;
  for (const std::int32_t id : trace.ints(Site::kExpertIndices, layer, position)) {
    if (id < 0) {
      continue;
    }
    const bool is_virtual = id >= n_experts;
    const std::string name = is_virtual ? "V" + std::to_string(id - n_experts) : std::to_string(id);
    const auto hue = static_cast<std::size_t>(id) % kPalette.size();
    cell.add((cell.plain.empty() ? "" : " ") + name, is_virtual ? "1;30;43" : kPalette[hue]);
  }
  const float margin =
      decisionMargin(trace.floats(Site::kRouterLogits, layer, position), trace.config().top_k);
  const std::string text =
      std::isfinite(margin) ? format(margin < 10 ? " %.2f" : " %.1f", static_cast<double>(margin)) : " -";
  cell.add(text, margin < kFragileMargin ? "1;31" : "2");
  return cell;
}

std::string drawCell(const Cell& cell, std::size_t width, const Console& console) {
  std::string text;
  for (std::size_t i = 0; i + 1 < cell.plain.size(); ++i) {
    text += console.styled(cell.plain[i], cell.styles[i]);
  }
  // The margin stands at the right edge of the column.
  text += std::string(width - cell.width, ' ');
  return text + console.styled(cell.plain.back(), cell.styles.back());
}

}  // namespace

std::string tokenLabel(const Tokenizer* tokenizer, std::int32_t id, std::size_t width) {
  if (tokenizer == nullptr || !tokenizer->contains(id)) {
    return "#" + std::to_string(id);
  }
  Utf8Stream stream;
  std::string text = stream.push(tokenizer->tokenBytes(id));
  text += stream.finish();
  std::string label;
  std::size_t used = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool starts = (byte & 0xC0U) != 0x80U;
    if (starts && used + 1 >= width && used + 1 < displayWidth(text)) {
      return label + "…";
    }
    used += starts ? 1 : 0;
    if (c == ' ') {
      label += "·";
    } else if (c == '\n') {
      label += "⏎";
    } else if (byte < 0x20 || byte == 0x7F) {
      label += "�";
    } else {
      label += c;
    }
  }
  return label;
}

std::string routingTable(const Trace& trace, const Tokenizer* tokenizer, const Console& console,
                         const RoutingTableOptions& options) {
  const int n_layers = trace.config().n_layers;
  const int end = options.end_position < 0 ? trace.size() : std::min(options.end_position, trace.size());
  std::vector<std::vector<Cell>> cells(static_cast<std::size_t>(n_layers));
  std::vector<std::size_t> widths(static_cast<std::size_t>(n_layers), 8);
  for (int layer = 0; layer < n_layers; ++layer) {
    const auto column = static_cast<std::size_t>(layer);
    for (int position = options.first_position; position < end; ++position) {
      cells[column].push_back(makeCell(trace, layer, position));
      widths[column] = std::max(widths[column], cells[column].back().width);
    }
  }
  std::string text;
  const auto columns = static_cast<std::size_t>(console.columns());
  for (std::size_t first = 0; first < cells.size();) {  // as many layers beside each other as fit
    std::size_t last = first;
    std::size_t width = 6 + kLabelWidth;
    while (last < cells.size() && (last == first || width + 3 + widths[last] <= columns)) {
      width += 3 + widths[last];
      ++last;
    }
    text += padded("  pos", 6) + padded("token", kLabelWidth);
    for (std::size_t column = first; column < last; ++column) {
      text += " | " + console.styled(padded("layer " + std::to_string(column), widths[column]), "1");
    }
    text += "\n";
    for (int position = options.first_position; position < end; ++position) {
      const auto row = static_cast<std::size_t>(position - options.first_position);
      text += format("%5d ", position) +
              padded(tokenLabel(tokenizer, trace.tokens()[static_cast<std::size_t>(position)], kLabelWidth),
                     kLabelWidth);
      for (std::size_t column = first; column < last; ++column) {
        text += " | " + drawCell(cells[column][row], widths[column], console);
      }
      text += "\n";
    }
    text += last < cells.size() ? "\n" : "";
    first = last;
  }
  return text;
}

}  // namespace rs::app
