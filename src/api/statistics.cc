#include <chrono>

#include <fmt/format.h>

#include "api/handlers.h"
#include "model/encode.h"
#include "model/job.h"
#include "schedule/runner.h"
#include "sql/catalogue.h"
#include "statistics/build.h"
#include "statistics/reading.h"

namespace onggi::api {
namespace {

using statistics::Group;
using statistics::Kind;
using statistics::Question;
using statistics::Reading;

Result<std::optional<Date>> read_date(const Call& call, std::string_view name) {
  const std::optional<std::string> text = call.text(name);
  if (!text) return std::optional<Date>();
  const std::optional<Date> date = parse_date(*text);
  if (!date) return invalid(std::string(name), "must be a date such as 2026-11-22");
  return date;
}

Result<Question> question_of(const Call& call, Kind kind) {
  Question question{.kind = kind, .now = call.now};
  if (!call.query.wants_everybody) question.user = call.user;
  Result<std::optional<Date>> from = read_date(call, "from");
  if (!from) return std::unexpected(std::move(from.error()));
  Result<std::optional<Date>> to = read_date(call, "to");
  if (!to) return std::unexpected(std::move(to.error()));
  if (*from && *to && **from > **to) return invalid("from", "must not be after `to`");
  question.from = *from;
  question.to = *to;
  question.subject = call.uuid(kind == Kind::agent ? "agent_id" : "workflow_id");
  const std::string group = call.text("group_by").value_or("day");
  question.group = group == "day" ? Group::day : group == "none" ? Group::none : Group::subject;
  return question;
}

std::string quoted_date(std::optional<Date> date) {
  return date ? '"' + to_string(*date) + '"' : "null";
}

using Names = std::map<Uuid, std::string>;

// The last names of what the items are of, removed ones included.
Task<Names> names_of(Call& call, Kind kind, const Reading& reading) {
  std::vector<db::Params> asked;
  for (const auto& [key, figures] : reading.items)
    asked.push_back(db::Params::of(key.subject_id, call.user, call.query.wants_everybody));
  const db::Statement& statement =
      kind == Kind::agent ? sql::statistics_name_of_agent : sql::statistics_name_of_workflow;
  std::function<Task<Names>(db::Connection&)> body =
      [&statement, asked](db::Connection& connection) -> Task<Names> {
    const db::Rows rows = co_await connection.many_each(statement, asked);
    Names names;
    for (const db::Row row : rows) names[row.uuid(0)] = row.text(1);
    co_return names;
  };
  Names names = co_await call.services.database.read_one<Names>(call.cost, std::move(body));
  co_return names;
}

void append_item(const statistics::ItemKey& key, const statistics::Figures& figures, Group group,
                 std::string_view kind, const Names& names, std::string& out) {
  out += '{';
  if (group == Group::day) out += R"("date":)" + quoted_date(key.date) + ',';
  if (group == Group::subject) {
    fmt::format_to(std::back_inserter(out), R"("{}_id":"{}","{}_name":)", kind,
                   to_string(key.subject_id), kind);
    const auto name = names.find(key.subject_id);
    if (name != names.end())
      json::append_quoted(name->second, out);
    else
      out += "null";
    out += ',';
  }
  figures.append_members(out);
  out += '}';
}

std::shared_ptr<const cache::Page> page_of(std::string body) {
  std::string tag = entity_tag(body, std::nullopt);
  return std::make_shared<const cache::Page>(std::move(body), std::move(tag));
}

Task<Result<Answer>> show_of(Call& call, Kind kind) {
  Result<Question> asked = question_of(call, kind);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  const Question question = *asked;
  const std::shared_ptr<const statistics::Kept> kept =
      co_await call.services.readings.read(call.cost, question);
  // Names are not of the reading: what is known of them is how often they can have changed.
  const bool is_lasting = question.group != Group::subject || kept->is_counted();
  if (is_lasting)
    if (std::optional<Answer> before = shown_before(call, *kept)) co_return std::move(*before);
  const Reading& reading = kept->reading;
  Names names;
  if (question.group == Group::subject) {
    Names found = co_await names_of(call, kind, reading);
    names = std::move(found);
  }
  const std::string_view word = statistics::name_of(kind);
  std::string body = fmt::format(R"({{"from":"{}","to":"{}","timezone":)", to_string(reading.from),
                                 to_string(reading.to));
  if (reading.timezone)
    json::append_quoted(*reading.timezone, body);
  else
    body += "null";
  fmt::format_to(std::back_inserter(body),
                 R"(,"group_by":"{}","as_of":"{}","frozen_before":{},"items":[)",
                 call.text("group_by").value_or("day"), to_string(call.now),
                 quoted_date(reading.frozen_before));
  bool is_first = true;
  for (const auto& [key, figures] : reading.items) {
    if (!std::exchange(is_first, false)) body += ',';
    append_item(key, figures, question.group, word, names, body);
  }
  if (question.group == Group::none && reading.items.empty())
    append_item({}, {}, question.group, word, names, body);
  body += "]}";
  if (!is_lasting) co_return Answer{.body = std::move(body)};
  co_return show(call, *kept, std::move(body));
}

// What POST /statistics/rebuild may say; all of it may be left out.
Result<statistics::Rebuild> rebuild_of(const json::Value& body) {
  statistics::Rebuild asked;
  for (const auto& [name, value] : body.get_object()) {
    if (name != "user_id" && name != "from" && name != "to")
      return invalid(json::pointer_to(name), "is not a field of a rebuild");
    if (value.is_null()) continue;
    if (!value.is_string()) return invalid(json::pointer_to(name), "must be a string");
    const std::string_view text = value.get_string();
    if (name == "user_id") {
      asked.user = Uuid::parse(text);
      if (!asked.user) return invalid("/user_id", "must be a UUID");
      continue;
    }
    std::optional<Date>& date = name == "from" ? asked.from : asked.to;
    date = parse_date(text);
    if (!date) return invalid(json::pointer_to(name), "must be a date such as 2026-11-22");
  }
  if (asked.from && asked.to && *asked.from > *asked.to)
    return invalid("/from", "must not be after `to`");
  return asked;
}

}  // namespace

Task<Result<Answer>> rebuild_statistics(Call& call) {
  Result<statistics::Rebuild> asked = rebuild_of(*call.body);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  statistics::Rebuild rebuild = *asked;
  const bool is_of_another = call.user != call.caller.user_id;
  if (rebuild.user && is_of_another && *rebuild.user != call.user)
    co_return invalid("/user_id", "is not the user of the query");
  if (!rebuild.user && call.user != call.caller.user_id) rebuild.user = call.user;
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, rebuild](db::Connection& connection) -> Task<Result<Answer>> {
    if (rebuild.user) {
      const db::Rows zone =
          co_await connection.many(sql::statistics_zone_of_user, db::Params::of(*rebuild.user));
      if (zone.empty()) co_return invalid("/user_id", "There is no such user.");
    }
    Result<Answer> ordered =
        co_await order_run(call, connection, "statistics_rebuild", statistics::to_json(rebuild));
    co_return ordered;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

std::optional<Answer> shown_before(const Call& call, const statistics::Kept& kept) {
  std::shared_ptr<const cache::Page> page = kept.page(call.endpoint.path);
  if (!page) return std::nullopt;
  return Answer{.kept = std::move(page)};
}

Answer show(const Call& call, const statistics::Kept& kept, std::string body) {
  std::shared_ptr<const cache::Page> page = page_of(std::move(body));
  kept.show(call.endpoint.path, page);
  return Answer{.kept = std::move(page)};
}

Task<Result<Answer>> answer_once(Call& call, Handle make) {
  cache::Pages& pages = call.services.page_cache;
  const std::optional<std::uint64_t> commits = call.services.commits();
  if (!commits || !pages.is_kept()) {
    Result<Answer> made = co_await make(call);
    co_return made;
  }
  // Of two counts that never go back, as a clock may that is set: the same sum is the same.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  const cache::Pages::Stamp stamp = *commits + static_cast<cache::Pages::Stamp>(seconds.count());
  std::string place =
      fmt::format("{} {}", call.endpoint.path,
                  call.query.wants_everybody ? std::string_view("all") : call.user.view());
  for (const std::optional<std::string>& value : call.query.values)
    place += value ? "\n=" + *value : "\n";
  if (auto kept = pages.get(place, stamp)) co_return Answer{.kept = std::move(kept)};
  Result<Answer> made = co_await make(call);
  if (!made) co_return std::unexpected(std::move(made.error()));
  std::shared_ptr<const cache::Page> kept =
      made->kept ? std::move(made->kept) : page_of(std::move(made->body));
  pages.put(std::move(place), kept, stamp);
  co_return Answer{.kept = std::move(kept)};
}

Task<Result<Answer>> get_agent_statistics(Call& call) {
  return answer_once(call, [](Call& asked) { return show_of(asked, Kind::agent); });
}

Task<Result<Answer>> get_workflow_statistics(Call& call) {
  return answer_once(call, [](Call& asked) { return show_of(asked, Kind::workflow); });
}

}  // namespace onggi::api
