// The table-valued function json_terms() (functions.h).
#pragma once

#include <sqlite3.h>

namespace onggi::db::sqlite {

int register_json_terms(sqlite3* connection);

}  // namespace onggi::db::sqlite
