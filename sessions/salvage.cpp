// SPDX-License-Identifier: Apache-2.0
#include "sessions/salvage.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "sessions/expert_counts.h"
#include "sessions/journal.h"
#include "sessions/page_salvage.h"
#include "sessions/salvaged_models.h"
#include "sessions/salvaged_routing.h"
#include "sessions/schema.h"
#include "sessions/sqlite/connection.h"

namespace rs::sessions {
namespace {

namespace fs = std::filesystem;

// Parents before children, so that a lost parent can be told.
constexpr const char* kTables[] = {"model",  "command",    "document", "layout",
                                   "run",    "token_text", "token",    "candidate",
                                   "firing", "abstention", "routing",  "router_logits"};

constexpr std::uint32_t kPagesToKnow = 4096;  // of a file without a head, before it is no session

const TableShape& shapeNamed(const PageSalvage& pages, const std::string& name) {
  for (const TableShape& shape : pages.shapes()) {
    if (shape.name == name) {
      return shape;
    }
  }
  throw Error(ErrorCode::kInternal, "salvaging a session: the schema has no table " + name);
}

class Rescue {
 public:
  Rescue(PageSalvage& from, Connection& to, const std::string& table)
      : from_(from), to_(to), shape_(shapeNamed(from, table)), changes_(to.prepare("SELECT changes()")) {
    result_.name = table;
  }

  SalvagedTable run() {
    const TableRows rows = from_.rows(shape_, [this](const RawRecord& row) { insert(row); });
    result_.lost += rows.lost;
    result_.is_partial = rows.is_partial;
    return result_;
  }

 private:
  // Rows of an older schema have fewer columns; the others get their defaults.
  void prepare(std::size_t n_columns) {
    std::string columns;
    std::string places;
    for (std::size_t i = 0; i < n_columns; ++i) {
      columns += (i == 0 ? "" : ", ") + shape_.columns[i].name;
      places += i == 0 ? "?" : ", ?";
    }
    insert_.emplace(
        to_.prepare("INSERT OR IGNORE INTO " + shape_.name + " (" + columns + ") VALUES (" + places + ")"));
    n_columns_ = n_columns;
  }

  void insert(const RawRecord& row) {
    if (n_columns_ != row.values.size()) {
      prepare(row.values.size());
    }
    insert_->rewind();
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      const auto index = static_cast<int>(i) + 1;
      shape_.columns[i].is_rowid ? insert_->bind(index, row.rowid) : bind(index, row.values[i]);
    }
    try {
      while (insert_->step()) {
      }
      changes_.rewind();
      changes_.step();
      const std::int64_t saved = changes_.number(0);
      changes_.rewind();
      result_.saved += saved;
      result_.lost += 1 - saved;
    } catch (const Error& error) {
      // A value that breaks the rules of the table was damaged without its page noticing.
      if (error.code() != ErrorCode::kInternal) {
        throw;
      }
      ++result_.lost;
    }
  }

  void bind(int index, const RawValue& value) {
    switch (value.type) {
      case Statement::Type::kNull:
        return insert_->bind(index, nullptr);
      case Statement::Type::kInteger:
        return insert_->bind(index, value.number);
      case Statement::Type::kReal:
        return insert_->bind(index, value.real);
      case Statement::Type::kText:
        return insert_->bind(
            index, std::string_view(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()));
      case Statement::Type::kBlob:
        return insert_->bind(index, value.bytes);
    }
  }

  PageSalvage& from_;
  Connection& to_;
  const TableShape& shape_;
  Statement changes_;
  std::optional<Statement> insert_;
  std::size_t n_columns_ = 0;
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

// That it was copied without text stays true.
void keepOrigin(PageSalvage& from, Connection& to) {
  constexpr std::size_t kWithoutText = 4;
  static_cast<void>(from.rows(shapeNamed(from, "session"), [&to](const RawRecord& row) {
    to.prepare("UPDATE session SET without_text = ?").run(row.values[kWithoutText].number == 0 ? 0 : 1);
  }));
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

// The steps of undo; nullopt: one is missing, or one undoes what is not there.
std::optional<std::vector<Command>> wholeJournal(Connection& to) {
  try {
    static_cast<void>(Journal(to).state());
    std::vector<Command> commands = readCommands(to);
    const bool has_gaps = !commands.empty() && commands.back().id != static_cast<CommandId>(commands.size());
    return has_gaps ? std::nullopt : std::optional(std::move(commands));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kModel) {
      throw;
    }
    return std::nullopt;
  }
}

void setDocuments(Connection& to, const std::vector<Document>& documents) {
  to.execute("DELETE FROM document");
  Statement insert = to.prepare("INSERT INTO document (kind, key, value) VALUES (?, ?, ?)");
  for (const Document& document : documents) {
    insert.run(document.kind, document.key, document.value);
  }
}

// What is lost of the documents follows from the steps, where these are all there; otherwise the steps start
// anew from the documents.
void mendJournal(Connection& to, std::vector<SalvagedTable>& tables) {
  const auto isWhole = [&tables](const char* name) {
    return std::none_of(tables.begin(), tables.end(), [&](const SalvagedTable& table) {
      return table.name == name && (table.lost > 0 || table.is_partial);
    });
  };
  if (const auto commands = wholeJournal(to)) {
    const std::vector<Document> told = replayCommands(*commands);
    if (told == readDocuments(to)) {
      return;
    }
    if (isWhole("command") && !isWhole("document")) {
      setDocuments(to, told);
      return;
    }
  }
  restartJournal(to);
  tables.push_back({"the steps of undo", 0, 0, true});
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
  if (n_unread_pages > 0) {
    lost.push_back(format("what stood on %u of %u pages", n_unread_pages, n_pages));
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
  return n_unread_pages == 0;
}

Salvage salvageSession(const std::string& damaged, const std::string& target,
                       const std::string& app_version) {
  Salvage result;
  result.path = target.empty() ? freeName(damaged) : target;
  PageFile file(damaged);
  try {
    Connection to(result.path, Access::kCreate);
    createSession(to, app_version);
    PageSalvage from(file, shapesOf(to));
    to.execute("PRAGMA foreign_keys = 0");
    Transaction transaction(to);
    long long saved = 0;
    for (const char* table : kTables) {
      result.tables.push_back(Rescue(from, to, table).run());
      saved += result.tables.back().saved;
    }
    if (saved == 0) {
      throw Error(ErrorCode::kModel,
                  "salvaging a session: nothing in it can be read any more: " + printable(damaged, 400));
    }
    keepOrigin(from, to);
    result.tables.push_back({"names and hashes of models", 0, replaceLostModels(to), false});
    result.tables.push_back({"routing that contradicts itself", 0, removeContradictions(to), false});
    result.tables.push_back({"what belonged to a lost run", 0, removeOrphans(to), false});
    result.tables.push_back({"tables that cannot be told apart", 0, from.doubtfulRows(), false});
    mendJournal(to, result.tables);
    addMissingCounts(to);  // not read from the damaged file: they follow from what was saved
    transaction.commit();
    result.n_pages = file.count();
    result.n_unread_pages = from.unreadPages();
  } catch (const Error&) {
    std::error_code ignored;  // the cause is on its way up
    fs::remove(result.path, ignored);
    throw;
  }
  return result;
}

bool holdsSession(const std::string& path) {
  PageFile file(path);
  Connection empty(":memory:", Access::kCreate);
  createSession(empty, "");
  PageSalvage pages(file, shapesOf(empty), kPagesToKnow);
  for (const char* table : {"run", "command", "routing", "router_logits", "decode_byte"}) {
    bool has_rows = false;
    static_cast<void>(
        pages.rows(shapeNamed(pages, table), [&has_rows](const RawRecord& /*row*/) { has_rows = true; }));
    if (has_rows) {
      return true;
    }
  }
  return false;
}

}  // namespace rs::sessions
