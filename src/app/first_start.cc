#include "app/first_start.h"

#include <stdexcept>

#include "base/secret.h"

namespace onggi::app {
namespace {

constexpr std::string_view key_prefix = "onggi_";
constexpr std::size_t key_characters = 43;  // 256 bits in base64url

bool is_key(std::string_view text) {
  if (!text.starts_with(key_prefix)) return false;
  text.remove_prefix(key_prefix.size());
  return text.size() == key_characters &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string_view::npos;
}

bool has_users(db::Database& database, const store::Users& users) {
  db::Cost cost;
  std::function<Task<bool>(db::Connection&)> any = [&users](db::Connection& connection) {
    return users.any(connection);
  };
  return run_now(database.read<bool>(cost, std::move(any)));
}

Task<Result<bool>> add_admin(db::Connection& connection, const store::Users& users,
                             store::Draft draft, std::string key, Time now) {
  const Uuid id = static_cast<const model::Definition&>(*draft.record).id;
  Result<store::Created> created = co_await users.create(connection, std::move(draft));
  if (!created) co_return std::unexpected(std::move(created.error()));
  Result<store::NewKey> added =
      co_await users.add_key(connection, id, "first start", std::move(key), now);
  if (!added) co_return std::unexpected(std::move(added.error()));
  co_return true;
}

}  // namespace

std::optional<std::string> first_start(db::Database& database, const store::Users& users,
                                       const Places& places, std::string_view given_key, Time now) {
  if (has_users(database, users)) return std::nullopt;
  if (!given_key.empty() && !is_key(given_key)) {
    throw std::runtime_error(
        "ONGGI_ADMIN_KEY is no key: it must be onggi_ and 43 characters of A-Z, a-z, 0-9, - and _");
  }
  const bool is_ours = given_key.empty();
  std::string key = is_ours ? make_api_key() : std::string(given_key);
  if (is_ours) write_private_file(places.admin_key(), key + '\n');

  const json::Value body{{"name", "admin"}, {"role", "admin"}};
  const store::Draft draft = users.draft(body, Uuid{}, now).value();
  db::Cost cost;
  std::function<Task<Result<bool>>(db::Connection&)> add = [&users, draft, key,
                                                            now](db::Connection& connection) {
    return add_admin(connection, users, draft, key, now);
  };
  const Result<bool> added = run_now(database.write<bool>(cost, std::move(add)));
  if (!added) throw std::runtime_error("cannot make user admin: " + added.error().detail);
  if (!is_ours) return std::nullopt;
  return key;
}

}  // namespace onggi::app
