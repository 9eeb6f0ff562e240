#include "statistics/rows.h"

#include <deque>

namespace onggi::statistics {
namespace {

// What parameters point into.
struct Texts {
  std::deque<std::string> kept;
  const std::string& keep(std::string text) { return kept.emplace_back(std::move(text)); }
};

void add_figures(const Figures& figures, Texts& texts, db::Params& params) {
  params.add(figures.all());
  for (const std::int64_t count : figures.count) params.add(count);
  params.add(figures.total_duration_ms)
      .add(figures.min_duration_ms)
      .add(figures.max_duration_ms)
      .add_blob(texts.keep(figures.durations.write()))
      .add(figures.llm_call_count)
      .add(figures.llm_prompt_tokens)
      .add(figures.llm_completion_tokens)
      .add(figures.llm_total_tokens)
      .add(figures.tool_call_count)
      .add(figures.cost_nanos);
}

}  // namespace

Figures figures_of(const db::Row& row, int first) {
  Figures figures;
  for (int i = 0; i < 5; ++i) figures.count[static_cast<std::size_t>(i)] = row.integer(first + i);
  figures.total_duration_ms = row.integer(first + 5);
  figures.min_duration_ms = row.maybe_integer(first + 6);
  figures.max_duration_ms = row.maybe_integer(first + 7);
  figures.durations = Sketch::read(row.text(first + 8));
  figures.llm_call_count = row.integer(first + 9);
  figures.llm_prompt_tokens = row.integer(first + 10);
  figures.llm_completion_tokens = row.integer(first + 11);
  figures.llm_total_tokens = row.integer(first + 12);
  figures.tool_call_count = row.integer(first + 13);
  figures.cost_nanos = row.integer(first + 14);
  return figures;
}

Task<Rows> read_rows(db::Connection& connection, Kind kind, std::vector<RowKey> keys) {
  Texts texts;
  std::vector<db::Params> days;
  std::vector<db::Params> subjects;
  for (const RowKey& key : keys) {
    const std::string& date = texts.keep(to_string(key.date));
    if (key.is_of_day())
      days.push_back(db::Params::of(key.user_id, date, key.is_frozen));
    else
      subjects.push_back(db::Params::of(key.subject_id, date, key.user_id, key.is_frozen));
  }
  Rows rows;
  const auto take = [&rows](const db::Rows& read) {
    for (const db::Row row : read)
      rows.emplace(RowKey{row.uuid(0), parse_date(row.text(2)).value(), row.boolean(3),
                          row.maybe_uuid(1).value_or(Uuid{})},
                   figures_of(row, 4));
  };
  const Statements& sql = statements_of(kind);
  const db::Rows of_days = co_await connection.many_each(sql.days_at, std::move(days));
  take(of_days);
  const db::Rows of_subjects = co_await connection.many_each(sql.stats_at, std::move(subjects));
  take(of_subjects);
  co_return rows;
}

namespace {

// Rows of one table: what is to be put, and what to be removed.
struct Written {
  std::vector<db::Params> put, removed;

  void add(const RowKey& key, const Figures& figures, Texts& texts) {
    const std::string& date = texts.keep(to_string(key.date));
    db::Params params = db::Params::of(key.user_id, key.subject_id, date, key.is_frozen);
    const bool is_empty = figures == Figures{};
    if (!is_empty) add_figures(figures, texts, params);
    (is_empty ? removed : put).push_back(std::move(params));
  }
};

}  // namespace

Task<void> write_rows(db::Connection& connection, Kind kind, std::shared_ptr<const Rows> rows) {
  Texts texts;
  Written days, stats;
  for (const auto& [key, figures] : *rows)
    (key.is_of_day() ? days : stats).add(key, figures, texts);
  const Statements& sql = statements_of(kind);
  co_await connection.run_each(sql.put_days, std::move(days.put));
  co_await connection.run_each(sql.put_stats, std::move(stats.put));
  co_await connection.run_each(sql.remove_days_at, std::move(days.removed));
  co_await connection.run_each(sql.remove_stats_at, std::move(stats.removed));
}

Task<void> write_weeks(db::Connection& connection, Kind kind, std::shared_ptr<const Rows> rows) {
  Texts texts;
  Written weeks;
  for (const auto& [key, figures] : *rows) weeks.add(key, figures, texts);
  const Statements& sql = statements_of(kind);
  co_await connection.run_each(sql.put_weeks, std::move(weeks.put));
  co_await connection.run_each(sql.remove_weeks_at, std::move(weeks.removed));
}

}  // namespace onggi::statistics
