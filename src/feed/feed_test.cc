#include "feed/feed.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/task.h"
#include "base/workers.h"

namespace onggi::feed {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t plenty = 1u << 20;

const Uuid alice = *Uuid::parse("0193f000-0000-7000-8000-000000000001");
const Uuid bob = *Uuid::parse("0193f000-0000-7000-8000-000000000002");

class StandingClock final : public Clock {
 public:
  Time now() const override { return {1'790'000'000'000}; }
};

// The values of one field of an event stream, in order.
std::vector<std::string> fields(const std::string& text, const std::string& name) {
  std::vector<std::string> values;
  const std::string start = name + ": ";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(start)) values.push_back(line.substr(start.size()));
    at = end + 1;
  }
  return values;
}

class FeedTest : public testing::Test {
 protected:
  explicit FeedTest(FeedLimits limits = {}) : feed(limits, clock, registry) {}

  void publish(const Uuid& user, std::string data) {
    std::vector<Event> events;
    events.push_back({"test", user, std::move(data)});
    feed.publish(std::move(events));
  }
  std::unique_ptr<Listener> listen(const Uuid& user, std::string_view place = {}) {
    return feed.listen(user, place).value();
  }
  // What has come, without waiting.
  static std::vector<std::string> data_of(Listener& listener) {
    std::string text;
    EXPECT_EQ(listener.take(text, plenty), Listener::State::listening);
    return fields(text, "data");
  }
  double metric(const std::string& name) {
    const std::string text = registry.text();
    return std::stod(text.substr(text.find("\n" + name + " ") + name.size() + 2));
  }

  StandingClock clock;
  Registry registry;
  Feed feed;
};

TEST_F(FeedTest, a_listener_takes_its_users_events_in_order) {
  publish(alice, "before");
  const auto listener = listen(alice);
  publish(alice, "1");
  publish(bob, "his");
  publish(alice, "2");
  EXPECT_THAT(data_of(*listener), ElementsAre("1", "2"));
  EXPECT_THAT(data_of(*listener), IsEmpty());
  publish(alice, "3");
  EXPECT_THAT(data_of(*listener), ElementsAre("3"));
}

TEST_F(FeedTest, an_event_is_written_as_the_protocol_asks) {
  const auto listener = listen(alice);
  publish(alice, "{}");
  std::string text;
  listener->take(text, plenty);
  const std::string name = listener->place().substr(0, listener->place().find('-'));
  EXPECT_EQ(text, "id: " + name + "-1\nevent: test\ndata: {}\n\n");
}

TEST_F(FeedTest, what_is_too_much_at_once_comes_in_pieces) {
  const auto listener = listen(alice);
  for (int i = 0; i < 10; ++i) publish(alice, std::string(100, 'x'));
  std::string text;
  listener->take(text, 250);
  EXPECT_LT(fields(text, "data").size(), 4u);
  int rounds = 0;
  while (fields(text, "data").size() < 10 && ++rounds < 10) listener->take(text, 250);
  EXPECT_EQ(fields(text, "data").size(), 10u);
}

TEST_F(FeedTest, a_place_is_where_one_goes_on) {
  std::vector<std::string> places;
  {
    const auto listener = listen(alice);
    places.push_back(listener->place());
    std::string text;
    for (int i = 0; i < 4; ++i) {
      publish(i == 2 ? bob : alice, std::to_string(i));
      listener->take(text, plenty);
    }
    for (std::string& id : fields(text, "id")) places.push_back(std::move(id));
  }
  const std::vector<std::vector<std::string>> expected{{"0", "1", "3"}, {"1", "3"}, {"3"}, {}};
  ASSERT_EQ(places.size(), expected.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto listener = listen(alice, places[i]);
    EXPECT_EQ(listener->resumed(), Resumed::seamless);
    EXPECT_EQ(data_of(*listener), expected[i]) << i;
  }
}

TEST_F(FeedTest, a_place_of_another_users_event_is_a_place_in_time) {
  publish(alice, "1");
  publish(bob, "his");
  publish(alice, "2");
  const auto of_bob = listen(bob, "");
  const std::string name = of_bob->place().substr(0, of_bob->place().find('-'));
  const auto listener = listen(alice, name + "-2");
  EXPECT_EQ(listener->resumed(), Resumed::seamless);
  EXPECT_THAT(data_of(*listener), ElementsAre("2"));
}

TEST_F(FeedTest, what_is_no_place_is_told_and_goes_on_from_now) {
  publish(alice, "1");
  const std::string name = listen(alice)->place().substr(0, 20);
  const std::vector<std::pair<std::string, Resumed>> cases{
      {"", Resumed::fresh},
      {"x", Resumed::unknown},
      {"-", Resumed::unknown},
      {name, Resumed::unknown},
      {name + "-", Resumed::unknown},
      {name + "-1x", Resumed::unknown},
      {name + "-2", Resumed::unknown},  // has not been yet
      {name + "-18446744073709551615", Resumed::unknown},
      {name + "-18446744073709551616", Resumed::unknown},
      {"00000000000000000000-1", Resumed::restarted},
      {"zz000000000000000000-1", Resumed::unknown},
  };
  for (const auto& [place, resumed] : cases) {
    const auto listener = listen(alice, place);
    EXPECT_EQ(listener->resumed(), resumed) << place;
    EXPECT_EQ(listener->place(), name + "-1");
    EXPECT_THAT(data_of(*listener), IsEmpty()) << place;
  }
}

TEST_F(FeedTest, another_feed_has_another_name) {
  Registry other_registry;
  Feed other({}, clock, other_registry);
  EXPECT_NE(other.listen(alice, "").value()->place(), listen(alice)->place());
}

class SmallFeedTest : public FeedTest {
 protected:
  SmallFeedTest() : FeedTest({.kept_bytes = 4'000, .listeners = 4, .listeners_per_user = 2}) {}
  void flood(const Uuid& user) {
    for (int i = 0; i < 100; ++i) publish(user, std::string(100, 'f'));
  }
};

TEST_F(SmallFeedTest, a_place_older_than_what_is_kept_is_told) {
  publish(alice, "1");
  const std::string place = listen(alice)->place();
  flood(bob);
  const auto listener = listen(alice, place);
  EXPECT_EQ(listener->resumed(), Resumed::expired);
  EXPECT_THAT(data_of(*listener), IsEmpty());
}

TEST_F(SmallFeedTest, the_oldest_place_that_is_kept_is_seamless) {
  flood(alice);
  const std::string newest = listen(alice)->place();
  const std::string name = newest.substr(0, 21);
  int seamless = 0;
  for (int number = 1; number <= 100; ++number) {
    const auto listener = listen(alice, name + std::to_string(number));
    if (listener->resumed() == Resumed::seamless) {
      EXPECT_EQ(std::ssize(data_of(*listener)), 100 - number);
      ++seamless;
    } else {
      EXPECT_EQ(listener->resumed(), Resumed::expired);
      EXPECT_EQ(seamless, 0) << number;
    }
  }
  EXPECT_GT(seamless, 5);
}

TEST_F(SmallFeedTest, one_who_has_taken_everything_is_not_hurt_by_others) {
  const auto listener = listen(alice);
  publish(alice, "1");
  EXPECT_THAT(data_of(*listener), ElementsAre("1"));
  flood(bob);
  publish(alice, "2");
  EXPECT_THAT(data_of(*listener), ElementsAre("2"));
}

TEST_F(SmallFeedTest, one_who_does_not_keep_up_is_dropped) {
  const auto slow = listen(alice);
  const auto quick = listen(alice);
  publish(alice, "1");
  EXPECT_THAT(data_of(*quick), ElementsAre("1"));
  flood(bob);
  std::string text;
  EXPECT_EQ(slow->take(text, plenty), Listener::State::over);
  EXPECT_EQ(slow->take(text, plenty), Listener::State::over);
  EXPECT_EQ(text, "");
  EXPECT_THAT(data_of(*quick), IsEmpty());
  EXPECT_EQ(metric("onggi_event_listeners_dropped_total"), 1);
}

TEST_F(SmallFeedTest, an_event_larger_than_the_bound_is_not_kept) {
  const auto listener = listen(alice);
  publish(alice, std::string(10'000, 'x'));
  std::string text;
  EXPECT_EQ(listener->take(text, plenty), Listener::State::over);
  const auto next = listen(alice);
  publish(alice, "2");
  EXPECT_THAT(data_of(*next), ElementsAre("2"));
}

TEST_F(SmallFeedTest, listeners_are_bounded) {
  auto first = listen(alice);
  const auto second = listen(alice);
  EXPECT_EQ(feed.listen(alice, "").error(), Refused::too_many_of_user);
  const auto third = listen(bob);
  const auto fourth = listen(bob);
  EXPECT_EQ(feed.listen(Uuid{}, "").error(), Refused::too_many);
  EXPECT_EQ(metric("onggi_event_listeners"), 4);
  first.reset();
  EXPECT_TRUE(feed.listen(alice, "").has_value());
  EXPECT_EQ(metric("onggi_event_listeners"), 3);
}

// --- waiting ---

struct Heard {
  std::vector<std::string> data;
  int rounds = 0;
  int pings = 0;
};

// Listens until it is over, or has heard "last".
Task<Heard> hear(Workers& home, std::unique_ptr<Listener> listener, std::atomic<int>* rounds) {
  co_await move_to(home);
  Heard heard;
  for (;;) {
    std::string text;
    const Listener::State state = listener->take(text, plenty);
    if (state == Listener::State::over) break;
    for (std::string& one : fields(text, "data")) heard.data.push_back(std::move(one));
    heard.pings += text.starts_with(": ping\nid: ") ? 1 : 0;
    ++heard.rounds;
    *rounds += 1;
    rounds->notify_all();
    if (!heard.data.empty() && heard.data.back() == "last") break;
    co_await listener->news();
  }
  listener.reset();
  co_return heard;
}

void wait_for(std::atomic<int>& count, int least) {
  for (int seen = count; seen < least; seen = count) count.wait(seen);
}

TEST_F(FeedTest, who_waits_is_woken_on_its_own_thread_and_hears_everything) {
  constexpr int listeners = 100;
  constexpr int events = 1'000;
  std::atomic<int> rounds = 0;
  std::vector<Heard> heard;
  std::atomic<int> left = listeners;
  Workers home(1);
  for (int i = 0; i < listeners; ++i) {
    spawn(hear(home, listen(i % 2 == 0 ? alice : bob), &rounds),
          [&](const std::exception_ptr&, std::optional<Heard> one) {
            heard.push_back(std::move(*one));  // on the one thread of `home`
            left -= 1;
            left.notify_all();
          });
  }
  std::thread other([&] {
    for (int i = 0; i < events; ++i) publish(bob, "b");
  });
  for (int i = 0; i < events; ++i) publish(alice, "a");
  other.join();
  publish(alice, "last");
  publish(bob, "last");
  for (int now = left; now != 0; now = left) left.wait(now);
  ASSERT_EQ(heard.size(), static_cast<std::size_t>(listeners));
  for (const Heard& one : heard) {
    EXPECT_EQ(one.data.size(), static_cast<std::size_t>(events) + 1);
    EXPECT_EQ(one.data.back(), "last");
    EXPECT_EQ(std::ranges::count(one.data, one.data.front()), events);
  }
}

TEST_F(FeedTest, who_waits_can_be_made_to_look_up) {
  std::atomic<int> rounds = 0;
  std::promise<Heard> heard;
  Workers home(1);
  auto listener = listen(alice);
  Listener* const raw = listener.get();
  spawn(hear(home, std::move(listener), &rounds),
        [&](const std::exception_ptr&, std::optional<Heard> one) {
          heard.set_value(std::move(*one));
        });
  for (int i = 1; i < 4; ++i) {
    wait_for(rounds, i);
    feed.look_up();
  }
  wait_for(rounds, 4);
  raw->end();
  EXPECT_THAT(heard.get_future().get().data, IsEmpty());
}

class ImpatientFeedTest : public FeedTest {
 protected:
  ImpatientFeedTest() : FeedTest({.silence = std::chrono::milliseconds(20)}) {}
};

TEST_F(ImpatientFeedTest, silence_is_broken_by_the_place) {
  std::atomic<int> rounds = 0;
  std::promise<Heard> heard;
  Workers home(1);
  auto listener = listen(alice);
  Listener* const raw = listener.get();
  spawn(hear(home, std::move(listener), &rounds),
        [&](const std::exception_ptr&, std::optional<Heard> one) {
          heard.set_value(std::move(*one));
        });
  wait_for(rounds, 4);
  raw->end();
  const Heard one = heard.get_future().get();
  EXPECT_GE(one.pings, 3);
  EXPECT_THAT(one.data, IsEmpty());
}

TEST_F(FeedTest, one_that_is_over_does_not_wait) {
  std::atomic<int> rounds = 0;
  std::promise<Heard> heard;
  Workers home(1);
  auto listener = listen(alice);
  listener->end();
  listener->end();
  spawn(hear(home, std::move(listener), &rounds),
        [&](const std::exception_ptr&, std::optional<Heard> one) {
          heard.set_value(std::move(*one));
        });
  EXPECT_EQ(heard.get_future().get().rounds, 0);
  EXPECT_EQ(metric("onggi_event_listeners_dropped_total"), 0);
}

}  // namespace
}  // namespace onggi::feed
