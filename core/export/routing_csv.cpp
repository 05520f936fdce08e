// SPDX-License-Identifier: Apache-2.0
#include "core/export/routing_csv.h"

#include <array>
#include <charconv>
#include <string_view>

namespace rs {
namespace {

std::span<const std::byte> bytesOfView(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The shortest text that reads back as the same number, in every locale.
template <typename T>
void append(std::string& line, T value, char end = ',') {
  std::array<char, 32> digits{};
  const auto [stop, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  line.append(digits.data(), error == std::errc() ? stop : digits.data());
  line += end;
}

// As RFC 4180 has it: quotes around what a reader would take apart, doubled within.
void appendText(std::string& line, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char letter : text) {
    line.append(letter == '"' ? 2 : 1, letter);
  }
  line += '"';
}

}  // namespace

RoutingCsvWriter::RoutingCsvWriter(const std::string& path, bool has_names)
    : file_(path), has_names_(has_names) {
  file_.write(bytesOfView("token,position,layer,slot,expert,weight,logit,margin"));
  file_.write(bytesOfView(has_names ? ",name\n" : "\n"));
}

void RoutingCsvWriter::write(const RoutingCsvRow& row) {
  std::string line;
  append(line, row.token);
  append(line, row.position);
  append(line, row.layer);
  append(line, row.slot);
  append(line, row.expert);
  append(line, row.weight);
  append(line, row.logit);
  append(line, row.margin, has_names_ ? ',' : '\n');
  if (has_names_) {
    appendText(line, row.name);
    line += '\n';
  }
  file_.write(bytesOfView(line));
}

void RoutingCsvWriter::finish() {
  file_.finish();
}

}  // namespace rs
