// The live feed: what has just happened, told to whoever listens. Knows no HTTP and no store.
//
// The newest events are kept within a bound of bytes, so that a listener that was away for a moment
// goes on where it was. Each user's events are linked, so that those of others cost a listener
// nothing. One thread wakes listeners: publishing never waits for any of them, and costs about the
// same whether nobody listens or thousands do. A listener that does not keep up is dropped.
//
// Servers on one database tell each other what happens (app/relay.h): from here that takes what was
// published here, and publishes what was published elsewhere.
//
// Places. Every event has the next number, in the order of publishing. A place, as listeners are
// told it, is "<feed>-<number>"; <feed> is another one after every start, so that a place of an
// earlier feed is recognised.
#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/uuid.h"

namespace onggi::feed {

struct Event {
  std::string_view name;  // "execution.finished"; static storage
  Uuid user;              // whose it is: nobody else is told
  std::string data;       // JSON, without line breaks
};

struct FeedLimits {
  std::size_t kept_bytes = 16u << 20;         // of the newest events
  std::size_t listeners = 5'000;              // at once
  std::size_t listeners_per_user = 1'000;     // at once
  std::chrono::milliseconds silence{15'000};  // then a listener is told its place
};

// How a listener's beginning relates to where it says that it was.
enum class Resumed : std::uint8_t {
  fresh,      // it says nothing: from now on
  seamless,   // nothing was missed
  expired,    // events may have been missed: the place is older than what is kept
  restarted,  // events may have been missed: the place is of another feed
  unknown,    // events may have been missed: this is no place
};

enum class Refused : std::uint8_t { too_many, too_many_of_user };

class Feed;

// One who listens. Belongs to one coroutine.
class Listener {
 public:
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Resumed resumed() const { return resumed_; }
  // Where it is: events behind this place are still to come.
  const std::string& place() const { return place_; }

  // Waits until there are events, or until silence has lasted, or Feed::look_up() was called, or it
  // is over: `co_await listener.news()`; goes on on the executor that it came from.
  auto news() {
    struct Awaiter {
      Listener& listener;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> waiting) const { return listener.wait(waiting); }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

  enum class State : std::uint8_t { listening, over };
  // Appends what has come, as Server-Sent Events; after a silence, the place alone. Takes about
  // `most_bytes` at most; the rest is news at once.
  State take(std::string& out, std::size_t most_bytes);

  // Ends the waiting, now and later. Thread-safe. `is_slow`: because it did not keep up.
  void end(bool is_slow = false);

 private:
  friend Feed;
  struct Topic;

  Listener(Feed& feed, Topic& topic, std::uint64_t seen, Resumed resumed);
  bool wait(std::coroutine_handle<> waiting);

  Feed& feed_;
  Topic& topic_;
  const Resumed resumed_;
  std::string place_;

  // Under the feed's mutex:
  std::uint64_t seen_;  // the newest event of its user that it has taken, or passed over
  bool is_over_ = false;
  bool is_nudged_ = false;  // it has to come back without news
  bool is_silent_ = false;  // for too long: it is to be told its place
  std::chrono::steady_clock::time_point told_;
  std::coroutine_handle<> waiting_;
  Executor* executor_ = nullptr;
};

class Feed {
 public:
  Feed(const FeedLimits& limits, const Clock& clock, Registry& registry);
  // There must be no listeners any more.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Thread-safe and quick: for after_commit. The events get the next places in this order.
  void publish(std::vector<Event> events);

  // The same, of what another server has published.
  void publish_from_elsewhere(std::vector<Event> events);

  bool has_listeners() const;
  // The number of the last event that came before then, of those that are kept.
  std::uint64_t place_before(std::chrono::steady_clock::time_point time) const;
  struct Own {
    std::vector<Event> events;  // published here, behind the place asked for; about `most_bytes`
    std::uint64_t place = 0;    // of the last one, or of what came after it from elsewhere
    bool has_gap = false;       // what is not kept any more was passed over
  };
  Own own_behind(std::uint64_t place, std::size_t most_bytes) const;

  // Begins behind `place` where that can be done, else now.
  std::expected<std::unique_ptr<Listener>, Refused> listen(const Uuid& user,
                                                           std::string_view place);

  // Makes every listener come back from news(), so that each can see whether it still may listen.
  // Thread-safe and quick.
  void look_up();

 private:
  friend Listener;
  using Topic = Listener::Topic;
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Kept {
    Event event;
    bool is_own = true;
    TimePoint at{};
    std::uint64_t next = 0;  // of the same user; 0: none yet
    std::size_t bytes() const { return sizeof(Kept) + event.data.capacity(); }
  };
  // Listeners that are to go on, by the executor that each waits for.
  using Woken = std::unordered_map<Executor*, std::vector<std::coroutine_handle<>>>;

  // All under mutex_.
  Kept& at(std::uint64_t number) { return kept_[number - oldest_]; }
  const Kept& at(std::uint64_t number) const { return kept_[number - oldest_]; }
  bool is_kept(std::uint64_t number) const { return number >= oldest_ && number < next_; }
  void publish(std::vector<Event> events, bool is_own);
  void keep(Event event, bool is_own, TimePoint at);
  void forget_oldest();
  void drop_if_idle(const Uuid& user, const Topic& topic);
  Resumed find(Topic& topic, std::string_view place, std::uint64_t& seen);
  std::uint64_t following(const Listener& listener);
  std::string place_of(std::uint64_t number) const;
  void wake(Listener& listener, Woken& woken);
  Woken due(TimePoint now);
  bool has_work() const;

  void serve();

  const FeedLimits limits_;
  const std::string name_;
  Counter& published_;
  Gauge& listening_;
  Counter& dropped_;
  Counter& refused_total_;
  Counter& refused_user_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Kept> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t oldest_ = 1;  // number of the first kept
  std::uint64_t next_ = 1;    // number of the next to come
  std::unordered_map<Uuid, std::unique_ptr<Topic>> topics_;
  std::unordered_set<Listener*> listeners_;
  std::vector<Topic*> dirty_;  // have news and listeners
  bool looks_up_ = false;
  bool stopping_ = false;
  TimePoint next_look_{};  // for silence
  std::thread thread_;
};

}  // namespace onggi::feed
