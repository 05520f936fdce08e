// SPDX-License-Identifier: Apache-2.0
#include "sessions/journal.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/strict_json.h"

namespace rs::sessions {
namespace {

using Json = nlohmann::json;

constexpr JsonLimits kLimits{64, 100'000'000, ErrorCode::kUsage};

std::string changesJson(std::span<const Change> changes) {
  Json list = Json::array();
  for (const Change& change : changes) {
    Json line{{"kind", change.kind}, {"key", change.key}};
    line["value"] = change.value ? Json::parse(*change.value) : Json(nullptr);
    line["removed"] = !change.value.has_value();
    list.push_back(std::move(line));
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Change> changesOf(std::string_view text) {
  std::vector<Change> changes;
  try {
    for (const Json& line : Json::parse(text)) {
      Change change{line.at("kind"), line.at("key"), std::nullopt};
      if (!line.at("removed").get<bool>()) {
        change.value = line.at("value").dump();
      }
      changes.push_back(std::move(change));
    }
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kModel,
                std::string("reading the journal of a session: ") + error.what() + ": " + inQuotes(text));
  }
  return changes;
}

// The one spelling of a value: what does not change it leaves no entry.
std::string canonical(const std::string& value) {
  return parseStrictJson(value, "changing a document of a session", kLimits)
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char* textOf(CommandKind kind) {
  constexpr const char* kNames[] = {"do", "undo", "redo"};
  return kNames[static_cast<std::size_t>(kind)];
}

Command commandAt(const Statement& row) {
  Command command;
  command.id = row.number(0);
  command.at = row.text(1);
  command.actor = row.text(2);
  const std::string_view what = row.text(3);
  command.kind = what == "do" ? CommandKind::kDo : what == "undo" ? CommandKind::kUndo : CommandKind::kRedo;
  if (!row.isNull(4)) {
    command.target = row.number(4);
  }
  command.title = row.text(5);
  command.forward = changesOf(row.text(6));
  command.inverse = changesOf(row.text(7));
  return command;
}

constexpr const char* kColumns = "command_id, at, actor, what, target, title, forward, inverse";

}  // namespace

Journal::Journal(Connection& connection) : connection_(connection) {
  reload();
}

void Journal::reload() {
  undoable_.clear();
  redoable_.clear();
  last_ = 0;
  Statement rows = connection_.prepare("SELECT command_id, what, title FROM command ORDER BY command_id");
  while (rows.step()) {
    last_ = rows.number(0);
    const std::string_view what = rows.text(1);
    if (what == "do") {
      undoable_.push_back({last_, std::string(rows.text(2))});
      redoable_.clear();
    } else {
      auto& from = what == "undo" ? undoable_ : redoable_;
      auto& to = what == "undo" ? redoable_ : undoable_;
      if (from.empty()) {
        throw Error(ErrorCode::kModel, "reading the journal of a session: entry " + std::to_string(last_) +
                                           " has nothing to " + std::string(what));
      }
      to.push_back(std::move(from.back()));
      from.pop_back();
    }
  }
}

Change Journal::present(const Change& change) {
  Statement row = connection_.prepare("SELECT value FROM document WHERE kind = ? AND key = ?");
  Change now{change.kind, change.key, std::nullopt};
  if (row.with(change.kind, change.key).step()) {
    now.value = row.text(0);
  }
  return now;
}

void Journal::set(const Change& change) {
  if (change.value) {
    connection_
        .prepare(
            "INSERT INTO document (kind, key, value) VALUES (?, ?, ?) "
            "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value")
        .run(change.kind, change.key, *change.value);
  } else {
    connection_.prepare("DELETE FROM document WHERE kind = ? AND key = ?").run(change.kind, change.key);
  }
}

CommandId Journal::append(const Command& command) {
  connection_
      .prepare(
          "INSERT INTO command (command_id, at, actor, what, target, title, forward, inverse) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(last_ + 1, utcNow(), command.actor, textOf(command.kind), command.target, command.title,
           changesJson(command.forward), changesJson(command.inverse));
  return ++last_;
}

CommandId Journal::apply(const std::string& actor, const std::string& title,
                         std::span<const Change> changes) {
  Command command;
  command.actor = actor;
  command.title = title;
  for (const Change& change : changes) {
    Change wanted = change;
    if (wanted.value) {
      wanted.value = canonical(*wanted.value);
    }
    const Change before = present(change);
    if (before.value != wanted.value) {
      set(wanted);
      command.forward.push_back(std::move(wanted));
      command.inverse.insert(command.inverse.begin(), before);  // undone in reverse order
    }
  }
  if (command.forward.empty()) {
    return 0;
  }
  const CommandId id = append(command);
  undoable_.push_back({id, title});
  redoable_.clear();
  return id;
}

CommandId Journal::undo(const std::string& actor) {
  return revisit(CommandKind::kUndo, actor);
}

CommandId Journal::redo(const std::string& actor) {
  return revisit(CommandKind::kRedo, actor);
}

CommandId Journal::revisit(CommandKind kind, const std::string& actor) {
  auto& from = kind == CommandKind::kUndo ? undoable_ : redoable_;
  auto& to = kind == CommandKind::kUndo ? redoable_ : undoable_;
  if (from.empty()) {
    return 0;
  }
  Statement row =
      connection_.prepare(std::string("SELECT ") + kColumns + " FROM command WHERE command_id = ?");
  check(row.with(from.back().id).step(), "a command that can be undone or redone is in the journal");
  Command command = commandAt(row);
  row.rewind();
  command.target = from.back().id;
  command.actor = actor;
  command.kind = kind;
  if (kind == CommandKind::kUndo) {
    std::swap(command.forward, command.inverse);
  }
  for (const Change& change : command.forward) {
    set(change);
  }
  to.push_back(std::move(from.back()));
  from.pop_back();
  return append(command);
}

UndoState Journal::state() const {
  UndoState state;
  state.can_undo = !undoable_.empty();
  state.can_redo = !redoable_.empty();
  state.undo_title = state.can_undo ? undoable_.back().title : "";
  state.redo_title = state.can_redo ? redoable_.back().title : "";
  return state;
}

std::vector<Document> readDocuments(Connection& connection, const std::string& kind) {
  std::vector<Document> documents;
  Statement rows = connection.prepare(
      "SELECT kind, key, value FROM document WHERE ?1 = '' OR kind = ?1 ORDER BY kind, key");
  rows.with(kind);
  while (rows.step()) {
    documents.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2))});
  }
  return documents;
}

std::vector<Command> readCommands(Connection& connection, CommandId after, int at_most) {
  std::vector<Command> commands;
  Statement rows = connection.prepare(std::string("SELECT ") + kColumns +
                                      " FROM command WHERE command_id > ? ORDER BY command_id LIMIT ?");
  rows.with(after, at_most);
  while (rows.step()) {
    commands.push_back(commandAt(rows));
  }
  return commands;
}

std::vector<Document> replayCommands(std::span<const Command> commands) {
  std::map<std::pair<std::string, std::string>, std::string> state;
  for (const Command& command : commands) {
    for (const Change& change : command.forward) {
      if (change.value) {
        state[{change.kind, change.key}] = *change.value;
      } else {
        state.erase({change.kind, change.key});
      }
    }
  }
  std::vector<Document> documents;
  for (const auto& [name, value] : state) {
    documents.push_back({name.first, name.second, value});
  }
  return documents;
}

}  // namespace rs::sessions
