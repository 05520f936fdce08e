// SPDX-License-Identifier: Apache-2.0
//
// Where sessions without a name live, which of them a crash left behind, and which files were open last.
// Everything is below $XDG_STATE_HOME/routescope (default ~/.local/state/routescope).
//
// Thread: any; processes may do the same at the same time.
// Errors: Error{kIo} naming the folder if it cannot be made or written.
#pragma once

#include <string>
#include <vector>

namespace rs::sessions {

[[nodiscard]] std::string stateFolder();

// A name nobody uses, in stateFolder()/untitled, which is made if need be.
[[nodiscard]] std::string newUntitledPath();
[[nodiscard]] bool isUntitled(const std::string& path);

struct UntitledSession {
  std::string path;
  std::string changed_at;  // UTC
  int n_runs = 0;
  int n_documents = 0;      // edits, notes, …
  bool is_open = false;     // in some window; else it was left behind and is listed as recovered
  bool is_damaged = false;  // opening it will save what can be read
};
// Newest first.
[[nodiscard]] std::vector<UntitledSession> untitledSessions();
// Removes an untitled session and what belongs to it. Range: isUntitled(path). One that is open stays: false.
bool discardUntitled(const std::string& path);

// Whether a file is a session by its first bytes, or a damaged one by what follows them.
// Errors: Error{kIo} if it cannot be read.
[[nodiscard]] bool isSession(const std::string& path);

// Sessions and model directories that were opened, newest first, at most ten; those that are gone are left
// out.
[[nodiscard]] std::vector<std::string> recentFiles();
// Those that are gone.
[[nodiscard]] std::vector<std::string> lostRecentFiles();
void addRecentFile(const std::string& path);

// Where a model of this hash was opened on this machine, as after --model, the latest first. A session does
// not say, so that it tells nothing of its maker's folders when it is given away.
[[nodiscard]] std::vector<std::string> knownModels(const std::string& hash);
void rememberModel(const std::string& hash, const std::string& path);

}  // namespace rs::sessions
