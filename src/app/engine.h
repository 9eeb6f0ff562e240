// onggi without its network: an opened data directory and the API on it.
#pragma once

#include <optional>
#include <string>

#include "api/api.h"
#include "app/data_directory.h"
#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/workers.h"
#include "cache/pages.h"
#include "config/options.h"
#include "db/sqlite/sqlite.h"
#include "store/stores.h"

namespace onggi::app {

class Engine {
 public:
  // Makes the directory where there is none, locks it, brings the store up to date and sees to the
  // first start. Throws std::runtime_error with a message for the user. `clock` must outlive the
  // engine.
  Engine(const config::Options& options, const Clock& clock);

  const Clock& clock;
  const DataDirectory directory;
  Registry registry;
  db::Sqlite database;
  const store::Stores stores;
  // The key of user admin, if this start has made one: to be shown once.
  const std::optional<std::string> new_admin_key;
  auth::Authenticator authenticator;
  cache::Pages page_cache;
  feed::Feed feed;
  Workers workers;
  api::Api api;
};

}  // namespace onggi::app
