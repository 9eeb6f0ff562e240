#include "db/postgres/migrate.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "db/postgres/failure.h"
#include "db/postgres/result.h"

namespace onggi::db::postgres {
namespace {

constexpr int oldest_server = 150'000;
// "onggi" in ASCII: the same number in every server of every version.
constexpr std::int64_t lock_key = 0x6F'6E'67'67'69;

// Whoever comes behind a migration that waits for a table waits as well.
constexpr std::string_view lock_patience = "2s";
constexpr std::string_view lock_not_available = "55P03";
constexpr std::string_view deadlock_detected = "40P01";
constexpr std::string_view oldest_server_line = "-- oldest-server: ";

PgResult execute(PGconn* connection, const std::string& text, const std::string& what) {
  PgResult result(PQexec(connection, text.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return result;
  const std::string why = one_line(PQerrorMessage(connection));
  const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (PQstatus(connection) == CONNECTION_BAD) throw Lost(why);
  // What has begun may be half of a text of several statements.
  if (PQtransactionStatus(connection) == PQTRANS_INERROR) PQclear(PQexec(connection, "rollback"));
  const std::string told = fmt::format("{}: {}", what, why);
  if (state != nullptr && (state == lock_not_available || state == deadlock_detected))
    throw Unavailable("The database is being brought up to date; try again later.", told,
                      Cause::unprepared);
  throw std::runtime_error(told);
}

void check_server(PGconn* connection) {
  const int version = PQserverVersion(connection);
  if (version < oldest_server)
    throw std::runtime_error(fmt::format("onggi needs PostgreSQL 15 or newer; this server is {}.{}",
                                         version / 10'000, version % 10'000));
  const char* const encoding = PQparameterStatus(connection, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8")
    throw std::runtime_error(fmt::format("the database's encoding must be UTF8, not {}",
                                         encoding == nullptr ? "?" : encoding));
}

SchemaState present_state(PGconn* connection) {
  const PgResult found =
      execute(connection,
              "select coalesce(max(version), 0), coalesce(max(oldest_server), 0) "
              "from schema_migrations",
              "the database cannot be read");
  return {std::stoll(PQgetvalue(found.get(), 0, 0)), std::stoll(PQgetvalue(found.get(), 0, 1))};
}

void make_table(PGconn* connection) {
  execute(
      connection,
      "begin; set local client_min_messages = warning;"
      "create table if not exists schema_migrations ("
      "  version int not null primary key, name text not null,"
      "  applied_at timestamptz not null default now());"
      "do $$ begin if not exists (select from pg_attribute"
      "  where attrelid = 'schema_migrations'::regclass and attname = 'oldest_server') then"
      "  alter table schema_migrations add oldest_server int not null default 0; end if; end $$;"
      "comment on table schema_migrations is 'Which steps of the schema this database has';"
      "comment on column schema_migrations.version is 'Number of the step, from 1';"
      "comment on column schema_migrations.name is 'Its name: sql/migrations/postgres';"
      "comment on column schema_migrations.applied_at is 'When it was made';"
      "comment on column schema_migrations.oldest_server is "
      "'The oldest version of the schema that a server may know to work with this step'; commit",
      "the database cannot be prepared");
}

// By default the version before it goes on.
int oldest_server_of(const Migration& step) {
  const std::size_t found = step.text.find(oldest_server_line);
  if (found == std::string_view::npos) return step.version - 1;
  return std::stoi(std::string(step.text.substr(found + oldest_server_line.size(), 10)));
}

void apply(PGconn* connection, const Migration& step) {
  const std::string what = fmt::format("migration {} ({})", step.version, step.name);
  execute(
      connection,
      fmt::format("begin;\nset local statement_timeout = 0;\nset local lock_timeout = '{}';\n{};\n"
                  "insert into schema_migrations (version, name, oldest_server)"
                  " values ({}, '{}', {});\ncommit",
                  lock_patience, step.text, step.version, step.name, oldest_server_of(step)),
      what);
  spdlog::info("db.migrated: version {} ({})", step.version, step.name);
}

void take(const SchemaState& present, std::size_t known) {
  require_known(present, known);
  if (std::cmp_greater(present.version, known))
    spdlog::info("db.newer_schema: version {}, this server knows {} and is to be replaced soon",
                 present.version, known);
}

}  // namespace

void require_known(const SchemaState& state, std::size_t known) {
  const bool is_adjacent = std::cmp_less_equal(state.version, known + 1) &&
                           std::cmp_less_equal(state.oldest_server, known);
  if (std::cmp_greater(state.version, known) && !is_adjacent)
    throw std::runtime_error(
        fmt::format("the database was made by a newer version of onggi: its schema is version {}, "
                    "this one knows {}",
                    state.version, known));
}

void check(PGconn* connection, std::span<const Migration> migrations) {
  check_server(connection);
  const PgResult found = execute(
      connection, "select coalesce(to_regclass('schema_migrations')::text, '')", "cannot be read");
  if (*PQgetvalue(found.get(), 0, 0) == '\0')
    throw std::runtime_error("there is no store in this database (onggi serve makes one)");
  const SchemaState present = present_state(connection);
  take(present, migrations.size());
  if (std::cmp_less(present.version, migrations.size()))
    throw std::runtime_error(
        fmt::format("the database's schema is version {} of {}: onggi serve brings it up to date",
                    present.version, migrations.size()));
}

void migrate(PGconn* guard, PGconn* connection, std::span<const Migration> migrations,
             const std::function<void()>& first) {
  check_server(connection);
  execute(guard,
          fmt::format("begin; set local statement_timeout = 0;"
                      "set local idle_in_transaction_session_timeout = 0;"
                      "select pg_advisory_xact_lock({})",
                      lock_key),
          "the database cannot be locked");
  make_table(connection);
  const SchemaState present = present_state(connection);
  take(present, migrations.size());
  for (const Migration& step : migrations)
    if (step.version > present.version) apply(connection, step);
  first();
  execute(guard, "commit", "the database cannot be unlocked");
}

}  // namespace onggi::db::postgres
