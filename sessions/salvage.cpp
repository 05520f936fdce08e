// SPDX-License-Identifier: Apache-2.0
#include "sessions/salvage.h"

#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "sessions/journal.h"
#include "sessions/schema.h"
#include "sessions/sqlite/connection.h"

namespace rs::sessions {
namespace {

namespace fs = std::filesystem;

struct Table {
  const char* name;
  const char* key;      // its columns, as they order the table
  const char* columns;  // all
};

// Parents before children, so that a lost parent can be told.
constexpr Table kTables[] = {
    {"model", "model_id", "model_id, name, hash, tokenizer_hash, n_layers, n_experts, top_k, vocab"},
    {"command", "command_id", "command_id, at, actor, what, target, title, forward, inverse"},
    {"document", "kind, key", "kind, key, value"},
    {"layout", "key", "key, bytes"},
    {"run", "run_id",
     "run_id, model_id, parent_id, branch_position, started_at, ended_at, ending, failure, n_prompt, "
     "max_new_tokens, temperature, top_p, seed, stop_ids, n_valid_ids, edits, virtual_experts, precision, "
     "backend, isa, device, app_version, command"},
    {"token_text", "model_id, id", "model_id, id, bytes"},
    {"token", "run_id, position", "run_id, position, id, logprob, next_entropy"},
    {"candidate", "run_id, position, rank", "run_id, position, rank, id, logprob"},
    {"firing", "run_id, position, expert",
     "run_id, position, expert, token, trigger_text, expression, value, answer_index, "
     "n_answer_tokens"},
    {"abstention", "run_id, position, expert", "run_id, position, expert, trigger_text, reason"},
    {"routing", "rowid",
     "run_id, layer, first, n, slots, id_bytes, own, own_slots, experts, weights, margins, own_experts, "
     "own_weights, own_margins"},
    {"router_logits", "rowid", "run_id, layer, first, n, columns, own, own_columns, logits, own_logits"},
};

std::string descending(const std::string& key) {
  std::string text;
  for (const char letter : key) {
    text += letter == ',' ? std::string(" DESC,") : std::string(1, letter);
  }
  return text + " DESC";
}

int countColumns(const std::string& columns) {
  int n = 1;
  for (const char letter : columns) {
    n += letter == ',' ? 1 : 0;
  }
  return n;
}

class Rescue {
 public:
  Rescue(Connection& from, Connection& to, const Table& table) : from_(from), to_(to), table_(table) {
    result_.name = table.name;
  }

  SalvagedTable run() {
    // From the front until a page cannot be read, then from the back.
    if (!copy(table_.key)) {
      result_.is_partial = true;
      copy(descending(table_.key));
    }
    return result_;
  }

 private:
  // Whether the end was reached.
  bool copy(const std::string& order) {
    try {
      const std::string columns = table_.columns;
      Statement rows = from_.prepare("SELECT " + columns + " FROM " + table_.name + " ORDER BY " + order);
      std::string places = "?";
      for (int i = 1; i < countColumns(columns); ++i) {
        places += ", ?";
      }
      Statement insert = to_.prepare(std::string("INSERT OR IGNORE INTO ") + table_.name + " (" + columns +
                                     ") VALUES (" + places + ")");
      Statement changes = to_.prepare("SELECT changes()");
      while (rows.step()) {
        insert.rewind();
        for (int i = 0; i < countColumns(columns); ++i) {
          insert.bindFrom(i + 1, rows, i);
        }
        insertRow(insert, changes);
      }
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kModel) {
        throw;
      }
      return false;
    }
  }

  void insertRow(Statement& insert, Statement& changes) {
    try {
      while (insert.step()) {
      }
      changes.rewind();
      changes.step();
      result_.saved += changes.number(0);
      changes.rewind();
    } catch (const Error& error) {
      // A value that breaks the rules of the table was damaged without its page noticing.
      if (error.code() != ErrorCode::kInternal) {
        throw;
      }
      ++result_.lost;
    }
  }

  Connection& from_;
  Connection& to_;
  const Table& table_;
  SalvagedTable result_;
};

std::string freeName(const std::string& damaged) {
  const fs::path path(damaged);
  for (int i = 1;; ++i) {
    const std::string number = i == 1 ? "" : "-" + std::to_string(i);
    const fs::path name = path.parent_path() / (path.stem().string() + ".salvaged" + number + ".routescope");
    if (!fs::exists(name)) {
      return name.string();
    }
  }
}

// Rows whose parent is lost cannot stay: foreign keys hold in every session.
long long removeOrphans(Connection& to) {
  WithoutTriggers without(to);
  long long lost = 0;
  const auto remove = [&](const std::string& table, const std::string& condition) {
    to.execute("DELETE FROM " + table + " WHERE " + condition);
    lost += to.number("SELECT changes()");
  };
  remove("run", "model_id NOT IN (SELECT model_id FROM model)");
  remove("token_text", "model_id NOT IN (SELECT model_id FROM model)");
  for (const char* table : {"routing", "router_logits", "token", "candidate", "firing", "abstention"}) {
    remove(table, "run_id NOT IN (SELECT run_id FROM run)");
  }
  to.execute("UPDATE run SET parent_id = NULL WHERE parent_id NOT IN (SELECT run_id FROM run)");
  to.execute("UPDATE run SET command = NULL WHERE command NOT IN (SELECT command_id FROM command)");
  without.restore();
  return lost;
}

// A journal with holes cannot be gone back through: the documents that are left start a new one.
void restartJournal(Connection& to) {
  const std::vector<Document> documents = readDocuments(to);
  WithoutTriggers without(to);
  to.execute("UPDATE run SET command = NULL");
  to.execute("DELETE FROM command");
  to.execute("DELETE FROM document");
  without.restore();
  std::vector<Change> changes;
  for (const Document& document : documents) {
    changes.push_back({document.kind, document.key, document.value});
  }
  Journal(to).apply("routescope", "what was saved from a damaged file", changes);
}

// Whether the journal gives the documents that are there.
bool journalHolds(Connection& to) {
  try {
    static_cast<void>(Journal(to).state());
    return replayCommands(readCommands(to)) == readDocuments(to);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel) {
      throw;
    }
    return false;
  }
}

}  // namespace

std::string Salvage::summary() const {
  std::vector<std::string> saved;
  std::vector<std::string> lost;
  for (const SalvagedTable& table : tables) {
    if (table.saved > 0) {
      saved.push_back(format("%lld rows of %s", table.saved, table.name.c_str()));
    }
    if (table.lost > 0 || table.is_partial) {
      lost.push_back(table.lost > 0 ? format("%lld rows of %s", table.lost, table.name.c_str())
                                    : "rows of " + table.name);
    }
  }
  return "saved " + (saved.empty() ? "nothing" : join(saved, ", ")) + "; lost " +
         (lost.empty() ? "nothing" : join(lost, ", ")) + "; the new file: " + path;
}

bool Salvage::isComplete() const {
  for (const SalvagedTable& table : tables) {
    if (table.lost > 0 || table.is_partial) {
      return false;
    }
  }
  return true;
}

Salvage salvageSession(const std::string& damaged, const std::string& target,
                       const std::string& app_version) {
  Salvage result;
  result.path = target.empty() ? freeName(damaged) : target;
  Connection from(damaged, Access::kRead);
  try {
    Connection to(result.path, Access::kCreate);
    createSession(to, app_version);
    to.execute("PRAGMA foreign_keys = 0");
    Transaction transaction(to);
    long long saved = 0;
    for (const Table& table : kTables) {
      result.tables.push_back(Rescue(from, to, table).run());
      saved += result.tables.back().saved;
    }
    if (saved == 0) {
      throw Error(ErrorCode::kModel,
                  "salvaging a session: nothing in it can be read any more: " + printable(damaged, 400));
    }
    result.tables.push_back({"what belonged to a lost run", 0, removeOrphans(to), false});
    if (!journalHolds(to)) {
      restartJournal(to);
      result.tables.push_back({"the steps of undo", 0, 0, true});
    }
    transaction.commit();
  } catch (const Error&) {
    std::error_code ignored;  // the cause is on its way up
    fs::remove(result.path, ignored);
    throw;
  }
  return result;
}

}  // namespace rs::sessions
