#include "store/workflows.h"

#include <map>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "model/decode.h"
#include "model/encode.h"
#include "model/graph.h"
#include "sql/catalogue.h"

namespace onggi::store {
namespace {

using Endpoint = std::pair<std::string, std::string>;  // webhook_path, http_method

template <class Entry>
void append_list(std::string_view name, const model::Shape& shape, std::vector<Entry>& entries,
                 std::string& out) {
  out += '"';
  out += name;
  out += "\":[";
  for (Entry& entry : entries) {
    if (&entry != entries.data()) out += ',';
    model::append_object(shape, entry, out);
  }
  out += ']';
}

Task<void> write_graph(db::Connection& connection, const Uuid& id, const model::Graph& graph) {
  std::vector<std::string> documents;
  documents.reserve(graph.nodes.size() + graph.edges.size());
  std::vector<db::Params> rows;
  for (model::WorkflowNode node : graph.nodes)
    documents.push_back(model::to_json(model::workflow_node_shape, node));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const model::WorkflowNode& node = graph.nodes[i];
    rows.push_back(db::Params::of(id, static_cast<std::int64_t>(i), node.id, node.type,
                                  node.parent_id, node.agent_id, node.block_id, documents[i],
                                  node.data.text));
  }
  co_await connection.run_each(sql::workflows_insert_node, std::move(rows));
  rows.clear();
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    model::WorkflowEdge edge = graph.edges[i];
    documents.push_back(model::to_json(model::workflow_edge_shape, edge));
    const model::WorkflowEdge& kept = graph.edges[i];
    rows.push_back(db::Params::of(id, static_cast<std::int64_t>(i), kept.id, kept.source,
                                  kept.target, kept.source_handle, kept.target_handle,
                                  documents.back(), kept.data.text));
  }
  co_await connection.run_each(sql::workflows_insert_edge, std::move(rows));
  rows.clear();
  for (std::size_t i = 0; i < graph.references.size(); ++i)
    rows.push_back(db::Params::of(id, static_cast<std::int64_t>(i), graph.references[i].agent_id,
                                  graph.references[i].block_id));
  co_await connection.run_each(sql::workflows_insert_reference, std::move(rows));
}

Task<void> clear_graph(db::Connection& connection, const Uuid& id) {
  co_await connection.run(sql::workflows_clear_nodes, db::Params::of(id));
  co_await connection.run(sql::workflows_clear_edges, db::Params::of(id));
  co_await connection.run(sql::workflows_clear_references, db::Params::of(id));
}

// Secrets are never shown, so a page that is sent back does not hold them: those of the same path
// and method are kept.
Task<void> keep_secrets(db::Connection& connection, model::Workflow& workflow) {
  const db::Rows rows =
      co_await connection.many(sql::workflows_secrets, db::Params::of(workflow.id));
  std::map<Endpoint, std::string> kept;
  for (const db::Row row : rows) kept.emplace(Endpoint(row.text(0), row.text(1)), row.text(2));
  for (model::Webhook& webhook : workflow.webhooks) {
    if (webhook.secret) continue;
    const auto secret = kept.find(Endpoint(webhook.webhook_path, webhook.http_method));
    if (secret != kept.end()) webhook.secret = secret->second;
  }
}

Task<void> write_triggers(db::Connection& connection, const model::Workflow& workflow) {
  std::vector<db::Params> rows;
  for (const model::Schedule& schedule : workflow.schedules)
    rows.push_back(db::Params::of(workflow.id, std::int64_t{&schedule - workflow.schedules.data()},
                                  schedule.cron_expression, schedule.timezone,
                                  schedule.input_data.text, schedule.is_active));
  co_await connection.run_each(sql::workflows_insert_schedule, std::move(rows));
  rows.clear();
  for (const model::Webhook& webhook : workflow.webhooks) {
    const std::optional<std::string_view> secret =
        webhook.secret && !webhook.secret->empty()
            ? std::optional<std::string_view>(*webhook.secret)
            : std::nullopt;
    rows.push_back(db::Params::of(workflow.id, std::int64_t{&webhook - workflow.webhooks.data()},
                                  webhook.webhook_path, webhook.http_method, webhook.is_active,
                                  secret));
  }
  co_await connection.run_each(sql::workflows_insert_webhook, std::move(rows));
}

// What a stored workflow refers to.
std::unordered_set<Uuid> referred(const model::Workflow& workflow) {
  const auto graph = model::take_apart(json::parse_stored(workflow.graph_definition.text),
                                       workflow.graph_definition.text, {});
  std::unordered_set<Uuid> ids;
  if (!graph) return ids;
  for (const model::Reference& reference : graph->references)
    ids.insert(reference.agent_id ? *reference.agent_id : *reference.block_id);
  return ids;
}

// Which of the references lead somewhere that `owner` can see.
Task<std::unordered_set<Uuid>> visible(db::Connection& connection, const model::Graph& graph,
                                       Uuid owner, const db::Statement& statement,
                                       std::optional<Uuid> model::Reference::* id) {
  std::vector<db::Params> asked;
  for (const model::Reference& reference : graph.references)
    if (reference.*id) asked.push_back(db::Params::of(*(reference.*id), owner));
  std::unordered_set<Uuid> known;
  const db::Rows found = co_await connection.many_each(statement, std::move(asked));
  for (const db::Row row : found) known.insert(row.uuid(0));
  co_return known;
}

constexpr SearchStatements node_search{sql::search_workflow_node_with_term,
                                       sql::search_workflow_node_with_terms, "data"};

void append_optional(std::string_view member, std::optional<std::string_view> text,
                     std::string& out) {
  out += ",\"";
  out += member;
  out += "\":";
  if (text)
    json::append_quoted(*text, out);
  else
    out += "null";
}

// The row as its workflow shows it, and which workflow that is.
void append_node(const db::Row& row, std::string& out) {
  enum Column : int { document = 1, workflow_id = 3, workflow_name, ref_name };
  const std::string_view shown = row.text(document);
  out += shown.substr(0, shown.size() - 1);
  append_optional("ref_name", row.maybe_text(ref_name), out);
  append_optional("workflow_id", to_string(row.uuid(workflow_id)), out);
  append_optional("workflow_name", row.text(workflow_name), out);
  out += '}';
}

}  // namespace

Workflows::Workflows()
    : Definitions(model::workflow_shape,
                  {sql::workflows_find, sql::workflows_insert, sql::workflows_update,
                   sql::workflows_remove, sql::workflows_list, sql::workflows_count},
                  SearchStatements{sql::search_workflow_with_term, sql::search_workflow_with_terms,
                                   "graph_definition"}) {}

Task<std::optional<Page>> Workflows::read(db::Connection& connection, Key key, Uuid reader) const {
  db::Params params;
  key.add_to(params);
  params.add(reader);
  const db::Rows rows = co_await connection.many(sql::workflows_get, std::move(params));
  std::optional<db::Row> workflow;
  std::vector<std::string> names(rows.empty() ? 0 : rows.size() - 1, "null");
  for (const db::Row row : rows) {
    if (row.integer(0) == 0)
      workflow = row;
    else if (const auto name = row.maybe_text(2))
      json::append_quoted(*name, names.at(static_cast<std::size_t>(row.integer(1))) = {});
  }
  if (!workflow) co_return std::nullopt;
  Page page{{}, workflow->integer(6), workflow->uuid(7) == reader};
  const std::string_view document = workflow->text(2);
  const std::string_view shown = workflow->text(3);
  const std::string_view triggers = workflow->text(5);
  page.body.reserve(document.size() + shown.size() + triggers.size() + 64 * names.size());
  page.body += document.substr(0, document.size() - 1);
  page.body += ',';
  model::append_with_names(shown, model::unpack_name_places(workflow->text(4)), names, page.body);
  if (page.is_owned) {
    page.body += ',';
    page.body += triggers;
  }
  page.body += '}';
  co_return page;
}

Task<Items> Workflows::find_nodes(db::Connection& connection, Uuid reader, Range range,
                                  std::shared_ptr<const Filter> filter) {
  return search(connection, node_search, reader, std::move(range), std::move(filter), append_node);
}

Task<Total> Workflows::count_nodes(db::Connection& connection, Uuid reader,
                                   std::shared_ptr<const Filter> filter) {
  return store::count_found(connection, node_search, reader, std::move(filter));
}

Task<bool> Workflows::is_owned(db::Connection& connection, Key key, Uuid owner) const {
  db::Params params;
  key.add_to(params);
  params.add(owner);
  const db::Rows rows = co_await connection.many(sql::workflows_is_owned, std::move(params));
  co_return !rows.empty();
}

Result<void> Workflows::prepare(model::Record& record, const json::Value& body) const {
  auto& workflow = static_cast<model::Workflow&>(record);
  auto graph = model::take_apart(body.at("graph_definition"), workflow.graph_definition.text,
                                 "/graph_definition");
  if (!graph) return std::unexpected(std::move(graph.error()));
  workflow.graph = std::make_shared<const model::Graph>(std::move(*graph));
  std::set<Endpoint> endpoints;
  for (const model::Webhook& webhook : workflow.webhooks)
    if (!endpoints.emplace(webhook.webhook_path, webhook.http_method).second)
      return invalid(fmt::format("/webhooks/{}/webhook_path", &webhook - workflow.webhooks.data()),
                     "stands twice with the same http_method");
  return {};
}

Task<Result<void>> Workflows::check_references(db::Connection& connection,
                                               const model::Record& record,
                                               const model::Record* before, Uuid owner) const {
  const auto& workflow = static_cast<const model::Workflow&>(record);
  const auto* known_before = static_cast<const model::Workflow*>(before);
  if (known_before != nullptr && known_before->graph_definition == workflow.graph_definition)
    co_return Result<void>{};
  const std::shared_ptr<const model::Graph> graph = workflow.graph;
  const std::unordered_set<Uuid> kept =
      known_before != nullptr ? referred(*known_before) : std::unordered_set<Uuid>{};
  const std::unordered_set<Uuid> agents = co_await visible(
      connection, *graph, owner, sql::workflows_is_agent, &model::Reference::agent_id);
  const std::unordered_set<Uuid> blocks = co_await visible(
      connection, *graph, owner, sql::workflows_is_block, &model::Reference::block_id);
  model::FieldErrors errors;
  for (const model::Reference& reference : graph->references) {
    const Uuid id = reference.agent_id ? *reference.agent_id : *reference.block_id;
    const bool known = kept.contains(id) || (reference.agent_id ? agents : blocks).contains(id);
    if (!known && errors.size() < model::max_field_errors)
      errors.push_back({reference.pointer,
                        reference.agent_id ? "there is no such agent" : "there is no such block"});
  }
  if (!errors.empty()) co_return std::unexpected(model::invalid(std::move(errors)));
  co_return Result<void>{};
}

void Workflows::bind_more(model::Record& record, db::Params& params,
                          std::vector<std::string>& buffers) const {
  auto& workflow = static_cast<model::Workflow&>(record);
  buffers.reserve(2);
  std::string& triggers = buffers.emplace_back();
  append_list("schedules", model::schedule_shape, workflow.schedules, triggers);
  triggers += ',';
  append_list("webhooks", model::webhook_shape, workflow.webhooks, triggers);
  buffers.push_back(model::pack(workflow.graph->name_places));
  params.add(triggers).add(workflow.graph->page).add_blob(buffers.back());
}

Task<void> Workflows::write_rows(db::Connection& connection, model::Record& record,
                                 const model::Record* before) const {
  model::Workflow workflow = static_cast<const model::Workflow&>(record);
  const bool is_new = before == nullptr;
  const bool graph_changed =
      is_new ||
      static_cast<const model::Workflow*>(before)->graph_definition != workflow.graph_definition;
  if (!is_new) {
    co_await keep_secrets(connection, workflow);
    co_await connection.run(sql::workflows_clear_schedules, db::Params::of(workflow.id));
    co_await connection.run(sql::workflows_clear_webhooks, db::Params::of(workflow.id));
    if (graph_changed) co_await clear_graph(connection, workflow.id);
  }
  if (graph_changed) co_await write_graph(connection, workflow.id, *workflow.graph);
  co_await write_triggers(connection, workflow);
}

bool Workflows::is_same(model::Record& before, model::Record& after) const {
  for (const model::Webhook& webhook : static_cast<model::Workflow&>(after).webhooks)
    if (webhook.secret) return false;
  return Definitions::is_same(before, after);
}

}  // namespace onggi::store
