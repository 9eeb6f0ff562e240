#include "cli/demo/filling.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

namespace onggi::cli::demo {

Uuid find_admin(app::Engine& engine) {
  db::Cost cost;
  std::function<Task<store::Items>(db::Connection&)> list = [&engine](db::Connection& connection) {
    return engine.stores.users.list(connection, Uuid{}, {.limit = 2},
                                    db::Params::of(std::nullopt, std::nullopt));
  };
  const store::Items items = run_now(engine.database.read<store::Items>(cost, std::move(list)));
  const json::Value users = json::parse_stored(fmt::format("[{}]", items.json));
  if (users.as_array().size() != 1) {
    throw std::runtime_error(
        fmt::format("the data directory {} has users already: the demo fills a new one",
                    engine.directory.places.directory.string()));
  }
  const auto& id = users.at(0).at("id").as_string();
  const std::optional<Uuid> parsed = Uuid::parse({id.data(), id.size()});
  if (!parsed) throw std::logic_error("the id of a user is no UUID");
  return *parsed;
}

void write(db::Database& database, std::function<Task<Result<bool>>(db::Connection&)> body) {
  for (;;) {
    try {
      db::Cost cost;
      const Result<bool> written = run_now(database.write<bool>(cost, body));
      if (!written)
        throw std::runtime_error("the demo could not be written: " + written.error().detail);
      return;
    } catch (const Unavailable& refused) {
      // Folds wait as well, behind what the demo writes at once.
      if (refused.cause() != Cause::overload) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

Task<Result<bool>> record(db::Connection& connection, const store::Executions& store,
                          const ExecutionDrafts& drafts) {
  for (const auto& [owner, of_owner] : drafts) {
    std::vector<Result<store::RecordedExecution>> recorded =
        co_await store.record(connection, of_owner);
    for (Result<store::RecordedExecution>& each : recorded) {
      if (!each) co_return std::unexpected(std::move(each.error()));
    }
  }
  co_return true;
}

}  // namespace onggi::cli::demo
