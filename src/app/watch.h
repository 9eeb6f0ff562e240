// What a server on a shared database sees to all the time, on a thread of its own: that the
// database is prepared as soon as it can be reached, that connections to it which have died are
// found, that keys which were revoked elsewhere stop working here within a second, that what
// happens elsewhere is told to those who listen here (relay.h), that there are partitions for the
// months to come, and how many executions are stuck.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/relay.h"
#include "app/storage.h"
#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "feed/feed.h"

namespace onggi::app {

class Watch {
 public:
  // `prepare` is called until it has succeeded; null: it has already.
  Watch(Storage& storage, auth::Authenticator& authenticator, feed::Feed& feed,
        const onggi::Clock& clock, Registry& registry, std::function<void()> prepare);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Why the database cannot be used: it is not prepared yet, or another server has brought its
  // schema further than this one can follow. nullopt: it can.
  std::optional<Trouble> trouble() const;

 private:
  void run();
  bool try_to_prepare();
  void look_at_keys();
  void look_at_months();
  void count_stuck();
  void look_at_schema();
  bool rest();
  void tell(const std::string& failure);

  Storage& storage_;
  auth::Authenticator& authenticator_;
  const onggi::Clock& clock_;
  std::function<void()> prepare_;
  Gauge& stuck_agents_;
  Gauge& stuck_workflows_;
  bool is_outgrown_ = false;
  std::optional<std::int64_t> keys_;
  std::string failure_;  // that has been told, and has not ended
  Relay relay_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Trouble> trouble_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onggi::app
