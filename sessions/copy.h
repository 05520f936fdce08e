// SPDX-License-Identifier: Apache-2.0
//
// Copies of a session: whole, or without text for others to see.
#pragma once

#include <string>

#include "sessions/sqlite/connection.h"

namespace rs::sessions {

// What is committed, as one file; it appears whole or not at all and replaces what had the name.
//
// without_text: token texts, firings' and abstentions' texts, failures, notes, names, bookmarks, layouts and
// the journal are left out; token ids, numbers and hashes stay. Whoever has the tokenizer can read the ids.
// Errors: Error{kIo}; the target stays as it was.
void saveCopy(Connection& session, const std::string& path, bool without_text);
// Of a session with nothing in it.
void saveEmpty(const std::string& path, const std::string& app_version);
// Of a file that nobody here writes to.
void saveCopy(const std::string& session, const std::string& path, bool without_text);

}  // namespace rs::sessions
