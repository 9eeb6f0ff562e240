#include "app/storage.h"

#include <thread>

#include "db/postgres/postgres.h"
#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"

namespace onggi::app {
namespace {

// Statements of these areas change nothing but executions and what is made of them.
constexpr std::string_view recording[] = {"executions", "idempotency", "statistics"};

db::SqliteOptions sqlite_options(const config::Options& options) {
  return {.waiting_writes = static_cast<std::size_t>(options.writer_queue),
          .longest_wait = std::chrono::milliseconds(options.longest_wait_ms),
          .slow_statement = std::chrono::milliseconds(options.slow_statement_ms),
          .recording = recording};
}

class Embedded final : public Storage {
 public:
  Embedded(const config::Options& options, const Places& places, Registry& registry)
      : database_(places.database(), sql::sqlite_schema(), sqlite_options(options), registry) {}

  db::Database& database() override { return database_; }
  void prepare(const std::function<void()>& first) override { first(); }
  void prepare_as_it_is() override {}
  std::optional<Trouble> trouble() override { return database_.trouble(); }
  void settle() override { database_.settle(); }
  std::optional<std::uint64_t> commits() const override { return database_.commits(); }
  std::optional<std::uint64_t> changes() const override { return database_.changes(); }
  std::string damage() override {
    const std::string found = database_.check_integrity();
    return found == "ok" ? std::string() : found;
  }

 private:
  db::Sqlite database_;
};

std::size_t loops_of(const config::Options& options) {
  if (options.loops != 0) return static_cast<std::size_t>(options.loops);
  return std::max(1U, std::thread::hardware_concurrency());
}

db::PostgresOptions::Pooler pooler_of(config::Pooler named) {
  using Pooler = db::PostgresOptions::Pooler;
  switch (named) {
    case config::Pooler::none:
      return Pooler::none;
    case config::Pooler::transaction:
      return Pooler::transaction;
    case config::Pooler::automatic:
      break;
  }
  return Pooler::automatic;
}

db::PostgresOptions postgres_options(const config::Options& options) {
  return {.url = options.database_url,
          .pooler = pooler_of(options.database_pooler),
          .connections = static_cast<std::size_t>(options.database_connections),
          .loops = loops_of(options),
          .statement_time = std::chrono::milliseconds(options.statement_timeout_ms),
          .slow_statement = std::chrono::milliseconds(options.slow_statement_ms)};
}

class Remote final : public Storage {
 public:
  Remote(const config::Options& options, Registry& registry)
      : database_(postgres_options(options), sql::postgres_schema(), registry) {}

  db::Database& database() override { return database_; }
  void prepare(const std::function<void()>& first) override { database_.prepare(first); }
  void prepare_as_it_is() override { database_.prepare_as_it_is(); }
  void look_again() override { database_.look_at_schema(); }
  void give_up() override { database_.give_up(); }
  std::optional<Trouble> trouble() override { return database_.trouble(); }
  std::string damage() override { return {}; }
  void make_room(Time from, Time to) override { database_.ensure_partitions(from, to); }

 private:
  db::Postgres database_;
};

}  // namespace

std::unique_ptr<Storage> make_storage(const config::Options& options, const Places& places,
                                      Registry& registry) {
  if (options.database_url.empty()) return std::make_unique<Embedded>(options, places, registry);
  return std::make_unique<Remote>(options, registry);
}

}  // namespace onggi::app
