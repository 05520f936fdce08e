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

}  // namespace

RoutingCsvWriter::RoutingCsvWriter(const std::string& path) : file_(path) {
  file_.write(bytesOfView("token,position,layer,slot,expert,weight,logit,margin\n"));
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
  append(line, row.margin, '\n');
  file_.write(bytesOfView(line));
}

void RoutingCsvWriter::finish() {
  file_.finish();
}

}  // namespace rs
