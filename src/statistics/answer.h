// What the statements of a read give (reading.h), and the figures that follow from it.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "statistics/reading.h"

namespace onggi::statistics {

struct Weighed {
  std::int64_t id;  // of a change
  std::int64_t weight;
  store::Contribution what;
  bool takes_away() const { return weight < 0 && what.duration_ms; }
};

// Dates of a user whose rows do not count, but its executions.
struct Gap {
  Date first = latest_date;
  Date last = earliest_date;
  bool is_empty() const { return first > last; }
  bool holds(Date date) const { return date >= first && date <= last; }
  bool holds(const Gap& other) const {
    return other.is_empty() || (first <= other.first && last >= other.last);
  }
  void widen(Date from, Date to) {
    first = std::min(first, from);
    last = std::max(last, to);
  }
};

// Everything that a statement gives.
struct Found {
  std::map<Uuid, Lifetime> lifetimes;
  std::vector<Weighed> changes;
  std::vector<std::pair<RowKey, Figures>> rows;
  std::vector<std::pair<Uuid, Figures>> weeks;  // by subject, of dates that are asked for
  std::vector<std::pair<Uuid, std::pair<Time, Seconds>>> hours;
  // Of what there is besides executions.
  std::optional<std::int64_t> counts_version;
  bool has_counts = false;
  std::array<std::int64_t, 4> resources{};
  std::array<std::int64_t, 4> memory{};
};

// The dates that a question asks for, both included, where it is `today` in the user's zone.
std::pair<Date, Date> dates_of(const Question& question, Date today);
// Where a question wants what is of a date and an agent or workflow.
ItemKey key_of(Group group, Date date, const Uuid& subject);
// How many of an hour's executions have started in the 24 hours before `now`, to the second.
std::int64_t recent_of(Time hour, const Seconds& seconds, Time now);

// Made of the rows of a statement, asked for its gaps, finished.
class Answer {
 public:
  explicit Answer(Question question) : question_(std::move(question)) {}

  bool is_whole() const { return is_whole_; }
  void take(const db::Row& row);
  // What executions are to be read, by user; empty: none.
  std::map<Uuid, Gap> gaps();
  // The bounds of dates that the statement is asked for.
  Date first() const;
  Date last() const;
  // Weeks whose dates are all asked for, from the first on and before the second: Mondays.
  std::pair<Date, Date> weeks() const;
  Reading finish(const std::map<Uuid, Gap>& gaps);
  const Question& question() const { return question_; }
  const Found& found() const { return found_; }
  Dates& dates_of(const Uuid& user);
  // Executions of the gaps, as they come.
  void add_execution(const store::Contribution& what) { executions_.push_back({0, 1, what}); }
  void ask_for_whole() { is_whole_ = true; }

 private:
  Date today();
  Date to() { return statistics::dates_of(question_, today()).second; }
  Date from() { return statistics::dates_of(question_, today()).first; }
  bool is_asked(Date date, const Uuid& subject);
  void count_all_time(Reading& reading);

  Question question_;
  Found found_;
  std::vector<Weighed> executions_;
  std::unordered_map<Uuid, Dates> dates_;
  bool is_whole_ = false;
};

// What of an answer is known already: where the owner's statistics are still of this version rows
// and hours are not given, and of changes those behind the last.
struct Known {
  std::int64_t version = -1;  // none
  std::int64_t last_change = 0;
  // The version of the counts of what there is besides executions. Where a store tells none: 0.
  std::int64_t counts = -1;
};

// An answer, and the dates of whose rows it does without.
struct Whole {
  std::shared_ptr<Answer> answer;
  std::map<Uuid, Gap> gaps;
};
// What moves with the clock alone is told to the second.
constexpr Time second_of(Time time) {
  return Time{time.ms / 1'000 * 1'000};
}
// From when on the hours of a dashboard are read.
Time hours_asked(Time now);
// Of one user. One statement.
Task<std::shared_ptr<Answer>> ask(db::Database& database, db::Cost& cost, Question question,
                                  Known known);
// The whole of an answer, or of what is given instead where it is `partial`: none, one statement or
// two more.
Task<Whole> complete(db::Database& database, db::Cost& cost, std::shared_ptr<Answer> answer,
                     bool is_partial);

}  // namespace onggi::statistics
