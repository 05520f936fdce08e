// SPDX-License-Identifier: Apache-2.0
//
// Notes, bookmarks and names of experts as the window changes them. Each change is one step of undo.
//
// Thread: the window's.
#pragma once

#include <cstdint>
#include <vector>

#include "ui/workbench.h"

namespace rs::ui {

// A place in a run to come back to.
struct Bookmark {
  std::string key;
  std::int64_t run = 0;  // its number in the session's file
  Cursor cursor;
  QString text;  // of the token
};

// In the order of runs and tokens.
[[nodiscard]] std::vector<Bookmark> bookmarksOf(const Documents& documents);
// Sets one at the cursor, or takes it away. False: there is no place to mark.
bool toggleBookmark(Workbench& workbench);
void removeBookmark(Workbench& workbench, const Bookmark& bookmark);
// False: its run is not there.
bool goTo(Workbench& workbench, const Bookmark& bookmark);

// The key of a note: of the session, or of the shown run. A run that went on is stored once more: its note
// stays with the number under which it was first written.
[[nodiscard]] std::string noteKey();
[[nodiscard]] std::string noteKey(const Workbench& workbench, RunId run);  // "": the run is not stored yet
[[nodiscard]] QString noteAt(const Workbench& workbench, const std::string& key);
void setNote(Workbench& workbench, const std::string& key, const QString& text);

// "": takes the name away. Range: a cell of the model's own experts.
void nameExpert(Workbench& workbench, const Cursor& at, const QString& name);

}  // namespace rs::ui
