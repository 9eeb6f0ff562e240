#include "cli/demo/demo.h"

#include <algorithm>
#include <map>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "base/secret.h"
#include "cli/demo/cast.h"
#include "cli/demo/filling.h"
#include "cli/demo/history.h"

namespace onggi::cli::demo {
namespace {

constexpr std::uint64_t seed = 8'420;
constexpr int days = 30;
constexpr Extent executions_extent{.executions = 6'000, .running = 5, .days = days};
constexpr Extent workflow_executions_extent{.executions = 1'200, .running = 2, .days = days};
constexpr std::size_t at_once = 500;  // executions in a transaction

Task<Result<bool>> write_cast(db::Connection& connection, const store::Stores& stores,
                              const Cast& cast, Time now) {
  for (const auto& [store, draft] : cast.drafts) {
    Result<store::Created> created = co_await store->create(connection, draft);
    if (!created) co_return std::unexpected(std::move(created.error()));
  }
  for (const LaterChange& later : cast.changes) {
    Result<store::Page> changed =
        co_await later.store->change(connection, store::Key(later.id), later.owner, later.change);
    if (!changed) co_return std::unexpected(std::move(changed.error()));
  }
  for (const Uuid& user : cast.users) {
    Result<store::NewKey> key =
        co_await stores.users.add_key(connection, user, "laptop", make_api_key(), now);
    if (!key) co_return std::unexpected(std::move(key.error()));
  }
  co_return true;
}

ExecutionDrafts drafts_of(const store::Executions& store, std::span<const Happening> happenings) {
  std::map<Uuid, std::vector<store::ExecutionDraft>> by_owner;
  for (const Happening& happening : happenings) {
    auto draft = store.draft(happening.body, happening.owner, happening.recorded_at);
    if (!draft) throw std::logic_error("the demo's execution: " + draft.error().detail);
    by_owner[happening.owner].push_back(std::move(*draft));
  }
  ExecutionDrafts drafts;
  for (auto& [owner, of_owner] : by_owner)
    drafts[owner] = std::make_shared<const std::vector<store::ExecutionDraft>>(std::move(of_owner));
  return drafts;
}

std::size_t write_history(db::Database& database, const store::Executions& store,
                          const std::vector<Happening>& happenings) {
  for (std::span<const Happening> rest = happenings; !rest.empty();) {
    const auto piece = rest.first(std::min(at_once, rest.size()));
    rest = rest.subspan(piece.size());
    const ExecutionDrafts drafts = drafts_of(store, piece);
    write(database, [&](db::Connection& connection) { return record(connection, store, drafts); });
  }
  return happenings.size();
}

std::size_t count(const Cast& cast, const store::Definitions& store) {
  return static_cast<std::size_t>(
      std::ranges::count(cast.drafts, &store, [](const auto& entry) { return entry.first; }));
}

}  // namespace

Filled fill(app::Engine& engine) {
  const store::Stores& stores = engine.stores;
  const Time now = engine.clock.now();
  const Cast cast = assemble(stores, find_admin(engine), now);
  write(engine.database,
        [&](db::Connection& connection) { return write_cast(connection, stores, cast, now); });

  const auto of_agents = history(cast.agents, executions_extent, tell_agent, now, seed);
  const auto of_workflows =
      history(cast.workflows, workflow_executions_extent, tell_workflow, now, seed + 1);
  return {.users = cast.users.size(),
          .tools = count(cast, stores.tools),
          .knowledgebases = count(cast, stores.knowledgebases),
          .blocks = count(cast, stores.blocks),
          .agents = count(cast, stores.agents),
          .workflows = count(cast, stores.workflows),
          .executions = write_history(engine.database, stores.agent_executions, of_agents),
          .workflow_executions =
              write_history(engine.database, stores.workflow_executions, of_workflows),
          .days = days,
          .workflow_id = to_string(cast.shown_workflow)};
}

}  // namespace onggi::cli::demo
