// What English does to words, undone: the one form under which all forms of a word are found.
//
// The algorithm is Porter2 ("English" of Snowball, M. F. Porter 2001,
// https://snowballstem.org/algorithms/english/stemmer.html), preceded by a table of what no rule
// knows: irregular verbs and plurals (went, children), spelling on either side of the Atlantic
// (colour), and everyday short forms (mum, bike).
#pragma once

#include <string>
#include <string_view>

namespace onggi::words {

// Of a word in lower case, a-z and digits; anything else is returned as it came.
std::string stem(std::string_view word);

// Whether the word, in lower case and without apostrophes' tails, says so little that a search
// passes over it: articles, pronouns, auxiliaries, prepositions, question words.
bool is_stop_word(std::string_view word);

// 1-12 for the full name of a month or its usual abbreviation (jan, sept), in lower case; else 0.
int month_of(std::string_view word);
std::string_view month_name(int month);

}  // namespace onggi::words
