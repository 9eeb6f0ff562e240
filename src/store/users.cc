#include "store/users.h"

#include <array>

#include <fmt/format.h>

#include "sql/catalogue.h"

namespace onggi::store {
namespace {

model::Role role_of(std::string_view name) {
  return name == "admin" ? model::Role::admin : model::Role::user;
}

Task<void> erase_rows(db::Connection& connection, Uuid user) {
  const std::array<const db::Statement*, 14> statements{
      &sql::statistics_hold_agent,
      &sql::statistics_hold_workflow,
      &sql::executions_remove_owner_steps_agent,
      &sql::executions_remove_owner_agent,
      &sql::executions_remove_owner_steps_workflow,
      &sql::executions_remove_owner_workflow,
      &sql::users_erase_workflows,
      &sql::memory_erase,
      &sql::users_erase_agents,
      &sql::users_erase_blocks,
      &sql::users_erase_knowledgebases,
      &sql::users_erase_idempotency_keys,
      &sql::statistics_erase_waiting_agent,
      &sql::statistics_erase_waiting_workflow};
  for (const db::Statement* statement : statements)
    co_await connection.run(*statement, db::Params::of(user));
}

std::string key_document(const Uuid& id, std::string_view name, Time now, std::string_view key) {
  std::string document = fmt::format("{{\"id\":\"{}\",\"name\":", to_string(id));
  json::append_quoted(name, document);
  if (!key.empty()) {
    document += ",\"key\":";
    json::append_quoted(key, document);
  }
  fmt::format_to(std::back_inserter(document), ",\"created_at\":\"{}\"}}", to_string(now));
  return document;
}

}  // namespace

Users::Users()
    : Definitions(model::user_shape, {sql::users_find, sql::users_insert, sql::users_update,
                                      sql::users_remove, sql::users_list, sql::users_count}) {}

Task<std::optional<Page>> Users::read(db::Connection& connection, Key key, Uuid) const {
  db::Params params;
  key.add_to(params);
  const db::Rows rows = co_await connection.many(sql::users_get, std::move(params));
  if (rows.empty()) co_return std::nullopt;
  co_return Page{std::string(rows[0].text(0)), rows[0].integer(1)};
}

Task<Result<void>> Users::check_references(db::Connection& connection, const model::Record& record,
                                           const model::Record* before, Uuid) const {
  const auto& user = static_cast<const model::User&>(record);
  const bool loses_admin = before != nullptr &&
                           static_cast<const model::User*>(before)->role == model::Role::admin &&
                           user.role != model::Role::admin;
  if (!loses_admin) co_return Result<void>{};
  const db::Rows others =
      co_await connection.many(sql::users_other_admins, db::Params::of(user.id));
  if (!others[0].boolean(0)) co_return fail(Code::conflict, "The last admin must stay one.");
  co_return Result<void>{};
}

Task<void> Users::write_rows(db::Connection& connection, model::Record& record,
                             const model::Record* before) const {
  if (before != nullptr) co_return;
  const auto& user = static_cast<const model::User&>(record);
  for (const db::Statement* begin :
       {&sql::statistics_begin_lifetime_agent, &sql::statistics_begin_lifetime_workflow}) {
    db::Params params = db::Params::of(user.id, user.timezone, "0001-01-01", true);
    co_await connection.run(*begin, std::move(params));
  }
}

Task<std::optional<Principal>> Users::by_key(db::Connection& connection, Sha256 key_hash) const {
  db::Params params;
  params.add_blob(view(key_hash));
  const db::Rows rows = co_await connection.many(sql::users_by_key, std::move(params));
  if (rows.empty()) co_return std::nullopt;
  co_return Principal{rows[0].uuid(1), role_of(rows[0].text(2)), rows[0].uuid(0)};
}

Task<std::optional<model::Role>> Users::role(db::Connection& connection, Uuid user) const {
  const db::Rows rows = co_await connection.many(sql::users_find, db::Params::of(user));
  if (rows.empty()) co_return std::nullopt;
  co_return role_of(rows[0].text(2));
}

Task<bool> Users::any(db::Connection& connection) const {
  const db::Rows rows = co_await connection.many(sql::users_any, {});
  co_return rows[0].boolean(0);
}

Task<Result<void>> Users::remove_user(db::Connection& connection, Uuid user, bool erase) const {
  const std::optional<model::Role> role_now = co_await role(connection, user);
  if (!role_now) co_return not_found();
  if (*role_now == model::Role::admin) {
    const db::Rows others = co_await connection.many(sql::users_other_admins, db::Params::of(user));
    if (!others[0].boolean(0)) co_return fail(Code::conflict, "The last admin cannot be removed.");
  }
  if (erase) {
    co_await erase_rows(connection, user);
  } else {
    co_await connection.run(sql::users_erase_deleted_agents, db::Params::of(user));
    const db::Rows owns = co_await connection.many(sql::users_owns_rows, db::Params::of(user));
    if (owns[0].boolean(0))
      co_return fail(Code::conflict,
                     "The user owns rows; ?erase=true erases everything of the user.");
  }
  co_await connection.run(sql::users_remove, db::Params::of(user));
  co_return Result<void>{};
}

Task<Result<NewKey>> Users::add_key(db::Connection& connection, Uuid user, std::string name,
                                    std::string key, Time now) const {
  const std::optional<model::Role> role_now = co_await role(connection, user);
  if (!role_now) co_return not_found();
  const Uuid id = Uuid::v7(now);
  const Sha256 hash = sha256(key);
  const std::string document = key_document(id, name, now, {});
  db::Params params = db::Params::of(id, user, name);
  params.add_blob(view(hash)).add(now).add(document);
  co_await connection.run(sql::users_insert_key, std::move(params));
  co_return NewKey{id, key_document(id, name, now, key)};
}

Task<Items> Users::keys(db::Connection& connection, Uuid user, Range range) const {
  db::Params params = db::Params::of(user, range.after.time);
  params.add_blob(range.after.key).add(range.limit + 1);
  const db::Rows rows = co_await connection.many(sql::users_list_keys, std::move(params));
  co_return items_of(rows, range.limit);
}

Task<Total> Users::count_keys(db::Connection& connection, Uuid user) const {
  db::Params params = db::Params::of(user, after_all_times);
  params.add_blob({}).add(count_max + 1);
  const db::Rows rows = co_await connection.many(sql::users_count_keys, std::move(params));
  co_return Total::up_to(count_max, rows[0].integer(0));
}

Task<Result<void>> Users::revoke_key(db::Connection& connection, Uuid user, Uuid key) const {
  const std::int64_t removed =
      co_await connection.run(sql::users_remove_key, db::Params::of(key, user));
  if (removed == 0) co_return not_found();
  co_return Result<void>{};
}

}  // namespace onggi::store
