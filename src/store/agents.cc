#include "store/agents.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "model/decode.h"
#include "model/encode.h"
#include "sql/catalogue.h"

namespace onggi::store {
namespace {

enum Part : std::int64_t { itself, tool, knowledgebase };

// {"tool_id":...} with ,"tool":{...} put in before its brace.
void append_with_member(std::string_view document, std::string_view name, std::string_view value,
                        std::string& out) {
  out += document.substr(0, document.size() - 1);
  out += ",\"";
  out += name;
  out += "\":";
  out += value;
  out += '}';
}

struct Link {
  std::int64_t position;
  std::string json;
};

void append_links(std::string_view name, std::vector<Link>& links, std::string& out) {
  std::ranges::stable_sort(links, {}, &Link::position);
  out += ",\"";
  out += name;
  out += "\":[";
  for (const Link& link : links) {
    if (&link != links.data()) out += ',';
    out += link.json;
  }
  out += ']';
}

void append_latest_version(std::int64_t version, Time changed, std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 ",\"latest_version\":{{\"version\":{},\"created_at\":\"{}\"}}", version,
                 to_string(changed));
}

template <class Entry, class Id>
Result<void> check_unique(const std::vector<Entry>& entries, Id Entry::* id, std::string_view list,
                          std::string_view member) {
  std::unordered_set<Id> seen;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!seen.insert(entries[i].*id).second)
      return invalid(fmt::format("/{}/{}/{}", list, i, member), "is listed more than once");
  return {};
}

template <class Entry, class IsKnown>
void complain_of_unknown(const std::vector<Entry>& entries, IsKnown is_known,
                         std::string_view pointer, std::string_view message,
                         model::FieldErrors& errors) {
  for (std::size_t i = 0; i < entries.size() && errors.size() < model::max_field_errors; ++i)
    if (!is_known(entries[i]))
      errors.push_back({fmt::format(fmt::runtime(pointer), i), std::string(message)});
}

}  // namespace

Agents::Agents()
    : Definitions(model::agent_shape,
                  {sql::agents_find, sql::agents_insert, sql::agents_update, sql::agents_remove,
                   sql::agents_list, sql::agents_count},
                  SearchStatements{sql::search_agent_with_term, sql::search_agent_with_terms,
                                   "configuration"}) {}

Task<std::optional<Page>> Agents::read(db::Connection& connection, Key key, Uuid reader) const {
  db::Params params;
  key.add_to(params);
  params.add(reader);
  const db::Rows rows = co_await connection.many(sql::agents_get, std::move(params));
  std::optional<db::Row> agent;
  std::vector<Link> tools;
  std::vector<Link> knowledgebases;
  for (const db::Row row : rows) {
    if (row.integer(0) == itself) {
      agent = row;
      continue;
    }
    std::string shown = "null";
    if (row.integer(0) == tool)
      shown = row.text(3);
    else if (const auto name = row.maybe_text(3))
      json::append_quoted(*name, shown = {});
    Link link{row.integer(1), {}};
    append_with_member(row.text(2), row.integer(0) == tool ? "tool" : "name", shown, link.json);
    (row.integer(0) == tool ? tools : knowledgebases).push_back(std::move(link));
  }
  if (!agent) co_return std::nullopt;
  Page page{{}, agent->integer(4), agent->uuid(5) == reader};
  const std::string_view document = agent->text(2);
  page.body = document.substr(0, document.size() - 1);
  append_links("tools", tools, page.body);
  append_links("knowledgebases", knowledgebases, page.body);
  if (page.is_owned) append_latest_version(page.version, agent->time(6), page.body);
  page.body += '}';
  co_return page;
}

Task<std::optional<json::Value>> Agents::content(db::Connection& connection, Key key,
                                                 Uuid reader) const {
  std::optional<Page> page = co_await read(connection, key, reader);
  if (!page) co_return std::nullopt;
  model::Agent agent;
  model::decode_stored(model::agent_shape, json::parse_stored(page->body), agent);
  if (!page->is_owned) agent.knowledgebases.clear();
  co_return json::parse_stored(model::to_json(model::agent_content_shape, agent));
}

Task<std::optional<Items>> Agents::versions(db::Connection& connection, Key key, Uuid owner,
                                            Range range) const {
  db::Params params;
  key.add_to(params);
  params.add(owner).add(range.after.time).add(range.limit + 1);
  const db::Rows rows =
      co_await connection.many_within(sql::agents_list_versions, std::move(params), page_max_bytes);
  const bool may_be_foreign = rows.empty();
  if (may_be_foreign) {
    const bool owned = co_await is_owned(connection, key, owner);
    if (!owned) co_return std::nullopt;
  }
  Items items;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(range.limit));
  for (std::size_t i = 0; i < shown; ++i) {
    if (i != 0) items.json += ',';
    fmt::format_to(std::back_inserter(items.json),
                   "{{\"version\":{},\"created_at\":\"{}\",\"agent\":{}}}", rows[i].integer(0),
                   to_string(rows[i].time(1)), rows[i].text(2));
  }
  if (rows.size() > shown || rows.is_cut())
    items.next = Place{Time{rows[shown - 1].integer(0)}, {}};
  co_return items;
}

Task<Total> Agents::count_versions(db::Connection& connection, Key key, Uuid owner) const {
  db::Params params;
  key.add_to(params);
  params.add(owner);
  const db::Rows rows = co_await connection.many(sql::agents_count_versions, std::move(params));
  co_return Total::up_to(count_max, rows[0].integer(0));
}

Task<bool> Agents::is_owned(db::Connection& connection, Key key, Uuid owner) const {
  db::Params params;
  key.add_to(params);
  params.add(owner);
  const db::Rows rows = co_await connection.many(sql::agents_is_owned, std::move(params));
  co_return !rows.empty();
}

Task<std::optional<json::Value>> Agents::version(db::Connection& connection, Key key, Uuid owner,
                                                 std::int64_t number) const {
  db::Params params;
  key.add_to(params);
  params.add(owner).add(number);
  const db::Rows rows = co_await connection.many(sql::agents_get_version, std::move(params));
  if (rows.empty()) co_return std::nullopt;
  co_return json::parse_stored(rows[0].text(0));
}

Result<void> Agents::prepare(model::Record& record, const json::Value&) const {
  auto& agent = static_cast<model::Agent&>(record);
  auto tools = check_unique(agent.tools, &model::AgentTool::tool_id, "tools", "tool_id");
  if (!tools) return tools;
  auto knowledgebases =
      check_unique(agent.knowledgebases, &model::AgentKnowledgebase::knowledgebase_id,
                   "knowledgebases", "knowledgebase_id");
  if (!knowledgebases) return knowledgebases;
  std::ranges::stable_sort(agent.tools, {}, &model::AgentTool::order);
  std::ranges::stable_sort(agent.knowledgebases, {}, &model::AgentKnowledgebase::priority);
  return {};
}

Task<Result<void>> Agents::check_references(db::Connection& connection, const model::Record& record,
                                            const model::Record*, Uuid owner) const {
  const auto& agent = static_cast<const model::Agent&>(record);
  std::vector<db::Params> asked_tools;
  for (const model::AgentTool& link : agent.tools)
    asked_tools.push_back(db::Params::of(link.tool_id));
  std::vector<db::Params> asked_knowledgebases;
  for (const model::AgentKnowledgebase& link : agent.knowledgebases)
    asked_knowledgebases.push_back(db::Params::of(link.knowledgebase_id, owner));
  const db::Rows tools = co_await connection.many_each(sql::agents_is_tool, std::move(asked_tools));
  const db::Rows knowledgebases =
      co_await connection.many_each(sql::agents_is_knowledgebase, std::move(asked_knowledgebases));

  std::unordered_set<std::string_view> known_tools;
  for (const db::Row row : tools) known_tools.insert(row.text(0));
  std::unordered_set<Uuid> known_knowledgebases;
  for (const db::Row row : knowledgebases) known_knowledgebases.insert(row.uuid(0));
  model::FieldErrors errors;
  complain_of_unknown(
      agent.tools, [&](const model::AgentTool& link) { return known_tools.contains(link.tool_id); },
      "/tools/{}/tool_id", "there is no such tool", errors);
  complain_of_unknown(
      agent.knowledgebases,
      [&](const model::AgentKnowledgebase& link) {
        return known_knowledgebases.contains(link.knowledgebase_id);
      },
      "/knowledgebases/{}/knowledgebase_id", "there is no such knowledgebase", errors);
  if (!errors.empty()) co_return std::unexpected(model::invalid(std::move(errors)));
  co_return Result<void>{};
}

Task<void> Agents::remove_rows(db::Connection& connection, Key key) const {
  const Uuid id = Uuid::from_bytes(key.bytes());
  co_await connection.run(sql::agents_clear_tools, db::Params::of(id));
  co_await connection.run(sql::agents_clear_knowledgebases, db::Params::of(id));
}

Task<void> Agents::write_rows(db::Connection& connection, model::Record& record,
                              const model::Record* before) const {
  auto& agent = static_cast<model::Agent&>(record);
  if (before != nullptr) {
    co_await connection.run(sql::agents_clear_tools, db::Params::of(agent.id));
    co_await connection.run(sql::agents_clear_knowledgebases, db::Params::of(agent.id));
  }
  std::vector<std::string> documents;
  documents.reserve(agent.tools.size() + agent.knowledgebases.size());
  std::vector<db::Params> rows;
  for (auto& link : agent.tools) {
    documents.push_back(model::to_json(model::agent_tool_shape, link));
    rows.push_back(db::Params::of(agent.id, std::int64_t{&link - agent.tools.data()}, link.tool_id,
                                  link.configuration.text, link.order, documents.back()));
  }
  co_await connection.run_each(sql::agents_insert_tool, std::move(rows));
  rows.clear();
  for (auto& link : agent.knowledgebases) {
    documents.push_back(model::to_json(model::agent_knowledgebase_shape, link));
    rows.push_back(db::Params::of(agent.id, std::int64_t{&link - agent.knowledgebases.data()},
                                  link.knowledgebase_id, link.priority, documents.back()));
  }
  co_await connection.run_each(sql::agents_insert_knowledgebase, std::move(rows));

  const std::string content = model::to_json(model::agent_content_shape, agent);
  co_await connection.run(sql::agents_insert_version,
                          db::Params::of(agent.id, agent.version, agent.updated_at, content));
  co_await connection.run(sql::agents_trim_versions,
                          db::Params::of(agent.id, agent.version - versions_kept + 1));
}

}  // namespace onggi::store
