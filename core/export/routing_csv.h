// SPDX-License-Identifier: Apache-2.0
//
// Routing as a table for spreadsheets: one row a token, layer and slot. Whole or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/export/atomic_file.h"

namespace rs {

struct RoutingCsvRow {
  std::int32_t token = 0;  // id
  int position = 0;
  int layer = 0;
  int slot = 0;
  std::int32_t expert = 0;
  float weight = 0;
  float logit = 0;
  float margin = 0;            // of the choice: last chosen logit minus the best one left out
  std::string_view name = {};  // of the expert, where a user gave it one
};

class RoutingCsvWriter {
 public:
  // has_names: with a last column `name`. Errors: Error{kIo}, as AtomicFile.
  explicit RoutingCsvWriter(const std::string& path, bool has_names = false);
  void write(const RoutingCsvRow& row);
  void finish();

 private:
  AtomicFile file_;
  bool has_names_;
};

}  // namespace rs
