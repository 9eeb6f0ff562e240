#include "model/definitions.h"

#include "base/cron.h"
#include "base/time_zone.h"

namespace onggi::model {
namespace {

constexpr std::int64_t name_max = 200;
constexpr std::int64_t description_max = 10'000;

bool is_zone(std::string_view text, std::string& why) {
  if (is_time_zone(text)) return true;
  why = "is not an IANA time zone";
  return false;
}

bool is_slug(std::string_view text, std::string& why) {
  const bool fits =
      !text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") == std::string_view::npos;
  if (!fits) why = "must consist of lower-case letters, digits, '_', '-' and '.'";
  return fits;
}

bool is_cron(std::string_view text, std::string& why) {
  return Cron::parse(text, why).has_value();
}

bool is_path(std::string_view text, std::string& why) {
  const bool fits = text.find_first_of(" \t\r\n?#") == std::string_view::npos;
  if (!fits) why = "must not hold spaces, '?' or '#'";
  return fits;
}

bool is_http_method(std::string_view text, std::string& why) {
  constexpr std::array<std::string_view, 5> allowed{"GET", "POST", "PUT", "PATCH", "DELETE"};
  for (const auto method : allowed)
    if (text == method) return true;
  why = "must be one of GET, POST, PUT, PATCH, DELETE";
  return false;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}
bool is_name(std::string_view text, std::string& why) {
  if (!is_blank(text)) return true;
  why = "must not be blank";
  return false;
}

// Repeated in the same place of every definition.
template <class T>
constexpr Field id_field() {
  return field<&T::id>("id", "UUIDv7, made by the server unless sent at creation");
}
template <class T>
constexpr Field owner_field() {
  return field<&T::user_id>("user_id", "The owner").read_only();
}
template <class T>
constexpr Field created_field() {
  return field<&T::created_at>("created_at", "When it was created").read_only();
}
template <class T>
constexpr Field updated_field() {
  return field<&T::updated_at>("updated_at", "When it was last changed").read_only();
}
template <class T>
constexpr Field version_field() {
  return field<&T::version>("version", "Counts its changes, from 1; the first part of its ETag")
      .read_only();
}
template <class T>
constexpr Field name_field() {
  return field<&T::name>("name", "Its name").required().between(1, name_max).checked(is_name);
}
template <class T>
constexpr Field description_field() {
  return field<&T::description>("description", "What it is for").between(0, description_max);
}

constexpr std::array user_fields{
    id_field<User>(),
    name_field<User>(),
    field<&User::role>("role", "What the user may do"),
    field<&User::timezone>("timezone",
                           "IANA name; a day of the user's statistics is a day in this zone")
        .between(1, 64)
        .checked(is_zone),
    created_field<User>(),
    updated_field<User>(),
    version_field<User>(),
};

constexpr std::array tool_fields{
    field<&Tool::slug>("id", "A slug such as vector_search")
        .required()
        .between(1, 100)
        .checked(is_slug, "^[a-z0-9_.-]+$"),
    name_field<Tool>(),
    description_field<Tool>(),
    field<&Tool::category>("category", "Groups tools").between(1, 100),
    field<&Tool::input_schema>("input_schema", "JSON Schema of what the tool takes").required(),
    field<&Tool::output_schema>("output_schema", "JSON Schema of what it gives"),
    field<&Tool::implementation_type>("implementation_type", "Who implements it").required(),
    field<&Tool::implementation_ref>("implementation_ref", "Where the implementation is found")
        .between(0, 2'000),
    field<&Tool::requires_auth>("requires_auth", "Whether it needs credentials"),
    field<&Tool::is_builtin>("is_builtin", "Whether it comes with the platform"),
    created_field<Tool>(),
    updated_field<Tool>(),
    version_field<Tool>(),
};

constexpr std::array tool_summary_fields{
    field<&Tool::name>("name", "Its name"),
    field<&Tool::category>("category", "Groups tools"),
    field<&Tool::description>("description", "What it is for"),
};

constexpr std::array knowledgebase_fields{
    id_field<Knowledgebase>(),
    owner_field<Knowledgebase>(),
    name_field<Knowledgebase>(),
    description_field<Knowledgebase>(),
    field<&Knowledgebase::embedding_model>("embedding_model", "Which model embeds its chunks")
        .between(1, name_max),
    field<&Knowledgebase::chunk_size>("chunk_size", "Of a chunk").between(1, 1'000'000),
    field<&Knowledgebase::chunk_overlap>("chunk_overlap", "Of neighbouring chunks")
        .between(0, 1'000'000),
    field<&Knowledgebase::configuration>("configuration", "Whatever the platform keeps with it"),
    created_field<Knowledgebase>(),
    updated_field<Knowledgebase>(),
    version_field<Knowledgebase>(),
};

constexpr std::array block_fields{
    id_field<Block>(),
    owner_field<Block>(),
    name_field<Block>(),
    description_field<Block>(),
    field<&Block::block_type>("block_type", "What kind of block it is").required(),
    field<&Block::input_schema>("input_schema", "JSON Schema of its input"),
    field<&Block::output_schema>("output_schema", "JSON Schema of its output"),
    field<&Block::configuration>("configuration", "Whatever the platform keeps with it"),
    field<&Block::implementation>("implementation", "Its code or reference").between(0, 1'000'000),
    field<&Block::is_public>("is_public", "Whether everybody may read it"),
    created_field<Block>(),
    updated_field<Block>(),
    version_field<Block>(),
};

constexpr std::array agent_tool_fields{
    field<&AgentTool::tool_id>("tool_id", "The tool").required().between(1, 100),
    field<&AgentTool::configuration>("configuration", "How this agent uses it"),
    field<&AgentTool::order>("order", "Where it stands among the agent's tools")
        .between(0, 1'000'000),
    embedded("tool", "The tool's name, category and description", &tool_summary_shape),
};

constexpr std::array agent_knowledgebase_fields{
    field<&AgentKnowledgebase::knowledgebase_id>("knowledgebase_id", "The knowledgebase")
        .required(),
    field<&AgentKnowledgebase::priority>("priority",
                                         "Where it stands among the agent's knowledgebases")
        .between(-1'000'000, 1'000'000),
    embedded("name", "Its name, where the reader may see it"),
};

constexpr std::array agent_fields{
    id_field<Agent>(),
    owner_field<Agent>(),
    name_field<Agent>(),
    description_field<Agent>(),
    field<&Agent::agent_type>("agent_type", "How it was made"),
    field<&Agent::llm_provider>("llm_provider", "Who serves its model")
        .required()
        .between(1, name_max)
        .checked(is_name),
    field<&Agent::llm_model>("llm_model", "Its model")
        .required()
        .between(1, name_max)
        .checked(is_name),
    field<&Agent::configuration>("configuration",
                                 "Whatever the platform keeps with it; searchable"),
    field<&Agent::is_public>("is_public", "Whether everybody may read it"),
    created_field<Agent>(),
    updated_field<Agent>(),
    version_field<Agent>(),
    field<&Agent::tools>("tools", "The tools that it may use")
        .between(0, 10'000)
        .of(agent_tool_shape)
        .heavy(),
    field<&Agent::knowledgebases>("knowledgebases", "The knowledgebases that it reads")
        .between(0, 10'000)
        .of(agent_knowledgebase_shape)
        .heavy(),
    embedded("latest_version", "Number and time of its newest version; its owner sees it"),
};

constexpr std::array agent_content_fields{
    name_field<Agent>(), agent_fields[3], agent_fields[4],  agent_fields[5],  agent_fields[6],
    agent_fields[7],     agent_fields[8], agent_fields[12], agent_fields[13],
};

constexpr std::array schedule_fields{
    field<&Schedule::cron_expression>("cron_expression", "Five-field cron expression")
        .required()
        .between(1, 200)
        .checked(is_cron),
    field<&Schedule::timezone>("timezone", "IANA name of the zone in which it holds")
        .between(1, 64)
        .checked(is_zone),
    field<&Schedule::input_data>("input_data", "What the execution is given"),
    field<&Schedule::is_active>("is_active", "Whether it holds"),
};

constexpr std::array webhook_fields{
    field<&Webhook::webhook_path>("webhook_path", "The path that starts the workflow")
        .required()
        .between(1, 500)
        .checked(is_path),
    field<&Webhook::http_method>("http_method", "GET, POST, PUT, PATCH or DELETE")
        .between(1, 10)
        .checked(is_http_method, "^(GET|POST|PUT|PATCH|DELETE)$"),
    field<&Webhook::is_active>("is_active", "Whether it is served"),
    field<&Webhook::secret>("secret",
                            "Signs its calls; never shown. Absent keeps the present one of the "
                            "same path and method, \"\" removes it")
        .between(0, 1'000)
        .write_only(),
};

constexpr std::array workflow_node_fields{
    field<&WorkflowNode::id>("id", "The node's id in the graph"),
    field<&WorkflowNode::type>("type", "The node's type"),
    field<&WorkflowNode::position>("position", "x and y"),
    field<&WorkflowNode::data>("data", "The node's data"),
    field<&WorkflowNode::parent_id>("parent_id", "The group that it lies in"),
    field<&WorkflowNode::agent_id>("agent_id", "The agent that data.agent_id refers to"),
    field<&WorkflowNode::block_id>("block_id", "The block that data.block_id refers to"),
    embedded("ref_name", "The name of that agent or block, where the reader may see it"),
};

constexpr std::array found_node_fields{
    workflow_node_fields[0],
    workflow_node_fields[1],
    workflow_node_fields[2],
    workflow_node_fields[3],
    workflow_node_fields[4],
    workflow_node_fields[5],
    workflow_node_fields[6],
    workflow_node_fields[7],
    embedded("workflow_id", "The workflow that it is a node of"),
    embedded("workflow_name", "That workflow's name"),
};
static_assert(found_node_fields.size() == workflow_node_fields.size() + 2);

constexpr std::array workflow_edge_fields{
    field<&WorkflowEdge::id>("id", "The edge's id in the graph"),
    field<&WorkflowEdge::source>("source", "The node that it leaves"),
    field<&WorkflowEdge::target>("target", "The node that it reaches"),
    field<&WorkflowEdge::source_handle>("source_handle", "Where it leaves"),
    field<&WorkflowEdge::target_handle>("target_handle", "Where it arrives"),
    field<&WorkflowEdge::data>("data", "The edge's data"),
};

constexpr std::array workflow_fields{
    id_field<Workflow>(),
    owner_field<Workflow>(),
    name_field<Workflow>(),
    description_field<Workflow>(),
    field<&Workflow::is_public>("is_public", "Whether everybody may read it"),
    created_field<Workflow>(),
    updated_field<Workflow>(),
    version_field<Workflow>(),
    field<&Workflow::graph_definition>("graph_definition",
                                       "A React Flow document: nodes, edges and whatever else")
        .required()
        .heavy(),
    embedded("nodes", "The graph's nodes as rows", &workflow_node_shape, true),
    embedded("edges", "The graph's edges as rows", &workflow_edge_shape, true),
    field<&Workflow::schedules>("schedules", "When it runs by itself; its owner sees them")
        .between(0, 1'000)
        .of(schedule_shape)
        .heavy(),
    field<&Workflow::webhooks>("webhooks", "What starts it from outside; its owner sees them")
        .between(0, 1'000)
        .of(webhook_shape)
        .heavy(),
};

}  // namespace

const Shape user_shape{"User", user_fields, make_record<User>};
const Shape tool_shape{"Tool", tool_fields, make_record<Tool>};
const Shape tool_summary_shape{"ToolSummary", tool_summary_fields, make_record<Tool>};
const Shape knowledgebase_shape{"Knowledgebase", knowledgebase_fields, make_record<Knowledgebase>};
const Shape block_shape{"Block", block_fields, make_record<Block>};
const Shape agent_tool_shape{"AgentTool", agent_tool_fields, make_record<AgentTool>};
const Shape agent_knowledgebase_shape{"AgentKnowledgebase", agent_knowledgebase_fields,
                                      make_record<AgentKnowledgebase>};
const Shape agent_shape{"Agent", agent_fields, make_record<Agent>};
const Shape agent_content_shape{"AgentContent", agent_content_fields, make_record<Agent>};
const Shape schedule_shape{"Schedule", schedule_fields, make_record<Schedule>};
const Shape webhook_shape{"Webhook", webhook_fields, make_record<Webhook>};
const Shape workflow_shape{"Workflow", workflow_fields, make_record<Workflow>};
const Shape workflow_node_shape{"WorkflowNode", workflow_node_fields, make_record<WorkflowNode>};
const Shape found_node_shape{"FoundNode", found_node_fields, make_record<WorkflowNode>};
const Shape workflow_edge_shape{"WorkflowEdge", workflow_edge_fields, make_record<WorkflowEdge>};

}  // namespace onggi::model
