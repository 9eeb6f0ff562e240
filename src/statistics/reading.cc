#include "statistics/reading.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "sql/catalogue.h"
#include "statistics/fold.h"
#include "statistics/weeks.h"
#include "store/memories.h"

namespace onggi::statistics {
namespace {

enum Part : std::int64_t { lifetime, change, row, execution, resources, hour, memory, week };

struct Weighed {
  std::int64_t weight;
  store::Contribution what;
};

std::optional<Date> date_in(const db::Row& row, int column) {
  const std::optional<std::string_view> text = row.maybe_text(column);
  return text ? parse_date(*text) : std::nullopt;
}

// A user's lifetime, as a read gives it; one who has none is of no zone, and nothing is built.
Lifetime lifetime_in(const db::Row& row) {
  Lifetime lifetime{.user_id = row.uuid(1), .zone = {}};
  lifetime.timezone = row.text(3);
  if (row.is_null(20)) return lifetime;
  lifetime.zone = row.text(20);
  lifetime.is_counted = row.boolean(4);
  for (int i = 0; i < 5; ++i) lifetime.count[static_cast<std::size_t>(i)] = row.integer(5 + i);
  lifetime.version = row.integer(14);
  lifetime.built_from = date_in(row, 21);
  if (!row.is_null(23)) {
    lifetime.horizon = row.time(23);
    lifetime.frozen_until = row.time(24);
    lifetime.frozen_date = date_in(row, 22).value();
  }
  return lifetime;
}

Weighed change_in(const db::Row& row) {
  const model::Status status = store::status_of(row.text(3));
  return {row.integer(4),
          {.user_id = row.uuid(1),
           .subject_id = row.uuid(2),
           .started_at = row.time(23),
           .status = status,
           .duration_ms = status == model::Status::running ? std::nullopt : row.maybe_integer(10),
           .llm_call_count = row.integer(14),
           .llm_prompt_tokens = row.integer(15),
           .llm_completion_tokens = row.integer(16),
           .llm_total_tokens = row.integer(17),
           .tool_call_count = row.integer(18),
           .cost_nanos = row.integer(19)}};
}

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
  std::array<std::int64_t, 4> resources{};
  std::array<std::int64_t, 4> memory{};
};

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
  const Found& found() const { return found_; }
  Dates& dates_of(const Uuid& user);
  // Executions of the gaps, as they come.
  void add_execution(const store::Contribution& what) { executions_.push_back({1, what}); }
  void ask_for_whole() { is_whole_ = true; }

 private:
  Date today();
  Date to();
  Date from();
  void count(Reading& reading, const Uuid& user, Date date, const Uuid& subject,
             const Figures& figures);
  void count(std::map<ItemKey, Delta>& more, const Uuid& user, Date date, const Weighed& change);
  bool is_asked(Date date, const Uuid& subject);
  void count_all_time(Reading& reading);
  ItemKey key_of(Date date, const Uuid& subject) const;

  Question question_;
  Found found_;
  std::vector<Weighed> executions_;
  std::unordered_map<Uuid, Dates> dates_;
  bool is_whole_ = false;
};

void Answer::take(const db::Row& row) {
  switch (row.integer(0)) {
    case Part::lifetime: {
      Lifetime lifetime = lifetime_in(row);
      const Uuid user = lifetime.user_id;
      found_.lifetimes.emplace(user, std::move(lifetime));
      return;
    }
    case Part::change:
      found_.changes.push_back(change_in(row));
      return;
    case Part::row:
      found_.rows.emplace_back(RowKey{row.uuid(1), parse_date(row.text(3)).value(), row.boolean(4),
                                      row.maybe_uuid(2).value_or(Uuid{})},
                               figures_of(row, 5));
      return;
    case Part::week:
      found_.weeks.emplace_back(row.uuid(2), figures_of(row, 5));
      return;
    case Part::execution:
      executions_.push_back(change_in(row));
      return;
    case Part::resources:
      for (int i = 0; i < 4; ++i)
        found_.resources[static_cast<std::size_t>(i)] = row.integer(5 + i);
      return;
    case Part::memory:
      found_.memory[static_cast<std::size_t>(store::type_of_shelf(row.integer(4)))] +=
          row.integer(5) - row.integer(6);
      return;
    case Part::hour:
      found_.hours.push_back({row.uuid(1), {row.time(23), Seconds::read(row.text(13))}});
      return;
    default:
      throw std::logic_error("a part that nobody knows");
  }
}

Dates& Answer::dates_of(const Uuid& user) {
  return dates_.try_emplace(user, found_.lifetimes.at(user), true).first->second;
}

Date Answer::today() {
  if (!question_.user || found_.lifetimes.empty()) return Calendar("UTC").date_of(question_.now);
  return dates_of(*question_.user).calendar().date_of(question_.now);
}

Date Answer::to() {
  if (question_.to) return *question_.to;
  const Date date = today();
  return question_.from ? std::max(date, *question_.from) : date;
}

Date Answer::from() {
  if (question_.from) return *question_.from;
  return std::max(earliest_date, Date{to().days - question_.days + 1});
}

// Today is a day earlier or later somewhere.
Date Answer::first() const {
  if (is_whole_) return earliest_date;
  if (question_.from) return *question_.from;
  const Date utc = question_.to ? *question_.to : Calendar("UTC").date_of(question_.now);
  return std::max(earliest_date, Date{utc.days - question_.days});
}

Date Answer::last() const {
  if (is_whole_) return latest_date;
  if (question_.to) return *question_.to;
  const Date utc{Calendar("UTC").date_of(question_.now).days + 1};
  return question_.from ? std::max(utc, *question_.from) : utc;
}

std::pair<Date, Date> Answer::weeks() const {
  constexpr std::int32_t days = 7;                                         // of a week
  const std::int32_t today = Calendar("UTC").date_of(question_.now).days;  // or a day off
  const Date last = question_.to.value_or(Date{today - 1});
  const Date from{question_.to.value_or(Date{today + 1}).days - question_.days + 1};
  const Date first = question_.from.value_or(from);
  if (is_whole_ || last.days - first.days < days) return {latest_date, latest_date};
  const Date begin = week_of(Date{first.days + days - 1});
  const Date end = week_of(Date{last.days + 1});
  if (begin >= end) return {latest_date, latest_date};
  return {begin, end};
}

std::map<Uuid, Gap> Answer::gaps() {
  std::map<Uuid, Gap> gaps;
  const Date first = is_whole_ ? earliest_date : from();
  const Date last = is_whole_ ? latest_date : to();
  for (const auto& [user, lifetime] : found_.lifetimes) {
    Gap& gap = gaps[user];
    if (!lifetime.is_of_zone() || !lifetime.built_from)
      gap.widen(first, last);
    else if (*lifetime.built_from > first)
      gap.widen(first, std::min(last, Date{lifetime.built_from->days - 1}));
    if (question_.is_dashboard && !lifetime.is_counted) {
      is_whole_ = true;
      gap.widen(first, last);
    }
  }
  for (const Weighed& change : found_.changes) {
    const bool takes_away = change.weight < 0 && change.what.duration_ms;
    const auto lifetime = found_.lifetimes.find(change.what.user_id);
    if (!takes_away || lifetime == found_.lifetimes.end()) continue;
    if (lifetime->second.is_frozen(change.what.started_at)) continue;
    const Date date = dates_of(change.what.user_id).date_of(change.what.started_at);
    if (date >= first && date <= last) gaps[change.what.user_id].widen(date, date);
  }
  std::erase_if(gaps, [](const auto& gap) { return gap.second.is_empty(); });
  return gaps;
}

bool Answer::is_asked(Date date, const Uuid& subject) {
  return date >= from() && date <= to() && (!question_.subject || subject == *question_.subject);
}

ItemKey Answer::key_of(Date date, const Uuid& subject) const {
  switch (question_.group) {
    case Group::day:
      return {.date = date};
    case Group::subject:
      return {.subject_id = subject};
    case Group::none:
      break;
  }
  return {};
}

Reading Answer::finish(const std::map<Uuid, Gap>& gaps) {
  Reading reading{.from = from(), .to = to()};
  const auto is_in_gap = [&](const Uuid& user, Date date) {
    const auto gap = gaps.find(user);
    return gap != gaps.end() && gap->second.holds(date);
  };
  for (const auto& [key, figures] : found_.rows) {
    const bool counts = key.is_frozen || !is_in_gap(key.user_id, key.date);
    const bool is_of_subject = !question_.subject || key.subject_id == *question_.subject;
    if (counts && is_of_subject && key.date >= reading.from && key.date <= reading.to)
      reading.items[key_of(key.date, key.subject_id)].add(figures);
  }
  for (const auto& [subject, figures] : found_.weeks)
    reading.items[key_of({}, subject)].add(figures);
  std::map<ItemKey, Delta> more;
  const auto add = [&](const Weighed& change, bool is_execution) {
    const auto lifetime = found_.lifetimes.find(change.what.user_id);
    if (lifetime == found_.lifetimes.end()) return;
    const bool is_frozen = lifetime->second.is_frozen(change.what.started_at);
    const Date date = dates_of(change.what.user_id).date_of(change.what.started_at);
    const bool is_of_gap = !is_frozen && is_in_gap(change.what.user_id, date);
    if (is_execution ? !is_of_gap : is_of_gap) return;
    if (is_asked(date, change.what.subject_id))
      more[key_of(date, change.what.subject_id)].add(change.what, change.weight);
  };
  for (const Weighed& change : executions_) add(change, true);
  for (const Weighed& change : found_.changes) add(change, false);
  for (const auto& [key, delta] : more) delta.apply(reading.items[key]);
  std::erase_if(reading.items, [](const auto& item) { return item.second == Figures{}; });
  if (question_.user && !found_.lifetimes.empty()) {
    reading.timezone = found_.lifetimes.begin()->second.timezone;
    reading.frozen_before = dates_of(*question_.user).frozen_before();
  }
  if (question_.is_dashboard) count_all_time(reading);
  return reading;
}

void Answer::count_all_time(Reading& reading) {
  const Time since{(question_.now.ms - day_ms) / 1'000 * 1'000};
  const auto is_recent = [&](Time at) {
    return at >= since && at.ms < (question_.now.ms / 1'000 + 1) * 1'000;
  };
  const auto is_counted = [&](const Uuid& user) {
    const auto lifetime = found_.lifetimes.find(user);
    return lifetime != found_.lifetimes.end() && lifetime->second.is_counted;
  };
  const auto add = [&](const Weighed& change) {
    reading.count[static_cast<std::size_t>(change.what.status)] += change.weight;
    if (is_recent(change.what.started_at)) reading.last_24h += change.weight;
  };
  for (const auto& [user, lifetime] : found_.lifetimes)
    for (std::size_t i = 0; lifetime.is_counted && i < lifetime.count.size(); ++i)
      reading.count[i] += lifetime.count[i];
  for (const Weighed& change : found_.changes)
    if (is_counted(change.what.user_id)) add(change);
  for (const auto& [user, hour] : found_.hours) {
    if (!is_counted(user)) continue;
    const auto& [begin, seconds] = hour;
    const auto second = [&](std::int64_t ms) {
      return static_cast<int>(std::clamp<std::int64_t>((ms - begin.ms) / 1'000, 0, 3'600));
    };
    reading.last_24h += seconds.count(second(since.ms), second(question_.now.ms + 1'000));
  }
  // Of who is not counted yet all executions were read.
  for (const Weighed& change : executions_) {
    const auto lifetime = found_.lifetimes.find(change.what.user_id);
    if (lifetime == found_.lifetimes.end() || lifetime->second.is_counted) continue;
    if (!lifetime->second.is_frozen(change.what.started_at)) add(change);
  }
  for (const auto& [key, figures] : found_.rows)
    for (std::size_t i = 0; key.is_frozen && !is_counted(key.user_id) && i < 5; ++i)
      reading.count[i] += figures.count[i];
  reading.resources = found_.resources;
  reading.memory = found_.memory;
}

const db::Statement& statement_of(const Question& question) {
  const Statements& sql = statements_of(question.kind);
  if (question.is_dashboard)
    return question.user ? sql::statistics_dashboard : sql::statistics_dashboard_of_everybody;
  if (!question.user)
    return question.subject || question.group == Group::subject ? sql.everybodys_subjects
                                                                : sql.everybodys_days;
  if (question.subject) return sql.subject;
  return question.group == Group::subject ? sql.subjects : sql.days;
}

struct Asked {
  std::string first, last;
  std::string weeks_from, weeks_until;
  Time from{}, to{};
  Uuid least{}, above{};
  std::optional<Uuid> user, subject;
  Time hours{};
  Time now{};
  bool is_dashboard = false;

  db::Params params() const {
    db::Params params = db::Params::of(user, first, last, from, to, least, above);
    if (is_dashboard)
      params.add(hours).add(now);
    else
      params.add(subject).add(weeks_from).add(weeks_until);
    return params;
  }
};

Asked asked_of(const Question& question, const Answer& answer) {
  const auto [weeks_from, weeks_until] = answer.weeks();
  return {.first = to_string(answer.first()),
          .last = to_string(answer.last()),
          .weeks_from = to_string(weeks_from),
          .weeks_until = to_string(weeks_until),
          .user = question.user,
          .subject = question.subject,
          .hours = hour_of(Time{question.now.ms - day_ms}),
          .now = question.now,
          .is_dashboard = question.is_dashboard};
}

Task<std::shared_ptr<Answer>> ask(db::Database& database, db::Cost& cost, Question question,
                                  Asked asked, bool is_whole) {
  std::function<Task<std::shared_ptr<Answer>>(db::Connection&)> body =
      [question, asked, is_whole](db::Connection& connection) -> Task<std::shared_ptr<Answer>> {
    auto answer = std::make_shared<Answer>(question);
    if (is_whole) answer->ask_for_whole();
    std::function<bool(const db::Row&)> take = [&answer](const db::Row& row) {
      answer->take(row);
      return true;
    };
    co_await connection.scan(statement_of(question), asked.params(), std::move(take));
    co_return answer;
  };
  std::shared_ptr<Answer> answer =
      co_await database.read_one<std::shared_ptr<Answer>>(cost, std::move(body));
  co_return answer;
}

constexpr int looks_max = 8;

Task<Reading> read_own(db::Database& database, db::Cost& cost, Question question) {
  std::map<Uuid, Gap> read;
  Asked asked = asked_of(question, Answer(question));
  bool is_whole = false;
  for (int i = 0; i < looks_max; ++i) {
    const std::shared_ptr<Answer> answer = co_await ask(database, cost, question, asked, is_whole);
    std::map<Uuid, Gap> gaps = answer->gaps();
    if (answer->is_whole() && !is_whole) {
      is_whole = true;
      gaps = answer->gaps();
    }
    const Gap gap = gaps.empty() ? Gap{} : gaps.begin()->second;
    const Gap had = read.empty() ? Gap{} : read.begin()->second;
    std::pair<Time, Time> span{};
    if (!gap.is_empty()) span = answer->dates_of(*question.user).span_of(gap.first, gap.last);
    const bool is_covered =
        gap.is_empty() || (had.holds(gap) && asked.from <= span.first && asked.to >= span.second);
    if (is_covered) {
      Reading reading = answer->finish(gaps);
      co_return reading;
    }
    read = std::move(gaps);
    asked = asked_of(question, *answer);
    asked.weeks_from = asked.weeks_until;  // some of their days do not count
    std::tie(asked.from, asked.to) = span;
    std::tie(asked.least, asked.above) = ids_between(asked.from, asked.to);
  }
  throw Unavailable("The statistics change faster than they can be read; try again.", "statistics",
                    Cause::collision);
}

Task<Reading> read_everybodys(db::Database& database, db::Cost& cost, Question question) {
  std::function<Task<Reading>(db::Connection&)> body =
      [question](db::Connection& connection) -> Task<Reading> {
    auto answer = std::make_shared<Answer>(question);
    Asked asked = asked_of(question, *answer);
    std::function<bool(const db::Row&)> take = [&answer](const db::Row& row) {
      answer->take(row);
      return true;
    };
    co_await connection.scan(statement_of(question), asked.params(), take);
    std::map<Uuid, Gap> gaps = answer->gaps();
    if (answer->is_whole()) gaps = answer->gaps();
    std::vector<std::pair<Uuid, Uuid>> ids;
    ids.reserve(gaps.size());
    std::vector<db::Params> spans;
    for (const auto& [user, gap] : gaps) {
      const auto [from, to] = answer->dates_of(user).span_of(gap.first, gap.last);
      const auto& [least, above] = ids.emplace_back(ids_between(from, to));
      spans.push_back(db::Params::of(user, from, to, least, above));
    }
    const db::Rows executions =
        co_await connection.many_each(statements_of(question.kind).executions_each, spans);
    for (const db::Row row : executions)
      answer->add_execution(store::Contribution::of(row, 1, row.uuid(0)));
    Reading reading = answer->finish(gaps);
    co_return reading;
  };
  Reading reading = co_await database.read<Reading>(cost, std::move(body));
  co_return reading;
}

}  // namespace

Task<Reading> read(db::Database& database, db::Cost& cost, Question question) {
  if (question.user) {
    Reading reading = co_await read_own(database, cost, std::move(question));
    co_return reading;
  }
  Reading reading = co_await read_everybodys(database, cost, std::move(question));
  co_return reading;
}

}  // namespace onggi::statistics
