// onggi without its network: a database and the API on it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "app/data_directory.h"
#include "app/storage.h"
#include "app/watch.h"
#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/workers.h"
#include "cache/pages.h"
#include "config/options.h"
#include "memory/accesses.h"
#include "memory/embeddings.h"
#include "memory/indexes.h"
#include "memory/life.h"
#include "memory/search.h"
#include "memory/upkeep.h"
#include "schedule/runner.h"
#include "statistics/keeper.h"
#include "statistics/kept.h"
#include "store/retention.h"
#include "store/stores.h"

namespace onggi::app {

class Engine {
 public:
  // Takes the key of user admin, if this start has made one: to be shown once.
  using ShowKey = std::function<void(const std::string& key)>;

  // Makes the directory where there is none, locks it, brings the store up to date and sees to the
  // first start. With `show_late_key` a database that cannot be reached yet is waited for, in the
  // background; else it is an error. Throws std::runtime_error with a message for the user. `clock`
  // must outlive the engine.
  Engine(const config::Options& options, const Clock& clock, ShowKey show_late_key = nullptr);

  const Clock& clock;
  const DataDirectory directory;
  Registry registry;
  const std::unique_ptr<Storage> storage;
  db::Database& database;
  const store::Stores stores;
  // The key of user admin, if this start has made one at once: to be shown once.
  std::optional<std::string> new_admin_key;
  auth::Authenticator authenticator;
  cache::Pages page_cache;
  feed::Feed feed;
  Workers workers;
  statistics::Keeper keeper;
  statistics::Readings readings;
  memory::Accesses accesses;
  const memory::Life life;
  memory::Indexes indexes;
  const std::optional<memory::Embeddings> embeddings;
  memory::Search search;
  std::optional<memory::Upkeep> upkeep;  // once the database is there

 private:
  std::optional<Watch> watch_;  // where the database is shared with other servers
  const store::Retention retention_;
  schedule::Runner jobs_;  // idle until run_jobs()

 public:
  api::Api api;

  // From now on jobs run when they are due.
  void run_jobs() { jobs_.begin(); }
  // They end at their next batch.
  void tell_jobs_to_stop() { jobs_.tell_to_stop(); }
  void wait_for_jobs(std::chrono::milliseconds most) { jobs_.wait_for_end(most); }
};

}  // namespace onggi::app
