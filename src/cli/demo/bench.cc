#include "cli/demo/bench.h"

#include <algorithm>
#include <future>
#include <stdexcept>

#include "cli/demo/bench_definitions.h"
#include "cli/demo/bench_traffic.h"
#include "cli/demo/catalogue.h"
#include "cli/demo/filling.h"

namespace onggi::cli::demo {
namespace {

constexpr std::int64_t defined_before_ms = 120 * day_ms;  // the first definition
constexpr std::int64_t defined_within_ms = 25 * day_ms;   // the others follow
constexpr std::size_t definitions_at_once = 500;          // in a transaction
constexpr std::int64_t executions_at_once = 10'000;       // in a transaction

struct Definer {
  const store::Definitions& store;
  std::string_view what;
  std::size_t count;
  std::function<json::Object(std::size_t index)> body;
  std::function<Uuid(std::size_t index)> owner;
};

Task<Result<bool>> create(db::Connection& connection, const store::Definitions& store,
                          const std::vector<store::Draft>& drafts) {
  for (const store::Draft& draft : drafts) {
    Result<store::Created> created = co_await store.create(connection, draft);
    if (!created) co_return std::unexpected(std::move(created.error()));
  }
  co_return true;
}

// Their ids, in the order of their indexes.
std::vector<Uuid> define(app::Engine& engine, const Definer& definer, Time now,
                         const Progress& progress) {
  std::vector<Uuid> ids;
  while (ids.size() < definer.count) {
    std::vector<store::Draft> drafts;
    const std::size_t end = std::min(definer.count, ids.size() + definitions_at_once);
    while (ids.size() < end) {
      const std::size_t index = ids.size();
      const auto later = static_cast<std::int64_t>(index) * defined_within_ms /
                         static_cast<std::int64_t>(definer.count);
      auto draft = definer.store.draft(definer.body(index), definer.owner(index),
                                       Time{now.ms - defined_before_ms + later});
      if (!draft) throw std::logic_error("the bench's definition: " + draft.error().detail);
      ids.push_back(static_cast<const model::Definition&>(*draft->record).id);
      drafts.push_back(std::move(*draft));
    }
    write(engine.database,
          [&](db::Connection& connection) { return create(connection, definer.store, drafts); });
    progress(definer.what, static_cast<std::int64_t>(end),
             static_cast<std::int64_t>(definer.count));
  }
  return ids;
}

Task<Result<bool>> record_all(db::Connection& connection, const store::Executions& store,
                              const std::vector<ExecutionDrafts>& batches) {
  for (const ExecutionDrafts& batch : batches) {
    Result<bool> recorded = co_await record(connection, store, batch);
    if (!recorded) co_return recorded;
  }
  co_return true;
}

// What is written next is drawn meanwhile, on another thread.
void write_traffic(app::Engine& engine, const Traffic& traffic, std::int64_t count,
                   const Progress& progress) {
  const store::Executions& store = engine.stores.agent_executions;
  const auto draw = [&](std::int64_t begin) {
    return std::async(std::launch::async, [&traffic, begin, count] {
      return traffic.draw(begin, std::min(count, begin + executions_at_once));
    });
  };
  auto next = draw(0);
  for (std::int64_t begin = 0; begin < count; begin += executions_at_once) {
    const std::vector<ExecutionDrafts> batches = next.get();
    if (begin + executions_at_once < count) next = draw(begin + executions_at_once);
    write(engine.database,
          [&](db::Connection& connection) { return record_all(connection, store, batches); });
    progress("executions", std::min(count, begin + executions_at_once), count);
  }
}

struct Population {
  std::vector<Uuid> users;
  std::size_t tool_count = 0;
  std::vector<Uuid> agents;
  std::vector<std::string> public_agents;
  std::vector<Uuid> workflows;
};

Population populate(app::Engine& engine, const BenchExtent& extent, Time now,
                    const Progress& progress) {
  const store::Stores& stores = engine.stores;
  const Uuid admin = find_admin(engine);
  const auto of_admin = [&](std::size_t) { return admin; };
  Population made;
  made.users =
      define(engine, {stores.users, "users", bench_users, bench_user, of_admin}, now, progress);

  const json::Value bodies = json::parse_stored(tools);
  const auto tool = [&](std::size_t index) { return bodies.at(index).as_object(); };
  made.tool_count = bodies.as_array().size();
  define(engine, {stores.tools, "tools", made.tool_count, tool, of_admin}, now, progress);

  const auto owner_of = [&](std::size_t index) { return made.users[owner_of_agent(index)]; };
  made.agents = define(engine, {stores.agents, "agents", extent.agents, bench_agent, owner_of}, now,
                       progress);
  for (std::size_t index = 0; index < made.agents.size(); ++index)
    if (!is_private_agent(index)) made.public_agents.push_back(to_string(made.agents[index]));

  const auto graph = [&](std::size_t index) { return bench_workflow(index, made.public_agents); };
  const auto author_of = [&](std::size_t index) { return made.users[owner_of_workflow(index)]; };
  made.workflows = define(
      engine, {stores.workflows, "workflows", extent.workflows, graph, author_of}, now, progress);
  return made;
}

}  // namespace

Filled fill_bench(app::Engine& engine, const BenchExtent& extent, const Progress& progress) {
  const Time now = engine.clock.now();
  const Population made = populate(engine, extent, now, progress);
  const Traffic traffic(engine.stores.agent_executions, runners(made.users, made.public_agents),
                        now, extent.executions);
  write_traffic(engine, traffic, extent.executions, progress);
  return {.users = made.users.size(),
          .tools = made.tool_count,
          .agents = made.agents.size(),
          .workflows = made.workflows.size(),
          .executions = static_cast<std::size_t>(extent.executions),
          .days = traffic_days,
          .workflow_id = to_string(made.workflows.front())};
}

}  // namespace onggi::cli::demo
