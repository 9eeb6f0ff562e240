// What run_each() was given, as a table, so that a statement runs once for all of it: SQLite keeps
// what a page was before each statement that changes it through triggers, and one row a statement
// is a copy of every page a row.
//
// `from each_row($1) r`: a row for each row of parameters, in their order; r.p1, r.p2, ... are its
// parameters, r.n its number, from 0. Nothing else is a parameter of such a statement.
#pragma once

#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "db/params.h"

namespace onggi::db::sqlite {

// The result code of SQLite.
int register_each_row(sqlite3* connection);

// Whether it is such a statement.
bool takes_each_row(std::string_view statement);

// The rows must live until the statement is reset. The result code of SQLite.
int bind_each_row(sqlite3_stmt* statement, int position, const std::vector<Params>& rows);

}  // namespace onggi::db::sqlite
