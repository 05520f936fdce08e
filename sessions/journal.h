// SPDX-License-Identifier: Apache-2.0
//
// The user's documents and the append-only list of commands that made them: undo and redo across restarts.
//
// Thread: as the connection.
// Errors: as the connection; Error{kUsage} for a value that is not JSON; Error{kModel} for an entry in the
// file that cannot be read.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sessions/sqlite/connection.h"
#include "sessions/types.h"

namespace rs::sessions {

class Journal {
 public:
  // Reads which commands can be undone and redone.
  explicit Journal(Connection& connection);

  // Each within the caller's transaction. Changes that change nothing leave no entry: 0.
  CommandId apply(const std::string& actor, const std::string& title, std::span<const Change> changes);
  // The command that was appended; 0 if there was nothing to undo or redo.
  CommandId undo(const std::string& actor);
  CommandId redo(const std::string& actor);

  [[nodiscard]] UndoState state() const;
  [[nodiscard]] CommandId last() const { return last_; }
  // After a rollback: what the file says.
  void reload();

 private:
  struct Entry {
    CommandId id;
    std::string title;
  };
  CommandId revisit(CommandKind kind, const std::string& actor);
  CommandId append(const Command& command);
  void set(const Change& change);
  [[nodiscard]] Change present(const Change& change);  // the document that `change` would change, as it is

  Connection& connection_;
  std::vector<Entry> undoable_, redoable_;  // next one last
  CommandId last_ = 0;
};

[[nodiscard]] std::vector<Document> readDocuments(Connection& connection, const std::string& kind = "");
// Entries after `after`, oldest first.
[[nodiscard]] std::vector<Command> readCommands(Connection& connection, CommandId after = 0,
                                                int at_most = 1 << 30);

// What the forward changes of all commands make of nothing, by kind and key: for checks.
[[nodiscard]] std::vector<Document> replayCommands(std::span<const Command> commands);

}  // namespace rs::sessions
