// SPDX-License-Identifier: Apache-2.0
//
// What can still be read of a damaged session, saved into a new one beside it. The pages are read without
// SQLite, each for itself, so that a broken one costs its own rows only, whichever it is.
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
  unsigned n_pages = 0;         // of the damaged file
  unsigned n_unread_pages = 0;  // that hold something and cannot be read

  // "saved 3 runs, 512 tokens …; lost …; the new file: …"
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] bool isComplete() const;
};

// target "": NAME.salvaged.routescope beside it, numbered if there is one.
//
// Errors: Error{kModel} if nothing can be read; Error{kIo} if the new file cannot be written.
[[nodiscard]] Salvage salvageSession(const std::string& damaged, const std::string& target,
                                     const std::string& app_version);

// Whether a file that does not begin as a session has pages of one. Cost: its first 16 MB are read.
// Errors: Error{kIo}.
[[nodiscard]] bool holdsSession(const std::string& path);

}  // namespace rs::sessions
