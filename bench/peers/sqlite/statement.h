// SQLite's own interface with as little around it as C++ allows: what is measured here is the loop
// that somebody would write by hand.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "base/uuid.h"

namespace onggi::bench {

class Connection {
 public:
  Connection(const std::string& file, int flags) {
    if (sqlite3_open_v2(file.c_str(), &raw_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
      throw std::runtime_error(file + ": " + sqlite3_errmsg(raw_));
  }
  ~Connection() { sqlite3_close_v2(raw_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void run(const char* sql) {
    if (sqlite3_exec(raw_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
  }
  [[noreturn]] void fail(const std::string& sql) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(raw_));
  }
  sqlite3* raw() { return raw_; }

 private:
  sqlite3* raw_ = nullptr;
};

// Texts and blobs are bound where they are and read where SQLite keeps them until the next step.
class Statement {
 public:
  Statement(Connection& connection, const std::string& sql) : connection_(connection), sql_(sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(connection.raw(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &raw,
                           nullptr) != SQLITE_OK)
      connection.fail(sql);
    raw_.reset(raw);
  }

  Statement& bind(int at, const Uuid& id) { return bind_blob(at, id.view()); }
  Statement& bind_blob(int at, std::string_view bytes) {
    sqlite3_bind_blob(raw(), at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
    return *this;
  }
  Statement& bind_text(int at, std::string_view text) {
    sqlite3_bind_text(raw(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    return *this;
  }

  // Whether there is a row; resets where there is none.
  bool step() {
    const int code = sqlite3_step(raw());
    if (code == SQLITE_ROW) return true;
    sqlite3_reset(raw());
    if (code != SQLITE_DONE) connection_.fail(sql_);
    return false;
  }
  void reset() { sqlite3_reset(raw()); }

  bool is_null(int column) const { return sqlite3_column_type(raw(), column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(raw(), column); }
  std::string_view text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(raw(), column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(raw(), column))};
  }
  Uuid uuid(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw(), column));
    return Uuid::from_bytes({bytes, 16});
  }
  sqlite3_stmt* raw() const { return raw_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* raw) const { sqlite3_finalize(raw); }
  };
  Connection& connection_;
  std::string sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> raw_;
};

}  // namespace onggi::bench
