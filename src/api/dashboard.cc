#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "api/handlers.h"
#include "model/encode.h"
#include "schedule/runner.h"
#include "sql/catalogue.h"
#include "statistics/reading.h"

namespace onggi::api {
namespace {

using statistics::Figures;
using statistics::Group;
using statistics::Question;
using statistics::Reading;

constexpr std::int64_t stuck_after_ms = hour_ms;

std::string or_null(std::optional<std::int64_t> value) {
  return value ? std::to_string(*value) : "null";
}

Question question_of(const Call& call, std::int64_t days) {
  Question question{.days = static_cast<std::int32_t>(days), .now = call.now};
  if (!call.query.wants_everybody) question.user = call.user;
  return question;
}

void append_executions(const Reading& reading, std::string& out) {
  const auto found = reading.items.find({});
  const Figures figures = found != reading.items.end() ? found->second : Figures{};
  std::int64_t total = 0;
  for (const std::int64_t count : reading.count) total += count;
  fmt::format_to(std::back_inserter(out), R"("executions":{{"total":{},"last_24h":{},"running":{})",
                 total, reading.last_24h, reading.count[0]);
  out += R"(,"success_rate":)";
  statistics::append_decimal(figures.success_tenths(), 1, out);
  out += R"(,"avg_duration_seconds":)";
  statistics::append_decimal(figures.avg_duration_us(), 6, out);
  fmt::format_to(std::back_inserter(out), R"(,"p95_duration_ms":{},"total_tokens":{},"cost_usd":)",
                 or_null(figures.quantile_ms(95)), figures.llm_total_tokens);
  model::append_money({figures.cost_nanos}, out);
  out += '}';
}

Task<Result<Answer>> dashboard_stats(Call& call) {
  Question question = question_of(call, call.integer("days").value_or(30));
  question.group = Group::none;
  question.is_dashboard = true;
  const std::shared_ptr<const statistics::Kept> kept =
      co_await call.services.readings.read(call.cost, std::move(question));
  if (std::optional<Answer> before = shown_before(call, *kept)) co_return std::move(*before);
  const Reading& reading = kept->reading;
  const auto& [agents, blocks, workflows, knowledgebases] = reading.resources;
  std::string body = fmt::format(
      R"({{"resources":{{"agents":{},"blocks":{},"workflows":{},"knowledgebases":{}}},)", agents,
      blocks, workflows, knowledgebases);
  append_executions(reading, body);
  const auto& [short_term, long_term, episodic, semantic] = reading.memory;
  fmt::format_to(
      std::back_inserter(body),
      R"(,"memory":{{"short_term":{},"long_term":{},"episodic":{},"semantic":{}}},"timestamp":"{}"}})",
      short_term, long_term, episodic, semantic, to_string(call.now));
  co_return show(call, *kept, std::move(body));
}

Task<Result<Answer>> execution_trend(Call& call) {
  const std::int64_t days = call.integer("days").value_or(7);
  Question question = question_of(call, days);
  const std::shared_ptr<const statistics::Kept> kept =
      co_await call.services.readings.read(call.cost, std::move(question));
  if (std::optional<Answer> before = shown_before(call, *kept)) co_return std::move(*before);
  const Reading& reading = kept->reading;
  std::string body = R"({"trend":[)";
  for (Date date = reading.from; date <= reading.to; ++date.days) {
    const auto found = reading.items.find({.date = date});
    const Figures figures = found != reading.items.end() ? found->second : Figures{};
    if (date != reading.from) body += ',';
    fmt::format_to(std::back_inserter(body),
                   R"({{"date":"{}","total":{},"successful":{},"failed":{}}})", to_string(date),
                   figures.all(), figures.of(model::Status::completed),
                   figures.of(model::Status::failed));
  }
  fmt::format_to(std::back_inserter(body), R"(],"period_days":{}}})", days);
  co_return show(call, *kept, std::move(body));
}

void append_text(std::optional<std::string_view> text, std::string& out) {
  if (text)
    json::append_quoted(*text, out);
  else
    out += "null";
}

std::string activities(const db::Rows& rows, std::int64_t limit) {
  std::vector<db::Row> newest;
  for (const db::Row row : rows) newest.push_back(row);
  std::ranges::sort(newest, [](const db::Row& a, const db::Row& b) {
    return std::pair(a.time(4), a.text(0)) > std::pair(b.time(4), b.text(0));
  });
  std::string out;
  for (std::size_t i = 0; i < newest.size() && i < static_cast<std::size_t>(limit); ++i) {
    const db::Row& row = newest[i];
    fmt::format_to(std::back_inserter(out),
                   R"({}{{"id":"{}","type":"execution","agent_id":"{}","agent_name":)",
                   i == 0 ? "" : ",", to_string(row.uuid(0)), to_string(row.uuid(1)));
    append_text(row.maybe_text(2), out);
    fmt::format_to(std::back_inserter(out),
                   R"(,"status":"{}","started_at":"{}","duration_ms":{}}})", row.text(3),
                   to_string(row.time(4)), or_null(row.maybe_integer(5)));
  }
  return out;
}

// Of agents, how often they were executed: most first, then by id.
using Favorites = std::vector<std::pair<Uuid, std::int64_t>>;

Favorites favorites_of(const db::Rows& counts) {
  std::map<Uuid, std::int64_t> sums;
  for (const db::Row row : counts) sums[row.uuid(0)] += row.integer(1);
  Favorites favorites;
  for (const auto& [agent, count] : sums)
    if (count > 0) favorites.emplace_back(agent, count);
  std::ranges::stable_sort(favorites, std::ranges::greater(), &Favorites::value_type::second);
  return favorites;
}

struct Favorite {
  std::string shown;  // its members up to agent_type
  std::optional<Time> last_execution{};
  std::string last_status{};
};

std::map<Uuid, Favorite> details_of(const db::Rows& rows) {
  std::map<Uuid, Favorite> details;
  for (const db::Row row : rows) {
    Favorite& favorite = details[row.uuid(1)];
    if (row.integer(0) == 0) {
      std::string& out = favorite.shown;
      out = fmt::format(R"("id":"{}","name":)", to_string(row.uuid(1)));
      json::append_quoted(row.text(2), out);
      out += R"(,"description":)";
      append_text(row.maybe_text(3), out);
      fmt::format_to(std::back_inserter(out), R"(,"agent_type":"{}")", row.text(4));
    } else if (!favorite.last_execution || *favorite.last_execution < row.time(5)) {
      favorite.last_execution = row.time(5);
      favorite.last_status = row.text(6);
    }
  }
  return details;
}

std::string shown(const Favorites& favorites, std::size_t limit,
                  const std::map<Uuid, Favorite>& details) {
  std::string out;
  for (std::size_t i = 0; i < std::min(limit, favorites.size()); ++i) {
    const auto& [agent, count] = favorites[i];
    const Favorite& favorite = details.at(agent);
    fmt::format_to(std::back_inserter(out), R"({}{{{},"execution_count":{},)", i == 0 ? "" : ",",
                   favorite.shown, count);
    if (favorite.last_execution)
      fmt::format_to(std::back_inserter(out), R"("last_execution":"{}","last_status":"{}"}})",
                     to_string(*favorite.last_execution), favorite.last_status);
    else
      out += R"("last_execution":null,"last_status":null})";
  }
  return out;
}

Task<Result<Answer>> recent_activity(Call& call) {
  const std::int64_t limit = call.integer("limit").value_or(10);
  const bool is_all = call.query.wants_everybody;
  std::function<Task<Answer>(db::Connection&)> body =
      [&call, limit, is_all](db::Connection& connection) -> Task<Answer> {
    const db::Statement& newest =
        is_all ? sql::statistics_newest_of_everybody : sql::statistics_newest_of;
    const db::Rows rows = co_await connection.many(newest, db::Params::of(call.user, limit));
    const db::Statement& count =
        is_all ? sql::statistics_count_of_everybody : sql::statistics_count_of;
    const db::Rows total = co_await connection.many(count, db::Params::of(call.user));
    co_return Answer{.body = fmt::format(R"({{"activities":[{}],"total":{}}})",
                                         activities(rows, limit), total[0].integer(0))};
  };
  Answer answer = co_await call.services.database.read<Answer>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> favorite_agents(Call& call) {
  const auto limit = static_cast<std::size_t>(call.integer("limit").value_or(5));
  const bool is_all = call.query.wants_everybody;
  std::function<Task<Answer>(db::Connection&)> body =
      [&call, limit, is_all](db::Connection& connection) -> Task<Answer> {
    const db::Statement& counts =
        is_all ? sql::statistics_favorites_of_everybody : sql::statistics_favorites;
    const db::Rows counted = co_await connection.many(counts, db::Params::of(call.user));
    const Favorites favorites = favorites_of(counted);
    std::vector<db::Params> asked;
    for (std::size_t i = 0; i < std::min(limit, favorites.size()); ++i)
      asked.push_back(db::Params::of(call.user, favorites[i].first));
    const db::Statement& one =
        is_all ? sql::statistics_favorite_of_everybody : sql::statistics_favorite;
    const db::Rows rows = co_await connection.many_each(one, std::move(asked));
    co_return Answer{.body =
                         fmt::format(R"({{"agents":[{}],"total":{}}})",
                                     shown(favorites, limit, details_of(rows)), favorites.size())};
  };
  Answer answer = co_await call.services.database.read<Answer>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> system_status(Call& call) {
  const db::Statement& statement =
      call.query.wants_everybody ? sql::statistics_stuck_of_everybody : sql::statistics_stuck_of;
  std::function<Task<std::int64_t>(db::Connection&)> body =
      [&call, &statement](db::Connection& connection) -> Task<std::int64_t> {
    const db::Rows rows = co_await connection.many(
        statement, db::Params::of(call.user, Time{call.now.ms - stuck_after_ms}));
    co_return rows[0].integer(0);
  };
  const std::int64_t stuck =
      co_await call.services.database.read_one<std::int64_t>(call.cost, std::move(body));
  co_return Answer{.body = fmt::format(
                       R"({{"status":"{}","database":"ok","stuck_executions":{},"scheduler":"{}",)"
                       R"("timestamp":"{}"}})",
                       stuck == 0 ? "ok" : "degraded", stuck,
                       call.services.jobs.is_scheduling() ? "running" : "stopped",
                       to_string(call.now))};
}

}  // namespace

Task<Result<Answer>> get_dashboard_stats(Call& call) {
  return answer_once(call, dashboard_stats);
}

Task<Result<Answer>> get_execution_trend(Call& call) {
  return answer_once(call, execution_trend);
}

Task<Result<Answer>> get_recent_activity(Call& call) {
  return answer_once(call, recent_activity);
}

Task<Result<Answer>> get_favorite_agents(Call& call) {
  return answer_once(call, favorite_agents);
}

Task<Result<Answer>> get_system_status(Call& call) {
  return answer_once(call, system_status);
}

}  // namespace onggi::api
