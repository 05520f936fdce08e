// SPDX-License-Identifier: Apache-2.0
//
// Routing as a table for spreadsheets: one row a token, layer and slot. Whole or not at all.
#pragma once

#include <cstdint>
#include <string>

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
  float margin = 0;  // of the choice: last chosen logit minus the best one left out
};

class RoutingCsvWriter {
 public:
  // Errors: Error{kIo}, as AtomicFile.
  explicit RoutingCsvWriter(const std::string& path);
  void write(const RoutingCsvRow& row);
  void finish();

 private:
  AtomicFile file_;
};

}  // namespace rs
