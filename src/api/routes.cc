// The table of all endpoints.
#include "api/routes.h"

#include "api/handlers.h"
#include "model/definitions.h"
#include "model/execution.h"

namespace onggi::api {
namespace {

using enum http::Method;
using enum model::Type;
using store::Definitions;
using store::Executions;
using store::Stores;

const Definitions& users(const Stores& stores) {
  return stores.users;
}
const Definitions& tools(const Stores& stores) {
  return stores.tools;
}
const Definitions& knowledgebases(const Stores& stores) {
  return stores.knowledgebases;
}
const Definitions& blocks(const Stores& stores) {
  return stores.blocks;
}
const Definitions& agents(const Stores& stores) {
  return stores.agents;
}
const Definitions& workflows(const Stores& stores) {
  return stores.workflows;
}
const Executions& of_agents(const Stores& stores) {
  return stores.agent_executions;
}
const Executions& of_workflows(const Stores& stores) {
  return stores.workflow_executions;
}

// Filters of definitions stand in the order in which the list's statement takes them.
constexpr Parameter user_filters[] = {{"name", text, "Exactly this name"},
                                      {"role", choice, "Users of this role", model::role_names}};
constexpr Parameter tool_filters[] = {
    {"name", text, "Exactly this name"},
    {"category", text, "Exactly this category"},
    {"implementation_type", choice, "Tools of this type", model::implementation_type_names},
    {"requires_auth", boolean, "Whether they need credentials"},
    {"is_builtin", boolean, "Whether they come with the platform"}};
constexpr Parameter knowledgebase_filters[] = {{"name", text, "Exactly this name"},
                                               {"embedding_model", text, "Exactly this model"}};
// Filters of blocks, agents, workflows and nodes bear the names of what documents hold.
constexpr Parameter block_filters[] = {
    {"name", text, "Exactly this name"},
    {"block_type", choice, "Blocks of this type", model::block_type_names},
    {"is_public", boolean, "true: public ones alone; false: own private ones alone"},
    {"configuration", any, "Blocks whose configuration contains this"}};
constexpr Parameter agent_filters[] = {
    {"name", text, "Exactly this name"},
    {"agent_type", choice, "Agents of this type", model::agent_type_names},
    {"llm_provider", text, "Exactly this provider"},
    {"llm_model", text, "Exactly this model"},
    {"is_public", boolean, "true: public ones alone; false: own private ones alone"},
    {"configuration", any, "Agents whose configuration contains this"}};
constexpr Parameter workflow_filters[] = {
    {"name", text, "Exactly this name"},
    {"is_public", boolean, "true: public ones alone; false: own private ones alone"},
    {"graph_definition", any, "Workflows whose graph contains this"}};
constexpr Parameter node_filters[] = {{"type", text, "Nodes of this type"},
                                      {"agent_id", uuid, "Nodes that refer to this agent"},
                                      {"data", any, "Nodes whose data contains this"}};
// The first is what was executed.
constexpr Parameter execution_filters[] = {
    {"agent_id", uuid, "Of this agent"},
    {"session_id", text, "Of this session"},
    {"status", choice, "Of this status", model::status_names},
    {"from", time, "Started at this instant or later"},
    {"to", time, "Started before this instant"},
    {"input_data", any, "Whose input contains this; together with from or to"}};
constexpr Parameter workflow_execution_filters[] = {{"workflow_id", uuid, "Of this workflow"},
                                                    execution_filters[1],
                                                    execution_filters[2],
                                                    execution_filters[3],
                                                    execution_filters[4],
                                                    execution_filters[5]};
constexpr Parameter of_one_workflow_filters[] = {execution_filters[1], execution_filters[2],
                                                 execution_filters[3], execution_filters[4],
                                                 execution_filters[5]};
constexpr Parameter session_parameter[] = {
    {.name = "session_id", .type = text, .help = "The session", .is_required = true}};
constexpr Parameter erase_parameter[] = {
    {"erase", boolean, "true: everything of the user goes as well"}};

// The six endpoints of a definition. Budgets count the look at the key.
struct Resource {
  std::string_view one, many;  // "an agent", "agents"
  std::string_view collection, item;
  std::string_view create, list, get, replace, patch, remove;  // operations
  const model::Shape& shape;
  const Definitions& (*definitions)(const Stores&);
  std::span<const Parameter> filters;
  Access reads = Access::user, writes = Access::user;
  int write_budget, get_budget = 3;
};

void add(std::vector<Endpoint>& table, const Resource& r) {
  table.push_back({.method = post,
                   .path = r.collection,
                   .operation = r.create,
                   .summary = "Creates " + std::string(r.one),
                   .budget = r.write_budget + 1,
                   .handle = create_definition,
                   .access = r.writes,
                   .body = Body::object,
                   .body_shape = &r.shape,
                   .answer_shape = &r.shape,
                   .status = 201,
                   .definitions = r.definitions});
  table.push_back({.method = get,
                   .path = r.collection,
                   .operation = r.list,
                   .summary = "Lists " + std::string(r.many) + ", newest first",
                   .budget = 3,
                   .handle = list_definitions,
                   .access = r.reads,
                   .query = r.filters,
                   .shows = Shows::list,
                   .answer_shape = &r.shape,
                   .definitions = r.definitions});
  table.push_back({.method = get,
                   .path = r.item,
                   .operation = r.get,
                   .summary = "Shows " + std::string(r.one) + " with all that belongs to it",
                   .budget = r.get_budget,
                   .handle = get_definition,
                   .access = r.reads,
                   .answer_shape = &r.shape,
                   .definitions = r.definitions});
  table.push_back({.method = put,
                   .path = r.item,
                   .operation = r.replace,
                   .summary = "Replaces " + std::string(r.one),
                   .budget = r.write_budget + 1,
                   .handle = replace_definition,
                   .access = r.writes,
                   .body = Body::object,
                   .body_shape = &r.shape,
                   .answer_shape = &r.shape,
                   .definitions = r.definitions});
  table.push_back({.method = patch,
                   .path = r.item,
                   .operation = r.patch,
                   .summary = "Changes " + std::string(r.one) + " by a merge patch (RFC 7396)",
                   .budget = r.write_budget + 1,
                   .handle = patch_definition,
                   .access = r.writes,
                   .body = Body::merge_patch,
                   .body_shape = &r.shape,
                   .answer_shape = &r.shape,
                   .definitions = r.definitions});
  if (!r.remove.empty())
    table.push_back({.method = del,
                     .path = r.item,
                     .operation = r.remove,
                     .summary = "Deletes " + std::string(r.one),
                     .budget = 4,
                     .handle = remove_definition,
                     .access = r.writes,
                     .shows = Shows::nothing,
                     .status = 204,
                     .definitions = r.definitions});
}

// The endpoints of executions, of agents and of workflows alike.
struct Recording {
  std::string_view one, many;  // "an execution", "executions"
  std::string_view collection, item, steps, batch, exports;
  std::string_view create, list, get, patch, remove, remove_session, append, create_many,
      export_all;
  const model::Shape& shape;
  const Executions& (*executions)(const Stores&);
  std::span<const Parameter> filters;
};

void add(std::vector<Endpoint>& table, const Recording& r) {
  table.push_back({.method = post,
                   .path = r.collection,
                   .operation = r.create,
                   .summary = "Starts or records " + std::string(r.one),
                   .budget = 9,
                   .handle = create_execution,
                   .body = Body::object,
                   .body_shape = &r.shape,
                   .answer_shape = &r.shape,
                   .status = 201,
                   .executions = r.executions});
  table.push_back({.method = get,
                   .path = r.collection,
                   .operation = r.list,
                   .summary = "Lists " + std::string(r.many) + ", newest first",
                   .budget = 3,
                   .handle = list_executions,
                   .query = r.filters,
                   .shows = Shows::list,
                   .answer_shape = &r.shape,
                   .executions = r.executions});
  table.push_back({.method = del,
                   .path = r.collection,
                   .operation = r.remove_session,
                   .summary = "Erases the " + std::string(r.many) + " of a session",
                   .budget = 4,
                   .handle = remove_session,
                   .query = session_parameter,
                   .shows = Shows::nothing,
                   .status = 204,
                   .executions = r.executions});
  table.push_back({.method = post,
                   .path = r.batch,
                   .operation = r.create_many,
                   .summary = "Records up to 10,000 " + std::string(r.many) +
                              " in one durable write, each for itself",
                   .budget = 8,
                   .handle = create_executions,
                   .body = Body::batch,
                   .body_shape = &r.shape,
                   .shows = Shows::items,
                   .executions = r.executions});
  table.push_back({.method = get,
                   .path = r.exports,
                   .operation = r.export_all,
                   .summary = "Streams whole " + std::string(r.many) + " as NDJSON, newest first",
                   .budget = 2,
                   .handle = export_executions,
                   .query = r.filters.first(r.filters.size() - 1),  // exports are not searched
                   .shows = Shows::lines,
                   .answer_shape = &r.shape,
                   .executions = r.executions});
  table.push_back({.method = get,
                   .path = r.item,
                   .operation = r.get,
                   .summary = "Shows " + std::string(r.one) + " with its steps",
                   .budget = 2,
                   .handle = get_execution,
                   .answer_shape = &r.shape,
                   .executions = r.executions});
  table.push_back(
      {.method = patch,
       .path = r.item,
       .operation = r.patch,
       .summary = "Finishes or corrects " + std::string(r.one) + " by a merge patch (RFC 7396)",
       .budget = 9,
       .handle = patch_execution,
       .body = Body::merge_patch,
       .body_shape = &r.shape,
       .answer_shape = &r.shape,
       .executions = r.executions});
  table.push_back({.method = del,
                   .path = r.item,
                   .operation = r.remove,
                   .summary = "Deletes " + std::string(r.one),
                   .budget = 5,
                   .handle = remove_execution,
                   .shows = Shows::nothing,
                   .status = 204,
                   .executions = r.executions});
  table.push_back({.method = post,
                   .path = r.steps,
                   .operation = r.append,
                   .summary = "Appends one step or many to " + std::string(r.one),
                   .budget = 7,
                   .handle = append_steps,
                   .body = Body::one_or_many,
                   .body_shape = &model::step_shape,
                   .answer_shape = &model::step_shape,
                   .status = 201,
                   .executions = r.executions});
}

std::vector<Endpoint> table() {
  std::vector<Endpoint> table;
  add(table, Resource{"a user",
                      "users",
                      "/users",
                      "/users/{user_id}",
                      "create_user",
                      "list_users",
                      "get_user",
                      "replace_user",
                      "patch_user",
                      {},
                      model::user_shape,
                      users,
                      user_filters,
                      Access::admin,
                      Access::admin,
                      8});
  table.push_back({.method = del,
                   .path = "/users/{user_id}",
                   .operation = "delete_user",
                   .summary = "Deletes a user that owns nothing, or erases everything of it",
                   .budget = 19,
                   .handle = remove_user,
                   .access = Access::admin,
                   .query = erase_parameter,
                   .shows = Shows::nothing,
                   .status = 204,
                   .definitions = users});
  table.push_back({.method = post,
                   .path = "/users/{user_id}/keys",
                   .operation = "create_key",
                   .summary = "Makes an API key, shown this once",
                   .budget = 3,
                   .handle = create_key,
                   .access = Access::self,
                   .body = Body::object,
                   .shows = Shows::other,
                   .status = 201,
                   .is_repeatable = false});
  table.push_back({.method = get,
                   .path = "/users/{user_id}/keys",
                   .operation = "list_keys",
                   .summary = "Lists a user's keys, without the keys themselves",
                   .budget = 4,
                   .handle = list_keys,
                   .access = Access::self,
                   .shows = Shows::list});
  table.push_back({.method = del,
                   .path = "/users/{user_id}/keys/{key_id}",
                   .operation = "revoke_key",
                   .summary = "Revokes a key, everywhere at once",
                   .budget = 2,
                   .handle = revoke_key,
                   .access = Access::self,
                   .shows = Shows::nothing,
                   .status = 204});
  table.push_back({.method = get,
                   .path = "/me",
                   .operation = "get_me",
                   .summary = "The user of the key, and its role",
                   .budget = 2,
                   .handle = get_me,
                   .answer_shape = &model::user_shape});

  add(table, Resource{"a tool", "tools", "/tools", "/tools/{tool_id}", "create_tool", "list_tools",
                      "get_tool", "replace_tool", "patch_tool", "delete_tool", model::tool_shape,
                      tools, tool_filters, Access::user, Access::admin, 5});
  add(table, Resource{"a knowledgebase", "knowledgebases", "/knowledgebases",
                      "/knowledgebases/{knowledgebase_id}", "create_knowledgebase",
                      "list_knowledgebases", "get_knowledgebase", "replace_knowledgebase",
                      "patch_knowledgebase", "delete_knowledgebase", model::knowledgebase_shape,
                      knowledgebases, knowledgebase_filters, Access::user, Access::user, 6});
  add(table, Resource{"a block", "blocks", "/blocks", "/blocks/{block_id}", "create_block",
                      "list_blocks", "get_block", "replace_block", "patch_block", "delete_block",
                      model::block_shape, blocks, block_filters, Access::user, Access::user, 6});

  add(table, Resource{"an agent", "agents", "/agents", "/agents/{agent_id}", "create_agent",
                      "list_agents", "get_agent", "replace_agent", "patch_agent", "delete_agent",
                      model::agent_shape, agents, agent_filters, Access::user, Access::user, 14});
  table.push_back({.method = post,
                   .path = "/agents/import",
                   .operation = "import_agent",
                   .summary = "Makes an agent of an export",
                   .budget = 12,
                   .handle = import_agent,
                   .body = Body::object,
                   .answer_shape = &model::agent_shape,
                   .status = 201,
                   .definitions = agents});
  table.push_back({.method = post,
                   .path = "/agents/{agent_id}/clone",
                   .operation = "clone_agent",
                   .summary = "Copies an agent that can be seen",
                   .budget = 13,
                   .handle = clone_agent,
                   .body = Body::optional,
                   .answer_shape = &model::agent_shape,
                   .status = 201,
                   .definitions = agents});
  table.push_back({.method = get,
                   .path = "/agents/{agent_id}/export",
                   .operation = "export_agent",
                   .summary = "What an import takes",
                   .budget = 2,
                   .handle = export_agent,
                   .shows = Shows::other,
                   .definitions = agents});
  table.push_back({.method = get,
                   .path = "/agents/{agent_id}/versions",
                   .operation = "list_agent_versions",
                   .summary = "The newest 100 versions, newest first",
                   .budget = 4,
                   .handle = list_agent_versions,
                   .shows = Shows::list,
                   .definitions = agents});
  table.push_back({.method = post,
                   .path = "/agents/{agent_id}/versions/{version}/restore",
                   .operation = "restore_agent_version",
                   .summary = "Makes an old version the newest one",
                   .budget = 15,
                   .handle = restore_agent_version,
                   .body = Body::empty,
                   .answer_shape = &model::agent_shape,
                   .definitions = agents});

  add(table, Resource{"a workflow", "workflows", "/workflows", "/workflows/{workflow_id}",
                      "create_workflow", "list_workflows", "get_workflow", "replace_workflow",
                      "patch_workflow", "delete_workflow", model::workflow_shape, workflows,
                      workflow_filters, Access::user, Access::user, 17});
  table.push_back({.method = get,
                   .path = "/workflows/nodes",
                   .operation = "list_workflow_nodes",
                   .summary = "Nodes across workflows, newest workflow first",
                   .budget = 3,
                   .handle = list_nodes,
                   .query = node_filters,
                   .shows = Shows::list,
                   .answer_shape = &model::found_node_shape});
  table.push_back({.method = get,
                   .path = "/workflows/{workflow_id}/executions",
                   .operation = "list_executions_of_workflow",
                   .summary = "A workflow's executions, newest first",
                   .budget = 4,
                   .handle = list_executions_of_workflow,
                   .query = of_one_workflow_filters,
                   .shows = Shows::list,
                   .answer_shape = &model::workflow_execution_shape,
                   .executions = of_workflows});

  add(table,
      Recording{"an execution", "executions", "/executions", "/executions/{execution_id}",
                "/executions/{execution_id}/steps", "/executions/batch", "/executions/export",
                "create_execution", "list_executions", "get_execution", "patch_execution",
                "delete_execution", "delete_session", "append_steps", "create_executions",
                "export_executions", model::agent_execution_shape, of_agents, execution_filters});
  add(table,
      Recording{"a workflow execution", "workflow executions", "/workflow-executions",
                "/workflow-executions/{execution_id}", "/workflow-executions/{execution_id}/steps",
                "/workflow-executions/batch", "/workflow-executions/export",
                "create_workflow_execution", "list_workflow_executions", "get_workflow_execution",
                "patch_workflow_execution", "delete_workflow_execution", "delete_workflow_session",
                "append_workflow_steps", "create_workflow_executions", "export_workflow_executions",
                model::workflow_execution_shape, of_workflows, workflow_execution_filters});

  add_memory_endpoints(table);

  table.push_back({.method = get,
                   .path = "/events",
                   .operation = "listen_to_events",
                   .summary = "Executions as they start and finish, and to admins jobs, live "
                              "(Server-Sent Events)",
                   .budget = 1,
                   .handle = listen_to_events,
                   .shows = Shows::events});
  add_jobs(table);

  const auto beside = [&table](std::string_view path, std::string_view operation,
                               const char* summary, Handle handle) {
    table.push_back({.method = get,
                     .path = path,
                     .operation = operation,
                     .summary = summary,
                     .budget = 0,
                     .handle = handle,
                     .access = Access::open,
                     .shows = Shows::other,
                     .is_absolute = true});
  };
  beside("/healthz", "get_health", "Whether the process lives", get_health);
  beside("/readyz", "get_readiness", "Whether it can serve", get_readiness);
  beside("/metrics", "get_metrics", "Prometheus metrics", get_metrics);
  beside("/openapi.json", "get_openapi", "This description", get_openapi);
  add_statistics(table);
  for (Endpoint& endpoint : table)
    if (endpoint.access != Access::open)
      ++endpoint.budget;  // an admin may act for a user: one look at that user
  return table;
}

}  // namespace

std::span<const Endpoint> endpoints() {
  static const std::vector<Endpoint> all = table();
  return all;
}

}  // namespace onggi::api
