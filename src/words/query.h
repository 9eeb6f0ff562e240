// What is asked: the query's terms, the names in it and its dates.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace onggi::words {

// [from, to)
struct Span {
  Time from;
  Time to;
  bool operator==(const Span&) const = default;
};

struct Query {
  struct Term {
    std::string text;
    double weight = 1;  // the bigrams of one word share a word's
    bool may_be_misspelt = false;
  };
  // Each once, in the order of the query. Stop words only where there is nothing else.
  std::vector<Term> terms;
  // Times that it speaks of: "in May 2023", "7 May", "last week", "yesterday", "2023-05-07", `5월`,
  // `어제`, by the calendar of UTC, relative ones from `now`.
  std::vector<Span> dates;

  bool has(std::string_view term) const;
};

Query ask(std::string_view text, Time now);

}  // namespace onggi::words
