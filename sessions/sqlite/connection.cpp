// SPDX-License-Identifier: Apache-2.0
#include "sessions/sqlite/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/printable.h"
#include "sessions/sqlite/page_file.h"

namespace rs::sessions {
namespace {

constexpr int kBusyMilliseconds = 2000;
constexpr int kStepsBetweenProgress = 4000;
constexpr std::uint64_t kHeadBytes = 100;

// Percent-encoded, as a name in a file: URI must be.
std::string uriOf(const std::string& path, const char* query) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char letter : path) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= '0' && byte <= '9') || byte == '/' || byte == '.' || byte == '-' ||
                          byte == '_';
    if (is_plain) {
      uri += letter;
    } else {
      uri += '%';
      uri += kHex[byte >> 4];
      uri += kHex[byte & 15];
    }
  }
  return uri + query;
}

std::pair<ErrorCode, const char*> meaningOf(int code) {
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
      return {ErrorCode::kModel,
              "the file is damaged; routescope session check --salvage saves what can be read"};
    case SQLITE_NOTADB:
      return {ErrorCode::kModel, "the file is not a SQLite database"};
    case SQLITE_FULL:
      return {ErrorCode::kIo, "the disk is full; what was saved before stays, free space and try again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kIo, "another program is using the file; close it there and try again"};
    case SQLITE_READONLY:
      return {ErrorCode::kIo, "the file cannot be written; save it elsewhere"};
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::kIo, "not permitted"};
    case SQLITE_CANTOPEN:
      return {ErrorCode::kIo, "the file cannot be opened; look at its folder and permissions"};
    case SQLITE_IOERR:
      return {ErrorCode::kIo, "reading or writing the disk failed"};
    case SQLITE_NOMEM:
      return {ErrorCode::kMemory, "not enough memory"};
    case SQLITE_INTERRUPT:
      return {ErrorCode::kCancelled, "stopped"};
    case SQLITE_ERROR:
      return {ErrorCode::kModel, "it does not have what a session has"};
    default:
      return {ErrorCode::kInternal, "unexpected answer of the database"};
  }
}

int flagsOf(Access access) {
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Access::kRead:
      return kAlways | SQLITE_OPEN_READONLY;
    case Access::kReadFrozen:
      return kAlways | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    case Access::kWrite:
      return kAlways | SQLITE_OPEN_READWRITE;
    case Access::kCreate:
      break;
  }
  return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

}  // namespace

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    return code == SQLITE_ROW;
  }
  const char* sql = sqlite3_sql(handle_);
  const std::string what = printable(sql == nullptr ? "" : sql, 60);
  sqlite3_reset(handle_);
  connection_->fail(code, what);
}

void Statement::rewind() {
  sqlite3_reset(handle_);  // repeats the error that step() has already thrown
}

int Statement::columnCount() const {
  return sqlite3_column_count(handle_);
}
std::string Statement::columnName(int column) const {
  const char* name = sqlite3_column_name(handle_, column);
  return name == nullptr ? "" : name;
}
bool Statement::isNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(handle_, column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}
std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return data == nullptr
             ? std::string_view()
             : std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
}
std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(handle_, column));
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}
Statement::Type Statement::type(int column) const {
  switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER:
      return Type::kInteger;
    case SQLITE_FLOAT:
      return Type::kReal;
    case SQLITE_TEXT:
      return Type::kText;
    case SQLITE_BLOB:
      return Type::kBlob;
    default:
      return Type::kNull;
  }
}
bool Statement::isReadOnly() const {
  return sqlite3_stmt_readonly(handle_) != 0;
}

void Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(handle_, index, value) == SQLITE_OK, "a parameter of the statement");
}
void Statement::bind(int index, double value) {
  check(sqlite3_bind_double(handle_, index, value) == SQLITE_OK, "a parameter of the statement");
}
void Statement::bind(int index, std::string_view text) {
  // A null pointer would be NULL, not "".
  const char* data = text.data() == nullptr ? "" : text.data();
  check(sqlite3_bind_text64(handle_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK,
        "a parameter of the statement");
}
void Statement::bind(int index, std::span<const std::byte> bytes) {
  const void* data = bytes.data() == nullptr ? static_cast<const void*>("") : bytes.data();
  check(sqlite3_bind_blob64(handle_, index, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK,
        "a parameter of the statement");
}
void Statement::bind(int index, std::nullptr_t) {
  check(sqlite3_bind_null(handle_, index) == SQLITE_OK, "a parameter of the statement");
}
void Statement::bindFrom(int index, const Statement& row, int column) {
  check(sqlite3_bind_value(handle_, index, sqlite3_column_value(row.handle_, column)) == SQLITE_OK,
        "a parameter of the statement");
}

Connection::Connection(const std::string& path, Access access) : path_(path) {
  const std::string name = access == Access::kReadFrozen ? uriOf(path, "?immutable=1") : path;
  const int code = sqlite3_open_v2(name.c_str(), &handle_, flagsOf(access), nullptr);
  if (code != SQLITE_OK) {
    // The handle carries the message and must be closed all the same.
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> owner(handle_, sqlite3_close_v2);
    fail(code, "opening the file");
  }
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  // What a foreign file's views and triggers say cannot change the schema by hand.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
}

Connection::~Connection() {
  sqlite3_close_v2(handle_);
}

void Connection::execute(const std::string& sql) {
  std::string_view rest = sql;
  while (!rest.empty()) {
    Statement statement = prepare(rest, &rest);
    if (statement.handle_ == nullptr) {
      return;  // only white space or a comment was left
    }
    while (statement.step()) {
    }
  }
}

Statement Connection::prepare(std::string_view sql, std::string_view* rest) {
  sqlite3_stmt* handle = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), 0, &handle, &tail);
  if (code != SQLITE_OK) {
    fail(code, printable(sql, 60));
  }
  if (rest != nullptr) {
    *rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  }
  return {*this, handle};
}

std::int64_t Connection::number(const std::string& sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.number(0) : 0;
}

std::string Connection::text(const std::string& sql) {
  Statement statement = prepare(sql);
  return statement.step() ? std::string(statement.text(0)) : std::string();
}

void Connection::copyTo(const std::string& path) {
  Connection target(path, Access::kCreate);
  sqlite3_backup* backup = sqlite3_backup_init(target.handle_, "main", handle_, "main");
  if (backup == nullptr) {
    target.fail(sqlite3_extended_errcode(target.handle_), "copying a session");
  }
  const int code = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) {
    target.fail(code, "copying a session");
  }
}

void Connection::interrupt() {
  sqlite3_interrupt(handle_);
}

void Connection::setProgress(std::function<bool()> stops) {
  stops_ = std::move(stops);
  sqlite3_progress_handler(
      handle_, stops_ ? kStepsBetweenProgress : 0,
      [](void* self) { return static_cast<Connection*>(self)->stops_() ? 1 : 0; }, this);
}

void Connection::forbidWriting() {
  execute("PRAGMA query_only = 1");
}

bool Connection::inTransaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

void Connection::fail(int code, const std::string& what) const {
  if (code == SQLITE_IOERR_SHMSIZE) {  // no room for the log's index
    code = SQLITE_FULL;
  }
  auto [error, meaning] = meaningOf(code);
  if ((code & 0xFF) == SQLITE_ERROR && misunderstood_ == ErrorCode::kUsage) {
    error = misunderstood_;
    meaning = "the statement is not understood";
  }
  const bool says_all =
      error == ErrorCode::kCancelled || (error == ErrorCode::kIo && (code & 0xFF) != SQLITE_IOERR);
  if (says_all) {  // which statement it was helps nobody
    throw Error(error, std::string("using a session file: ") + meaning + ": " + printable(path_, 400));
  }
  const std::string said = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  throw Error(error,
              "using a session file: " + what + ": " + meaning + " (" + said + "): " + printable(path_, 400));
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_ && connection_.inTransaction()) {
    try {
      connection_.execute("ROLLBACK");
    } catch (const Error&) {
      // A rollback fails only where SQLite has already rolled back; the cause is on its way up.
      open_ = false;
    }
  }
}

void Transaction::commit() {
  connection_.execute("COMMIT");
  open_ = false;
}

std::string readHead(const std::string& path) {
  const RawFile file(path);
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kHeadBytes)), '\0');
  file.read(0, std::as_writable_bytes(std::span(head)));
  return head;
}

std::string sqliteVersion() {
  return sqlite3_libversion();
}

}  // namespace rs::sessions
