// Agents' memory: its rules on either store, held against each other and against a naive oracle.
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/place.h"
#include "memory/life.h"
#include "model/decode.h"
#include "sql/catalogue.h"
#include "store/check.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using json::Array;
using json::Object;
using json::Value;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

// As the world has it: it stands still.
class Standing final : public Clock {
 public:
  explicit Standing(const Time& now) : now_(now) {}
  Time now() const override { return now_; }

 private:
  const Time& now_;
};

// Stops when it has been asked so many times.
class Stopping final : public store::Batches {
 public:
  Stopping(db::Database& database, const Clock& clock, int most)
      : Batches(database, clock), left_(most) {}
  bool is_to_stop() const override { return left_-- <= 0; }

 private:
  mutable int left_;
};

class MemoryTest : public testing::TestWithParam<const Driver*> {
 protected:
  std::string ago(std::int64_t ms) const { return to_string(Time{world.now.ms - ms}); }

  std::vector<std::string> listed(const store::MemoryFilter& filter = {}, std::int64_t limit = 7) {
    return world.pages(limit,
                       [&](db::Connection& connection, store::Range range) -> Task<store::Items> {
                         Result<store::Items> items = co_await world.stores.memories.list(
                             connection, agent, owner, filter, std::move(range), world.now);
                         co_return must(std::move(items));
                       });
  }
  std::int64_t count(const store::MemoryFilter& filter = {}) {
    return world
        .look<store::Total>([&](db::Connection& connection) {
          return world.stores.memories.count(connection, agent, owner, filter, world.now);
        })
        .count;
  }
  std::optional<Value> read(Uuid id) {
    Result<store::Page> page = world.look<Result<store::Page>>([&](db::Connection& connection) {
      return world.stores.memories.read(connection, agent, owner, id, world.now);
    });
    return page ? std::optional(json::parse_stored(page->body)) : std::nullopt;
  }
  Result<store::Page> patch(Uuid id, const Value& body) {
    auto shared = std::make_shared<const Value>(body);
    return world.write<store::Page>([&](db::Connection& connection) {
      return world.stores.memories.patch(connection, agent, owner, id,
                                         {true, shared, {}, world.now}, true);
    });
  }
  Result<store::Page> undo(Uuid id) {
    return world.write<store::Page>([&](db::Connection& connection) {
      return world.stores.memories.undo(connection, agent, owner, id, std::nullopt, world.now);
    });
  }
  Result<store::Page> settings(const Object& body) {
    auto shared = std::make_shared<const Value>(body);
    return world.write<store::Page>([&](db::Connection& connection) {
      return world.stores.memories.put_settings(connection, agent, owner, shared, {}, world.now);
    });
  }
  memory::CleanUpResult clean_up(bool is_dry_run = false) {
    store::Batches batches(world.database(), clock);
    return run_now(life.clean_up(batches, {.is_dry_run = is_dry_run, .list_max = 1'000}));
  }
  memory::Promoted promote() {
    store::Batches batches(world.database(), clock);
    return run_now(life.promote(batches, agent, owner));
  }
  std::vector<std::string> happened() {
    std::vector<std::string> entries;
    const Result<store::Items> items =
        world.look<Result<store::Items>>([&](db::Connection& connection) {
          return world.stores.memories.timeline(connection, agent, owner, {.limit = 500});
        });
    for (const Value& entry : json::parse_stored("[" + items->json + "]").as_array())
      entries.emplace_back(entry.at("type").as_string());
    return entries;
  }
  void expect_sound() { EXPECT_THAT(store::check(world.database()).troubles, IsEmpty()); }

  World world{*GetParam()};
  Standing clock{world.now};
  Registry registry;
  memory::Life life{world.stores.memories, nullptr, registry};
  Uuid owner = world.user("owner");
  Uuid agent = world.agent(owner);
};

INSTANTIATE_TEST_SUITE_P(Stores, MemoryTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

TEST_P(MemoryTest, an_array_arrives_in_its_order_all_or_none) {
  Array bodies;
  for (int i = 0; i < 20; ++i)
    bodies.push_back(Object{{"type", "semantic"}, {"content", fmt::format("{}", i)}});
  const store::CreatedMemories made = must(world.remember(owner, agent, bodies));
  std::vector<std::string> ids;
  for (const store::Page& page : made.pages) ids.push_back(to_string(id_of(page.body)));
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  std::ranges::reverse(ids);
  EXPECT_EQ(listed(), ids);
  bodies[3].as_object()["content"] = "";
  const auto refused = world.remember(owner, agent, bodies);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errors[0].field, "/3/content");
  EXPECT_EQ(count(), 20);
  expect_sound();
}

TEST_P(MemoryTest, what_is_large_is_kept_small_and_found_all_the_same) {
  Object metadata{{"tag", "needle"}, {"more", std::string(3'000, 'm')}};
  const Value memory =
      world.memory(owner, agent, {{"content", std::string(9'000, 'c')}, {"metadata", metadata}});
  world.memory(owner, agent, {{"metadata", {{"tag", "hay"}}}});
  auto filter = std::make_shared<store::Filter>();
  filter->add("metadata", Object{{"tag", "needle"}});
  EXPECT_THAT(listed({.search = filter}), ElementsAre(std::string(memory.at("id").as_string())));
  EXPECT_EQ(count({.search = filter}), 1);
  EXPECT_EQ(read(id_of(json::canonical(memory)))->at("content").as_string().size(), 9'000U);
  expect_sound();
}

TEST_P(MemoryTest, duplicates_among_what_is_due_are_merged_into_the_oldest_and_come_back) {
  const auto due = [&](std::string_view content, std::int64_t hours, std::int64_t accesses) {
    return id_of(json::canonical(world.memory(owner, agent,
                                              {{"content", content},
                                               {"created_at", ago(hours * hour_ms)},
                                               {"access_count", accesses},
                                               {"importance", "low"}})));
  };
  const Uuid oldest =
      due("Stra\xC3\x9F"
          "e \xEF\xAC\x81x",
          16, 3);
  const Uuid duplicate = due("STRASSE FIX", 14, 5);
  const Uuid too_seldom = due("strasse fix", 15, 2);
  const memory::CleanUpResult dry = clean_up(true);
  EXPECT_EQ(dry.promotion.promoted, 1);
  EXPECT_EQ(dry.promotion.merged, 1);
  const memory::CleanUpResult result = clean_up();
  EXPECT_EQ(result.promotion.promoted, 1);
  EXPECT_EQ(result.promotion.merged, 1);
  EXPECT_EQ(result.total(), 0);
  EXPECT_EQ(result.promotion.bytes, dry.promotion.bytes);
  const Value kept = read(oldest).value();
  EXPECT_EQ(kept.at("type"), "long_term");
  EXPECT_EQ(kept.at("importance"), "medium");
  EXPECT_EQ(kept.at("access_count"), 8);
  EXPECT_FALSE(read(duplicate));
  EXPECT_TRUE(read(too_seldom));
  EXPECT_THAT(happened(), testing::IsSupersetOf({"promoted", "merged"}));
  expect_sound();

  must(undo(oldest));
  const Value again = read(oldest).value();
  EXPECT_EQ(again.at("type"), "short_term");
  EXPECT_EQ(again.at("importance"), "low");
  EXPECT_EQ(again.at("access_count"), 3);
  EXPECT_EQ(read(duplicate)->at("access_count"), 5);
  EXPECT_EQ(undo(oldest).error().code, Code::conflict);
  // Pinned: neither promoted again nor expiring.
  world.now = Time{world.now.ms + 400 * day_ms};
  EXPECT_EQ(promote().promoted, 0);
  EXPECT_EQ(clean_up().total(), 1);
  EXPECT_TRUE(read(oldest));
  EXPECT_FALSE(read(too_seldom));
  expect_sound();
}

TEST_P(MemoryTest, many_are_promoted_at_once_and_each_keeps_what_it_was) {
  std::map<std::string, std::string> importances;
  Array bodies;
  for (int i = 0; i < 30; ++i)
    bodies.push_back(Object{{"type", "short_term"},
                            {"content", fmt::format("{}", i)},
                            {"metadata", Object{{"a", i % 2}}},
                            {"importance", std::array{"low", "medium", "high"}[i % 3]},
                            {"created_at", ago((13 + i % 4) * hour_ms)},
                            {"access_count", 3 + i}});
  for (const store::Page& page : must(world.remember(owner, agent, bodies)).pages) {
    const Value memory = json::parse_stored(page.body);
    importances[std::string(memory.at("id").as_string())] = memory.at("importance").as_string();
  }
  const memory::Promoted promoted = promote();
  EXPECT_EQ(promoted.promoted, 30);
  EXPECT_EQ(promoted.merged, 0);
  EXPECT_EQ(promote().promoted, 0);
  expect_sound();
  auto filter = std::make_shared<store::Filter>();
  filter->add("metadata", Object{{"a", 1}});
  EXPECT_EQ(count({.search = filter}), 15);
  std::int64_t accesses = 0;
  for (const auto& [text, importance] : importances) {
    const Uuid id = Uuid::parse(text).value();
    const Value now = read(id).value();
    EXPECT_EQ(now.at("type"), "long_term");
    EXPECT_EQ(now.at("version"), 2);
    EXPECT_EQ(now.at("importance").as_string(),
              importance == "low" ? "medium" : importance.c_str());
    must(undo(id));
    EXPECT_EQ(read(id)->at("importance").as_string(), importance.c_str());
    accesses += read(id)->at("access_count").as_int64();
  }
  EXPECT_EQ(accesses, 30 * 3 + 29 * 30 / 2);
  expect_sound();
}

// The embedded store's index has spans of time, which a walk crosses where it finds no more.
TEST_P(MemoryTest, are_found_by_metadata_newest_first_however_far_apart) {
  std::mt19937 random(5);
  const auto below = [&](std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random);
  };
  constexpr std::int64_t span_ms = std::int64_t{1} << db::span_bits;
  must(settings({{"auto_cleanup", false}}));  // nothing expires: each type by its own terms
  struct Found {
    Time time;
    std::string id;
    Object metadata;
  };
  std::vector<Found> all;
  for (int i = 0; i < 120; ++i) {
    const std::int64_t span = world.now.ms / span_ms - std::array{0, 0, 1, 2, 40, 900}[below(6)];
    const Time created{std::min(
        world.now.ms,
        span * span_ms + std::array<std::int64_t, 4>{0, 1, span_ms - 1, below(span_ms)}[below(4)])};
    Object metadata{{"a", below(3)}};
    if (below(2) == 0) metadata["b"] = below(3);
    const Value page =
        world.memory(owner, agent,
                     {{"type", model::memory_type_names[static_cast<std::size_t>(below(4))]},
                      {"importance", model::importance_names[static_cast<std::size_t>(below(3))]},
                      {"metadata", metadata},
                      {"created_at", to_string(created)}});
    all.push_back({created, std::string(page.at("id").as_string()), metadata});
  }
  std::ranges::sort(all, std::greater(), [](const Found& f) { return std::pair(f.time, f.id); });
  const Time bounds[] = {earliest_time, Time{world.now.ms / span_ms * span_ms},
                         Time{(world.now.ms / span_ms - 39) * span_ms}, latest_time};
  for (const Object& asked : {Object{{"a", 1}}, Object{{"a", 2}, {"b", 1}}, Object{{"b", 9}}})
    for (const Time& from : bounds)
      for (const Time& to : bounds) {
        auto filter = std::make_shared<store::Filter>();
        filter->add("metadata", asked);
        std::vector<std::string> expected;
        for (const Found& each : all) {
          const auto has = [&](const auto& member) {
            const Value* const value = each.metadata.if_contains(member.key());
            return value != nullptr && *value == member.value();
          };
          if (each.time >= from && each.time < to && std::ranges::all_of(asked, has))
            expected.push_back(each.id);
        }
        const store::MemoryFilter of{.from = from, .to = to, .search = filter};
        EXPECT_EQ(listed(of, 3), expected);
        EXPECT_EQ(count(of), static_cast<std::int64_t>(expected.size()));
      }
  expect_sound();
}

TEST_P(MemoryTest, a_clean_up_that_is_stopped_anywhere_leaves_a_sound_store) {
  static constexpr db::Statement scopes_to_sweep{"swept", "delete from memory_sweeps"};
  auto filter = std::make_shared<store::Filter>();
  filter->add("metadata", Object{{"a", 1}});
  world.memory(owner, agent, {{"metadata", {{"a", 1}}}, {"type", "semantic"}});
  for (int asked = 1; asked < 8; ++asked) {
    for (const std::string_view type : {"short_term", "episodic", "long_term"})
      for (int i = 0; i < 2; ++i)
        world.memory(owner, agent,
                     {{"metadata", {{"a", 1}, {"b", asked}}},
                      {"type", type},
                      {"importance", "low"},
                      {"created_at", ago(400 * day_ms)}});
    Stopping batches(world.database(), clock, asked);
    run_now(life.clean_up(batches, {}));
    expect_sound();
    EXPECT_EQ(count({.search = filter}), 1);
  }
  clean_up();
  expect_sound();
  if (!is_postgres(*GetParam())) EXPECT_EQ(world.run(scopes_to_sweep), 0);
  EXPECT_EQ(count({.search = filter}), 1);
}

TEST_P(MemoryTest, room_is_made_of_what_matters_least_or_not_at_all) {
  must(settings({{"max_memory_size_mb", 100}}));
  const std::string mb((1 << 20) - 2, 'x');  // and metadata of two bytes
  const auto fill = [&](std::string_view type, std::string_view importance, int count,
                        std::int64_t age_ms) {
    std::vector<Uuid> ids;
    for (int i = 0; i < count; ++i)
      ids.push_back(id_of(json::canonical(world.memory(owner, agent,
                                                       {{"type", type},
                                                        {"importance", importance},
                                                        {"content", mb},
                                                        {"created_at", ago(age_ms - i)}}))));
    return ids;
  };
  const std::vector<Uuid> low = fill("short_term", "low", 2, hour_ms);
  const std::vector<Uuid> medium = fill("short_term", "medium", 3, 2 * hour_ms);
  const std::vector<Uuid> expired = fill("short_term", "high", 1, 25 * hour_ms);
  fill("semantic", "low", 94, hour_ms);
  const auto add = [&] {
    return world.remember(owner, agent, Object{{"type", "semantic"}, {"content", mb}});
  };
  must(add());
  EXPECT_TRUE(read(low[0]));
  must(add());
  EXPECT_FALSE(read(low[0]));
  EXPECT_TRUE(read(low[1]));
  must(add());
  EXPECT_EQ(add().error().code, Code::conflict);
  EXPECT_TRUE(read(medium[0]));
  must(settings({{"max_memory_size_mb", 100}, {"importance_threshold", "medium"}}));
  must(add());
  EXPECT_FALSE(read(medium[0]));
  expect_sound();
}

// Rules

struct Remembered {
  model::Memory memory;
  bool is_pinned = false;
};

// As DESIGN.md has it, word by word.
bool lives_by_the_book(const Remembered& kept, const model::MemorySettings& settings, Time now) {
  const model::Memory& m = kept.memory;
  const std::int64_t age = now.ms - m.created_at->ms;
  if (!settings.auto_cleanup) return true;
  if (m.type == model::MemoryType::short_term) {
    if (kept.is_pinned) return true;
    const std::int64_t retention = settings.short_term_retention_hours * hour_ms;
    const bool is_due = settings.auto_consolidation && m.access_count >= 3 &&
                        age > std::min(12 * hour_ms, retention);
    return age <= retention || is_due;
  }
  if (m.importance != model::Importance::low) return true;
  if (m.type == model::MemoryType::episodic) return age <= 30 * day_ms;
  if (m.type == model::MemoryType::long_term)
    return now.ms - m.last_accessed_at.value_or(*m.created_at).ms <= 90 * day_ms;
  return true;
}

TEST_P(MemoryTest, what_lives_is_what_the_rules_say_wherever_one_looks) {
  std::mt19937 random(20'261'127);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const std::array<std::int64_t, 12> ages{0,
                                          hour_ms,
                                          12 * hour_ms,
                                          12 * hour_ms + 1,
                                          24 * hour_ms,
                                          24 * hour_ms + 1,
                                          29 * day_ms,
                                          30 * day_ms,
                                          30 * day_ms + 1,
                                          90 * day_ms,
                                          90 * day_ms + 1,
                                          200 * day_ms};
  for (int round = 0; round < 12; ++round) {
    agent = world.agent(owner);
    model::MemorySettings wanted;
    wanted.short_term_retention_hours =
        std::array{1, 12, 24, 168}[static_cast<std::size_t>(below(4))];
    wanted.auto_cleanup = below(5) != 0;
    wanted.auto_consolidation = below(3) != 0;
    Array bodies;
    for (int i = 0; i < 60; ++i) {
      Object body{{"type", model::memory_type_names[static_cast<std::size_t>(below(4))]},
                  {"importance", model::importance_names[static_cast<std::size_t>(below(3))]},
                  {"content", fmt::format("text {}", below(40))},
                  {"metadata", {{"n", below(3)}}},
                  {"access_count", below(5)},
                  {"created_at", ago(ages[static_cast<std::size_t>(below(ages.size()))])}};
      if (below(2) == 0)
        body["last_accessed_at"] = ago(ages[static_cast<std::size_t>(below(ages.size()))]);
      if (below(3) == 0) body["session_id"] = fmt::format("s{}", below(2));
      bodies.push_back(std::move(body));
    }
    std::map<std::string, Remembered> all;
    for (const store::Page& page : must(world.remember(owner, agent, bodies)).pages) {
      const Value shown = json::parse_stored(page.body);
      Remembered kept;
      model::decode_stored(model::memory_import_shape, shown, kept.memory);
      all[std::string(shown.at("id").as_string())] = kept;
    }
    must(settings({{"short_term_retention_hours", wanted.short_term_retention_hours},
                   {"auto_cleanup", wanted.auto_cleanup},
                   {"auto_consolidation", wanted.auto_consolidation}}));
    const model::MemoryRule rule = model::MemoryRule::of(wanted, world.now);
    const db::Rows in_sql = world.many(sql::memory_rule, db::Params::of(agent, owner, world.now));
    EXPECT_EQ((model::MemoryRule{in_sql[0].time(0), in_sql[0].time(1), in_sql[0].time(2),
                                 in_sql[0].time(3), in_sql[0].time(4)}),
              rule);

    const auto expect = [&](const store::MemoryFilter& filter, const auto& is_asked_for) {
      std::vector<std::string> expected;
      for (const auto& [id, kept] : all)
        if (lives_by_the_book(kept, wanted, world.now) && is_asked_for(kept.memory))
          expected.push_back(id);
      EXPECT_THAT(listed(filter), UnorderedElementsAreArray(expected));
      EXPECT_EQ(count(filter), static_cast<std::int64_t>(expected.size()));
    };
    for (const auto& [id, kept] : all) {
      const bool lives = lives_by_the_book(kept, wanted, world.now);
      EXPECT_EQ(!model::has_expired(kept.memory, rule), lives) << id;
      EXPECT_EQ(read(*Uuid::parse(id)).has_value(), lives) << id;
    }
    expect({}, [](const model::Memory&) { return true; });
    expect({.type = "long_term"},
           [](const model::Memory& m) { return m.type == model::MemoryType::long_term; });
    expect({.importance = "low"},
           [](const model::Memory& m) { return m.importance == model::Importance::low; });
    expect({.type = "short_term", .session = "s1"}, [](const model::Memory& m) {
      return m.type == model::MemoryType::short_term && m.session_id == "s1";
    });
    auto filter = std::make_shared<store::Filter>();
    filter->add("metadata", Object{{"n", 1}});
    expect({.search = filter},
           [](const model::Memory& m) { return m.metadata.text == R"({"n":1})"; });
    expect({.from = Time{world.now.ms - 24 * hour_ms}, .to = Time{world.now.ms - hour_ms}},
           [&](const model::Memory& m) {
             return m.created_at->ms >= world.now.ms - 24 * hour_ms &&
                    m.created_at->ms < world.now.ms - hour_ms;
           });

    // Clean-up takes exactly what does not live; a dry run says so beforehand.
    std::vector<std::string> gone;
    for (const auto& [id, kept] : all)
      if (!lives_by_the_book(kept, wanted, world.now)) gone.push_back(id);
    for (const bool is_dry_run : {true, false}) {
      std::vector<std::string> removed;
      for (const memory::Gone& each : clean_up(is_dry_run).list)
        removed.push_back(to_string(each.id));
      EXPECT_THAT(removed, UnorderedElementsAreArray(gone));
    }
    EXPECT_EQ(clean_up().total(), 0);
  }
  expect_sound();
}

TEST_P(MemoryTest, the_oldest_row_of_a_list_is_found_without_walking_over_what_expired) {
  // What has expired stands below the bound of its shelf: rows are asked for above it alone.
  for (int i = 0; i < 3; ++i) {
    Array bodies;
    for (int n = 0; n < 1'000; ++n)
      bodies.push_back(Object{
          {"type", "short_term"}, {"content", "old"}, {"created_at", ago(25 * hour_ms + n)}});
    must(world.remember(owner, agent, bodies));
  }
  world.memory(owner, agent, {{"created_at", ago(30 * day_ms)}, {"type", "semantic"}});
  EXPECT_EQ(listed().size(), 1U);
  EXPECT_EQ(clean_up().short_term, 3'000);
  EXPECT_EQ(listed().size(), 1U);
  expect_sound();
}

}  // namespace
}  // namespace onggi::conformance
