// The API: what stands behind the HTTP server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "base/workers.h"
#include "cache/pages.h"
#include "db/database.h"
#include "feed/feed.h"
#include "http/message.h"
#include "memory/life.h"
#include "memory/search.h"
#include "statistics/kept.h"
#include "store/stores.h"

namespace onggi::schedule {
class Runner;
}

namespace onggi::api {

// Everything that endpoints work with; owned by app.
struct Services {
  db::Database& database;
  const store::Stores& stores;
  auth::Authenticator& authenticator;
  cache::Pages& page_cache;
  feed::Feed& feed;
  schedule::Runner& jobs;
  const Clock& clock;
  Workers& workers;
  Registry& registry;
  memory::Accesses& accesses;
  const memory::Life& life;
  memory::Search& search;
  statistics::Readings& readings;
  // How often anything was written; nullopt: others may write as well, and nobody here knows.
  std::function<std::optional<std::uint64_t>()> commits;
  std::function<std::optional<Trouble>()>
      trouble;  // why the store cannot serve right now; nullopt: it can (for /readyz). May block
};

class Api final : public http::Handler {
 public:
  explicit Api(Services services);
  ~Api() override;

  Task<http::Response> handle(http::Request& request) override;
  http::Response problem(int status, std::string_view detail, std::string_view request_id) override;
  std::size_t body_limit(http::Method method, std::string_view target) const override;
  bool is_vital(const http::Request& request) const override;

  // While stopping: /readyz says 503, so that a balancer sends nothing more.
  void set_stopping();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The OpenAPI 3.1 document, as GET /openapi.json serves it.
std::string openapi_document();

}  // namespace onggi::api
