// What is read of statistics: rows, and what is not in them yet, over one snapshot.
//
// One statement gives the user's lifetime, the changes that wait and the rows of the dates; what it
// says is exact where the rows hold. They do not where they are not built, or in another zone than
// the user is in by now, nor where a change that waits takes a duration away, which might be the
// least or the greatest. Of such dates the statement is asked once more, with executions instead of
// rows. Per agent or workflow, weeks are read instead of their days where they are summed up
// (weeks.h), unless executions are read as well. The changes that wait are few: a fold begins as
// soon as there are a thousand (keeper.h).
#pragma once

#include <functional>
#include <map>
#include <unordered_map>

#include "statistics/rows.h"

namespace onggi::statistics {

enum class Group : std::uint8_t { day, subject, none };

struct Question {
  Kind kind = Kind::agent;
  std::optional<Uuid> user;     // absent: everybody
  std::optional<Uuid> subject;  // absent: all agents or workflows
  // Both included. Absent: `days` dates, today in the user's zone the last.
  std::optional<Date> from;
  std::optional<Date> to;
  std::int32_t days = 30;
  Group group = Group::day;
  bool is_dashboard = false;  // of agents: counts of all time, hours and resources as well
  Time now{};
};

struct ItemKey {
  Date date{};
  Uuid subject_id{};
  auto operator<=>(const ItemKey&) const = default;
};

struct Reading {
  std::optional<std::string> timezone;  // absent: everybody's, each in its own
  Date from{};
  Date to{};
  std::optional<Date> frozen_before;
  std::map<ItemKey, Figures> items;  // without those that count nothing

  // Of a dashboard.
  std::array<std::int64_t, 5> count{};  // of all time, by model::Status
  std::int64_t last_24h = 0;
  std::array<std::int64_t, 4> resources{};  // agents, blocks, workflows, knowledgebases
  std::array<std::int64_t, 4> memory{};     // short_term, long_term, episodic, semantic
};

// One statement, or two (everybody's: always two).
Task<Reading> read(db::Database& database, db::Cost& cost, Question question);

}  // namespace onggi::statistics
