#include "tests/conformance/driver.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include "db/postgres/postgres.h"
#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"
#include "tests/temporary_directory.h"

namespace onggi::conformance {
namespace {

class SqliteDriver final : public Driver {
 public:
  std::string_view name() const override { return "sqlite"; }
  std::string_view bytes_type() const override { return "blob"; }
  db::Schema schema() const override { return sql::sqlite_schema(); }

  Store make(const db::Schema& schema, Bounds bounds, Registry& registry) const override {
    db::SqliteOptions options;
    options.waiting_writes = bounds.waiting_writes;
    options.long_reads = bounds.long_reads;
    auto directory = std::make_shared<TemporaryDirectory>();
    auto database =
        std::make_unique<db::Sqlite>(directory->path() / "onggi.db", schema, options, registry);
    return {directory, std::move(database)};
  }
};

// A database of its own on the server that ONGGI_TEST_POSTGRES names, dropped at the end.
class TemporaryDatabase {
 public:
  // `like`: what it is a copy of; nobody may be connected to that.
  explicit TemporaryDatabase(std::string server, const std::string& like = "template1")
      : server_(std::move(server)) {
    static std::atomic<int> number = 0;
    name_ = fmt::format("conformance_{}_{}", ::getpid(), ++number);
    execute(fmt::format("create database {} template {}", name_, like));
  }
  ~TemporaryDatabase() {
    try {
      execute(fmt::format("drop database {} with (force)", name_));
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
    }
  }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  const std::string& name() const { return name_; }
  // The server's URL ends with the name of a database.
  std::string url() const { return server_.substr(0, server_.rfind('/') + 1) + name_; }

 private:
  void execute(const std::string& text) const {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(server_.c_str()),
                                                                PQfinish);
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
        PQexec(connection.get(), text.c_str()), PQclear);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
      throw std::runtime_error(fmt::format("{}: {}", text, PQerrorMessage(connection.get())));
  }

  std::string server_;
  std::string name_;
};

class PostgresDriver final : public Driver {
 public:
  explicit PostgresDriver(std::string server) : server_(std::move(server)) {}

  std::string_view name() const override { return "postgres"; }
  std::string_view bytes_type() const override { return "bytea"; }
  db::Schema schema() const override { return sql::postgres_schema(); }

  // A test of what happens when too many wait has one connection for them to wait for.
  Store make(const db::Schema& schema, Bounds bounds, Registry& registry) const override {
    const bool is_ours = schema.migrations.data() == this->schema().migrations.data();
    auto place = is_ours ? std::make_shared<TemporaryDatabase>(server_, made().name())
                         : std::make_shared<TemporaryDatabase>(server_);
    db::PostgresOptions options{.url = place->url()};
    options.waiting = bounds.waiting_writes;
    options.long_reads = bounds.long_reads;
    options.connections = bounds.waiting_writes < Bounds{}.waiting_writes ? 1 : 8;
    auto database = std::make_unique<db::Postgres>(options, schema, registry);
    database->prepare([] {});
    return {place, std::move(database)};
  }

 private:
  // The schema, made once.
  const TemporaryDatabase& made() const {
    static const std::unique_ptr<TemporaryDatabase> database = [this] {
      auto made = std::make_unique<TemporaryDatabase>(server_);
      Registry registry;
      db::Postgres(db::PostgresOptions{.url = made->url()}, schema(), registry).prepare([] {});
      return made;
    }();
    return *database;
  }

  std::string server_;
};

const PostgresDriver* postgres() {
  static const char* const server = std::getenv("ONGGI_TEST_POSTGRES");
  if (server == nullptr) return nullptr;
  static const PostgresDriver driver{std::string(server)};
  return &driver;
}

TEST(Stores, postgres_is_here) {
  if (postgres() != nullptr) return;
  const char* const required = std::getenv("ONGGI_REQUIRE_POSTGRES");
  if (required != nullptr && std::string_view(required) == "1")
    FAIL() << "ONGGI_TEST_POSTGRES names no server: see tests/postgres/run";
  GTEST_SKIP() << "ONGGI_TEST_POSTGRES names no server: nothing is tested on PostgreSQL";
}

}  // namespace

std::vector<const Driver*> drivers() {
  static const SqliteDriver sqlite;
  std::vector<const Driver*> all{&sqlite};
  if (postgres() != nullptr) all.push_back(postgres());
  return all;
}

bool is_postgres(const Driver& driver) {
  return &driver == postgres();
}

}  // namespace onggi::conformance
