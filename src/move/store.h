// The two ends of a move, above the seam: rows that are read from a store, and rows that are
// written to one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "db/database.h"
#include "move/tables.h"

namespace onggi::move {

// Rows that are moved in one piece: whichever bound is reached first. The last one may be as large
// as a row can be.
inline constexpr std::size_t batch_rows = 1'000;
inline constexpr std::size_t batch_bytes = 8u << 20;

// Reads tables one after the other, all over one snapshot: that of the first open(). Blocks.
class Reader {
 public:
  explicit Reader(db::Database& database) : database_(database) {}

  // From behind the key on.
  void open(const Table& table, const db::Params& after);
  void open(const Table& table) { open(table, least_key(table)); }
  // The next rows; none at the end of the table.
  db::Rows next();

 private:
  db::Database& database_;
  db::Cost cost_;
  std::unique_ptr<db::Cursor> cursor_;
};

// What a store that is not wholly there yet says of itself.
struct Unfinished {
  std::string source;  // what is being moved to it, for people: "the copy of ..."
  std::string place;   // how far it is; the mover's own words
};

std::optional<Unfinished> find_unfinished(db::Database& database);
// Throws std::runtime_error, for the user, if the store is the target of an unfinished move.
void refuse_unfinished(db::Database& database);

// The name of a table that has rows; empty if none has.
std::string_view find_rows(db::Database& database);

// A row that breaks a rule of the store.
struct Refused {
  std::size_t row;
  std::string why;
};

// Writes to a store that is unfinished until end(). Blocks. Throws std::runtime_error if somebody
// else is moving to it at the same time.
class Writer {
 public:
  // Goes on with a move that is unfinished.
  Writer(db::Database& database, Unfinished unfinished)
      : database_(database), unfinished_(std::move(unfinished)) {}
  // Begins one.
  static Writer begin(db::Database& database, std::string source, std::string place);

  // In one transaction: the rows, and the place behind them. If the store refuses a row nothing is
  // written.
  std::optional<Refused> write(const Table& table, const db::Rows& rows, std::string place);
  // The store is whole.
  void end();

  const std::string& place() const { return unfinished_.place; }

 private:
  std::optional<Refused> find_refused(const Table& table, const db::Rows& rows);

  db::Database& database_;
  Unfinished unfinished_;
};

}  // namespace onggi::move
