// A whole store moved into another one.
#pragma once

#include <cstdint>
#include <vector>

#include "base/secret.h"
#include "db/database.h"
#include "move/progress.h"
#include "move/tables.h"

namespace onggi::move {

// Copies everything and compares both when it is done. What was written is kept with how far it is:
// a copy that was ended in any way goes on where it was. Throws std::runtime_error with a message
// for the user: the source is empty or unfinished itself; the target holds something else than an
// unfinished copy of this source; the two are not the same afterwards (somebody has written to one
// of them), with the tables named. The target is refused by servers until this returns.
//
// Rows are read over one snapshot (over a further one for each attempt), and for the comparison
// over another: a copy that succeeds is the source as it was when it ended. Blocks; runs a thread
// of its own beside.
void copy(db::Database& source, db::Database& target, const Report& report);

// What a table holds: the number of its rows and a checksum of them in the order of their keys,
// which is the same on every store.
struct Sum {
  std::int64_t rows = 0;
  Sha256 checksum{};
  bool operator==(const Sum&) const = default;
};
// Of every table, over one snapshot.
std::vector<Sum> sums_of(db::Database& database, const Report& report);

}  // namespace onggi::move
