#include "words/analysis.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>

#include "words/english.h"
#include "words/query.h"
#include "words/snippet.h"
#include "words/spelling.h"

namespace onggi::words {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> terms;
  for (const Token& token : analyse(text))
    if (!token.is_stop) terms.push_back(token.term);
  return terms;
}

std::string one(std::string_view text) {
  const std::vector<std::string> all = terms(text);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " terms";
}

TEST(Analysis, forms_of_an_english_word_are_one_term) {
  EXPECT_EQ(one("Painting"), one("paints"));
  EXPECT_EQ(one("painted"), one("PAINT"));
  EXPECT_EQ(one("went"), one("goes"));
  EXPECT_EQ(one("bought"), one("buying"));
  EXPECT_EQ(one("children"), one("child"));
  EXPECT_EQ(one("studies"), one("study"));
  EXPECT_EQ(one("adoption"), one("adopted"));
  EXPECT_EQ(one("colour"), one("colors"));
  EXPECT_NE(one("university"), one("universe"));
}

TEST(Analysis, porter2_gives_what_its_author_says) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"consist", "consist"},
                                                                 {"consistency", "consist"},
                                                                 {"consolation", "consol"},
                                                                 {"knightly", "knight"},
                                                                 {"generously", "generous"},
                                                                 {"hopping", "hop"},
                                                                 {"relational", "relat"},
                                                                 {"caresses", "caress"},
                                                                 {"cries", "cri"},
                                                                 {"luxuriated", "luxuri"},
                                                                 {"agreed", "agre"},
                                                                 {"happiness", "happi"},
                                                                 {"conditional", "condit"},
                                                                 {"electricity", "electr"},
                                                                 {"by", "by"},
                                                                 {"say", "say"},
                                                                 {"gaps", "gap"},
                                                                 {"this", "this"}};
  for (const auto& [word, expected] : cases) EXPECT_EQ(stem(word), expected) << word;
}

TEST(Analysis, possessives_and_contractions_lose_their_ends) {
  EXPECT_EQ(one("Caroline's"), one("Caroline"));
  EXPECT_EQ(one("Caroline\xE2\x80\x99s"), one("Caroline"));
  EXPECT_THAT(terms("I'm sure they don't and we'll what's"), ElementsAre("sure"));
  EXPECT_EQ(one("o'clock"), "oclock");
}

TEST(Analysis, stop_words_are_terms_that_are_marked) {
  EXPECT_THAT(terms("What is the name of that?"), ElementsAre("name"));
  EXPECT_EQ(analyse("to be or not to be").size(), 6U);
}

TEST(Analysis, text_is_normalised_and_folded) {
  EXPECT_EQ(one("Café"), "cafe");
  EXPECT_EQ(one("CAFE\xCC\x81"), "cafe");
  EXPECT_EQ(one("ＡＢＣＤ"), "abcd");
  EXPECT_EQ(one("Straße"), "strass");
  EXPECT_EQ(one("Ø"), "o");
  EXPECT_EQ(one("Ελλάδα"), one("ΕΛΛΑΔΑ"));
}

TEST(Analysis, korean_is_found_with_and_without_particles) {
  EXPECT_THAT(terms("메모리"), ElementsAre("메모", "모리"));
  EXPECT_EQ(terms("메모리를"), terms("메모리"));
  EXPECT_EQ(terms("기억이"), terms("기억"));
  EXPECT_THAT(terms("집에서"), ElementsAre("집"));
  // Decomposed, as some file systems give it.
  EXPECT_EQ(terms("\xE1\x84\x80\xE1\x85\xB5\xE1\x84\x8B\xE1\x85\xA5\xE1\x86\xA8"), terms("기억"));
}

TEST(Analysis, chinese_and_japanese_are_bigrams) {
  EXPECT_THAT(terms("東京都"), ElementsAre("東京", "京都"));
  EXPECT_THAT(terms("カメラ"), ElementsAre("カメ", "メラ"));
  EXPECT_EQ(terms("ｶﾒﾗ"), terms("カメラ"));
  EXPECT_THAT(terms("水"), ElementsAre("水"));
}

TEST(Analysis, numbers_and_dates_stay_whole) {
  EXPECT_THAT(terms("1,000 3.5 10:30 5th"), ElementsAre("1000", "3.5", "10:30", "5"));
  for (const std::string_view date : {"7 May 2023", "May 7, 2023", "7th of May 2023", "2023-05-07"})
    EXPECT_THAT(terms(date), AllOf(Contains("2023-05-07"), Contains("--05-07"))) << date;
  EXPECT_THAT(terms("2023년 5월 7일"), AllOf(Contains("2023-05-07"), Contains("--05-07")));
  EXPECT_THAT(terms("on May 7"), Contains("--05-07"));
  EXPECT_THAT(terms("I may go"), Not(Contains("may")));
}

TEST(Analysis, joined_words_are_taken_apart) {
  EXPECT_THAT(terms("user_name example.com"), ElementsAre("user", "name", "exampl", "com"));
  EXPECT_EQ(one("U.K."), "uk");
  EXPECT_EQ(one("e-mail"), one("email"));
}

TEST(Analysis, tokens_stand_where_they_say) {
  const std::string text = "Ünder the 기억을 bridge, 5 May 2023";
  for (const Token& token : analyse(text)) {
    EXPECT_LT(token.begin, token.end);
    EXPECT_LE(token.end, text.size());
    if (token.term == "bridg") {
      EXPECT_EQ(text.substr(token.begin, token.end - token.begin), "bridge");
    }
    if (token.term == "기억") {
      EXPECT_EQ(text.substr(token.begin, token.end - token.begin), "기억");
    }
  }
}

TEST(Analysis, a_turn_says_whose_it_is) {
  EXPECT_EQ(speaker_prefix("Caroline: hello"), 9U);
  EXPECT_EQ(speaker_prefix("민지: 안녕"), 7U);
  EXPECT_EQ(speaker_prefix("user: hello"), 5U);
  EXPECT_EQ(speaker_prefix("note: hello"), 0U);
  EXPECT_EQ(speaker_prefix("See http://x"), 0U);
  EXPECT_EQ(speaker_prefix("We met at 10: 30 people"), 0U);
}

TEST(Analysis, damaged_and_huge_text_is_passed_over) {
  EXPECT_THAT(terms(""), IsEmpty());
  EXPECT_THAT(terms(" ... !?"), IsEmpty());
  EXPECT_NO_THROW(analyse("\xFF\xFE abc \xC3"));
  EXPECT_EQ(one(std::string(10'000, 'x')).size(), max_term_bytes);
}

// Text of ASCII alone is mostly seen without ICU. What is not goes all to ICU, which must see the
// same words.
TEST(Analysis, plain_text_has_the_words_that_icu_sees) {
  constexpr std::string_view pieces[] = {
      "Meet", "me",      "don't",    "e-mail", "U.S.",  "10:30",       "1,000", "3.5", "2023-05-07",
      "7",    "May",     "'quoted'", "\"so\"", "(yes)", "end.",        "why?",  "a_b", "www.x.org",
      "x=1",  "-",       "...",      "5th",    "semi;", "rock'n'roll", "C++",   "a/b", "\t",
      "\r",   "wait...", "1980s",    "l'",     "'s",    "x:y",         ","};
  std::mt19937 random(11);
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      text += pieces[random() % std::size(pieces)];
      if (random() % 8 != 0) text += random() % 5 == 0 ? '\n' : ' ';
    }
    const std::vector<Token> plain = analyse(text);
    std::vector<Token> seen = analyse(text + " \xC3\xB8");  // an ø behind it all
    std::erase_if(seen, [&](const Token& token) { return token.begin > text.size(); });
    ASSERT_EQ(plain.size(), seen.size()) << text;
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_EQ(plain[i].term, seen[i].term) << text;
      EXPECT_EQ(plain[i].begin, seen[i].begin) << text;
      EXPECT_EQ(plain[i].end, seen[i].end) << text;
      EXPECT_EQ(plain[i].is_stop, seen[i].is_stop) << text;
      EXPECT_EQ(plain[i].is_capital, seen[i].is_capital) << text;
      EXPECT_EQ(plain[i].is_extra, seen[i].is_extra) << text;
    }
  }
}

TEST(Query, only_stop_words_are_asked_for_as_they_are) {
  EXPECT_EQ(ask("to be or not", Time{}).terms.size(), 4U);
  EXPECT_EQ(ask("where is the bridge", Time{}).terms.size(), 1U);
}

TEST(Query, dates_are_spans_of_time) {
  const Time now = *parse_time("2023-06-14T12:00:00Z");  // a Wednesday
  const auto span = [](std::string_view from, std::string_view to) {
    return Span{*parse_time(std::string(from) + "T00:00:00Z"),
                *parse_time(std::string(to) + "T00:00:00Z")};
  };
  EXPECT_THAT(ask("What did he do yesterday?", now).dates,
              ElementsAre(span("2023-06-13", "2023-06-14")));
  EXPECT_THAT(ask("the trip last week", now).dates, ElementsAre(span("2023-06-05", "2023-06-12")));
  EXPECT_THAT(ask("on 7 May 2023", now).dates, ElementsAre(span("2023-05-07", "2023-05-08")));
  EXPECT_THAT(ask("in May 2022", now).dates, ElementsAre(span("2022-05-01", "2022-06-01")));
  EXPECT_THAT(ask("in May", now).dates, Contains(span("2023-05-01", "2023-06-01")));
  EXPECT_THAT(ask("in 2021", now).dates, ElementsAre(span("2021-01-01", "2022-01-01")));
  EXPECT_THAT(ask("지난주에 뭐 했어?", now).dates, ElementsAre(span("2023-06-05", "2023-06-12")));
  EXPECT_THAT(ask("5월에", now).dates, Contains(span("2023-05-01", "2023-06-01")));
  EXPECT_THAT(ask("may I go on a march", now).dates, IsEmpty());
}

TEST(Spelling, distance_counts_what_fingers_do) {
  EXPECT_EQ(typing_distance("receive", "recieve", 2), 1);
  EXPECT_EQ(typing_distance("pottery", "potery", 2), 1);
  EXPECT_EQ(typing_distance("kitten", "sitting", 2), 3);
  EXPECT_EQ(typing_distance("", "ab", 2), 2);
  EXPECT_EQ(typing_distance("same", "same", 1), 0);
}

TEST(Snippet, marks_every_form_of_what_was_asked) {
  EXPECT_EQ(snippet("She painted two paintings.", {"paint"}),
            "She <mark>painted</mark> two <mark>paintings</mark>.");
  EXPECT_EQ(snippet("나는 메모리를 샀다", {"메모", "모리"}), "나는 <mark>메모리</mark>를 샀다");
  EXPECT_EQ(snippet("Nothing here", {"other"}), "Nothing here");
}

TEST(Snippet, shows_where_the_words_stand_together) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "filler words here ";
  text += "the kiln arrived late ";
  for (int i = 0; i < 200; ++i) text += "more of the same ";
  const std::string shown = snippet(text, {"kiln", "arriv"});
  EXPECT_TRUE(shown.starts_with("... "));
  EXPECT_TRUE(shown.ends_with(" ..."));
  EXPECT_NE(shown.find("<mark>kiln</mark> <mark>arrived</mark>"), std::string::npos);
  EXPECT_LT(shown.size(), snippet_bytes + 120);
}

}  // namespace
}  // namespace onggi::words
