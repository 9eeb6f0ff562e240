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

Task<void> write_rows(db::Connection& connection, Kind kind, std::shared_ptr<const Rows> rows) {
  Texts texts;
  std::vector<db::Params> put_days, put_stats, remove_days, remove_stats;
  for (const auto& [key, figures] : *rows) {
    const std::string& date = texts.keep(to_string(key.date));
    db::Params params = db::Params::of(key.user_id, key.subject_id, date, key.is_frozen);
    if (figures == Figures{}) {
      (key.is_of_day() ? remove_days : remove_stats).push_back(std::move(params));
      continue;
    }
    add_figures(figures, texts, params);
    (key.is_of_day() ? put_days : put_stats).push_back(std::move(params));
  }
  const Statements& sql = statements_of(kind);
  co_await connection.run_each(sql.put_days, std::move(put_days));
  co_await connection.run_each(sql.put_stats, std::move(put_stats));
  co_await connection.run_each(sql.remove_days_at, std::move(remove_days));
  co_await connection.run_each(sql.remove_stats_at, std::move(remove_stats));
}

}  // namespace onggi::statistics
