// What endpoints do: one function each, one file per resource. A handler decodes, validates, calls
// a store, answers.
#pragma once

#include "api/endpoint.h"

namespace onggi::api {

// definitions.cc: whatever Endpoint::definitions names
Task<Result<Answer>> create_definition(Call& call);
Task<Result<Answer>> list_definitions(Call& call);
Task<Result<Answer>> list_nodes(Call& call);
Task<Result<Answer>> get_definition(Call& call);
Task<Result<Answer>> replace_definition(Call& call);
Task<Result<Answer>> patch_definition(Call& call);
Task<Result<Answer>> remove_definition(Call& call);

// users.cc
Task<Result<Answer>> get_me(Call& call);
Task<Result<Answer>> remove_user(Call& call);
Task<Result<Answer>> create_key(Call& call);
Task<Result<Answer>> list_keys(Call& call);
Task<Result<Answer>> revoke_key(Call& call);

// agents.cc
Task<Result<Answer>> clone_agent(Call& call);
Task<Result<Answer>> export_agent(Call& call);
Task<Result<Answer>> import_agent(Call& call);
Task<Result<Answer>> list_agent_versions(Call& call);
Task<Result<Answer>> restore_agent_version(Call& call);

// executions.cc: whatever Endpoint::executions names
Task<Result<Answer>> create_execution(Call& call);
Task<Result<Answer>> list_executions(Call& call);
Task<Result<Answer>> list_executions_of_workflow(Call& call);
Task<Result<Answer>> get_execution(Call& call);
Task<Result<Answer>> patch_execution(Call& call);
Task<Result<Answer>> remove_execution(Call& call);
Task<Result<Answer>> remove_session(Call& call);
Task<Result<Answer>> append_steps(Call& call);

// batch.cc, export.cc
Task<Result<Answer>> create_executions(Call& call);
Task<Result<Answer>> export_executions(Call& call);

// statistics.cc, prices.cc, dashboard.cc
Task<Result<Answer>> get_agent_statistics(Call& call);
Task<Result<Answer>> get_workflow_statistics(Call& call);
Task<Result<Answer>> rebuild_statistics(Call& call);
Task<Result<Answer>> get_prices(Call& call);
Task<Result<Answer>> replace_prices(Call& call);
Task<Result<Answer>> apply_prices(Call& call);
Task<Result<Answer>> get_dashboard_stats(Call& call);
Task<Result<Answer>> get_recent_activity(Call& call);
Task<Result<Answer>> get_favorite_agents(Call& call);
Task<Result<Answer>> get_execution_trend(Call& call);
Task<Result<Answer>> get_system_status(Call& call);

// memory.cc
Task<Result<Answer>> create_memory(Call& call);
Task<Result<Answer>> list_memories(Call& call);
Task<Result<Answer>> get_memory(Call& call);
Task<Result<Answer>> patch_memory(Call& call);
Task<Result<Answer>> remove_memory(Call& call);
Task<Result<Answer>> undo_memory(Call& call);
Task<Result<Answer>> get_memory_settings(Call& call);
Task<Result<Answer>> put_memory_settings(Call& call);
Task<Result<Answer>> get_memory_stats(Call& call);
Task<Result<Answer>> list_memory_timeline(Call& call);
Task<Result<Answer>> consolidate_memory(Call& call);
Task<Result<Answer>> clean_up_memory(Call& call);
Task<Result<Answer>> get_memory_overview(Call& call);

// memory_search.cc
Task<Result<Answer>> search_memory(Call& call);

// events.cc
Task<Result<Answer>> listen_to_events(Call& call);

// jobs.cc
Task<Result<Answer>> list_jobs(Call& call);
Task<Result<Answer>> get_job(Call& call);
Task<Result<Answer>> run_job(Call& call);
Task<Result<Answer>> list_job_runs(Call& call);
Task<Result<Answer>> get_scheduler_status(Call& call);

// service.cc: what stands beside the API
Task<Result<Answer>> get_health(Call& call);
Task<Result<Answer>> get_readiness(Call& call);
Task<Result<Answer>> get_metrics(Call& call);
Task<Result<Answer>> get_openapi(Call& call);

// routes_memory.cc: its part of the table.
void add_memory_endpoints(std::vector<Endpoint>& table);

// Shared by the handlers.
store::ExecutionFilter filter_of(const Call& call, std::optional<Uuid> subject);
// Reads of several statements share a snapshot; a list without its count is one statement.
Task<Answer> read_list(Call& call, std::function<Task<Answer>(db::Connection&)> body);
// For work that would hold the event loop up: on the embedded store, whose reads run where they are
// called. A database elsewhere is waited for, and holds nobody up.
Task<void> leave_loop(Call& call);

// The answer to a read of what changes with every write and with the clock: from memory where
// nothing was written since it was made, within the same second. Only where nobody else can write.
Task<Result<Answer>> answer_once(Call& call, Handle make);
// The answer that was made of a reading before; nullopt: it is to be made.
std::optional<Answer> shown_before(const Call& call, const statistics::Kept& kept);
// One that is made now.
Answer show(const Call& call, const statistics::Kept& kept, std::string body);

// In a transaction: has a job run now, with what is particular about this run (schedule/runner.h).
Task<Result<Answer>> order_run(Call& call, db::Connection& connection, std::string job,
                               std::optional<std::string> asked = std::nullopt);
Answer created(const Call& call, store::Created made, std::string_view id);
std::string list_body(const Call& call, store::Items items, std::optional<store::Total> total);

}  // namespace onggi::api
