#include "db/place.h"

#include <gtest/gtest.h>

namespace onggi::db {
namespace {

const std::string term = "ST34567890123456";
const std::string least(16, '\0');
const std::string greatest(16, '\xFF');
constexpr Time span_length{std::int64_t{1} << span_bits};

TEST(PlaceTest, compares_as_the_time_and_then_the_rest) {
  const Time times[] = {earliest_time, Time{-1}, Time{0}, Time{1}, latest_time};
  for (const Time& time : times) {
    EXPECT_LT(place_of(time, least), place_of(time, greatest));
    EXPECT_EQ(read_place(place_of(time, greatest))->time, time);
    EXPECT_EQ(read_place(place_of(time, greatest))->rest, greatest);
  }
  for (std::size_t i = 1; i < std::size(times); ++i)
    EXPECT_LT(place_of(times[i - 1], greatest), place_of(times[i], least));
  EXPECT_FALSE(read_place("1234567"));
}

TEST(PlaceTest, terms_of_memories_lie_by_scope_span_and_term) {
  const std::string place = place_of(Time{0}, least);
  const std::string kept = memory_term(term, place);
  EXPECT_EQ(kept.size(), term.size() + term_span_bytes);
  EXPECT_EQ(kept.substr(0, term_scope_bytes), "ST");
  EXPECT_EQ(kept.substr(term_scope_bytes + term_span_bytes), term.substr(term_scope_bytes));
  EXPECT_EQ(kept, memory_term(term, place_of(Time{span_length.ms - 1}, greatest)));
  EXPECT_LT(kept, memory_term("ST00000000000000", place_of(span_length, least)));
  EXPECT_GT(kept, memory_term("STzzzzzzzzzzzzzz", place_of(Time{-1}, greatest)));
  EXPECT_LT(memory_term("STzzzzzzzzzzzzzz", place_of(earliest_time, least)), kept);
  EXPECT_GT(memory_term("ST00000000000000", place_of(latest_time, least)), kept);
  // Of the scope alone: what is before the span.
  EXPECT_LE(memory_term("ST", place), memory_term(term, place));
  EXPECT_GT(memory_term("ST", place), memory_term(term, place_of(Time{-1}, greatest)));
  EXPECT_EQ(memory_term(term, "too few"), "");
  EXPECT_EQ(memory_term("S", place), "");
}

TEST(PlaceTest, the_end_of_a_span_is_behind_all_of_it_and_before_the_next) {
  for (const std::int64_t span : {-60'000, -2, -1, 0, 1, 1'700, 230'000}) {
    const Time first{span * span_length.ms};
    const Time last{first.ms + span_length.ms - 1};
    const std::string end = memory_span_end(memory_term(term, place_of(first, least)));
    EXPECT_EQ(end, memory_span_end(memory_term("ST", place_of(last, greatest))));
    EXPECT_GE(end, place_of(last, greatest));
    EXPECT_LT(end, place_of(Time{last.ms + 1}, least));
    EXPECT_EQ(memory_term(term, end), memory_term(term, place_of(first, least)));
  }
  EXPECT_EQ(memory_span_end("ST12"), "");
  EXPECT_EQ(memory_span_end(""), "");
}

}  // namespace
}  // namespace onggi::db
