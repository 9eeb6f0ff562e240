// How a demo gets into the store: through the stores, as requests would.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "app/engine.h"

namespace onggi::cli::demo {

// The one user of a fresh store. Throws std::runtime_error if there are more.
Uuid find_admin(app::Engine& engine);

// One transaction. Throws std::runtime_error where `body` fails: a demo is written whole. `body`
// may run more than once.
void write(db::Database& database, std::function<Task<Result<bool>>(db::Connection&)> body);

// Executions to be recorded together, by owner: what a batch of each of them would hold.
using ExecutionDrafts = std::map<Uuid, std::shared_ptr<const std::vector<store::ExecutionDraft>>>;

// In a transaction; gives an error where one is refused.
Task<Result<bool>> record(db::Connection& connection, const store::Executions& store,
                          const ExecutionDrafts& drafts);

}  // namespace onggi::cli::demo
