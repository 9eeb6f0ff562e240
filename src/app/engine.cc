#include "app/engine.h"

#include "app/first_start.h"
#include "app/jobs.h"
#include "http/fetch.h"
#include "move/store.h"
#include "sql/catalogue.h"

namespace onggi::app {
namespace {

// Of agents whose memory was searched last: some two of 100,000 memories each.
constexpr std::size_t memory_index_bytes = std::size_t{64} << 20;
// Of statistics: thousands of dashboards.
constexpr std::size_t most_bytes_of_readings = std::size_t{16} << 20;

std::optional<memory::Embeddings> embeddings_of(const config::Options& options) {
  if (options.embeddings_url.empty()) return std::nullopt;
  if (!http::is_fetchable(options.embeddings_url))
    throw std::invalid_argument("--embeddings-url: must be a URL of http:// or https://");
  return memory::Embeddings({.url = options.embeddings_url,
                             .key = options.embeddings_key,
                             .model = options.embeddings_model});
}

feed::FeedLimits feed_limits(const config::Options& options) {
  return {.listeners = static_cast<std::size_t>(options.max_listeners),
          .listeners_per_user = static_cast<std::size_t>(options.max_listeners_per_user)};
}

}  // namespace

Engine::Engine(const config::Options& options, const Clock& time, ShowKey show_late_key)
    : clock(time),
      directory(options.data),
      storage(make_storage(options, directory.places, registry)),
      database(storage->database()),
      stores(store::ExecutionRules{.retention_days = options.execution_retention_days},
             !options.embeddings_url.empty()),
      authenticator(database, stores.users),
      page_cache(static_cast<std::size_t>(options.page_cache_mb) << 20, registry),
      feed(feed_limits(options), time, registry),
      workers(static_cast<int>(options.workers)),
      keeper(database, time, registry),
      readings(database, options.page_cache_mb == 0 ? 0 : most_bytes_of_readings,
               [this] { return storage->changes(); }),
      accesses(database, time, registry),
      life(stores.memories, &accesses, registry, [this] { storage->settle(); }),
      indexes(memory_index_bytes, registry),
      embeddings(embeddings_of(options)),
      search(indexes, embeddings ? &*embeddings : nullptr),
      retention_(options.execution_retention_days, memory::retention_rules(), settle_statistics(),
                 registry),
      jobs_(database, time, registry,
            make_jobs(options, *storage, time, retention_, life, registry),
            runner_options(options, database), tell_admins(feed)),
      api({.database = database,
           .stores = stores,
           .authenticator = authenticator,
           .page_cache = page_cache,
           .feed = feed,
           .jobs = jobs_,
           .clock = clock,
           .workers = workers,
           .registry = registry,
           .accesses = accesses,
           .life = life,
           .search = search,
           .readings = readings,
           .commits = [this] { return storage->commits(); },
           .trouble =
               [this] {
                 std::optional<Trouble> unprepared = watch_ ? watch_->trouble() : std::nullopt;
                 return unprepared ? unprepared : storage->trouble();
               }}) {
  authenticator.on_forget([this] { feed.look_up(); });
  std::function<std::optional<std::string>()> prepare = [this, given_key = options.admin_key] {
    std::optional<std::string> key;
    storage->prepare([&] {
      move::refuse_unfinished(database);
      key = first_start(database, stores.users, directory.places, given_key, clock.now());
    });
    return key;
  };
  std::function<void()> prepare_late;
  try {
    new_admin_key = prepare();
  } catch (const Unavailable&) {
    if (!show_late_key) throw;
    prepare_late = [prepare, show_late_key] {
      if (const std::optional<std::string> key = prepare()) show_late_key(*key);
    };
  }
  upkeep.emplace(database, clock, registry, embeddings ? &*embeddings : nullptr);
  keeper.start();
  if (database.is_shared())
    watch_.emplace(*storage, authenticator, feed, clock, registry, std::move(prepare_late));
}

}  // namespace onggi::app
