// Users and their API keys.
#pragma once

#include "store/definitions.h"

namespace onggi::store {

// Who a key belongs to.
struct Principal {
  Uuid user_id;
  model::Role role = model::Role::user;
  Uuid key_id;
  bool is_admin() const { return role == model::Role::admin; }
};

struct NewKey {
  Uuid id;
  std::string body;  // {id, name, key, created_at}: the only time that the key is shown
};

class Users final : public Definitions {
 public:
  Users();
  Task<std::optional<Page>> read(db::Connection& connection, Key key, Uuid reader) const override;

  Task<std::optional<Principal>> by_key(db::Connection& connection, Sha256 key_hash) const;
  Task<std::optional<model::Role>> role(db::Connection& connection, Uuid user) const;
  Task<bool> any(db::Connection& connection) const;

  // In a transaction. 404; 409 while the user owns rows and `erase` is false, or is the last admin.
  Task<Result<void>> remove_user(db::Connection& connection, Uuid user, bool erase) const;

  // In a transaction. `key` is the secret (base/secret.h make_api_key, or the operator's own). 404
  // where there is no such user.
  Task<Result<NewKey>> add_key(db::Connection& connection, Uuid user, std::string name,
                               std::string key, Time now) const;
  Task<Items> keys(db::Connection& connection, Uuid user, Range range) const;
  Task<Total> count_keys(db::Connection& connection, Uuid user) const;
  Task<Result<void>> revoke_key(db::Connection& connection, Uuid user, Uuid key) const;

 protected:
  // 409 where the last admin would become a user.
  Task<Result<void>> check_references(db::Connection& connection, const model::Record& record,
                                      const model::Record* before, Uuid owner) const override;
  // A new user's statistics are complete: there is nothing to count.
  Task<void> write_rows(db::Connection& connection, model::Record& record,
                        const model::Record* before) const override;
  bool has_owner() const override { return false; }
  std::string taken() const override { return "A user with this id exists already."; }
};

}  // namespace onggi::store
