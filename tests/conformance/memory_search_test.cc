// Search in memory on either store: what the index in memory answers is what the memories that
// live would give, however it came to be.
#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory/life.h"
#include "memory/search.h"
#include "memory/upkeep.h"
#include "sql/catalogue.h"
#include "store/check.h"
#include "tests/conformance/world.h"
#include "words/analysis.h"

namespace onggi::conformance {
namespace {

using json::Array;
using json::Object;
using json::Value;
using testing::ElementsAre;
using testing::IsEmpty;

class Standing final : public Clock {
 public:
  explicit Standing(const Time& now) : now_(now) {}
  Time now() const override { return now_; }

 private:
  const Time& now_;
};

class MemorySearchTest : public testing::TestWithParam<const Driver*> {
 protected:
  Value search(memory::Search& searching, const Object& body) {
    const memory::SearchQuery query = must(memory::search_query(body));
    Result<memory::SearchAnswer> answer =
        world.look<Result<memory::SearchAnswer>>([&](db::Connection& connection) {
          return searching.search(connection, agent, owner, query, world.now);
        });
    return json::parse_stored(must(std::move(answer)).json);
  }
  Value search(const Object& body) { return search(warm, body); }
  std::vector<std::string> contents(const Object& body) {
    std::vector<std::string> found;
    const Value answer = search(body);
    for (const Value& item : answer.as_array())
      found.emplace_back(item.at("memory").at("content").as_string());
    return found;
  }
  void patch(Uuid id, const Object& body) {
    auto shared = std::make_shared<const Value>(body);
    must(world.write<store::Page>([&](db::Connection& connection) {
      return world.stores.memories.patch(connection, agent, owner, id,
                                         {true, shared, {}, world.now}, true);
    }));
  }
  bool remove(Uuid id) {
    return world
        .write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
          Result<void> removed =
              co_await world.stores.memories.remove(connection, agent, owner, id, {}, world.now);
          if (!removed) co_return std::unexpected(std::move(removed.error()));
          co_return true;
        })
        .has_value();
  }
  // What lives, by a list.
  std::vector<Value> living() {
    const Result<store::Items> items =
        world.look<Result<store::Items>>([&](db::Connection& connection) {
          return world.stores.memories.list(connection, agent, owner, {}, {.limit = 500},
                                            world.now);
        });
    std::vector<Value> all;
    const Value listed = json::parse_stored("[" + items->json + "]");
    for (const Value& each : listed.as_array()) all.push_back(each);
    return all;
  }
  // The order in which an index of those alone has them.
  std::vector<std::string> expected(const std::vector<Value>& all,
                                    const std::map<std::string, std::int64_t>& arrivals,
                                    const std::string& query) {
    words::Index index;
    for (const Value& each : all) {
      const std::string id(each.at("id").as_string());
      const std::string words = store::words_of(std::string_view(each.at("content").as_string()),
                                                json::canonical(each.at("metadata")));
      words::Memory memory;
      memory.id = *Uuid::parse(id);
      memory.created_at = *parse_time(std::string_view(each.at("created_at").as_string()));
      memory.arrival = arrivals.at(id);
      if (each.at("session_id").is_string()) memory.session = each.at("session_id").as_string();
      const std::string_view importance = each.at("importance").as_string();
      memory.importance = importance == "low" ? 0 : importance == "medium" ? 1 : 2;
      memory.words = words;
      index.put(memory);
    }
    std::vector<std::string> ids;
    for (const words::Hit& hit :
         index.rank(words::ask(query, world.now), {}, words::all_alive(), world.now, {.most = 100})
             .hits)
      ids.push_back(to_string(hit.id));
    return ids;
  }

  World world{*GetParam()};
  Standing clock{world.now};
  Registry registry;
  memory::Indexes indexes{std::size_t{16} << 20, registry};
  memory::Search warm{indexes, nullptr};
  Uuid owner = world.user("owner");
  Uuid agent = world.agent(owner);
};

INSTANTIATE_TEST_SUITE_P(Stores, MemorySearchTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

TEST_P(MemorySearchTest, whatever_has_happened_it_answers_as_what_lives_would) {
  constexpr std::string_view vocabulary[] = {"river",  "mountain", "forest", "lakes",
                                             "valley", "bridges",  "boat",   "기억이"};
  constexpr std::string_view types[] = {"short_term", "long_term", "episodic", "semantic"};
  constexpr std::string_view importances[] = {"low", "medium", "high"};
  std::mt19937 random{17};
  std::map<std::string, std::int64_t> arrivals;
  std::vector<std::string> ids;
  const auto text = [&] {
    std::string words;
    for (std::size_t i = 0; i < 1 + random() % 7; ++i)
      words += std::string(vocabulary[random() % std::size(vocabulary)]) + ' ';
    return words;
  };
  for (int step = 0; step < 120; ++step) {
    const std::size_t what = random() % 10;
    if (what < 5 || ids.empty()) {
      Array bodies;
      for (std::size_t i = 0; i < 1 + random() % 4; ++i) {
        Object body{
            {"type", types[random() % 4]},
            {"content", text()},
            {"importance", importances[random() % 3]},
            {"created_at", to_string(Time{world.now.ms -
                                          static_cast<std::int64_t>(random() % 40) * day_ms / 4})}};
        if (random() % 2 == 0) body["session_id"] = random() % 2 == 0 ? "a" : "b";
        if (random() % 4 == 0) body["metadata"] = Object{{"speaker", "Nora"}};
        bodies.push_back(std::move(body));
      }
      const store::CreatedMemories made = must(world.remember(owner, agent, bodies));
      for (const store::Page& page : made.pages) {
        ids.push_back(to_string(id_of(page.body)));
        arrivals.emplace(ids.back(), static_cast<std::int64_t>(arrivals.size()));
      }
    } else if (what < 7) {
      const std::string& id = ids[random() % ids.size()];
      bool lives = false;
      for (const Value& each : living()) lives = lives || each.at("id").as_string() == id;
      if (lives)
        patch(*Uuid::parse(id), {{"content", text()}, {"importance", importances[random() % 3]}});
    } else if (what < 8) {
      remove(*Uuid::parse(ids[random() % ids.size()]));
    } else {
      world.now.ms += static_cast<std::int64_t>(random() % 24) * hour_ms;
    }
    if (step % 4 != 0) continue;
    const std::string query = text();
    const Value answer = search({{"query", query}, {"top_k", 100}});
    std::vector<std::string> found;
    for (const Value& item : answer.as_array())
      found.emplace_back(item.at("memory").at("id").as_string());
    ASSERT_EQ(found, expected(living(), arrivals, query)) << step << ": " << query;
    memory::Indexes fresh{std::size_t{16} << 20, registry};
    memory::Search cold{fresh, nullptr};
    ASSERT_EQ(search(cold, {{"query", query}, {"top_k", 100}}), answer);
  }
  EXPECT_THAT(store::check(world.database()).troubles, IsEmpty());
}

TEST_P(MemorySearchTest, a_metadata_filter_that_terms_cannot_decide_is_held_against_the_memory) {
  for (int i = 0; i < 5; ++i)
    world.memory(owner, agent,
                 {{"type", "semantic"},
                  {"content", fmt::format("tea {}", i)},
                  {"metadata", json::parse_stored(i == 3 ? R"({"a":[{"x":1,"y":2}]})"
                                                         : R"({"a":[{"x":1},{"y":2}]})")}});
  EXPECT_THAT(
      contents({{"query", "tea"}, {"metadata", json::parse_stored(R"({"a":[{"x":1,"y":2}]})")}}),
      ElementsAre("tea 3"));
}

TEST_P(MemorySearchTest, what_is_not_analysed_yet_is_found_and_is_analysed_in_the_background) {
  for (int i = 0; i < 30; ++i)
    world.memory(owner, agent, {{"type", "semantic"}, {"content", fmt::format("painting {}", i)}});
  // As a move leaves it; and as an older version does.
  world.run(sql::memory_set_analysis, db::Params::of(0));
  static const db::Statement forget{"test.forget",
                                    "update memory_words set words = null, analysis = 0"};
  world.run(forget);
  EXPECT_THAT(contents({{"query", "paints"}, {"top_k", 100}}), testing::SizeIs(30));
  store::Batches batches(world.database(), clock);
  EXPECT_EQ(run_now(memory::analyse_anew(batches, false)), 30);
  EXPECT_EQ(run_now(memory::analyse_anew(batches, false)), 0);
  EXPECT_THAT(contents({{"query", "paints"}, {"top_k", 100}}), testing::SizeIs(30));
  EXPECT_THAT(store::check(world.database()).troubles, IsEmpty());
}

TEST_P(MemorySearchTest, check_notices_words_that_are_not_those_of_the_text) {
  world.memory(owner, agent, {{"type", "semantic"}, {"content", "one"}});
  store::Batches batches(world.database(), clock);
  run_now(memory::analyse_anew(batches, false));
  EXPECT_THAT(store::check(world.database()).troubles, IsEmpty());
  const Uuid id = id_of(json::canonical(living().at(0)));
  const std::string other = words::encode(words::describe("two", {}));
  db::Params params = db::Params::of(agent, id, words::analysis_version);
  params.add_blob(other);
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    std::vector<db::Params> rows{params};
    co_await connection.run_each(sql::memory_put_words, std::move(rows));
    co_return true;
  }));
  EXPECT_THAT(store::check(world.database()).troubles, testing::Not(IsEmpty()));
}

TEST_P(MemorySearchTest, what_is_gone_for_a_day_is_forgotten) {
  const Uuid id = id_of(json::canonical(world.memory(owner, agent, {{"content", "gone"}})));
  world.memory(owner, agent, {{"content", "stays"}});
  EXPECT_TRUE(remove(id));
  world.memory(owner, agent, {{"content", "new"}});
  EXPECT_THAT(contents({{"query", "gone"}}), IsEmpty());
  world.now = Time{SystemClock{}.now().ms + 2 * day_ms};
  store::Batches batches(world.database(), clock);
  EXPECT_EQ(run_now(memory::forget_gone(batches)), 1);
}

TEST_P(MemorySearchTest, vectors_are_compared_and_fused_with_words) {
  for (int i = 0; i < 20; ++i)
    world.memory(owner, agent,
                 {{"type", "semantic"},
                  {"content", fmt::format("note {}", i)},
                  {"embedding", Array{i, 20 - i, 1}}});
  const Value answer =
      search({{"query", "nothing of it"}, {"embedding", Array{20, 0, 1}}, {"top_k", 3}});
  std::vector<std::string> found;
  for (const Value& item : answer.as_array())
    found.emplace_back(item.at("memory").at("content").as_string());
  EXPECT_THAT(found, ElementsAre("note 19", "note 18", "note 17"));
}

}  // namespace
}  // namespace onggi::conformance
