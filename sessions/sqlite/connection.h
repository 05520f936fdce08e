// SPDX-License-Identifier: Apache-2.0
//
// One connection to a session file, and its prepared statements. Nothing outside this folder sees SQLite.
//
// Thread: a connection and its statements belong to one thread at a time.
// Errors: Error{kModel} if the file is damaged or no database, kIo if it cannot be read, written or locked or
// the disk is full, kMemory, kCancelled after interrupt(); kModel or kUsage for SQL that is not understood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rs::sessions {

class Connection;

class Statement {
 public:
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Binds all parameters in order and rewinds. Lifetime: text and blobs stay until the last step.
  template <typename... Values>
  Statement& with(const Values&... values) {
    rewind();
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }
  // with(), then steps to the end; rows are thrown away.
  template <typename... Values>
  void run(const Values&... values) {
    with(values...);
    while (step()) {
    }
    rewind();
  }
  // True: a row is there.
  bool step();
  void rewind();

  [[nodiscard]] int columnCount() const;
  [[nodiscard]] std::string columnName(int column) const;
  [[nodiscard]] bool isNull(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] double real(int column) const;
  // Lifetime: until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::byte> blob(int column) const;
  // A value of any type as SQLite's own shell would write it as a JSON value: numbers bare, text as it is.
  enum class Type : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };
  [[nodiscard]] Type type(int column) const;
  [[nodiscard]] bool isReadOnly() const;

  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, std::int64_t{value}); }
  void bind(int index, double value);
  void bind(int index, std::string_view text);
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, const char* text) { bind(index, std::string_view(text)); }
  void bind(int index, std::span<const std::byte> bytes);
  void bind(int index, std::nullptr_t);
  template <typename Value>
  void bind(int index, const std::optional<Value>& value) {
    value ? bind(index, *value) : bind(index, nullptr);
  }
  // Copies the value of another statement's row. Lifetime: until that statement's next step.
  void bindFrom(int index, const Statement& row, int column);

 private:
  friend class Connection;
  Statement(Connection& connection, sqlite3_stmt* handle) : connection_(&connection), handle_(handle) {}
  Connection* connection_;
  sqlite3_stmt* handle_;
};

enum class Access : std::uint8_t {
  kRead,
  kReadFrozen,  // nobody writes the file meanwhile: needs no lock and no writable folder
  kWrite,
  kCreate,  // kWrite; the file is made if it is not there
};

class Connection {
 public:
  Connection(const std::string& path, Access access);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Any number of statements.
  void execute(const std::string& sql);
  // The first statement of `sql`; `rest`, if given, receives what follows it.
  [[nodiscard]] Statement prepare(std::string_view sql, std::string_view* rest = nullptr);
  // First column of the first row; 0 and "" if there is none.
  [[nodiscard]] std::int64_t number(const std::string& sql);
  [[nodiscard]] std::string text(const std::string& sql);

  // A whole copy, page by page, of what is committed.
  void copyTo(const std::string& path);
  // Ends what runs on this connection. Thread: any.
  void interrupt();
  // Called every few thousand steps of a statement; true ends it like interrupt().
  void setProgress(std::function<bool()> stops);
  // What follows was written by the user: SQL that is not understood is Error{kUsage}. Before, such an error
  // says that the file lacks what a session has: Error{kModel}.
  void blameTheAsker() { misunderstood_ = ErrorCode::kUsage; }
  // No statement may change anything, whatever the file's permissions.
  void forbidWriting();
  [[nodiscard]] bool inTransaction() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class Statement;
  [[noreturn]] void fail(int code, const std::string& what) const;

  std::string path_;
  sqlite3* handle_ = nullptr;
  std::function<bool()> stops_;
  ErrorCode misunderstood_ = ErrorCode::kModel;
};

// BEGIN IMMEDIATE … COMMIT; rolled back on leaving without commit().
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

// The first bytes of a file, at most 100, read through SQLite so that locks of this process on the file
// survive. Errors: Error{kIo} if it cannot be opened.
[[nodiscard]] std::string readHead(const std::string& path);

// "3.40.1"
[[nodiscard]] std::string sqliteVersion();

}  // namespace rs::sessions
