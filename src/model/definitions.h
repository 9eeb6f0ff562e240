// What users define: users, keys, tools, knowledgebases, blocks, agents, workflows. The words are
// those of the API.
#pragma once

#include "model/field.h"

namespace onggi::model {

struct Graph;

enum class Role : std::uint8_t { user, admin };
enum class ImplementationType : std::uint8_t { langchain, custom, builtin };
enum class BlockType : std::uint8_t { llm, tool, logic, composite };
enum class AgentType : std::uint8_t { custom, template_based };

inline constexpr std::array<std::string_view, 2> role_names{"user", "admin"};
inline constexpr std::array<std::string_view, 3> implementation_type_names{"langchain", "custom",
                                                                           "builtin"};
inline constexpr std::array<std::string_view, 4> block_type_names{"llm", "tool", "logic",
                                                                  "composite"};
inline constexpr std::array<std::string_view, 2> agent_type_names{"custom", "template_based"};
template <>
inline constexpr std::span<const std::string_view> names_of<Role>{role_names};
template <>
inline constexpr std::span<const std::string_view> names_of<ImplementationType>{
    implementation_type_names};
template <>
inline constexpr std::span<const std::string_view> names_of<BlockType>{block_type_names};
template <>
inline constexpr std::span<const std::string_view> names_of<AgentType>{agent_type_names};

// What all definitions carry. `version` counts the changes, from 1.
struct Definition : Record {
  Uuid id;
  Uuid user_id;  // its owner
  Time created_at;
  Time updated_at;
  std::int64_t version = 1;
};

struct User : Definition {  // is its own owner: user_id is not shown
  std::string name;
  Role role = Role::user;
  std::string timezone = "UTC";
};

struct Tool : Definition {  // one catalogue for all: no owner is shown
  std::string slug;         // its id outside
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> category;
  Document input_schema;
  Document output_schema;
  ImplementationType implementation_type = ImplementationType::custom;
  std::optional<std::string> implementation_ref;
  bool requires_auth = false;
  bool is_builtin = false;
};

struct Knowledgebase : Definition {
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> embedding_model;
  std::int64_t chunk_size = 500;
  std::int64_t chunk_overlap = 50;
  Document configuration;
};

struct Block : Definition {
  std::string name;
  std::optional<std::string> description;
  BlockType block_type = BlockType::llm;
  Document input_schema;
  Document output_schema;
  Document configuration;
  std::optional<std::string> implementation;
  bool is_public = false;
};

struct AgentTool : Record {
  std::string tool_id;
  Document configuration;
  std::int64_t order = 0;
};

struct AgentKnowledgebase : Record {
  Uuid knowledgebase_id;
  std::int64_t priority = 0;
};

struct Agent : Definition {
  std::string name;
  std::optional<std::string> description;
  AgentType agent_type = AgentType::custom;
  std::string llm_provider;
  std::string llm_model;
  Document configuration;
  bool is_public = false;
  std::vector<AgentTool> tools;
  std::vector<AgentKnowledgebase> knowledgebases;
};

struct Schedule : Record {
  std::string cron_expression;
  std::string timezone = "UTC";
  Document input_data;
  bool is_active = true;
};

struct Webhook : Record {
  std::string webhook_path;
  std::string http_method = "POST";
  bool is_active = true;
  std::optional<std::string>
      secret;  // absent: an existing one of the same path and method is kept; "" removes it
};

struct Workflow : Definition {
  std::string name;
  std::optional<std::string> description;
  bool is_public = false;
  Document graph_definition;
  std::vector<Schedule> schedules;
  std::vector<Webhook> webhooks;

  std::shared_ptr<const Graph> graph;  // graph_definition taken apart (model/graph.h); not a field
};

// A node of a workflow's graph as a row.
struct WorkflowNode : Record {
  std::string id;
  std::optional<std::string> type;
  Document position{"{\"x\":0,\"y\":0}"};
  Document data;
  std::optional<std::string> parent_id;
  std::optional<Uuid> agent_id;
  std::optional<Uuid> block_id;
};

struct WorkflowEdge : Record {
  std::string id;
  std::string source;
  std::string target;
  std::optional<std::string> source_handle;
  std::optional<std::string> target_handle;
  Document data;
};

extern const Shape user_shape;
extern const Shape tool_shape;
extern const Shape tool_summary_shape;
extern const Shape knowledgebase_shape;
extern const Shape block_shape;
extern const Shape agent_tool_shape;
extern const Shape agent_knowledgebase_shape;
extern const Shape agent_shape;
extern const Shape
    agent_content_shape;  // of versions, exports and imports: what a user can write of an agent
extern const Shape schedule_shape;
extern const Shape webhook_shape;
extern const Shape workflow_shape;
extern const Shape workflow_node_shape;
extern const Shape found_node_shape;  // across workflows: with its workflow
extern const Shape workflow_edge_shape;

}  // namespace onggi::model
