#include "api/handlers.h"
#include "memory/search.h"

namespace onggi::api {

Task<Result<Answer>> search_memory(Call& call) {
  Result<memory::SearchQuery> asked = memory::search_query(*call.body);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  // It reads and ranks for milliseconds.
  co_await move_to(call.services.workers);
  const memory::SearchQuery query = call.services.search.with_embedding(*asked);
  const bool is_ours = query != *asked;
  const auto found = std::make_shared<std::vector<Uuid>>();
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, query, found, is_ours](db::Connection& connection) -> Task<Result<Answer>> {
    Result<memory::SearchAnswer> answer = co_await call.services.search.search(
        connection, call.id(0), call.user, query, call.now, is_ours);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    *found = std::move(answer->found);
    co_return Answer{.body = std::move(answer->json)};
  };
  std::optional<Result<Answer>> answer;
  if (call.idempotency_key) {
    Result<Answer> kept = co_await write(call, std::move(body));
    answer.emplace(std::move(kept));
  } else {
    Result<Answer> read =
        co_await call.services.database.read<Result<Answer>>(call.cost, std::move(body));
    answer.emplace(std::move(read));
  }
  for (const Uuid& memory : *found) call.services.accesses.note(memory, call.now);
  co_return std::move(*answer);
}

}  // namespace onggi::api
