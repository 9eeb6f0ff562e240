// Carries the live feed's events between servers on one database: those that happen here to the
// servers at which somebody listens, and theirs to those who listen here.
//
// By way of two small tables that are looked at four times a second, so that it works behind a
// pooler too: an event is told elsewhere within a second or so. Nothing is written while nobody
// listens elsewhere; who begins to listen there makes himself known, and what has happened since
// then is sent after him. It is news, no record: a server that dies takes with it what it had not
// sent yet, and one that was away for a minute has missed that.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/uuid.h"
#include "db/database.h"
#include "feed/feed.h"

namespace onggi::app {

class Relay {
 public:
  Relay(db::Database& database, feed::Feed& feed, const Clock& clock, Registry& registry);

  // Does what is due. Blocks; for one thread. Throws Unavailable when the database is away: what
  // was not sent goes with the next.
  void tick();

 private:
  using SteadyClock = std::chrono::steady_clock;

  void make_known();
  void send();
  void receive();
  void receive_from(const Uuid& server, std::int64_t newest);
  void forget();
  void write(const db::Statement& statement, const db::Params& params);

  db::Database& database_;
  feed::Feed& feed_;
  const Uuid server_;
  Counter& sent_;
  Counter& received_;
  Counter& lost_;

  bool is_wanted_ = false;    // somebody listens elsewhere
  std::uint64_t place_ = 0;   // in the feed: what is behind it is still to be sent
  std::int64_t batches_ = 0;  // sent
  bool has_looked_ = false;
  std::unordered_map<Uuid, std::int64_t> told_;  // the newest batch of each other server
  SteadyClock::time_point known_until_{};
  SteadyClock::time_point forget_due_{};
};

}  // namespace onggi::app
