// A prepared statement in use.
#pragma once

#include <cstddef>

#include <sqlite3.h>

#include "db/params.h"
#include "db/rows.h"
#include "db/sqlite/handle.h"

namespace onggi::db::sqlite {

// Reset and unbound at the end, whatever happens.
class Running {
 public:
  Running(Handle& handle, const Statement& statement)
      : handle_(handle), prepared_(handle.prepared(statement)) {}
  ~Running() { finish(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  enum class Values { stay, are_copied };
  // Binds and stands before the first row; may be called again for another run.
  void start(const Params& params, Values values = Values::stay);
  // As start(), of a statement over each_row($1).
  void start_each(const std::vector<Params>& rows);
  bool takes_each_row() const { return prepared_.takes_each_row; }
  // False at the end.
  bool next();
  // The present row; returns how many bytes it takes.
  std::size_t append_to(Rows& rows) const;
  // All rows that are left.
  // Until the texts reach max_bytes.
  void append_all_to(Rows& rows, std::size_t max_bytes);

  const Observations::OfStatement& observed();

 private:
  int bind(int position, const Param& param, sqlite3_destructor_type lifetime);
  void finish() {
    sqlite3_reset(prepared_.compiled.get());
    sqlite3_clear_bindings(prepared_.compiled.get());
  }

  Handle& handle_;
  Prepared& prepared_;
};

}  // namespace onggi::db::sqlite
