// SPDX-License-Identifier: Apache-2.0
//
// What can still be read of a damaged session, saved into a new one beside it.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <vector>

namespace rs::sessions {

struct SalvagedTable {
  std::string name;
  long long saved = 0;
  long long lost = 0;       // rows that were seen and could not be read
  bool is_partial = false;  // some rows may not even have been seen
};

struct Salvage {
  std::string path;  // of the new file
  std::vector<SalvagedTable> tables;

  // "saved 3 runs, 512 tokens …; lost …; the new file: …"
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] bool isComplete() const;
};

// target "": NAME.salvaged.routescope beside it, numbered if there is one.
//
// Errors: Error{kModel} if nothing can be read; Error{kIo} if the new file cannot be written.
[[nodiscard]] Salvage salvageSession(const std::string& damaged, const std::string& target,
                                     const std::string& app_version);

}  // namespace rs::sessions
