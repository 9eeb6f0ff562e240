// One connection of SQLite and the statements prepared on it. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "db/database.h"
#include "db/sqlite/failure.h"
#include "db/sqlite/migrate.h"
#include "db/sqlite/observations.h"
#include "db/sqlite/raw.h"

namespace onggi::db::sqlite {

// A statement compiled for one connection.
struct Prepared {
  RawStatement compiled;
  const Statement* statement;
  // $n is a name to SQLite: positions[n - 1] is where it is bound; 0 if the text does not mention
  // it.
  std::vector<int> positions;
  bool is_change = false;                // writes, and is not of what is recording
  bool takes_each_row = false;           // each_row.h
  Observations::OfStatement observed{};  // null until it is counted; transaction control never is
};

class Running;

class Handle {
 public:
  // Throws Unavailable when the file cannot be opened now. `recording`: see SqliteOptions.
  Handle(const File& file, Use use, std::int64_t cache_bytes, Observations& observations,
         std::span<const std::string_view> recording = {});

  // As db::Connection promises. Texts and blobs are bound where they are.
  std::int64_t run(const Statement& statement, const Params& params, Cost& cost);
  std::int64_t run_each(const Statement& statement, const std::vector<Params>& rows, Cost& cost);
  Rows many(const Statement& statement, const Params& params, Cost& cost,
            std::size_t max_bytes = std::numeric_limits<std::size_t>::max());
  void scan(const Statement& statement, const Params& params, Cost& cost,
            const std::function<bool(const Row&)>& take);
  Rows many_each(const Statement& statement, const std::vector<Params>& rows, Cost& cost);

  // Several statements at once, not kept prepared, not counted; `name` for the error.
  void execute(std::string_view name, const std::string& text);

  // BEGIN, COMMIT and their kin: not counted.
  void control(const Statement& statement);

  // SQLite ends a transaction by itself after some errors; this is how one knows.
  bool in_transaction() const { return sqlite3_get_autocommit(raw_.get()) == 0; }
  // Whether a statement has run, since this was asked last, that writes and is not of what is
  // recording.
  bool take_changed() { return std::exchange(changed_, false); }
  // Something has happened after which the connection should be closed.
  bool spoiled() const { return spoiled_; }
  sqlite3* raw() const { return raw_.get(); }

 private:
  friend class Running;

  Prepared& prepared(const Statement& statement);
  Prepared prepare(const Statement& statement);
  std::int64_t finish_change(Running& running, std::int64_t changes_before);
  void check(int code, const Statement& statement) {
    if (code != SQLITE_OK) fail(code, statement);
  }
  [[noreturn]] void fail(int code, const Statement& statement);

  const Use use_;
  Observations& observations_;
  const std::span<const std::string_view> recording_;
  bool changed_ = false;
  bool spoiled_ = false;
  RawConnection raw_;
  std::unordered_map<const Statement*, Prepared> prepared_;  // closed before raw_
};

// Transaction control, kept prepared like everything else.
namespace control {
inline constexpr Statement begin{"begin", "begin"};
inline constexpr Statement begin_immediate{"begin immediate", "begin immediate"};
inline constexpr Statement commit{"commit", "commit"};
inline constexpr Statement rollback{"rollback", "rollback"};
inline constexpr Statement savepoint{"savepoint", "savepoint member"};
inline constexpr Statement release{"release", "release member"};
inline constexpr Statement rollback_to{"rollback to", "rollback to member"};
// The cheapest read: takes the snapshot of a transaction.
inline constexpr Statement look{"look", "select 1 from sqlite_schema limit 1"};
}  // namespace control

}  // namespace onggi::db::sqlite
