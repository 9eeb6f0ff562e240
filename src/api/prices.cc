#include "store/prices.h"

#include <fmt/format.h>

#include "api/handlers.h"
#include "model/job.h"
#include "schedule/runner.h"

namespace onggi::api {

Task<Result<Answer>> get_prices(Call& call) {
  std::function<Task<Answer>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Answer> {
    const std::vector<store::ModelPrice> prices =
        co_await call.services.stores.prices.read(connection);
    co_return Answer{.body = store::to_json(prices)};
  };
  Answer answer = co_await call.services.database.read_one<Answer>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> replace_prices(Call& call) {
  Result<std::vector<store::ModelPrice>> read = store::read_prices(*call.body);
  if (!read) co_return std::unexpected(std::move(read.error()));
  const std::vector<store::ModelPrice> prices = std::move(*read);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, prices](db::Connection& connection) -> Task<Result<Answer>> {
    std::vector<store::ModelPrice> replacing = prices;
    co_await call.services.stores.prices.replace(connection, std::move(replacing));
    co_return Answer{.body = store::to_json(prices)};
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> apply_prices(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<Answer> ordered = co_await order_run(call, connection, "prices_apply");
    co_return ordered;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

}  // namespace onggi::api
