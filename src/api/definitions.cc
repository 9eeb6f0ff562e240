#include <fmt/format.h>

#include "api/handlers.h"
#include "api/query.h"

namespace onggi::api {
namespace {

db::Params filters_of(const Call& call) {
  db::Params filters;
  for (std::size_t i = 0; i < call.endpoint.query.size(); ++i) {
    const auto& value = call.query.values[i];
    if (!value)
      filters.add(std::nullopt);
    else if (call.endpoint.query[i].type == model::Type::boolean)
      filters.add(*value == "true");
    else
      filters.add(*value);
  }
  return filters;
}

// Keys and roles are kept in memory: what changes users makes that start anew, once it is
// committed.
void forget_users(const Call& call, db::Connection& connection) {
  if (&call.definitions() == &call.services.stores.users)
    connection.after_commit(
        [&authenticator = call.services.authenticator] { authenticator.forget(); });
}

Task<Result<Answer>> change_definition(Call& call, bool is_patch) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, is_patch](db::Connection& connection) -> Task<Result<Answer>> {
    store::Change change{is_patch, call.body, call.if_match, call.now};
    forget_users(call, connection);
    Result<store::Page> page =
        co_await call.definitions().change(connection, call.key(0), call.user, std::move(change));
    if (!page) co_return std::unexpected(std::move(page.error()));
    co_return Answer{.body = std::move(page->body), .version = page->version};
  };
  return write(call, std::move(body));
}

}  // namespace

Answer created(const Call& call, store::Created made, std::string_view id) {
  Answer answer{.status = made.is_repeated ? 200 : 201,
                .body = std::move(made.page.body),
                .version = made.page.version};
  answer.location = fmt::format("{}{}/{}", prefix,
                                call.endpoint.path.substr(0, call.endpoint.path.find('/', 1)), id);
  return answer;
}

std::string list_body(const Call& call, store::Items items, std::optional<std::int64_t> total) {
  std::string body = "{\"items\":[" + items.json + "],\"next_cursor\":";
  if (items.next)
    json::append_quoted(write_cursor(*items.next, call.endpoint.operation), body);
  else
    body += "null";
  if (total) {
    const bool is_capped = *total > store::count_max;
    fmt::format_to(std::back_inserter(body), ",\"total\":{}",
                   is_capped ? store::count_max : *total);
    if (is_capped) body += ",\"total_is_capped\":true";
  }
  body += '}';
  return body;
}

Task<Result<Answer>> create_definition(Call& call) {
  Result<store::Draft> draft = call.definitions().draft(*call.body, call.user, call.now);
  if (!draft) co_return std::unexpected(std::move(draft.error()));
  const store::Draft made = std::move(*draft);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, made](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::Created> result = co_await call.definitions().create(connection, made);
    if (!result) co_return std::unexpected(std::move(result.error()));
    co_return created(call, std::move(*result), call.definitions().key_of(*made.record).text());
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> list_definitions(Call& call) {
  std::function<Task<Answer>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Answer> {
    store::Range range{.limit = call.query.limit};
    if (call.query.cursor) range.after = *call.query.cursor;
    store::Items items =
        co_await call.definitions().list(connection, call.user, std::move(range), filters_of(call));
    std::optional<std::int64_t> total;
    if (call.query.wants_count)
      total = co_await call.definitions().count(connection, call.user, filters_of(call));
    co_return Answer{.body = list_body(call, std::move(items), total)};
  };
  Answer answer = co_await call.services.database.read<Answer>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> get_definition(Call& call) {
  std::function<Task<std::optional<store::Page>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return call.definitions().read(connection, call.key(0), call.user);
      };
  std::optional<store::Page> page =
      co_await call.services.database.read<std::optional<store::Page>>(call.cost, std::move(body));
  if (!page) co_return store::not_found();
  co_return Answer{.body = std::move(page->body), .version = page->version};
}

Task<Result<Answer>> replace_definition(Call& call) {
  return change_definition(call, false);
}

Task<Result<Answer>> patch_definition(Call& call) {
  return change_definition(call, true);
}

Task<Result<Answer>> remove_definition(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<void> removed = co_await call.definitions().remove(connection, call.key(0), call.user,
                                                              call.if_match, call.now);
    if (!removed) co_return std::unexpected(std::move(removed.error()));
    co_return Answer{.status = 204};
  };
  return write(call, std::move(body));
}

}  // namespace onggi::api
