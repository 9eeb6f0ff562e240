// The formula by which memories are ranked, in one place.
//
//   score(d) = words(d) * speaker(d) * asks(d) * date(d) * importance(d) * age(d)
//
//   words(d) = sum over the query's words t of
//                weight(t) * idf(t) * max(bm(t, d), max over o of lent(o) * bm(t, neighbour(d, o)))
//
//   bm(t, d)  = tf * (k1 + 1) / (tf + k1 * (1 - b + b * length(d) / average length))
//   idf(t)    = ln(1 + (N - df + 0.5) / (df + 0.5))
//
// which without neighbours is BM25 (S. Robertson, H. Zaragoza: The Probabilistic Relevance
// Framework: BM25 and Beyond, Foundations and Trends in Information Retrieval 3(4), 2009), with the
// idf that is never negative (as in Lucene). N, df and the average length are those of the agent's
// memories that have not expired. tf counts a word of the metadata, and of the speaker's name, half
// (a simple BM25F, same source).
//
// Context: neighbour(d, o) is the o-th memory after d (before it, for negative o) by created_at,
// then arrival, in the same session. A neighbour supplies the words that the memory itself lacks:
// for each word the best of them counts, so a memory gains nothing from another that says the same.
//
// speaker: whose name is asked for is the one who speaks; the name itself, where it is that of
// somebody who speaks in the agent's memories, weighs little as a word, since it mostly stands in
// turns of others who address him. asks: what ends with a question answers none. date: created
// within (or soon after) the dates that the query names. importance and age are nudges: they order
// what is otherwise about equally relevant, and cannot do more, since together they make up
// `nudges_max`.
//
// The weights were tuned by hand on bench/retrieval, which is small and our own: in coarse steps,
// and none was taken that helped a few of its questions only.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "base/clock.h"

namespace onggi::words {

struct Weights {
  double k1 = 1.2;
  double b = 0.15;  // of a turn that is longer mostly more is said, not the same in more words
  // What a neighbour lends, by its distance: a question stands before its answer, so what comes
  // before lends more than what comes after.
  std::array<double, 2> before = {0.6, 0.3};
  std::array<double, 2> after = {0.4, 0.2};
  double speaker = 0.6;
  double name = 0.2;
  double asks = 0.7;
  double date_within = 0.25;
  double date_soon_after = 0.1;
  double importance = 0.01;  // high +, low -
  double age = 0.01;         // of what is new; halves every 30 days
  // Of what stands in the place of a word that the agent's memory does not have.
  double one_typo = 0.6;
  double two_typos = 0.35;
  double same_beginning = 0.5;
};

// The whole formula, BM25 with context, BM25 alone.
inline constexpr Weights whole_formula{};
constexpr Weights with_context() {
  Weights weights;
  weights.speaker = weights.date_within = weights.date_soon_after = 0;
  weights.name = weights.asks = 1;
  weights.b = 0.75;
  weights.importance = weights.age = 0;
  weights.one_typo = weights.two_typos = weights.same_beginning = 0;
  return weights;
}
constexpr Weights plain_bm25() {
  Weights weights = with_context();
  weights.before = weights.after = {0, 0};
  return weights;
}

inline constexpr double nudges_max = 0.02;
static_assert(whole_formula.importance + whole_formula.age <= nudges_max);

// What a word of which there are df in N memories tells.
inline double idf(std::uint32_t memories, std::uint32_t df) {
  const double without = static_cast<double>(memories) - static_cast<double>(df);
  return std::log(1.0 + (without + 0.5) / (static_cast<double>(df) + 0.5));
}

inline double bm(const Weights& weights, double tf, double length, double average) {
  const double norm = 1.0 - weights.b + weights.b * length / average;
  return tf * (weights.k1 + 1.0) / (tf + weights.k1 * norm);
}

// The most that bm() can be.
inline double bm_max(const Weights& weights) {
  return weights.k1 + 1.0;
}

// level: 0 low, 1 medium, 2 high.
inline double importance_factor(const Weights& weights, int level) {
  return 1.0 + weights.importance * (level - 1);
}

inline double age_factor(const Weights& weights, Time created_at, Time now) {
  const double days =
      std::max(0.0, static_cast<double>(now.ms - created_at.ms) / static_cast<double>(day_ms));
  return 1.0 + weights.age * std::exp2(-days / 30.0);
}

}  // namespace onggi::words
