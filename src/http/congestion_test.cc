#include "http/congestion.h"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>

namespace onggi::http {
namespace {

using namespace std::chrono_literals;
using Duration = Congestion::Duration;
using TimePoint = Congestion::TimePoint;

constexpr Duration limit = 30ms;

// One loop: what becomes ready queues, the probe among it; each has its turn, which takes its time.
class Queue {
 public:
  explicit Queue(Duration the_limit = limit) : congestion_(the_limit) {}

  Duration cost = 100us;
  Duration cost_of_refusal = 20us;

  struct Seen {
    int accepted = 0;
    int refused = 0;
    Duration longest_accepted{};
  };

  // Requests arrive evenly for so long; what is left waits for the next call.
  Seen run(Duration time, Duration between) {
    Seen seen;
    const TimePoint end = now_ + time;
    for (TimePoint next = now_; now_ < end;) {
      for (; next <= now_; next += between) ready_.push_back({false, next});
      if (ready_.empty()) {
        now_ = next;
        continue;
      }
      const Item item = ready_.front();
      ready_.pop_front();
      turn(item, seen);
    }
    return seen;
  }
  // So many clients, each of which sends its next request when the last is answered.
  Seen run_closed(Duration time, int clients) {
    Seen seen;
    for (int i = 0; i < clients; ++i) ready_.push_back({false, now_});
    for (const TimePoint end = now_ + time; now_ < end;) {
      const Item item = ready_.front();
      ready_.pop_front();
      turn(item, seen);
      if (!item.is_probe) ready_.push_back({false, now_});
    }
    return seen;
  }
  // The loop does something else: what arrives meanwhile waits.
  void stall(Duration time, int arriving) {
    for (int i = 0; i < arriving; ++i) ready_.push_back({false, now_ + time * i / arriving});
    now_ += time;
  }

 private:
  struct Item {
    bool is_probe;
    TimePoint arrived;
  };

  void turn(const Item& item, Seen& seen) {
    if (item.is_probe) return congestion_.probe_returned(now_);
    const bool refused = congestion_.refuses(now_);
    (refused ? seen.refused : seen.accepted) += 1;
    if (!refused) seen.longest_accepted = std::max(seen.longest_accepted, now_ - item.arrived);
    if (congestion_.wants_probe(now_)) {
      congestion_.probe_sent(now_);
      ready_.push_back({true, now_});
    }
    now_ += refused ? cost_of_refusal : cost;
  }

  Congestion congestion_;
  TimePoint now_{1h};
  std::deque<Item> ready_;
};

TEST(Congestion, what_can_be_done_is_not_refused) {
  Queue queue;
  const Queue::Seen seen = queue.run(10s, 105us);
  EXPECT_EQ(seen.refused, 0);
}

TEST(Congestion, under_three_times_the_load_the_accepted_are_quick_and_many) {
  Queue queue;
  const Queue::Seen seen = queue.run(10s, 33us);
  EXPECT_LT(seen.longest_accepted, 60ms);
  // Refusing costs 20 us of each 33, three times out of four or so; the rest is for work.
  EXPECT_GT(seen.accepted, 40'000);
  EXPECT_GT(seen.refused, 100'000);
}

// Who is refused asks again at once: the queue is never short, however quickly one refuses.
TEST(Congestion, clients_that_never_rest_do_not_keep_it_refusing) {
  Queue queue;
  const Queue::Seen seen = queue.run_closed(10s, 1'000);
  EXPECT_LT(seen.longest_accepted, 100ms);
  EXPECT_GT(seen.accepted, 25'000);
  EXPECT_GT(seen.refused, 10'000);
}

TEST(Congestion, it_is_back_to_normal_soon) {
  Queue queue;
  queue.run(5s, 33us);
  queue.run(100ms, 300us);
  const Queue::Seen seen = queue.run(5s, 300us);
  EXPECT_EQ(seen.refused, 0);
  EXPECT_LT(seen.longest_accepted, 5ms);
}

TEST(Congestion, slow_work_is_bounded_as_well) {
  Queue queue;
  queue.cost = 1ms;
  const Queue::Seen seen = queue.run(10s, 333us);
  EXPECT_LT(seen.longest_accepted, 80ms);
  EXPECT_GT(seen.accepted, 8'000);
}

TEST(Congestion, one_slow_turn_refuses_nobody) {
  Queue queue;
  queue.run(1s, 200us);
  queue.stall(60ms, 150);
  const Queue::Seen seen = queue.run(1s, 200us);
  EXPECT_EQ(seen.refused, 0);
  EXPECT_GT(seen.longest_accepted, 40ms);
}

TEST(Congestion, few_that_wait_long_are_not_refused) {
  Queue queue;
  int refused = 0;
  for (int i = 0; i < 100; ++i) {  // a machine that is busy with something else
    queue.stall(50ms, 8);
    refused += queue.run(5ms, 1ms).refused;
  }
  EXPECT_EQ(refused, 0);
}

TEST(Congestion, what_was_long_ago_does_not_count) {
  Congestion congestion(limit);
  TimePoint now{1h};
  congestion.probe_sent(now);
  bool refused = false;
  for (int i = 0; i < 100; ++i) refused = congestion.refuses(now += 1ms);
  EXPECT_TRUE(refused);
  congestion.probe_returned(now);
  EXPECT_TRUE(congestion.refuses(now + 1ms));
  EXPECT_FALSE(congestion.refuses(now + 1s));
}

TEST(Congestion, one_probe_is_on_its_way_at_a_time) {
  Congestion congestion(limit);
  const TimePoint now{1h};
  EXPECT_TRUE(congestion.wants_probe(now));
  congestion.probe_sent(now);
  EXPECT_FALSE(congestion.wants_probe(now + 1h));
  congestion.probe_returned(now + 1ms);
  EXPECT_FALSE(congestion.wants_probe(now + 2ms));
  EXPECT_TRUE(congestion.wants_probe(now + 6ms));
}

TEST(Congestion, without_a_limit_nothing_is_refused) {
  Queue queue(0ms);
  const Queue::Seen seen = queue.run(1s, 33us);
  EXPECT_EQ(seen.refused, 0);
}

}  // namespace
}  // namespace onggi::http
