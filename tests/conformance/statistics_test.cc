// Statistics against a naive oracle: what the raw rows say, and the memory of those that retention
// has removed. Random histories, with folds, builds and changes of zone in between, and beside.
#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/decode.h"
#include "sql/catalogue.h"
#include "statistics/build.h"
#include "statistics/fold.h"
#include "statistics/kept.h"
#include "statistics/reading.h"
#include "statistics/verify.h"
#include "statistics/weeks.h"
#include "tests/conformance/statistics_world.h"

namespace onggi::conformance {
namespace {

using model::Status;
using statistics::Figures;
using statistics::Group;
using statistics::ItemKey;
using statistics::Kind;
using statistics::Question;
using statistics::Reading;

constexpr const char* zones[] = {"UTC",          "Asia/Kathmandu",     "America/New_York",
                                 "Asia/Seoul",   "America/St_Johns",   "Pacific/Kiritimati",
                                 "Pacific/Niue", "Australia/Lord_Howe"};

// What the naive program knows.
struct Known {
  store::Contribution what;
  std::optional<Date> frozen;  // the date that it counts on, for good
};

class StatisticsTest : public StatisticsWorld {};

class History {
 public:
  History(World& world, store::Batches& batches, unsigned seed)
      : world_(world), batches_(batches), random_(seed) {
    for (int i = 0; i < 2; ++i) {
      users_.push_back(world.user(fmt::format("user {}", i)));
      zone_[users_.back()] = "UTC";
      for (int j = 0; j < 3; ++j) agents_[users_.back()].push_back(world.agent(users_.back()));
    }
  }

  std::int64_t below(std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
  }
  template <class T>
  T& any(std::vector<T>& of) {
    return of[static_cast<std::size_t>(below(static_cast<std::int64_t>(of.size())))];
  }

  // Near days' ends, and weeks ago.
  Time some_time() {
    const Time earliest{std::max(world_.now.ms - 40 * day_ms, horizon_.ms)};
    return Time{earliest.ms + below(world_.now.ms - earliest.ms)};
  }

  json::Object metrics() {
    return {{"llm_call_count", below(5)},
            {"llm_prompt_tokens", below(1'000)},
            {"llm_completion_tokens", below(1'000)},
            {"tool_call_count", below(3)},
            {"cost_usd", static_cast<double>(below(1'000)) / 1'000}};
  }

  void start_or_record() {
    const Uuid user = any(users_);
    json::Object body{{"agent_id", to_string(any(agents_[user]))},
                      {"started_at", to_string(some_time())},
                      {"metrics", metrics()}};
    if (below(3) != 0) {
      body["status"] = model::status_names[static_cast<std::size_t>(1 + below(4))];
      body["duration_ms"] = below(2) == 0 ? below(100) : below(100'000);
    }
    const auto made = world_.record(world_.stores.agent_executions, body, user);
    ASSERT_TRUE(made.has_value()) << made.error().detail;
    note(made->id, user);
  }

  void change() {
    if (known_.empty()) return;
    auto at = std::next(known_.begin(), below(static_cast<std::int64_t>(known_.size())));
    if (at->second.frozen && is_gone(at->first)) return;
    json::Object body;
    switch (below(4)) {
      case 0:
        body = {{"status", "completed"}, {"duration_ms", below(50'000)}};
        break;
      case 1:
        body = {{"metrics", metrics()}};
        break;
      case 2:
        body = {{"agent_id", to_string(any(agents_[at->second.what.user_id]))}};
        break;
      default:
        body = {{"started_at",
                 to_string(Time{std::clamp(at->first.time().ms - day_ms / 2 + below(day_ms),
                                           horizon_.ms, world_.now.ms)})}};
    }
    const auto changed =
        world_.patch(world_.stores.agent_executions, at->first, at->second.what.user_id, body);
    if (changed) note(at->first, at->second.what.user_id);
  }

  void remove() {
    if (known_.empty()) return;
    auto at = std::next(known_.begin(), below(static_cast<std::int64_t>(known_.size())));
    if (is_gone(at->first)) return;
    ASSERT_TRUE(world_.remove(world_.stores.agent_executions, at->first, at->second.what.user_id));
    known_.erase(at);
  }

  void move_zone() {
    const Uuid user = any(users_);
    const std::string zone = zones[below(std::size(zones))];
    must(world_.patch(world_.stores.users, store::Key(user), user,
                      json::Object{{"timezone", zone}}));
    zone_[user] = zone;
  }

  // What retention does: settles, and removes.
  void retain() {
    const Time horizon{
        std::min(std::max(horizon_.ms, world_.now.ms - 40 * day_ms) + below(4 * day_ms),
                 world_.now.ms - 2 * day_ms)};
    if (horizon < horizon_) return;
    ASSERT_TRUE(run_now(statistics::settle(batches_, Kind::agent, horizon)).value().empty());
    horizon_ = horizon;
    for (const Uuid& user : users_) {
      Calendar calendar(zone_[user]);
      std::optional<std::pair<Time, Date>> newest;
      for (auto& [id, known] : known_) {
        const Time started_at = known.what.started_at;
        if (known.what.user_id != user || started_at >= horizon || is_gone(id)) continue;
        const auto frozen = frozen_until_.find(user);
        const bool is_of_frozen =
            frozen != frozen_until_.end() && started_at < frozen->second.first;
        known.frozen = is_of_frozen ? frozen->second.second : calendar.date_of(started_at);
        if (!newest || started_at > newest->first) newest = {started_at, *known.frozen};
        gone_.insert(id);
        world_.run(sql::executions_remove_agent, db::Params::of(id, user));
      }
      if (!newest) continue;
      // The rest of the day that it cuts stays on that date.
      const Time end = calendar.end_of(newest->second);
      if (!frozen_until_.contains(user) || end > frozen_until_[user].first)
        frozen_until_[user] = {end, newest->second};
    }
  }

  std::map<ItemKey, Figures> expected(const Question& question, Date from, Date to) {
    std::map<ItemKey, Figures> items;
    std::map<ItemKey, std::vector<std::int64_t>> durations;
    std::map<Uuid, Calendar> calendars;
    for (const Uuid& user : users_) calendars.emplace(user, Calendar(zone_[user]));
    for (const auto& [id, known] : known_) {
      const store::Contribution& what = known.what;
      if (question.user && what.user_id != *question.user) continue;
      if (question.subject && what.subject_id != *question.subject) continue;
      Date date = calendars.at(what.user_id).date_of(what.started_at);
      if (known.frozen)
        date = *known.frozen;
      else if (frozen_until_.contains(what.user_id) &&
               what.started_at < frozen_until_[what.user_id].first)
        date = frozen_until_[what.user_id].second;
      if (date < from || date > to) continue;
      ItemKey key;
      if (question.group == Group::day) key.date = date;
      if (question.group == Group::subject) key.subject_id = what.subject_id;
      items[key].add(what);
    }
    return items;
  }

  std::int64_t all_of(const Uuid& user) {
    return std::ranges::count_if(known_,
                                 [&](const auto& one) { return one.second.what.user_id == user; });
  }
  std::int64_t recent_of(const Uuid& user) {
    const std::int64_t since = (world_.now.ms - day_ms) / 1'000 * 1'000;
    return std::ranges::count_if(known_, [&](const auto& one) {
      return one.second.what.user_id == user && one.second.what.started_at.ms >= since;
    });
  }

  bool is_alone = true;  // in its world

  std::vector<Uuid>& users() { return users_; }
  std::vector<Uuid>& agents(const Uuid& user) { return agents_[user]; }
  std::string zone(const Uuid& user) { return zone_[user]; }

 private:
  bool is_gone(const Uuid& id) const { return gone_.contains(id); }

  void note(const Uuid& id, const Uuid& user) {
    const auto page = world_.read(world_.stores.agent_executions, id, user);
    model::Execution execution;
    model::decode_stored(model::agent_execution_shape, json::parse_stored(page->body), execution);
    known_[id].what = store::Contribution::of(execution);
  }

  World& world_;
  store::Batches& batches_;
  std::mt19937 random_;
  std::vector<Uuid> users_;
  std::map<Uuid, std::vector<Uuid>> agents_;
  std::map<Uuid, std::string> zone_;
  std::map<Uuid, Known> known_;
  std::set<Uuid> gone_;
  std::map<Uuid, std::pair<Time, Date>> frozen_until_;
  Time horizon_{0};
};

void expect_same(const Reading& reading, const std::map<ItemKey, Figures>& expected) {
  ASSERT_EQ(reading.items.size(), expected.size());
  auto at = reading.items.begin();
  for (const auto& [key, figures] : expected) {
    SCOPED_TRACE(to_string(key.date) + " " + to_string(key.subject_id));
    ASSERT_EQ(at->first, key);
    EXPECT_EQ(at->second.count, figures.count);
    EXPECT_EQ(at->second.min_duration_ms, figures.min_duration_ms);
    EXPECT_EQ(at->second.max_duration_ms, figures.max_duration_ms);
    EXPECT_EQ(at->second, figures);
    ++at;
  }
}

void expect_exact(History& history, const std::function<Reading(Question)>& read) {
  for (const Uuid& user : history.users()) {
    for (const Group group : {Group::day, Group::subject, Group::none}) {
      Question question{.user = user, .group = group};
      question.from = parse_date("2020-01-01");
      question.to = parse_date("2030-01-01");
      const Reading reading = read(question);
      EXPECT_EQ(reading.timezone, history.zone(user));
      expect_same(reading, history.expected(question, *question.from, *question.to));
      question.subject = history.agents(user).front();
      expect_same(read(question), history.expected(question, *question.from, *question.to));
    }
    Question recent{.user = user, .days = 5};
    const Reading reading = read(recent);
    expect_same(reading, history.expected(recent, reading.from, reading.to));
    Question dashboard{.user = user, .group = Group::none, .is_dashboard = true};
    const Reading stats = read(dashboard);
    std::int64_t all = 0;
    for (const std::int64_t count : stats.count) all += count;
    EXPECT_EQ(all, history.all_of(user));
    EXPECT_EQ(stats.last_24h, history.recent_of(user));
    expect_same(stats, history.expected(dashboard, stats.from, stats.to));
  }
  if (!history.is_alone) return;
  Question everybody{.group = Group::day};
  everybody.from = parse_date("2020-01-01");
  everybody.to = parse_date("2030-01-01");
  expect_same(read(everybody), history.expected(everybody, *everybody.from, *everybody.to));
}

TEST_P(StatisticsTest, equal_what_the_executions_say_after_any_history) {
  const auto expect_exact = [this](History& history) {
    conformance::expect_exact(history, [this](Question question) { return read(question); });
    conformance::expect_exact(history, [this](Question question) { return read_kept(question); });
  };
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    History history(world, batches, seed);
    history.is_alone = seed == 1;
    const int steps = is_postgres(*GetParam()) ? 120 : 300;
    for (int step = 0; step < steps && !HasFailure(); ++step) {
      SCOPED_TRACE(fmt::format("step {}", step));
      const std::int64_t kind = history.below(100);
      if (kind < 45)
        history.start_or_record();
      else if (kind < 65)
        history.change();
      else if (kind < 75)
        history.remove();
      else if (kind < 79)
        history.move_zone();
      else if (kind < 90)
        fold_all(Kind::agent);
      else if (kind < 94)
        for (const Uuid& user : history.users()) {
          EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
          EXPECT_TRUE(run_now(statistics::sum_up(batches, Kind::agent, user)));
        }
      else if (kind < 96)
        for (const Uuid& user : history.users())
          EXPECT_TRUE(run_now(statistics::absorb(batches, Kind::agent, user,
                                                 Time{world.now.ms - 30 * day_ms}, world.now)));
      else if (kind < 98)
        for (const Uuid& user : history.users())
          EXPECT_TRUE(run_now(statistics::rebuild_unfrozen(batches, Kind::agent, user,
                                                           earliest_date, latest_date)));
      else
        history.retain();
      world.now.ms += history.below(step % 10 == 0 ? 6 * hour_ms : 1'000);
      if (step % 4 == 0) expect_exact(history);
    }
    expect_exact(history);
    fold_all(Kind::agent);
    for (const Uuid& user : history.users()) {
      EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
      EXPECT_TRUE(run_now(statistics::sum_up(batches, Kind::agent, user)));
    }
    expect_nothing_differs();
    expect_exact(history);
  }
}

TEST_P(StatisticsTest, are_exact_while_they_are_folded_and_built) {
  const Uuid user = world.user();
  const Uuid agent = world.agent(user);
  std::atomic<bool> is_over = false;
  std::atomic<int> failures = 0;
  std::thread keeper([&] {
    store::Batches own(world.database(), clock);
    int round = 0;
    while (!is_over) {
      try {
        const statistics::Folded folded = run_now(statistics::fold(own, Kind::agent, 0));
        for (const auto& [who, date] : folded.spoilt)
          run_now(statistics::rebuild(own, Kind::agent, who, date, date));
        if (++round % 5 == 0)
          run_now(statistics::rebuild_unfrozen(own, Kind::agent, user, earliest_date, latest_date));
        if (round % 3 == 0) run_now(statistics::sum_up(own, Kind::agent, user));
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
        ++failures;
        return;
      }
    }
  });
  std::mt19937 random(7);
  std::vector<Uuid> ids;
  Figures expected;
  const int steps = is_postgres(*GetParam()) ? 150 : 400;
  for (int i = 0; i < steps && failures == 0 && !HasFailure(); ++i) {
    const auto duration = static_cast<std::int64_t>(random() % 100'000);
    if (i % 3 != 2 || ids.empty()) {
      ids.push_back(world.execution(
          world.stores.agent_executions, user, agent,
          {{"status", "completed"},
           {"started_at",
            to_string(Time{world.now.ms - static_cast<std::int64_t>(random() % (25 * day_ms))})},
           {"duration_ms", duration}}));
    } else {
      const std::size_t at = random() % ids.size();
      must(world.remove(world.stores.agent_executions, ids[at], user));
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at));
    }
    for (const Group group : {Group::none, Group::subject}) {
      const Question question{.user = user, .group = group};
      const Reading reading = i % 2 == 0 ? read(question) : read_kept(question);
      std::int64_t all = 0;
      for (const auto& [key, figures] : reading.items) all += figures.all();
      EXPECT_EQ(all, static_cast<std::int64_t>(ids.size())) << "step " << i;
    }
  }
  is_over = true;
  keeper.join();
  fold_all(Kind::agent);
  Figures sum;
  for (const Uuid& id : ids) {
    model::Execution execution;
    model::decode_stored(
        model::agent_execution_shape,
        json::parse_stored(world.read(world.stores.agent_executions, id, user)->body), execution);
    sum.add(store::Contribution::of(execution));
  }
  EXPECT_EQ(read({.user = user, .group = Group::none}).items.at({}), sum);
  EXPECT_TRUE(run_now(statistics::sum_up(batches, Kind::agent, user)));
  EXPECT_EQ(read({.user = user, .group = Group::subject}).items.at({.subject_id = agent}), sum);
  expect_nothing_differs();
}

TEST_P(StatisticsTest, stay_at_the_bounds_of_64_bits) {
  static constexpr db::Statement dear{
      "dear", "update agent_execution_days set cost_nanos = 9223372036854775000",
      "update agent_execution_days set cost_nanos = 9223372036854775000"};
  const Uuid user = world.user();
  const Uuid agent = world.agent(user);
  const auto record = [&] {
    return world.execution(world.stores.agent_executions, user, agent,
                           {{"status", "completed"},
                            {"duration_ms", 1},
                            {"metrics", json::Object{{"cost_usd", 1'000'000}}}});
  };
  record();
  fold_all(Kind::agent);
  EXPECT_EQ(world.run(dear), 1);
  const Uuid last = record();
  for (int i = 0; i < 2; ++i) {
    std::string shown;
    read({.user = user, .group = Group::none}).items.at({}).append_members(shown);
    EXPECT_TRUE(shown.ends_with(R"("cost_usd":9223372036.854775807)")) << shown;
    fold_all(Kind::agent);
  }
  must(world.remove(world.stores.agent_executions, last, user));
  EXPECT_TRUE(run_now(
      statistics::rebuild_unfrozen(batches, Kind::agent, user, earliest_date, latest_date)));
  EXPECT_EQ(read({.user = user, .group = Group::none}).items.at({}).cost_nanos,
            1'000'000'000'000'000);
}

// Whoever looks whether it is to stop finds another time zone, so many times.
class Travelling final : public store::Batches {
 public:
  Travelling(World& world, const Clock& clock, Uuid user, int journeys)
      : Batches(world.database(), clock), world_(world), user_(user), left_(journeys) {}
  bool is_to_stop() const override {
    if (left_ == 0) return false;
    --left_;
    must(world_.patch(world_.stores.users, store::Key(user_), user_,
                      json::Object{{"timezone", zones[left_ % 3]}}));
    return false;
  }

 private:
  World& world_;
  const Uuid user_;
  mutable int left_;
};

TEST_P(StatisticsTest, are_settled_when_the_user_has_arrived) {
  const Uuid user = world.user();
  world.execution(world.stores.agent_executions, user, world.agent(user),
                  {{"status", "completed"},
                   {"started_at", to_string(Time{world.now.ms - 10 * day_ms})},
                   {"duration_ms", 700}});
  Travelling travelling(world, clock, user, 7);
  const Time horizon{world.now.ms - 5 * day_ms};
  EXPECT_TRUE(run_now(statistics::settle(travelling, Kind::agent, horizon)).value().empty());
  const auto bounds = run_now(statistics::bounds_of(batches, Kind::agent, user));
  ASSERT_TRUE(bounds && bounds->lifetime.horizon);
  Travelling restless(world, clock, user, 1'000'000);
  const Time later{world.now.ms - 1};
  world.execution(world.stores.agent_executions, user, world.agent(user),
                  {{"status", "completed"}, {"started_at", to_string(Time{later.ms - 1'000})}});
  EXPECT_EQ(run_now(statistics::settle(restless, Kind::agent, later)).value(), std::set{user});
}

TEST_P(StatisticsTest, of_everybody_count_frozen_days_of_who_is_not_counted_yet) {
  // As a copy leaves it.
  static constexpr db::Statement uncount{
      "uncount",
      "update agent_execution_lifetimes set zone = '', built_from = null, is_counted = false, "
      "completed_count = 0, execution_count = 0",
      "update agent_execution_lifetimes set zone = '', built_from = null, is_counted = false, "
      "completed_count = 0, execution_count = 0"};
  const Uuid user = world.user();
  const Uuid agent = world.agent(user);
  const Uuid old = world.execution(world.stores.agent_executions, user, agent,
                                   {{"status", "completed"},
                                    {"started_at", to_string(Time{world.now.ms - 60 * day_ms})},
                                    {"duration_ms", 700}});
  world.execution(world.stores.agent_executions, user, agent,
                  {{"status", "completed"}, {"duration_ms", 5}});
  EXPECT_TRUE(run_now(statistics::settle(batches, Kind::agent, Time{world.now.ms - 40 * day_ms}))
                  .value()
                  .empty());
  world.run(sql::executions_remove_agent, db::Params::of(old, user));
  fold_all(Kind::agent);
  const auto all = [&] {
    const Reading reading = read({.group = Group::none, .is_dashboard = true});
    return reading.count[static_cast<std::size_t>(Status::completed)];
  };
  EXPECT_EQ(all(), 2);
  EXPECT_GE(world.run(uncount), 1);
  EXPECT_EQ(all(), 2);
  EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
  EXPECT_EQ(all(), 2);
}

// What a statement hands over, by part (sql/statistics.sql).
std::map<std::int64_t, int> parts_of(const db::Rows& rows) {
  std::map<std::int64_t, int> parts;
  for (const db::Row row : rows) ++parts[row.integer(0)];
  return parts;
}

TEST_P(StatisticsTest, of_a_dashboard_of_30_days_are_a_hundred_rows_however_many_executions) {
  const Uuid user = world.user();
  std::vector<Uuid> agents;
  for (int i = 0; i < 5; ++i) agents.push_back(world.agent(user));
  constexpr std::int64_t executions = 400;
  for (std::int64_t i = 0; i < executions; ++i)
    world.execution(world.stores.agent_executions, user, agents[static_cast<std::size_t>(i % 5)],
                    {{"status", "completed"},
                     {"started_at", to_string(Time{world.now.ms - i * 30 * day_ms / executions})},
                     {"duration_ms", 10 + i}});
  EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
  fold_all(Kind::agent);
  const std::string first = to_string(Date{Calendar("UTC").date_of(world.now).days - 30});
  const std::string last = to_string(Date{Calendar("UTC").date_of(world.now).days + 1});
  const Uuid none{};
  const db::Params params = db::Params::of(user, world.now, first, last, Time{}, Time{}, none, none,
                                           Time{world.now.ms - day_ms}, -1, 0, -1);
  auto parts = parts_of(world.many(sql::statistics_dashboard, params));
  EXPECT_EQ(parts[0], 1);  // the user's row of all time
  EXPECT_EQ(parts[1], 0);  // what is not folded
  EXPECT_GE(parts[2], 30);
  EXPECT_LE(parts[0] + parts[2] + parts[5], 100);
  EXPECT_EQ(parts[3], 0);  // executions
  world.execution(world.stores.agent_executions, user, agents[0], {{"status", "completed"}});
  parts = parts_of(world.many(sql::statistics_dashboard, params));
  EXPECT_EQ(parts[1], 1);
  EXPECT_EQ(parts[3], 0);
  db::Cost cost;
  Question dashboard{.user = user, .group = Group::none, .is_dashboard = true, .now = world.now};
  const Reading reading = run_now(statistics::read(world.database(), cost, dashboard));
  EXPECT_EQ(reading.count[static_cast<std::size_t>(Status::completed)], executions + 1);
  EXPECT_LE(cost.statements, 2u);
}

TEST_P(StatisticsTest, of_many_weeks_are_read_week_by_week) {
  const Uuid user = world.user();
  std::vector<Uuid> agents;
  for (int i = 0; i < 3; ++i) agents.push_back(world.agent(user));
  for (std::int64_t day = 0; day < 70; ++day)
    for (const Uuid& agent : agents)
      world.execution(world.stores.agent_executions, user, agent,
                      {{"status", "completed"},
                       {"started_at", to_string(Time{world.now.ms - day * day_ms})},
                       {"duration_ms", 10 + day}});
  EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
  fold_all(Kind::agent);
  Question question{.user = user, .days = 70, .group = Group::subject, .now = world.now};
  const std::map<ItemKey, Figures> day_by_day = read(question).items;
  const auto is_incomplete = [&] {
    return std::ranges::count(run_now(statistics::incomplete(batches, Kind::agent, {})), user) != 0;
  };
  EXPECT_TRUE(is_incomplete());
  EXPECT_TRUE(run_now(statistics::sum_up(batches, Kind::agent, user)));
  EXPECT_FALSE(is_incomplete());
  EXPECT_EQ(read(question).items, day_by_day);
  const Date today = Calendar("UTC").date_of(world.now);
  const std::string first = to_string(Date{today.days - 69});
  const std::string last = to_string(today);
  const std::string from = to_string(statistics::week_of(Date{today.days - 63}));
  const std::string until = to_string(statistics::week_of(today));
  auto parts = parts_of(
      world.many(sql::statistics_subjects_agent,
                 db::Params::of(user, first, last, Time{}, Time{}, Uuid{}, Uuid{}, std::nullopt)
                     .add(from)
                     .add(until)
                     .add(-1)
                     .add(0)));
  EXPECT_GE(parts[7], 3 * 8);
  EXPECT_LE(parts[2], 3 * 14);
  // A late arrival, and one that is taken away which was the slowest, are in their week at once.
  const Uuid late = world.execution(world.stores.agent_executions, user, agents[0],
                                    {{"status", "completed"},
                                     {"started_at", to_string(Time{world.now.ms - 40 * day_ms})},
                                     {"duration_ms", 9'999}});
  fold_all(Kind::agent);
  const Figures with_late = read(question).items.at({.subject_id = agents[0]});
  EXPECT_EQ(with_late.max_duration_ms, 9'999);
  EXPECT_EQ(with_late.all(), 71);
  expect_nothing_differs();
  must(world.remove(world.stores.agent_executions, late, user));
  EXPECT_EQ(read(question).items, day_by_day);
  fold_all(Kind::agent);
  EXPECT_EQ(read(question).items, day_by_day);
  expect_nothing_differs();
}

TEST_P(StatisticsTest, of_every_level_are_verified_and_made_anew) {
  using statistics::Level;
  static constexpr db::Statement week{
      "week", "update agent_execution_weeks set failed_count = failed_count + 1",
      "update agent_execution_weeks set failed_count = failed_count + 1"};
  static constexpr db::Statement hour{"hour", "update agent_execution_hours set seconds = x'0004'",
                                      "update agent_execution_hours set seconds = '\\x0004'"};
  static constexpr db::Statement total{
      "total", "update agent_execution_totals set execution_count = execution_count + 1",
      "update agent_execution_totals set execution_count = execution_count + 1"};
  static constexpr db::Statement lifetime{
      "lifetime", "update agent_execution_lifetimes set running_count = running_count + 1",
      "update agent_execution_lifetimes set running_count = running_count + 1"};
  const Uuid user = world.user();
  const Uuid agent = world.agent(user);
  for (const std::int64_t age_ms : {std::int64_t{0}, 20 * day_ms})
    world.execution(world.stores.agent_executions, user, agent,
                    {{"status", "completed"},
                     {"started_at", to_string(Time{world.now.ms - age_ms})},
                     {"duration_ms", 700}});
  EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
  fold_all(Kind::agent);
  EXPECT_TRUE(run_now(statistics::sum_up(batches, Kind::agent, user)));
  expect_nothing_differs();
  const std::pair<const db::Statement&, Level> tampered[] = {{week, Level::week},
                                                             {hour, Level::hour},
                                                             {total, Level::all_time},
                                                             {lifetime, Level::all_time}};
  for (const auto& [statement, level] : tampered) {
    SCOPED_TRACE(statement.name);
    EXPECT_EQ(world.run(statement), 1);
    const statistics::Verified found = run_now(statistics::verify_all(batches, {}, {}));
    ASSERT_EQ(found.differences.size(), 1u);
    EXPECT_EQ(found.differences[0].level, level);
    EXPECT_EQ(run_now(statistics::repair(batches, found)), 1);
    expect_nothing_differs();
    EXPECT_EQ(read({.user = user, .group = Group::none}).items.at({}).all(), 2);
  }
}

TEST_P(StatisticsTest, that_were_changed_by_hand_are_found_and_made_anew_by_the_job) {
  static constexpr db::Statement tamper{
      "tamper", "update agent_execution_days set failed_count = failed_count + 1",
      "update agent_execution_days set failed_count = failed_count + 1"};
  const Uuid user = world.user();
  const Uuid agent = world.agent(user);
  world.execution(world.stores.agent_executions, user, agent,
                  {{"status", "completed"}, {"duration_ms", 700}});
  EXPECT_TRUE(run_now(statistics::verify_all(batches, {}, {})).differences.empty());
  fold_all(Kind::agent);
  EXPECT_TRUE(run_now(statistics::verify_all(batches, {}, {})).differences.empty());
  EXPECT_EQ(world.run(tamper), 1);
  const statistics::Verified found = run_now(statistics::verify_all(batches, {}, {}));
  ASSERT_EQ(found.differences.size(), 1u);
  EXPECT_FALSE(found.differences[0].subject_id);
  Registry registry;
  Counter& differences = statistics::differences_counter(registry);
  const std::string result = run_now(statistics::aggregate(batches, differences));
  EXPECT_NE(result.find(R"("differences":1,"repaired":1)"), std::string::npos) << result;
  EXPECT_EQ(differences.value(), 1u);
  EXPECT_TRUE(run_now(statistics::verify_all(batches, {}, {})).differences.empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, StatisticsTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

}  // namespace
}  // namespace onggi::conformance
