#include "app/engine.h"

#include "app/first_start.h"
#include "sql/catalogue.h"

namespace onggi::app {
namespace {

db::SqliteOptions sqlite_options(const config::Options& options) {
  return {.waiting_writes = static_cast<std::size_t>(options.writer_queue),
          .longest_wait = std::chrono::milliseconds(options.longest_wait_ms)};
}

feed::FeedLimits feed_limits(const config::Options& options) {
  return {.listeners = static_cast<std::size_t>(options.max_listeners),
          .listeners_per_user = static_cast<std::size_t>(options.max_listeners_per_user)};
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
      page_cache(static_cast<std::size_t>(options.page_cache_mb) << 20, registry),
      feed(feed_limits(options), time, registry),
      workers(static_cast<int>(options.workers)),
      api({.database = database,
           .stores = stores,
           .authenticator = authenticator,
           .page_cache = page_cache,
           .feed = feed,
           .clock = clock,
           .workers = workers,
           .registry = registry,
           .trouble = [this] { return database.trouble(); }}) {
  authenticator.on_forget([this] { feed.look_up(); });
}

}  // namespace onggi::app
