#include "api/handlers.h"

namespace onggi::api {
namespace {

constexpr std::int64_t key_name_max = 200;

Result<std::string> key_name(const json::Value& body) {
  const json::Object* object = body.if_object();
  if (object == nullptr) return invalid("", "must be an object");
  for (const auto& [name, value] : *object)
    if (name != "name") return invalid(json::pointer_to(name), "is not a field of Key");
  const json::Value* name = object->if_contains("name");
  if (name == nullptr || name->is_null()) return invalid("/name", "is required");
  if (!name->is_string()) return invalid("/name", "must be a string");
  const std::string_view text = name->get_string();
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos ||
      static_cast<std::int64_t>(text.size()) > key_name_max)
    return invalid("/name", "must have between 1 and 200 bytes and not be blank");
  return std::string(text);
}

}  // namespace

Task<Result<Answer>> get_me(Call& call) {
  std::function<Task<std::optional<store::Page>>(db::Connection&)> body =
      [&call](db::Connection& connection) {
        return call.services.stores.users.read(connection, store::Key(call.user), call.user);
      };
  std::optional<store::Page> page =
      co_await call.services.database.read<std::optional<store::Page>>(call.cost, std::move(body));
  if (!page) co_return store::not_found();
  co_return Answer{.body = std::move(page->body), .version = page->version};
}

Task<Result<Answer>> remove_user(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    connection.after_commit(
        [&authenticator = call.services.authenticator] { authenticator.forget(); });
    if (call.if_match) {
      std::optional<store::Page> page =
          co_await call.services.stores.users.read(connection, call.key(0), call.user);
      if (!page) co_return store::not_found();
      Result<void> allowed = store::check_version(call.if_match, page->version);
      if (!allowed) co_return std::unexpected(std::move(allowed.error()));
    }
    Result<void> removed = co_await call.services.stores.users.remove_user(
        connection, call.id(0), call.boolean("erase").value_or(false));
    if (!removed) co_return std::unexpected(std::move(removed.error()));
    co_return Answer{.status = 204};
  };
  return write(call, std::move(body));
}

Task<Result<Answer>> create_key(Call& call) {
  Result<std::string> name = key_name(*call.body);
  if (!name) co_return std::unexpected(std::move(name.error()));
  const std::string secret = make_api_key();
  const std::string called = std::move(*name);
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call, secret, called](db::Connection& connection) -> Task<Result<Answer>> {
    Result<store::NewKey> key = co_await call.services.stores.users.add_key(
        connection, call.id(0), called, secret, call.now);
    if (!key) co_return std::unexpected(std::move(key.error()));
    Answer answer{.status = 201, .body = std::move(key->body)};
    answer.location = call.resource + '/' + to_string(key->id);
    co_return answer;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> list_keys(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    const store::Users& users = call.services.stores.users;
    const std::optional<model::Role> role = co_await users.role(connection, call.id(0));
    if (!role) co_return store::not_found();
    store::Range range{.limit = call.query.limit};
    if (call.query.cursor) range.after = *call.query.cursor;
    store::Items items = co_await users.keys(connection, call.id(0), std::move(range));
    std::optional<store::Total> total;
    if (call.query.wants_count) {
      const store::Total counted = co_await users.count_keys(connection, call.id(0));
      total = counted;
    }
    co_return Answer{.body = list_body(call, std::move(items), total)};
  };
  Result<Answer> answer =
      co_await call.services.database.read<Result<Answer>>(call.cost, std::move(body));
  co_return answer;
}

Task<Result<Answer>> revoke_key(Call& call) {
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    connection.after_commit(
        [&authenticator = call.services.authenticator] { authenticator.forget(); });
    Result<void> revoked =
        co_await call.services.stores.users.revoke_key(connection, call.id(0), call.id(1));
    if (!revoked) co_return std::unexpected(std::move(revoked.error()));
    co_return Answer{.status = 204};
  };
  return write(call, std::move(body));
}

}  // namespace onggi::api
