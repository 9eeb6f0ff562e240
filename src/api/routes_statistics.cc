// The endpoints of statistics, the dashboard and prices.
#include "api/handlers.h"
#include "api/routes.h"
#include "model/job.h"

namespace onggi::api {
namespace {

using enum http::Method;
using enum model::Type;

constexpr std::string_view agent_group_names[] = {"day", "agent", "none"};
constexpr std::string_view workflow_group_names[] = {"day", "workflow", "none"};

constexpr Parameter agent_statistics_filters[] = {
    {"from", text, "The first date (YYYY-MM-DD); 29 days before the last where absent"},
    {"to", text, "The last date, included; today where absent"},
    {"agent_id", uuid, "Executions of this agent"},
    {"group_by", choice, "What an item is of; day where absent", agent_group_names}};
constexpr Parameter workflow_statistics_filters[] = {
    {"from", text, "The first date (YYYY-MM-DD); 29 days before the last where absent"},
    {"to", text, "The last date, included; today where absent"},
    {"workflow_id", uuid, "Executions of this workflow"},
    {"group_by", choice, "What an item is of; day where absent", workflow_group_names}};
constexpr Parameter stats_parameters[] = {{.name = "days",
                                           .type = integer,
                                           .help = "How many days, today included; 30 where absent",
                                           .min = 1,
                                           .max = 365}};
constexpr Parameter trend_parameters[] = {{.name = "days",
                                           .type = integer,
                                           .help = "How many days, today included; 7 where absent",
                                           .min = 1,
                                           .max = 365}};
constexpr Parameter activity_parameters[] = {{.name = "limit",
                                              .type = integer,
                                              .help = "How many at most; 10 where absent",
                                              .min = 1,
                                              .max = 500}};
constexpr Parameter favorite_parameters[] = {{.name = "limit",
                                              .type = integer,
                                              .help = "How many at most; 5 where absent",
                                              .min = 1,
                                              .max = 500}};

}  // namespace

void add_statistics(std::vector<Endpoint>& table) {
  const auto read = [&table](std::string_view path, std::string_view operation, const char* summary,
                             int budget, Handle handle, std::span<const Parameter> query) {
    table.push_back({.method = get,
                     .path = path,
                     .operation = operation,
                     .summary = summary,
                     .budget = budget,
                     .handle = handle,
                     .query = query,
                     .shows = Shows::other,
                     .is_of_everybody = true});
  };
  read("/statistics/agents", "get_agent_statistics", "Daily statistics of executions of agents", 4,
       get_agent_statistics, agent_statistics_filters);
  read("/statistics/workflows", "get_workflow_statistics",
       "Daily statistics of executions of workflows", 4, get_workflow_statistics,
       workflow_statistics_filters);
  table.push_back({.method = post,
                   .path = "/statistics/rebuild",
                   .operation = "rebuild_statistics",
                   .summary = "Makes statistics anew of executions, in the background",
                   .budget = 12,
                   .handle = rebuild_statistics,
                   .access = Access::admin,
                   .body = Body::optional,
                   .answer_shape = &model::job_run_shape,
                   .status = 202,
                   .is_of_everybody = true});
  table.push_back({.method = get,
                   .path = "/prices",
                   .operation = "get_prices",
                   .summary = "What models cost, per million tokens",
                   .budget = 2,
                   .handle = get_prices,
                   .access = Access::admin,
                   .shows = Shows::other});
  table.push_back({.method = put,
                   .path = "/prices",
                   .operation = "replace_prices",
                   .summary = "Sets what models cost: these, and no others",
                   .budget = 3,
                   .handle = replace_prices,
                   .access = Access::admin,
                   .body = Body::object,
                   .shows = Shows::other});
  table.push_back({.method = post,
                   .path = "/prices/apply",
                   .operation = "apply_prices",
                   .summary = "Estimates costs anew by the present prices, in the background",
                   .budget = 11,
                   .handle = apply_prices,
                   .access = Access::admin,
                   .body = Body::empty,
                   .answer_shape = &model::job_run_shape,
                   .status = 202});
  read("/dashboard/stats", "get_dashboard_stats", "What there is, and how executions went", 3,
       get_dashboard_stats, stats_parameters);
  read("/dashboard/recent-activity", "get_recent_activity", "The newest executions of agents", 3,
       get_recent_activity, activity_parameters);
  read("/dashboard/favorite-agents", "get_favorite_agents", "The agents that are executed most", 3,
       get_favorite_agents, favorite_parameters);
  read("/dashboard/execution-trend", "get_execution_trend", "Executions of agents, day by day", 3,
       get_execution_trend, trend_parameters);
  read("/dashboard/system-status", "get_system_status", "Whether all is well", 2, get_system_status,
       {});
}

}  // namespace onggi::api
