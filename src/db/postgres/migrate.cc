#include "db/postgres/migrate.h"

#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "db/postgres/failure.h"

namespace onggi::db::postgres {
namespace {

constexpr int oldest_server = 150'000;
// "onggi" in ASCII: the same number in every server of every version.
constexpr std::int64_t lock_key = 0x6F'6E'67'67'69;

using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

Result execute(PGconn* connection, const std::string& text, const std::string& what) {
  Result result(PQexec(connection, text.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return result;
  const std::string why = one_line(PQerrorMessage(connection));
  if (PQstatus(connection) == CONNECTION_BAD) throw Lost(why);
  throw std::runtime_error(fmt::format("{}: {}", what, why));
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

int present_version(PGconn* connection) {
  execute(connection,
          "set client_min_messages = warning;"
          "create table if not exists schema_migrations ("
          "  version int not null primary key, name text not null,"
          "  applied_at timestamptz not null default now());"
          "comment on table schema_migrations is 'Which steps of the schema this database has';"
          "comment on column schema_migrations.version is 'Number of the step, from 1';"
          "comment on column schema_migrations.name is 'Its name: sql/migrations/postgres';"
          "comment on column schema_migrations.applied_at is 'When it was made'",
          "the database cannot be prepared");
  const Result found =
      execute(connection, "select coalesce(max(version), 0) from schema_migrations",
              "the database cannot be read");
  return std::stoi(PQgetvalue(found.get(), 0, 0));
}

void require_no_newer(int present, std::span<const Migration> migrations) {
  if (present > static_cast<int>(migrations.size()))
    throw std::runtime_error(
        fmt::format("the database was made by a newer version of onggi: its schema is version {}, "
                    "this one knows {}",
                    present, migrations.size()));
}

void apply(PGconn* connection, const Migration& step) {
  const std::string what = fmt::format("migration {} ({})", step.version, step.name);
  execute(
      connection,
      fmt::format("begin;\n{};\ninsert into schema_migrations (version, name) values ({}, '{}');\n"
                  "commit",
                  step.text, step.version, step.name),
      what);
  spdlog::info("db.migrated: version {} ({})", step.version, step.name);
}

}  // namespace

void check(PGconn* connection, std::span<const Migration> migrations) {
  check_server(connection);
  const Result found = execute(
      connection, "select coalesce(to_regclass('schema_migrations')::text, '')", "cannot be read");
  if (*PQgetvalue(found.get(), 0, 0) == '\0')
    throw std::runtime_error("there is no store in this database (onggi serve makes one)");
  const Result version =
      execute(connection, "select coalesce(max(version), 0) from schema_migrations",
              "the database cannot be read");
  const int present = std::stoi(PQgetvalue(version.get(), 0, 0));
  require_no_newer(present, migrations);
  if (present < static_cast<int>(migrations.size()))
    throw std::runtime_error(
        fmt::format("the database's schema is version {} of {}: onggi serve brings it up to date",
                    present, migrations.size()));
}

void migrate(PGconn* connection, std::span<const Migration> migrations,
             const std::function<void()>& first) {
  check_server(connection);
  execute(connection,
          fmt::format("set statement_timeout = 0; select pg_advisory_lock({})", lock_key),
          "the database cannot be locked");
  const int present = present_version(connection);
  require_no_newer(present, migrations);
  for (const Migration& step : migrations)
    if (step.version > present) apply(connection, step);
  first();
  execute(connection, fmt::format("select pg_advisory_unlock({})", lock_key),
          "the database cannot be unlocked");
}

}  // namespace onggi::db::postgres
