// A small schema, and the ways in which the tests of this folder use it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <utility>

#include "base/task.h"
#include "db/database.h"
#include "db/sqlite/sqlite.h"

namespace onggi::db {

inline constexpr Migration jar_migrations[] = {
    {1, "jars", "create table jars (id integer primary key, content text not null)"},
    {2, "lids",
     "create table lids (id integer primary key,"
     "                   jar integer references jars deferrable initially deferred)"},
};

namespace jars {
inline constexpr Statement put{"jars.put", "insert into jars (id, content) values ($1, $2)"};
inline constexpr Statement count{"jars.count", "select count(*) from jars"};
inline constexpr Statement exists{"jars.exists", "select 1 from jars where id = $1"};
inline constexpr Statement put_lid{"lids.put", "insert into lids (id, jar) values ($1, $2)"};
}  // namespace jars

using WriteBody = std::function<Task<Result<int>>(Connection&)>;

inline Result<int> write(Sqlite& database, WriteBody body) {
  Cost cost;
  return run_now(database.write<int>(cost, std::move(body)));
}

inline void put_jar(Sqlite& database, std::int64_t id, const std::string& content = "chili paste") {
  std::ignore = write(database, [&](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(jars::put, Params::of(id, content));
    co_return 0;
  });
}

inline std::int64_t count_jars(Sqlite& database) {
  Cost cost;
  const Rows rows = run_now(database.many(cost, jars::count, {}));
  return rows[0].integer(0);
}

inline bool has_jar(Sqlite& database, std::int64_t id) {
  Cost cost;
  const Rows rows = run_now(database.many(cost, jars::exists, Params::of(id)));
  return !rows.empty();
}

// What `act` throws, as text; empty when it does not throw.
template <class Act>
std::string message_of(Act act) {
  try {
    act();
  } catch (const std::exception& failure) {
    return failure.what();
  }
  return {};
}

}  // namespace onggi::db
