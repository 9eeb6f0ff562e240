// The rows of daily statistics, read and written.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <vector>

#include "statistics/figures.h"
#include "statistics/lifetime.h"

namespace onggi::statistics {

// One row: of an agent or workflow, or of all of them where `subject` is the nil id.
struct RowKey {
  Uuid user_id;
  Date date;
  bool is_frozen = false;
  Uuid subject_id{};
  auto operator<=>(const RowKey&) const = default;

  bool is_of_day() const { return subject_id == Uuid{}; }
  RowKey day() const { return {user_id, date, is_frozen, {}}; }
};

using Rows = std::map<RowKey, Figures>;

// From the columns of a row in the order of the statements, from `first` on.
Figures figures_of(const db::Row& row, int first);

// In a transaction: the rows of these keys that are there, two statements.
Task<Rows> read_rows(db::Connection& connection, Kind kind, std::vector<RowKey> keys);
// In a transaction: rows as they are to be; those that count nothing are removed. Four statements.
Task<void> write_rows(db::Connection& connection, Kind kind, std::shared_ptr<const Rows> rows);
// The same of weeks (weeks.h), whose date is their Monday. Two statements.
Task<void> write_weeks(db::Connection& connection, Kind kind, std::shared_ptr<const Rows> rows);

}  // namespace onggi::statistics
