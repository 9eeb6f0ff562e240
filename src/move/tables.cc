#include "move/tables.h"

#include <algorithm>
#include <array>
#include <limits>

#include "sql/catalogue.h"

namespace onggi::move {
namespace {

constexpr std::array users{
    Column{"id", Type::id},           Column{"name", Type::text},
    Column{"role", Type::text},       Column{"timezone", Type::text},
    Column{"created_at", Type::time}, Column{"updated_at", Type::time},
    Column{"version", Type::integer}, Column{"request_hash", Type::bytes, nullable},
    Column{"document", Type::json}};

constexpr std::array api_keys{Column{"id", Type::id},           Column{"user_id", Type::id},
                              Column{"name", Type::text},       Column{"key_hash", Type::bytes},
                              Column{"created_at", Type::time}, Column{"document", Type::json}};

constexpr std::array tools{Column{"id", Type::text},
                           Column{"name", Type::text},
                           Column{"description", Type::text, nullable},
                           Column{"category", Type::text, nullable},
                           Column{"input_schema", Type::json},
                           Column{"output_schema", Type::json},
                           Column{"implementation_type", Type::text},
                           Column{"implementation_ref", Type::text, nullable},
                           Column{"requires_auth", Type::boolean},
                           Column{"is_builtin", Type::boolean},
                           Column{"created_at", Type::time},
                           Column{"updated_at", Type::time},
                           Column{"version", Type::integer},
                           Column{"request_hash", Type::bytes, nullable},
                           Column{"document", Type::json},
                           Column{"summary", Type::json}};

constexpr std::array knowledgebases{Column{"id", Type::id},
                                    Column{"user_id", Type::id},
                                    Column{"name", Type::text},
                                    Column{"description", Type::text, nullable},
                                    Column{"embedding_model", Type::text, nullable},
                                    Column{"chunk_size", Type::integer},
                                    Column{"chunk_overlap", Type::integer},
                                    Column{"configuration", Type::json},
                                    Column{"created_at", Type::time},
                                    Column{"updated_at", Type::time},
                                    Column{"version", Type::integer},
                                    Column{"request_hash", Type::bytes, nullable},
                                    Column{"document", Type::json}};

constexpr std::array blocks{Column{"id", Type::id},
                            Column{"user_id", Type::id},
                            Column{"name", Type::text},
                            Column{"description", Type::text, nullable},
                            Column{"block_type", Type::text},
                            Column{"input_schema", Type::json},
                            Column{"output_schema", Type::json},
                            Column{"configuration", Type::json},
                            Column{"implementation", Type::text, nullable},
                            Column{"is_public", Type::boolean},
                            Column{"created_at", Type::time},
                            Column{"updated_at", Type::time},
                            Column{"version", Type::integer},
                            Column{"request_hash", Type::bytes, nullable},
                            Column{"document", Type::json}};

constexpr std::array agents{Column{"id", Type::id},
                            Column{"user_id", Type::id},
                            Column{"name", Type::text},
                            Column{"description", Type::text, nullable},
                            Column{"agent_type", Type::text},
                            Column{"llm_provider", Type::text},
                            Column{"llm_model", Type::text},
                            Column{"configuration", Type::json},
                            Column{"is_public", Type::boolean},
                            Column{"created_at", Type::time},
                            Column{"updated_at", Type::time},
                            Column{"version", Type::integer},
                            Column{"deleted_at", Type::time, nullable},
                            Column{"request_hash", Type::bytes, nullable},
                            Column{"document", Type::json}};

constexpr std::array agent_tools{
    Column{"agent_id", Type::id},   Column{"position", Type::integer},
    Column{"tool_id", Type::text},  Column{"configuration", Type::json},
    Column{"order", Type::integer}, Column{"document", Type::json}};

constexpr std::array agent_knowledgebases{
    Column{"agent_id", Type::id}, Column{"position", Type::integer},
    Column{"knowledgebase_id", Type::id}, Column{"priority", Type::integer},
    Column{"document", Type::json}};

constexpr std::array agent_versions{Column{"agent_id", Type::id}, Column{"version", Type::integer},
                                    Column{"created_at", Type::time},
                                    Column{"content", Type::json}};

constexpr std::array workflows{Column{"id", Type::id},
                               Column{"user_id", Type::id},
                               Column{"name", Type::text},
                               Column{"description", Type::text, nullable},
                               Column{"is_public", Type::boolean},
                               Column{"created_at", Type::time},
                               Column{"updated_at", Type::time},
                               Column{"version", Type::integer},
                               Column{"request_hash", Type::bytes, nullable},
                               Column{"document", Type::json},
                               Column{"triggers", Type::members},
                               Column{"page", Type::members},
                               Column{"name_places", Type::bytes}};

constexpr std::array workflow_nodes{Column{"workflow_id", Type::id},
                                    Column{"position", Type::integer},
                                    Column{"node_id", Type::text},
                                    Column{"type", Type::text, nullable},
                                    Column{"parent_id", Type::text, nullable},
                                    Column{"agent_id", Type::id, nullable},
                                    Column{"block_id", Type::id, nullable},
                                    Column{"document", Type::json}};

constexpr std::array workflow_edges{Column{"workflow_id", Type::id},
                                    Column{"position", Type::integer},
                                    Column{"edge_id", Type::text},
                                    Column{"source", Type::text},
                                    Column{"target", Type::text},
                                    Column{"source_handle", Type::text, nullable},
                                    Column{"target_handle", Type::text, nullable},
                                    Column{"document", Type::json}};

constexpr std::array workflow_references{
    Column{"workflow_id", Type::id}, Column{"ordinal", Type::integer},
    Column{"agent_id", Type::id, nullable}, Column{"block_id", Type::id, nullable}};

constexpr std::array workflow_schedules{
    Column{"workflow_id", Type::id},       Column{"position", Type::integer},
    Column{"cron_expression", Type::text}, Column{"timezone", Type::text},
    Column{"input_data", Type::json},      Column{"is_active", Type::boolean}};

constexpr std::array workflow_webhooks{
    Column{"workflow_id", Type::id},    Column{"position", Type::integer},
    Column{"webhook_path", Type::text}, Column{"http_method", Type::text},
    Column{"is_active", Type::boolean}, Column{"secret", Type::text, nullable}};

constexpr std::array agent_executions{Column{"id", Type::id},
                                      Column{"user_id", Type::id},
                                      Column{"agent_id", Type::id},
                                      Column{"session_id", Type::text, nullable},
                                      Column{"status", Type::text},
                                      Column{"started_at", Type::time},
                                      Column{"completed_at", Type::time, nullable},
                                      Column{"duration_ms", Type::integer, nullable},
                                      Column{"llm_call_count", Type::integer},
                                      Column{"llm_prompt_tokens", Type::integer},
                                      Column{"llm_completion_tokens", Type::integer},
                                      Column{"llm_total_tokens", Type::integer},
                                      Column{"tool_call_count", Type::integer},
                                      Column{"tool_total_duration_ms", Type::integer},
                                      Column{"cache_hit_count", Type::integer},
                                      Column{"cache_miss_count", Type::integer},
                                      Column{"cost_nanos", Type::integer},
                                      Column{"created_at", Type::time},
                                      Column{"updated_at", Type::time},
                                      Column{"version", Type::integer},
                                      Column{"given", Type::integer},
                                      Column{"request_hash", Type::bytes, nullable},
                                      Column{"document", Type::json},
                                      Column{"execution_context", Type::json}};

constexpr std::array workflow_executions{Column{"id", Type::id},
                                         Column{"user_id", Type::id},
                                         Column{"workflow_id", Type::id},
                                         Column{"session_id", Type::text, nullable},
                                         Column{"status", Type::text},
                                         Column{"started_at", Type::time},
                                         Column{"completed_at", Type::time, nullable},
                                         Column{"duration_ms", Type::integer, nullable},
                                         Column{"llm_call_count", Type::integer},
                                         Column{"llm_prompt_tokens", Type::integer},
                                         Column{"llm_completion_tokens", Type::integer},
                                         Column{"llm_total_tokens", Type::integer},
                                         Column{"tool_call_count", Type::integer},
                                         Column{"tool_total_duration_ms", Type::integer},
                                         Column{"cache_hit_count", Type::integer},
                                         Column{"cache_miss_count", Type::integer},
                                         Column{"cost_nanos", Type::integer},
                                         Column{"created_at", Type::time},
                                         Column{"updated_at", Type::time},
                                         Column{"version", Type::integer},
                                         Column{"given", Type::integer},
                                         Column{"request_hash", Type::bytes, nullable},
                                         Column{"document", Type::json},
                                         Column{"execution_context", Type::json}};

constexpr std::array execution_steps{Column{"execution_id", Type::id}, Column{"kind", Type::text},
                                     Column{"step_number", Type::integer},
                                     Column{"document", Type::json}};

constexpr std::array memory_settings{Column{"agent_id", Type::id},
                                     Column{"short_term_retention_hours", Type::integer},
                                     Column{"auto_cleanup", Type::boolean},
                                     Column{"auto_consolidation", Type::boolean},
                                     Column{"consolidation_threshold", Type::integer},
                                     Column{"enable_compression", Type::boolean},
                                     Column{"max_memory_size_mb", Type::integer},
                                     Column{"importance_threshold", Type::text},
                                     Column{"updated_at", Type::time},
                                     Column{"version", Type::integer}};

constexpr std::array agent_memories{Column{"id", Type::id},
                                    Column{"arrival", Type::integer},
                                    Column{"agent_id", Type::id},
                                    Column{"type", Type::text},
                                    Column{"importance", Type::text},
                                    Column{"session_id", Type::text, nullable},
                                    Column{"content", Type::bytes},
                                    Column{"metadata", Type::json},
                                    Column{"embedding", Type::bytes, nullable},
                                    Column{"access_count", Type::integer},
                                    Column{"last_accessed_at", Type::time, nullable},
                                    Column{"created_at", Type::time},
                                    Column{"updated_at", Type::time},
                                    Column{"version", Type::integer},
                                    Column{"is_pinned", Type::boolean},
                                    Column{"is_stale", Type::boolean},
                                    Column{"size_bytes", Type::integer},
                                    Column{"provenance", Type::bytes, nullable},
                                    Column{"request_hash", Type::bytes, nullable}};

constexpr std::array memory_timeline{
    Column{"agent_id", Type::id},   Column{"timestamp", Type::time},
    Column{"id", Type::id},         Column{"type", Type::text},
    Column{"count", Type::integer}, Column{"memory_ids", Type::bytes},
    Column{"metadata", Type::json}};

constexpr std::array idempotency_keys{Column{"user_id", Type::id},
                                      Column{"path", Type::text},
                                      Column{"key", Type::text},
                                      Column{"request_hash", Type::bytes},
                                      Column{"created_at", Type::time},
                                      Column{"status", Type::integer},
                                      Column{"location", Type::text, nullable},
                                      Column{"etag", Type::text, nullable},
                                      Column{"body", Type::text}};

constexpr std::array prices{Column{"llm_provider", Type::text}, Column{"llm_model", Type::text},
                            Column{"prompt_nanos", Type::integer},
                            Column{"completion_nanos", Type::integer}};

constexpr std::array agent_execution_stats{Column{"agent_id", Type::id},
                                           Column{"date", Type::text},
                                           Column{"user_id", Type::id},
                                           Column{"is_frozen", Type::boolean},
                                           Column{"execution_count", Type::integer},
                                           Column{"running_count", Type::integer},
                                           Column{"completed_count", Type::integer},
                                           Column{"failed_count", Type::integer},
                                           Column{"timeout_count", Type::integer},
                                           Column{"cancelled_count", Type::integer},
                                           Column{"total_duration_ms", Type::integer},
                                           Column{"min_duration_ms", Type::integer, nullable},
                                           Column{"max_duration_ms", Type::integer, nullable},
                                           Column{"duration_sketch", Type::bytes},
                                           Column{"llm_call_count", Type::integer},
                                           Column{"llm_prompt_tokens", Type::integer},
                                           Column{"llm_completion_tokens", Type::integer},
                                           Column{"llm_total_tokens", Type::integer},
                                           Column{"tool_call_count", Type::integer},
                                           Column{"cost_nanos", Type::integer}};

constexpr std::array agent_execution_days{Column{"user_id", Type::id},
                                          Column{"date", Type::text},
                                          Column{"is_frozen", Type::boolean},
                                          Column{"execution_count", Type::integer},
                                          Column{"running_count", Type::integer},
                                          Column{"completed_count", Type::integer},
                                          Column{"failed_count", Type::integer},
                                          Column{"timeout_count", Type::integer},
                                          Column{"cancelled_count", Type::integer},
                                          Column{"total_duration_ms", Type::integer},
                                          Column{"min_duration_ms", Type::integer, nullable},
                                          Column{"max_duration_ms", Type::integer, nullable},
                                          Column{"duration_sketch", Type::bytes},
                                          Column{"llm_call_count", Type::integer},
                                          Column{"llm_prompt_tokens", Type::integer},
                                          Column{"llm_completion_tokens", Type::integer},
                                          Column{"llm_total_tokens", Type::integer},
                                          Column{"tool_call_count", Type::integer},
                                          Column{"cost_nanos", Type::integer}};

constexpr std::array agent_execution_lifetimes{
    Column{"user_id", Type::id}, Column{"horizon", Type::time}, Column{"frozen_until", Type::time},
    Column{"frozen_date", Type::text}};

constexpr std::array workflow_execution_stats{Column{"workflow_id", Type::id},
                                              Column{"date", Type::text},
                                              Column{"user_id", Type::id},
                                              Column{"is_frozen", Type::boolean},
                                              Column{"execution_count", Type::integer},
                                              Column{"running_count", Type::integer},
                                              Column{"completed_count", Type::integer},
                                              Column{"failed_count", Type::integer},
                                              Column{"timeout_count", Type::integer},
                                              Column{"cancelled_count", Type::integer},
                                              Column{"total_duration_ms", Type::integer},
                                              Column{"min_duration_ms", Type::integer, nullable},
                                              Column{"max_duration_ms", Type::integer, nullable},
                                              Column{"duration_sketch", Type::bytes},
                                              Column{"llm_call_count", Type::integer},
                                              Column{"llm_prompt_tokens", Type::integer},
                                              Column{"llm_completion_tokens", Type::integer},
                                              Column{"llm_total_tokens", Type::integer},
                                              Column{"tool_call_count", Type::integer},
                                              Column{"cost_nanos", Type::integer}};

constexpr std::array workflow_execution_days{Column{"user_id", Type::id},
                                             Column{"date", Type::text},
                                             Column{"is_frozen", Type::boolean},
                                             Column{"execution_count", Type::integer},
                                             Column{"running_count", Type::integer},
                                             Column{"completed_count", Type::integer},
                                             Column{"failed_count", Type::integer},
                                             Column{"timeout_count", Type::integer},
                                             Column{"cancelled_count", Type::integer},
                                             Column{"total_duration_ms", Type::integer},
                                             Column{"min_duration_ms", Type::integer, nullable},
                                             Column{"max_duration_ms", Type::integer, nullable},
                                             Column{"duration_sketch", Type::bytes},
                                             Column{"llm_call_count", Type::integer},
                                             Column{"llm_prompt_tokens", Type::integer},
                                             Column{"llm_completion_tokens", Type::integer},
                                             Column{"llm_total_tokens", Type::integer},
                                             Column{"tool_call_count", Type::integer},
                                             Column{"cost_nanos", Type::integer}};

constexpr std::array workflow_execution_lifetimes{
    Column{"user_id", Type::id}, Column{"horizon", Type::time}, Column{"frozen_until", Type::time},
    Column{"frozen_date", Type::text}};

constexpr std::array jobs{Column{"id", Type::text},
                          Column{"token", Type::integer},
                          Column{"taken_until", Type::time},
                          Column{"run_id", Type::id, nullable},
                          Column{"owner", Type::id, nullable},
                          Column{"lease_until", Type::time, nullable},
                          Column{"last_run_id", Type::id, nullable}};

constexpr std::array job_runs{Column{"id", Type::id},
                              Column{"job_id", Type::text},
                              Column{"scheduled_for", Type::time},
                              Column{"started_at", Type::time},
                              Column{"finished_at", Type::time, nullable},
                              Column{"status", Type::text},
                              Column{"attempt", Type::integer},
                              Column{"progress", Type::json},
                              Column{"result", Type::json},
                              Column{"error", Type::text, nullable}};

constexpr std::array retention_horizons{Column{"kind", Type::text}, Column{"horizon", Type::time}};

constexpr std::array former_names{Column{"id", Type::id}, Column{"user_id", Type::id},
                                  Column{"name", Type::text}, Column{"is_public", Type::boolean}};

const Table all[] = {
    {"users", 1, users, &sql::moving_read_users, &sql::moving_insert_users},
    {"api_keys", 1, api_keys, &sql::moving_read_api_keys, &sql::moving_insert_api_keys},
    {"tools", 1, tools, &sql::moving_read_tools, &sql::moving_insert_tools},
    {"knowledgebases", 1, knowledgebases, &sql::moving_read_knowledgebases,
     &sql::moving_insert_knowledgebases},
    {"blocks", 1, blocks, &sql::moving_read_blocks, &sql::moving_insert_blocks},
    {"agents", 1, agents, &sql::moving_read_agents, &sql::moving_insert_agents},
    {"agent_tools", 2, agent_tools, &sql::moving_read_agent_tools, &sql::moving_insert_agent_tools},
    {"agent_knowledgebases", 2, agent_knowledgebases, &sql::moving_read_agent_knowledgebases,
     &sql::moving_insert_agent_knowledgebases},
    {"agent_versions", 2, agent_versions, &sql::moving_read_agent_versions,
     &sql::moving_insert_agent_versions},
    {"workflows", 1, workflows, &sql::moving_read_workflows, &sql::moving_insert_workflows},
    {"workflow_nodes", 2, workflow_nodes, &sql::moving_read_workflow_nodes,
     &sql::moving_insert_workflow_nodes},
    {"workflow_edges", 2, workflow_edges, &sql::moving_read_workflow_edges,
     &sql::moving_insert_workflow_edges},
    {"workflow_references", 2, workflow_references, &sql::moving_read_workflow_references,
     &sql::moving_insert_workflow_references},
    {"workflow_schedules", 2, workflow_schedules, &sql::moving_read_workflow_schedules,
     &sql::moving_insert_workflow_schedules},
    {"workflow_webhooks", 2, workflow_webhooks, &sql::moving_read_workflow_webhooks,
     &sql::moving_insert_workflow_webhooks},
    {"agent_executions", 1, agent_executions, &sql::moving_read_agent_executions,
     &sql::moving_insert_agent_executions},
    {"workflow_executions", 1, workflow_executions, &sql::moving_read_workflow_executions,
     &sql::moving_insert_workflow_executions},
    {"execution_steps", 3, execution_steps, &sql::moving_read_execution_steps,
     &sql::moving_insert_execution_steps},
    {"memory_settings", 1, memory_settings, &sql::moving_read_memory_settings,
     &sql::moving_insert_memory_settings},
    {"agent_memories", 1, agent_memories, &sql::moving_read_agent_memories,
     &sql::moving_insert_agent_memories},
    {"memory_timeline", 3, memory_timeline, &sql::moving_read_memory_timeline,
     &sql::moving_insert_memory_timeline},
    {"jobs", 1, jobs, &sql::moving_read_jobs, &sql::moving_insert_jobs},
    {"job_runs", 1, job_runs, &sql::moving_read_job_runs, &sql::moving_insert_job_runs},
    {"retention_horizons", 1, retention_horizons, &sql::moving_read_retention_horizons,
     &sql::moving_insert_retention_horizons},
    {"former_names", 1, former_names, &sql::moving_read_former_names,
     &sql::moving_insert_former_names},
    {"idempotency_keys", 3, idempotency_keys, &sql::moving_read_idempotency_keys,
     &sql::moving_insert_idempotency_keys},
    {"prices", 2, prices, &sql::moving_read_prices, &sql::moving_insert_prices},
    {"agent_execution_stats", 3, agent_execution_stats, &sql::moving_read_agent_execution_stats,
     &sql::moving_insert_agent_execution_stats},
    {"agent_execution_days", 2, agent_execution_days, &sql::moving_read_agent_execution_days,
     &sql::moving_insert_agent_execution_days},
    {"agent_execution_lifetimes", 1, agent_execution_lifetimes,
     &sql::moving_read_agent_execution_lifetimes, &sql::moving_insert_agent_execution_lifetimes},
    {"workflow_execution_stats", 3, workflow_execution_stats,
     &sql::moving_read_workflow_execution_stats, &sql::moving_insert_workflow_execution_stats},
    {"workflow_execution_days", 2, workflow_execution_days,
     &sql::moving_read_workflow_execution_days, &sql::moving_insert_workflow_execution_days},
    {"workflow_execution_lifetimes", 1, workflow_execution_lifetimes,
     &sql::moving_read_workflow_execution_lifetimes,
     &sql::moving_insert_workflow_execution_lifetimes}};

void add(const Column& column, const db::Row& row, int at, db::Params& params) {
  if (row.is_null(at)) {
    params.add(std::nullopt);
    return;
  }
  switch (column.type) {
    case Type::id:
    case Type::bytes:
      params.add_blob(row.text(at));
      return;
    case Type::text:
    case Type::json:
    case Type::members:
      params.add(row.text(at));
      return;
    case Type::integer:
    case Type::boolean:
    case Type::time:
      params.add(row.integer(at));
      return;
  }
}

}  // namespace

std::span<const Table> tables() {
  return all;
}

const Table* find_table(std::string_view name) {
  const auto* const found = std::ranges::find(all, name, &Table::name);
  return found == std::end(all) ? nullptr : found;
}

db::Params params_of(const Table& table, const db::Row& row, std::size_t count) {
  db::Params params;
  for (std::size_t i = 0; i < count; ++i) add(table.columns[i], row, static_cast<int>(i), params);
  return params;
}

db::Params least_key(const Table& table) {
  db::Params params;
  for (const Column& column : table.columns.first(table.key_columns)) {
    if (column.type == Type::integer)
      params.add(std::numeric_limits<std::int64_t>::min());
    else if (column.type == Type::time)
      params.add(earliest_time);
    else if (column.type == Type::id)
      params.add_blob("");
    else
      params.add("");
  }
  return params;
}

}  // namespace onggi::move
