// What the catalogue of SQL is made of. The statements themselves stand in sql/*.sql and are
// embedded at build as sql::<area>_<name>.
#pragma once

#include <span>
#include <string_view>

namespace onggi::db {

// A statement has static storage: its address identifies it (prepared once a connection, counted by
// name in the metrics).
struct Statement {
  std::string_view name;  // "agents.get"
  std::string_view text;  // parameters are $1, $2, ...; empty: of PostgreSQL alone
  // Where PostgreSQL needs another text, and settings that hold while it runs, as in
  // "enable_seqscan = off; plan_cache_mode = force_custom_plan".
  std::string_view postgres{};
  std::string_view planner{};
};

// One step of the schema, append-only, applied in order, each in a transaction.
struct Migration {
  int version;  // 1, 2, 3, ... without gaps
  std::string_view name;
  std::string_view text;  // may hold several statements
};

// What a database is made of.
struct Schema {
  Schema(std::span<const Migration> steps, std::string_view followers = {})
      : migrations(steps), triggers(followers) {}
  template <std::size_t N>
  Schema(const Migration (&steps)[N]) : migrations(steps) {}

  std::span<const Migration> migrations;
  // Of the embedded store: temporary triggers of the connection that writes. Static storage.
  std::string_view triggers{};
};

}  // namespace onggi::db
