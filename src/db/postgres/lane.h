// The connections of one event loop. Everything here belongs to its thread.
#pragma once

#include <chrono>
#include <coroutine>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/executor.h"
#include "base/reactor.h"
#include "db/postgres/connector.h"
#include "db/postgres/lease.h"

namespace onggi::db::postgres {

// For a connection to come free.
inline constexpr std::chrono::milliseconds longest_wait{5'000};
Unavailable too_many_wait();
Unavailable waited_too_long();
// The same where there is none that could come free: the database does not let us in.
Unavailable waited_to_connect();

class Lane final : public Owner {
 public:
  struct Bounds {
    std::size_t quick;                   // connections that many statements share
    std::size_t exclusive;               // connections of one user at a time
    std::size_t waiting;                 // for one of them
    std::chrono::milliseconds patience;  // for an answer; beyond, a connection is given up
  };
  Lane(Executor& executor, Reactor& reactor, Connector& connector, Observations& observations,
       Bounds bounds);
  ~Lane() override;

  // Runs the query among others. Never throws: the outcome is in the query; Lost has been tried
  // again once. One that holds the others up ends with Stuck. Queries that are the same, and wait
  // at the same time, go as one: it begins after all of them were asked. So that they meet, what is
  // the same as a query that is on its way waits for that one's answer.
  Task<void> run(Query& query);

  // Slow statements take a part of the connections at most: writes find the others. Throws
  // Unavailable when none of theirs comes free in time.
  Task<void> enter_slow();
  void leave_slow();

  Task<std::unique_ptr<Wire>> take() override;
  void give_back(std::unique_ptr<Wire> wire) override;
  void drop_idle() override;

  // In a turn of the loop; give_up: all that is under way. Thread-safe.
  void drop_idle_later();
  void give_up_later();

  // Goes on after `delay`.
  Task<void> pause(std::chrono::milliseconds delay);

 private:
  struct Pending {
    Query* query;
    std::coroutine_handle<> waiting;
    Clock::time_point since;
    bool is_again = false;
    Pending* same = nullptr;  // of the group: whose answer is its own as well
  };
  // A connection of the quick lane: one group of statements at a time is on its way.
  struct Shared {
    std::unique_ptr<Wire> wire;
    std::vector<Pending*> group;
  };
  struct Waiting {
    std::coroutine_handle<> waiting;
    Clock::time_point since;
    std::unique_ptr<Wire> wire;
    std::exception_ptr error;
  };
  // Through which connections come in from the connector's thread, for as long as there is a lane.
  struct Mailbox {
    std::mutex mutex;
    Executor* executor;
  };
  enum class Use { quick, exclusive };

  void ask_for(Use use);
  void arrived(Use use, Connector::Attempt connection);
  void dispatch();
  // Whose statement of the group a query can share; null: none.
  static Pending* same_in(const Shared& shared, const Query& query);
  void send_group(Shared& shared);
  void answered(Shared& shared);
  void end_group(Shared& shared);
  void fail_queue(const std::exception_ptr& error);
  void serve_waiting();
  void fail_waiting(const std::exception_ptr& error);
  void resume_finished();
  void resume_finished_later();
  void cut_stuck(Clock::time_point now);
  void refuse_late(std::deque<Waiting*>& waiting, Clock::time_point came_too_early,
                   const Unavailable& why);
  void sweep_later();
  void sweep();

  Reactor& reactor_;
  Connector& connector_;
  Observations& observations_;
  const Bounds bounds_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unique_ptr<Reactor::Alarm> sweep_alarm_;
  bool sweep_due_ = false;

  std::vector<std::unique_ptr<Shared>> quick_;
  std::vector<std::unique_ptr<Shared>> dropped_;  // to be closed by the next sweep
  std::size_t quick_coming_ = 0;
  std::deque<Pending*> queue_;
  std::vector<std::coroutine_handle<>> finished_;
  bool is_resuming_ = false;

  std::vector<std::unique_ptr<Wire>> idle_;
  std::vector<Wire*> busy_;
  std::size_t exclusive_open_ = 0;  // idle, in use and coming
  std::size_t exclusive_coming_ = 0;
  std::deque<Waiting*> waiting_;
  const std::size_t slow_max_;
  std::size_t slow_ = 0;
  std::deque<Waiting*> slow_waiting_;
};

}  // namespace onggi::db::postgres
