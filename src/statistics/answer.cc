#include "statistics/answer.h"

#include <algorithm>
#include <stdexcept>

#include "statistics/fold.h"
#include "statistics/weeks.h"
#include "store/memories.h"

namespace onggi::statistics {
namespace {

enum Part : std::int64_t { lifetime, change, row, execution, resources, hour, memory, week };

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
  return {row.maybe_integer(5).value_or(0),
          row.integer(4),
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

}  // namespace

std::pair<Date, Date> dates_of(const Question& question, Date today) {
  const Date until = question.from ? std::max(today, *question.from) : today;
  const Date to = question.to.value_or(until);
  return {question.from.value_or(std::max(earliest_date, Date{to.days - question.days + 1})), to};
}

ItemKey key_of(Group group, Date date, const Uuid& subject) {
  switch (group) {
    case Group::day:
      return {.date = date};
    case Group::subject:
      return {.subject_id = subject};
    case Group::none:
      break;
  }
  return {};
}

Time hours_asked(Time now) {
  return hour_of(Time{now.ms - day_ms});
}

std::int64_t recent_of(Time hour, const Seconds& seconds, Time now) {
  const auto second = [&](std::int64_t ms) {
    return static_cast<int>(std::clamp<std::int64_t>((ms - hour.ms) / 1'000, 0, 3'600));
  };
  return seconds.count(second((now.ms - day_ms) / 1'000 * 1'000), second(now.ms + 1'000));
}

void Answer::take(const db::Row& row) {
  switch (row.integer(0)) {
    case Part::lifetime: {
      Lifetime lifetime = lifetime_in(row);
      const Uuid user = lifetime.user_id;
      found_.counts_version = row.maybe_integer(15);
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
      found_.has_counts = true;
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
    const auto lifetime = found_.lifetimes.find(change.what.user_id);
    if (!change.takes_away() || lifetime == found_.lifetimes.end()) continue;
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
      reading.items[key_of(question_.group, key.date, key.subject_id)].add(figures);
  }
  for (const auto& [subject, figures] : found_.weeks)
    reading.items[key_of(question_.group, {}, subject)].add(figures);
  std::map<ItemKey, Delta> more;
  const auto add = [&](const Weighed& change, bool is_execution) {
    const auto lifetime = found_.lifetimes.find(change.what.user_id);
    if (lifetime == found_.lifetimes.end()) return;
    const bool is_frozen = lifetime->second.is_frozen(change.what.started_at);
    const Date date = dates_of(change.what.user_id).date_of(change.what.started_at);
    const bool is_of_gap = !is_frozen && is_in_gap(change.what.user_id, date);
    if (is_execution ? !is_of_gap : is_of_gap) return;
    if (is_asked(date, change.what.subject_id))
      more[key_of(question_.group, date, change.what.subject_id)].add(change.what, change.weight);
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
    reading.last_24h += recent_of(hour.first, hour.second, question_.now);
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

}  // namespace onggi::statistics
