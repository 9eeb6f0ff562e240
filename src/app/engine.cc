#include "app/engine.h"

#include "app/first_start.h"
#include "sql/catalogue.h"

namespace onggi::app {
namespace {

db::SqliteOptions sqlite_options(const config::Options& options) {
  return {.waiting_writes = static_cast<std::size_t>(options.writer_queue)};
}

}  // namespace

Engine::Engine(const config::Options& options, const Clock& time)
    : clock(time),
      directory(options.data),
      database(directory.places.database(), sql::sqlite_schema(), sqlite_options(options),
               registry),
      stores(store::ExecutionRules{.retention_days = options.execution_retention_days}),
      new_admin_key(
          first_start(database, stores.users, directory.places, options.admin_key, time.now())),
      authenticator(database, stores.users),
      workers(static_cast<int>(options.workers)),
      api({.database = database,
           .stores = stores,
           .authenticator = authenticator,
           .clock = clock,
           .workers = workers,
           .registry = registry,
           .trouble = [this] { return database.trouble(); }}) {}

}  // namespace onggi::app
