#include "words/index.h"

#include <cmath>
#include <map>
#include <random>

#include <gmock/gmock.h>

#include "words/analysis.h"

namespace onggi::words {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Time now{1'700'000'000'000};

struct Given {
  std::string text;
  std::string session;
  Time at = now;
  int importance = 1;
  std::uint8_t shelf = 0;
  std::string metadata = "{}";
};

Uuid id_of(std::size_t number) {
  Uuid id;
  id.bytes[14] = static_cast<std::uint8_t>(number >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}
std::size_t number_of(const Uuid& id) {
  return std::size_t{id.bytes[14]} << 8 | id.bytes[15];
}

void put(Index& index, std::size_t number, const Given& given) {
  const json::Value metadata = json::parse_stored(given.metadata);
  const std::string words = encode(describe(given.text, metadata.get_object()));
  Memory memory;
  memory.id = id_of(number);
  memory.created_at = memory.aged_from = given.at;
  memory.arrival = static_cast<std::int64_t>(number);
  memory.session = given.session;
  memory.importance = static_cast<std::uint8_t>(given.importance);
  memory.shelf = given.shelf;
  memory.words = words;
  index.put(memory);
}

std::vector<std::size_t> found(Index& index, std::string_view query, Conditions conditions = {},
                               const Horizon& horizon = all_alive()) {
  std::vector<std::size_t> numbers;
  for (const Hit& hit : index.rank(ask(query, now), conditions, horizon, now, {.most = 100}).hits)
    numbers.push_back(number_of(hit.id));
  return numbers;
}

TEST(Index, finds_what_has_the_word_in_any_form) {
  Index index;
  put(index, 1, {.text = "She adopted a greyhound"});
  put(index, 2, {.text = "Nothing of the kind"});
  EXPECT_THAT(found(index, "adopting greyhounds"), ElementsAre(1));
  EXPECT_THAT(found(index, "zebra"), IsEmpty());
}

TEST(Index, a_misspelt_rare_word_is_understood) {
  Index index;
  put(index, 1, {.text = "We hiked in the Dolomites"});
  put(index, 2, {.text = "We swam in the lake"});
  EXPECT_THAT(found(index, "Dolomtes"), ElementsAre(1));
  EXPECT_THAT(found(index, "laek"), ElementsAre(2));
}

TEST(Index, importance_and_age_order_what_is_equal_and_no_more) {
  Index index;
  put(index, 1, {.text = "coffee in the morning", .importance = 0});
  put(index, 2, {.text = "coffee in the morning", .importance = 2});
  put(index, 3,
      {.text = "coffee in the morning", .at = Time{now.ms - 365 * day_ms}, .importance = 1});
  put(index, 4, {.text = "tea with milk on the coffee table of my aunt", .importance = 2});
  EXPECT_THAT(found(index, "coffee morning"), ElementsAre(2, 3, 1, 4));
}

TEST(Index, equal_ones_are_newest_first_then_by_id) {
  Index index;
  for (const std::size_t number : {2U, 3U, 1U}) put(index, number, {.text = "the same"});
  EXPECT_THAT(found(index, "same"), ElementsAre(3, 2, 1));
}

TEST(Index, a_neighbour_supplies_words_in_the_same_session_only) {
  Index index;
  put(index, 1, {.text = "Where did you hike?", .session = "a"});
  put(index, 2, {.text = "In the mountains of course", .session = "a"});
  put(index, 3, {.text = "In the mountains of course", .session = "b"});
  EXPECT_THAT(found(index, "hike mountains"), ElementsAre(2, 1, 3));
}

TEST(Index, what_has_expired_is_neither_found_nor_counted) {
  Index index;
  put(index, 1, {.text = "alpha beta"});
  put(index, 2, {.text = "alpha gamma", .at = Time{now.ms - 2 * day_ms}, .shelf = 3});
  Horizon horizon = all_alive();
  EXPECT_THAT(found(index, "alpha"), SizeIs(2));
  horizon[3] = Time{now.ms - day_ms};
  EXPECT_THAT(found(index, "alpha", {}, horizon), ElementsAre(1));
  EXPECT_THAT(found(index, "gamma", {}, horizon), IsEmpty());
  // The score is as if it had never been there.
  Index fresh;
  put(fresh, 1, {.text = "alpha beta"});
  const double with = index.rank(ask("alpha", now), {}, horizon, now, {}).hits.at(0).score;
  EXPECT_EQ(with, fresh.rank(ask("alpha", now), {}, horizon, now, {}).hits.at(0).score);
}

TEST(Index, conditions_hold_inside_the_search) {
  Index index;
  for (std::size_t number = 1; number <= 50; ++number)
    put(index, number,
        {.text = "the same word",
         .importance = number == 7 ? 2 : 1,
         .metadata = number == 9 ? R"({"kind":{"a":[1,2]}})" : "{}"});
  Conditions important;
  important.importances = 1u << 2;
  EXPECT_THAT(found(index, "word", important), ElementsAre(7));
  Conditions described;
  described.metadata = wanted_of(json::parse_stored(R"({"kind":{"a":[2]}})").get_object()).hashes;
  EXPECT_THAT(found(index, "word", described), ElementsAre(9));
}

TEST(Index, a_speaker_who_is_asked_for_comes_first) {
  Index index;
  put(index, 1, {.text = "Nora: I like painting", .metadata = "{}"});
  put(index, 2, {.text = "I like painting", .metadata = R"({"speaker":"Felix"})"});
  EXPECT_THAT(found(index, "What does Felix like?"), ElementsAre(2, 1));
  EXPECT_THAT(found(index, "What does Nora like?"), ElementsAre(1, 2));
}

TEST(Index, metadata_is_words_too) {
  Index index;
  put(index, 1, {.text = "see the picture", .metadata = R"({"caption":"a dog on a beach"})"});
  EXPECT_THAT(found(index, "beach"), ElementsAre(1));
}

// BM25 as the paper has it, over texts.
std::map<std::size_t, double> naive(const std::map<std::size_t, std::string>& texts,
                                    const std::string& query, const Weights& weights) {
  std::map<std::size_t, std::map<std::string, int>> counts;
  std::map<std::size_t, double> lengths;
  double total = 0;
  for (const auto& [number, text] : texts)
    for (const Token& token : analyse(text))
      if (!token.is_stop) {
        ++counts[number][token.term];
        ++lengths[number];
        ++total;
      }
  const auto n = static_cast<double>(texts.size());
  std::map<std::size_t, double> scores;
  for (const Token& token : analyse(query)) {
    double df = 0;
    for (const auto& [number, text] : texts) df += counts[number].contains(token.term) ? 1 : 0;
    for (const auto& [number, text] : texts) {
      const double tf = counts[number].contains(token.term) ? counts[number][token.term] : 0;
      if (tf == 0) continue;
      const double norm = 1 - weights.b + weights.b * lengths[number] / (total / n);
      scores[number] += std::log(1 + (n - df + 0.5) / (df + 0.5)) * tf * (weights.k1 + 1) /
                        (tf + weights.k1 * norm);
    }
  }
  return scores;
}

TEST(Index, is_bm25_whatever_has_happened_before) {
  constexpr std::string_view vocabulary[] = {"apple", "banana", "cherry", "damson",
                                             "elder", "fig",    "grape"};
  std::mt19937 random{7};
  const auto text = [&] {
    std::string words;
    for (std::size_t i = 0; i < 1 + random() % 9; ++i)
      words += std::string(vocabulary[random() % 7]) + ' ';
    return words;
  };
  Index index;
  std::map<std::size_t, std::string> texts;
  for (int step = 0; step < 400; ++step) {
    const std::size_t number = random() % 60;
    if (random() % 4 == 0) {
      index.remove(id_of(number));
      texts.erase(number);
    } else {
      texts[number] = text();
      put(index, number, {.text = texts[number]});
    }
    if (step % 10 != 0 || texts.empty()) continue;
    constexpr Weights weights = plain_bm25();
    const std::string query = "apple fig grape";
    const std::map<std::size_t, double> expected = naive(texts, query, weights);
    const Ranking ranking =
        index.rank(ask(query, now), {}, all_alive(), now, {.most = 100}, weights);
    ASSERT_EQ(ranking.hits.size(), expected.size());
    for (const Hit& hit : ranking.hits)
      ASSERT_NEAR(hit.score, expected.at(number_of(hit.id)), 1e-5);
    for (std::size_t i = 1; i < ranking.hits.size(); ++i)
      ASSERT_GE(ranking.hits[i - 1].score, ranking.hits[i].score);
  }
}

TEST(Index, does_not_depend_on_the_order_in_which_it_was_made) {
  constexpr std::string_view vocabulary[] = {"river", "mountain", "forest",
                                             "lake",  "valley",   "bridge"};
  std::mt19937 random{11};
  std::vector<Given> given;
  for (int i = 0; i < 200; ++i) {
    std::string words;
    for (int j = 0; j < 6; ++j) words += std::string(vocabulary[random() % 6]) + ' ';
    given.push_back({.text = words,
                     .session = random() % 2 == 0 ? "s" : "",
                     .at = Time{now.ms - static_cast<std::int64_t>(random() % 5) * day_ms}});
  }
  Index forward;
  Index shuffled;
  std::vector<std::size_t> order(given.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (const std::size_t i : order) put(forward, i, given[i]);
  std::ranges::shuffle(order, random);
  for (const std::size_t i : order) put(shuffled, i, {.text = "something else"});
  for (const std::size_t i : order) put(shuffled, i, given[i]);
  for (const std::string_view query : {"river bridge", "lakes", "moutain forest valley"}) {
    const Ranking one = forward.rank(ask(query, now), {}, all_alive(), now, {.most = 50});
    const Ranking other = shuffled.rank(ask(query, now), {}, all_alive(), now, {.most = 50});
    ASSERT_EQ(one.hits.size(), other.hits.size());
    for (std::size_t i = 0; i < one.hits.size(); ++i) {
      EXPECT_EQ(one.hits[i].id, other.hits[i].id);
      EXPECT_EQ(one.hits[i].score, other.hits[i].score);
    }
  }
}

// What is kept up to date, by whatever happens to memories, answers as what is made anew.
TEST(Index, kept_up_to_date_is_as_made_anew) {
  constexpr std::string_view vocabulary[] = {"river",  "mountain", "forest", "lake",
                                             "valley", "bridge",   "harbour"};
  std::mt19937 random{13};
  std::map<std::size_t, Given> given;
  Index kept;
  for (int step = 0; step < 600; ++step) {
    const std::size_t number = random() % 80;
    if (random() % 5 == 0) {
      kept.remove(id_of(number));
      given.erase(number);
    } else {
      Given& each = given[number];
      // Now and then it only moves.
      if (each.text.empty() || random() % 3 > 0) {
        each.text.clear();
        for (std::size_t i = 0; i < 1 + random() % 5; ++i)
          each.text += std::string(vocabulary[random() % 7]) + ' ';
      }
      each.session = std::string(random() % 4, 's');
      each.at = Time{now.ms - static_cast<std::int64_t>(random() % 9) * day_ms};
      each.shelf = static_cast<std::uint8_t>(random() % 2);
      put(kept, number, each);
    }
    Horizon horizon = all_alive();
    horizon[1] = Time{now.ms - static_cast<std::int64_t>(2 + step / 100) * day_ms};
    Index fresh;
    if (step % 5 == 0)
      for (const auto& [each, of_it] : given) put(fresh, each, of_it);
    for (const std::string_view query : {"river bridge", "lakes", "moutain forest valley"}) {
      const Ranking one = kept.rank(ask(query, now), {}, horizon, now, {.most = 20});
      if (step % 5 > 0) continue;
      const Ranking other = fresh.rank(ask(query, now), {}, horizon, now, {.most = 20});
      ASSERT_EQ(one.hits.size(), other.hits.size());
      for (std::size_t i = 0; i < one.hits.size(); ++i) {
        ASSERT_EQ(one.hits[i].id, other.hits[i].id);
        ASSERT_EQ(one.hits[i].score, other.hits[i].score);
      }
    }
  }
}

TEST(Index, explains_a_score_by_its_parts) {
  Index index;
  put(index, 1, {.text = "Where did you hike?"});
  put(index, 2, {.text = "In the mountains"});
  const Ranking ranking =
      index.rank(ask("hike mountains", now), {}, all_alive(), now, {.most = 10, .explain = true});
  for (const Hit& hit : ranking.hits) {
    double words = 0;
    for (const Parts::Word& word : hit.parts.words) words += word.own + word.context;
    EXPECT_NEAR(hit.score,
                words * hit.parts.speaker * hit.parts.asks * hit.parts.date * hit.parts.importance *
                    hit.parts.age,
                1e-9);
    EXPECT_LE(hit.score, ranking.ideal);
  }
}

TEST(Document, a_name_says_more_of_who_speaks_than_a_role) {
  const auto speaker = [](std::string_view text, std::string_view metadata) {
    return describe(text, json::parse_stored(metadata).get_object()).speaker;
  };
  EXPECT_EQ(speaker("Hi", R"({"role":"user","speaker":"Nora"})"), "nora");
  EXPECT_EQ(speaker("Nora: Hi", R"({"role":"user"})"), "nora");
  EXPECT_EQ(speaker("Hi", R"({"role":"assistant"})"), "assist");
}

TEST(Document, is_read_as_it_was_written) {
  const Document document = describe("Nora: two cats, two dogs and a bird",
                                     json::parse_stored(R"({"topic":"pets"})").get_object());
  const Document read = decode(encode(document));
  EXPECT_EQ(read.length, document.length);
  EXPECT_EQ(read.speaker, "nora");
  EXPECT_EQ(read.terms, document.terms);
  EXPECT_EQ(read.metadata, document.metadata);
}

}  // namespace
}  // namespace onggi::words
